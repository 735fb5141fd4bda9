"""Folders and text files of a raw dataset, read with clear errors."""

import atexit
import contextlib
import errno
import io
import os
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, BinaryIO, TextIO, TypeVar

from rmdn_tf.files.file_systems import is_local, local_copy
from rmdn_tf.files.reading import read_content
from rmdn_tf.files.safe_names import composed
from rmdn_tf.files.shown_paths import shown
from rmdn_tf.files.unchanged import while_unchanged
from rmdn_tf.video import folders as local_folders
from tfrecords_tools.raw_video import SourceError

# Most bytes of a remote table, which is read whole.
MAX_TABLE_BYTES = 2**30

# Copies of remote videos that a process keeps at a time.
MAX_STAGED = 2

MAX_QUOTED = 100  # characters of a malformed line in an error

_kept: list[Any] = []
# The name of the preparation that the caches belong to.
_preparation: str | None = None

Name = TypeVar("Name", bound=Hashable)


def kept(
    files: Callable[..., Iterable[str | os.PathLike]] = lambda *_: (),
    num_results: int = 1,
) -> Callable[[Callable], Callable]:
    """Decorates a function to cache its last results until `forget_kept`.

    Each process then reads a folder or table that all videos share only once.

    Args:
        files: takes the function's arguments and lists the tables that the
            function reads. A table that changes is read again.
        num_results: how many results to cache.
    """

    def decorate(function: Callable) -> Callable:
        cached = while_unchanged(files, num_results)(function)
        _kept.append(cached)
        return cached

    return decorate


def forget_kept(preparation: str | None = None) -> None:
    """Clears every cache of `kept`, as the files may have changed.

    Args:
        preparation: unique name of the preparation under way. What the process
            has read for it stays; a process of a cluster serves several.
    """
    global _preparation
    if preparation is None or preparation != _preparation:
        for cached in _kept:
            cached.cache_clear()
    _preparation = preparation or _preparation


def existing(paths: Iterable[str]) -> list[str]:
    """Drops the paths of missing files; for `Source.files`."""
    return [path for path in paths if is_file(path)]


def is_file(path: str | os.PathLike) -> bool:
    """Tells whether a path is that of a file, local or remote."""
    path = os.fspath(path)
    return os.path.isfile(path) if is_local(path) else _kind(path) is False


def is_folder(path: str | os.PathLike) -> bool:
    """Tells whether a path is that of a folder, local or remote."""
    path = os.fspath(path)
    return os.path.isdir(path) if is_local(path) else _kind(path) is True


def _kind(path: str) -> bool | None:
    """Tells whether a remote path is a folder; None if it is missing.

    Lists the folder around it, once for all of its files.
    """
    folder, _, name = path.rstrip("/").rpartition("/")
    if folder.endswith(":/"):  # A bucket.
        return True
    return _listed(folder).get(name)


def paths_in(folder: str | os.PathLike) -> list[str]:
    """Lists a folder's content, sorted; raises `SourceError` if it cannot."""
    try:
        names = _names_in(os.fspath(folder))
    except OSError as error:
        raise _unreadable_folder(error) from error
    return [os.path.join(folder, name) for name in names]


