"""Remote files that are read in order, to their end."""

import concurrent.futures
import contextlib
import functools
import tempfile
from collections.abc import Iterator

from rmdn_tf.files import remote
from rmdn_tf.files.shown_paths import shown

# Bytes that one request reads.
READ_BYTES = 4 * 2**20


def download(path: str, target: str) -> None:
    """Copies a file to this machine in bounded memory."""
    info = remote.information(path)
    if info is None:
        raise FileNotFoundError(f"No such file: '{shown(path)}'.")
    if info["size"] is None or not remote.sends_parts(path):
        remote.download_whole(path, target)
        return
    with open(target, "wb") as file:
        file.writelines(_parts(path))


def parts_of(path: str) -> Iterator[bytes]:
    """Yields the content of a file in parts, in bounded memory.

    A server that sends only whole files is read through a copy.
    """
    if remote.sends_parts(path):
        yield from _parts(path)
        return
    with tempfile.NamedTemporaryFile(prefix="rmdn-tf-") as copy:
        remote.download_whole(path, copy.name)
        with open(copy.name, "rb") as file:
            while part := file.read(READ_BYTES):
                yield part


def _parts(path: str) -> Iterator[bytes]:
    with contextlib.closing(ReadAhead(path)) as file:
        while part := file.read(READ_BYTES):
            yield part


class ReadAhead:
    """A file that is read once, to its end.

    The next part is fetched while the caller uses this one: at most two parts
    are in memory, beside what is read at once.

    Args:
        path: of the file.
        begin: the first byte that is read.

    Attributes:
        size: length of the file in bytes.
    """

    def __init__(self, path: str, begin: int = 0):
        info = remote.information(path)
        if info is None:
            raise FileNotFoundError(f"No such file: '{shown(path)}'.")
        self.size = remote.length_of(path, info)
        self._path = path
        self._place = begin  # Where the next part begins.
        self._part = memoryview(b"")
        self._next = self._fetch()

    def _fetch(self) -> "concurrent.futures.Future[bytes]":
        begin = self._place
        self._place = min(begin + READ_BYTES, self.size)
        return _threads().submit(_whole, self._path, begin, self._place)

    def read(self, num_bytes: int) -> bytes:
        """Reads the next bytes; fewer at the end of the file."""
        read = []
        while num_bytes > 0:
            if not self._part and not self._turn():
                break
            read.append(bytes(self._part[:num_bytes]))
            self._part = self._part[num_bytes:]
            num_bytes -= len(read[-1])
        return b"".join(read)

    def _turn(self) -> bool:
        """Turns to the next part; returns whether there is one."""
        content = self._next.result()
        if not content:
            return False
        self._next = self._fetch()
        self._part = memoryview(content)
        return True

    def close(self) -> None:
        """Fetches no further part."""
        self._next.cancel()


def _whole(path: str, begin: int, end: int) -> bytes:
    content = remote.read_range(path, begin, end)
    if len(content) != end - begin:
        raise OSError(
            f"Cannot read '{shown(path)}': it became shorter meanwhile."
        )
    return content


@functools.cache
def _threads() -> concurrent.futures.Executor:
    """Returns the threads that read ahead, which mostly wait."""
    return concurrent.futures.ThreadPoolExecutor(32, "read-ahead")
