"""Remote directories that libraries use as directories of this machine.

TensorFlow writes its checkpoints and the events of TensorBoard only to paths
that it knows. So a training works in a copy on this machine, and what has
changed there is uploaded after each checkpoint and at the end.
"""

import atexit
import contextlib
import functools
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator

from rmdn_tf.files.file_systems import is_local, remove_file
from rmdn_tf.files.locks import LOCK_FILE
from rmdn_tf.files.published import temporary_path
from rmdn_tf.files.shown_paths import shown

# Names what else belongs together, so it is uploaded last.
_LAST = ("checkpoint", "checksums.sha256")

_mirrors: dict[str, "_Mirror"] = {}


@contextlib.contextmanager
def mirrored(
    path: str | os.PathLike, *, reads: bool = True, writes: bool = True
) -> Iterator[str]:
    """Gives a directory of this machine for a directory anywhere; a context.

    Args:
        path: of the directory, which may be missing.
        reads: whether the copy begins with what is there; otherwise empty.
        writes: whether what changes is uploaded: by `upload_changes`, and at
            the end, also after an error.

    Yields:
        The path itself if it is local; otherwise that of a copy, removed at
        the end.

    Raises:
        OSError: the directory cannot be read or written; or the disk is full.
    """
    path = os.fspath(path)
    if is_local(path):
        yield path
        return
    path = path.rstrip("/")
    with temporary_path(path) as local:
        mirror = _Mirror(path, local)
        if reads:
            mirror.fetch()
        if writes:
            _mirrors[local] = mirror
        try:
            yield local
        except Exception:
            with contextlib.suppress(OSError):  # The first error is told.
                upload_changes(local)
            raise
        else:
            upload_changes(local)
        finally:
            _mirrors.pop(local, None)


def upload_changes(local: str | os.PathLike) -> None:
    """Uploads what has changed in a directory of `mirrored`.

    Does nothing for any other directory.

    Raises:
        OSError: a file cannot be written.
    """
    mirror = _mirrors.get(os.fspath(local))
    if mirror:
        mirror.upload()


def origin_of(path: str | os.PathLike) -> str:
    """Returns the path that a file of a copy of `mirrored` will have.

    Any other path stays as it is.
    """
    path = os.fspath(path)
    for local, mirror in _mirrors.items():
        if path.startswith(local + os.sep):
            return mirror.remote + path.removeprefix(local).replace(os.sep, "/")
    return path


class _Mirror:
    """A remote directory, and its copy on this machine."""

    def __init__(self, remote: str, local: str):
        self.remote = remote
        self._local = pathlib.Path(local)
        self._states: dict[str, tuple[int, int]] = {}
        self._local.mkdir(parents=True)

    def fetch(self) -> None:
        """Copies the remote directory."""
        fetch_tree(self.remote, self._local)
        self._states = self._find()

    def upload(self) -> None:
        """Uploads new and changed files, then removes what is gone."""
        from rmdn_tf.files import remote

        found = self._find()
        changed = [n for n in found if found[n] != self._states.get(n)]
        for name in sorted(changed, key=_order):
            remote.upload(str(self._local / name), f"{self.remote}/{name}")
            self._states[name] = found[name]
        for name in self._states.keys() - found.keys():
            remove_file(f"{self.remote}/{name}")
            del self._states[name]

    def _find(self) -> dict[str, tuple[int, int]]:
        """Returns length and time of each file, by its name in the copy."""
        return {
            file.relative_to(self._local).as_posix(): (
                file.stat().st_size,
                file.stat().st_mtime_ns,
            )
            for file in self._local.rglob("*")
            if file.is_file() and file.name != LOCK_FILE
        }


def _order(name: str) -> tuple[bool, str]:
    return os.path.basename(name) in _LAST, name


def fetch_tree(path: str, target: pathlib.Path) -> None:
    """Copies a remote directory with its folders into an existing one."""
    from rmdn_tf.files import remote
    from rmdn_tf.files.read_ahead import download

    for name, is_folder in remote.kinds_in(path).items():
        inner = f"{path}/{name}"
        if is_folder:
            (target / name).mkdir()
            fetch_tree(inner, target / name)
        else:
            download(inner, str(target / name))


@functools.cache
def fetched(path: str) -> pathlib.Path:
    """Copies a remote file or directory, for as long as the process lives.

    Raises:
        FileNotFoundError: it is missing.
        OSError: it cannot be read, or the disk is full.
    """
    from rmdn_tf.files import remote
    from rmdn_tf.files.read_ahead import download

    info = remote.information(path)
    folder = tempfile.mkdtemp(prefix="rmdn-tf-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = pathlib.Path(folder) / os.path.basename(path)
    if info is not None and info["type"] != "directory":
        download(path, str(target))
        return target
    target.mkdir()
    fetch_tree(path, target)
    if not any(target.iterdir()):
        raise FileNotFoundError(f"No such file: '{shown(path)}'.")
    return target