def walk(
    folder: str | os.PathLike[str], error: type[Exception] = SourceError
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Works like `rmdn_tf.video.folders.walk`, also on a remote folder."""
    if is_local(folder):
        yield from local_folders.walk(folder, error)
        return
    paths_in(folder)  # Refuses a missing folder.
    kinds = _listed(os.fspath(folder).rstrip("/"))
    folders = sorted(name for name, is_one in kinds.items() if is_one)
    files = sorted(name for name, is_one in kinds.items() if not is_one)
    yield os.fspath(folder), folders, files
    for name in folders:
        yield from walk(os.path.join(folder, name), error)


def _names_in(folder: str) -> list[str]:
    if is_local(folder):
        return sorted(os.listdir(folder))
    if not _listed(folder):  # A remote folder exists once it holds a file.
        raise FileNotFoundError(
            errno.ENOENT, os.strerror(errno.ENOENT), shown(folder)
        )
    return sorted(_listed(folder))


def open_text(
    path: str | os.PathLike, encoding: str = "utf-8", **options: Any
) -> TextIO:
    """Opens a table of text; a remote one is read whole.

    Args:
        **options: of `open`.

    Raises:
        OSError: the file is missing or unreadable.
        InvalidFileError: a remote file has more than `MAX_TABLE_BYTES`.
    """
    if is_local(path):
        return open(path, encoding=encoding, **options)
    content = io.BytesIO(read_content(path, MAX_TABLE_BYTES))
    return io.TextIOWrapper(content, encoding, **options)


def open_bytes(path: str | os.PathLike) -> BinaryIO:
    """Opens a file of bytes; see `open_text`."""
    if is_local(path):
        return open(path, "rb")
    return io.BytesIO(read_content(path, MAX_TABLE_BYTES))


def avi_files(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yields (name without suffix, path) of the AVI files not hidden."""
    for path in paths:
        name, suffix = os.path.splitext(os.path.basename(path))
        if suffix.lower() == ".avi" and not name.startswith("."):
            yield composed(name), path


def by_name(
    named_paths: Iterable[tuple[Name, str]], what: str
) -> dict[Name, str]:
    """Returns name -> path, sorted by name.

    Raises:
        SourceError: two paths have the same name; calls them `what`.
    """
    paths: dict[Name, str] = {}
    for name, path in named_paths:
        first = paths.setdefault(name, path)
        if first != path:
            one, other = first, path
            if composed(first) == composed(path):  # They look the same.
                one, other = ascii(first)[1:-1], ascii(path)[1:-1]
            raise SourceError(
                f"Two paths for the {what} {name!r}: '{one}' and '{other}'. "
                "Keep one of them."
            )
    return dict(sorted(paths.items()))


def numbered_lines(
    path: str | os.PathLike, advice: str = ""
) -> Iterator[tuple[int, str]]:
    """Yields (number from 1, text) of each line that is not blank.

    Invalid UTF-8 becomes U+FFFD; names become `composed`.

    Raises:
        SourceError: the file is missing or unreadable; ends with the advice.
    """
    try:
        with open_text(path, errors="replace") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, composed(line.rstrip("\n"))
    except OSError as error:
        cause = error.strerror or error
        message = f"Unreadable file '{shown(path)}': {cause}. {advice}"
        raise SourceError(message.rstrip()) from error


def invalid_line(
    path: str | os.PathLike, number: int, expected: str, line: str
) -> SourceError:
    """Returns the error to raise for a malformed line."""
    return SourceError(
        f"Invalid line {number} of '{path}'. Expected {expected}. "
        f"Received: {line[:MAX_QUOTED]!r}."
    )


# One list for each folder; forgotten with the preparation.
@kept(num_results=1024)
def _listed(folder: str) -> dict[str, bool]:
    """Returns name -> whether it is a folder, of a remote folder."""
    from rmdn_tf.files import remote

    return remote.kinds_in(folder)


class _Staged:
    """The copies of remote videos on this machine: the last ones used."""

    def __init__(self) -> None:
        self._copies: dict[str, tuple[str, contextlib.ExitStack]] = {}

    def path_of(self, path: str) -> str:
        """Returns the path of a copy; makes it if it is missing."""
        if path not in self._copies:
            while len(self._copies) >= MAX_STAGED:
                self._copies.pop(next(iter(self._copies)))[1].close()
            stack = contextlib.ExitStack()
            copy = stack.enter_context(local_copy(path))
            self._copies[path] = copy, stack
        return self._copies[path][0]

    def cache_clear(self) -> None:
        """Removes all copies."""
        while self._copies:
            self._copies.popitem()[1][1].close()


_staged = _Staged()
_kept.append(_staged)
atexit.register(_staged.cache_clear)


def staged(path: str | os.PathLike) -> str:
    """Returns a path of this machine with the content of a video.

    A remote video is copied, since its packets are read several times: for its
    facts and for its frames. The copy stays until `MAX_STAGED` others are used.

    Raises:
        SourceError: the video cannot be copied.
    """
    path = os.fspath(path)
    if is_local(path):
        return path
    try:
        return _staged.path_of(path)
    except OSError as error:
        raise SourceError(str(error)) from error


@contextlib.contextmanager
def named(path: str | os.PathLike, copy: str) -> Iterator[None]:
    """Names a remote video instead of its copy in a `SourceError`."""
    try:
        yield
    except SourceError as error:
        if copy == os.fspath(path):
            raise
        raise SourceError(str(error).replace(copy, shown(path))) from None


def _unreadable_folder(error: OSError) -> SourceError:
    return SourceError(
        f"Unreadable folder '{error.filename}': {error.strerror}."
        if error.strerror
        else str(error)
    )
