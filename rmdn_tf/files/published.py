"""Files and directories that appear under their name only when they are whole.

Until then they lie in a temporary folder of the same directory, which is locked
while its writer lives:

    OUT.mp4                               the file of an earlier run, if any
    partial.5f0c1a2b-9d3e4f5a/OUT.mp4     the new file, not whole yet
    partial.5f0c1a2b-9d3e4f5a/.lock

The next writer of the same file removes the folder of a killed writer. Errors
name the file, not the temporary folder.

The temporary folder of a remote file lies on this machine, in a folder of its
own below the system's folder of temporary files. The whole file is uploaded.
"""

import contextlib
import errno
import hashlib
import itertools
import os
import pathlib
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator

import filelock

from rmdn_tf.files import shown_paths
from rmdn_tf.files.file_systems import is_local, list_names
from rmdn_tf.files.json_parts import json_parts
from rmdn_tf.files.locks import LOCK_FILE, InUseError, try_lock
from rmdn_tf.files.syncing import sync, sync_entries
from rmdn_tf.files.uploads import (
    folder_of_uploads,
    require_writable_remote,
)
from rmdn_tf.files.write_errors import raise_readable

# Folder of an unfinished file: a digest of the file's name, then a random
# number or a digest of the identity of the output.
_FOLDER = re.compile(r"partial\.([0-9a-f]{8})-([0-9a-f]{8})")

# Folders that this process writes now, with their locks.
_unfinished: dict[str, filelock.BaseFileLock | None] = {}


@contextlib.contextmanager
def published(path: str | os.PathLike) -> Iterator[str]:
    """Gives a temporary path for a file; renames it on success.

    The temporary path has the same file name, since some writers choose a
    format by the suffix. If several processes write one file, the last version
    stays, whole. After a power cut the old file or the new one exists. If the
    path is a link, its target is replaced.

    Yields:
        The path to write to. An exception removes the written content.

    Raises:
        OSError: see `require_writable`; or the disk is full.
    """
    path = _target(path)
    require_writable(path)
    with temporary_path(path) as temporary:
        yield temporary
        publish(temporary, path)


def require_writable(path: str | os.PathLike) -> None:
    """Makes sure that a file can be made at a path, before long work.

    Raises:
        FileNotFoundError: the folder of the file is missing.
        OSError: the path is a folder, or its folder cannot be written.
    """
    if not is_local(path):
        require_writable_remote(path)
        return
    if os.path.isdir(path):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    _require_folder(os.fspath(path))


def require_new_directory(path: str | os.PathLike) -> None:
    """Makes sure that a directory can be made at a path, before long work.

    Args:
        path: of this machine.

    Raises:
        FileNotFoundError: the folder of the directory is missing.
        OSError: the path is a file or a directory that is not empty, or its
            folder cannot be written.
    """
    path = os.fspath(pathlib.Path(path))  # Without a slash at the end.
    if os.path.isdir(path):
        if os.listdir(path):
            raise FileExistsError(
                errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path
            )
    elif os.path.exists(path):
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    _require_folder(path)


def require_writable_directory(path: str | os.PathLike) -> None:
    """Makes sure that files can be written in a directory, before long work.

    Args:
        path: of the directory, which may be missing, as may its parents.

    Raises:
        OSError: it, or its nearest existing parent, is a file or cannot be
            written.
    """
    if not is_local(path):
        require_writable_remote(path)
        return
    folder = os.path.abspath(path)
    while not os.path.exists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), folder)


def _require_folder(path: str) -> None:
    """Makes sure that the folder of a path exists and can be written."""
    folder = os.path.dirname(path) or "."
    if not os.path.exists(folder):
        raise FileNotFoundError(
            errno.ENOENT, f"Missing folder '{folder}' of the output", path
        )
    if not os.path.isdir(folder):
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
    if not os.access(folder, os.W_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)


@contextlib.contextmanager
def published_directory(
    path: str | os.PathLike, identity: str | None = None
) -> Iterator[str]:
    """Does for a directory on this machine what `published` does for a file.

    Args:
        path: missing or empty, in an existing directory.
        identity: a text for the output, such as its settings. A writer with the
            same identity continues the output of a killed writer.

    Yields:
        The path of a directory to write to; see `temporary_path`.

    Raises:
        InUseError: another process writes with the same identity.
    """
    path = _target(pathlib.Path(path))  # Without a slash at the end.
    require_new_directory(path)
    with temporary_path(path, identity) as temporary:
        os.makedirs(temporary, exist_ok=True)
        yield temporary
        publish(temporary, path)


@contextlib.contextmanager
def temporary_path(
    path: str | os.PathLike,
    identity: str | None = None,
    shown: str | os.PathLike | None = None,
) -> Iterator[str]:
    """Gives a path to write to; `publish` moves the result to its name.

    Removes the output of killed writers of the same path, unless they had the
    same identity. Removes at the end everything that is not published.

    Args:
        identity: see `published_directory`.
        shown: path that the error of a full disk names; None for `path`.

    Yields:
        A free path, or that of the output of a killed writer with the same
        identity.

    Raises:
        InUseError: another process writes with the same identity.
    """
    directory, name = os.path.split(os.fspath(path))
    token = None if identity is None else _digest(identity)
    if is_local(path):
        _require_folder(os.fspath(path))
        _remove_leftovers(directory, _digest(name), keep=token)
    else:
        require_writable_remote(path)
        directory = folder_of_uploads()
        _remove_leftovers(directory)
    folder, lock = _make_folder(directory, name, token)
    try:
        yield os.path.join(folder, name)
    except Exception as error:
        raise_readable(error, folder, shown_paths.shown(shown or path))
    finally:  # Ctrl-C must not leave half a file either.
        _remove(folder, lock)


def _target(path: str | os.PathLike) -> str:
    """Follows a link of this machine."""
    path = os.fspath(path)
    is_link = is_local(path) and os.path.islink(path)
    return os.path.realpath(path) if is_link else path


def publish(temporary: str | os.PathLike, path: str | os.PathLike) -> None:
    """Moves a finished file or directory to its name, once it is on disk.

    Both lie on one file system, unless the path is remote. Replaces a file, or
    an empty directory by a directory.
    """
    if not is_local(path):
        from rmdn_tf.files import remote

        remote.upload(os.fspath(temporary), os.fspath(path))
        return
    sync(temporary)
    os.replace(temporary, path)
    sync_entries(os.path.dirname(path) or ".")


def write_json(path: str | os.PathLike, document: object) -> None:
    """Writes a JSON file, whole or not at all; see `json_parts`."""
    parts = (part.encode() for part in json_parts(document))
    write_parts(path, itertools.chain(parts, [b"\n"]))


def write_content(path: str | os.PathLike, content: bytes) -> None:
    """Writes a file, whole or not at all."""
    write_parts(path, [content])


def write_parts(path: str | os.PathLike, parts: Iterable[bytes]) -> None:
    """Writes a file part by part, whole or not at all."""
    with published(path) as temporary:
        with open(temporary, "wb") as file:
            file.writelines(parts)


def remove_partial(directory: str | os.PathLike) -> list[str]:
    """Removes the unfinished files of killed processes; returns their folders.

    The files of living processes stay. Nothing unfinished lies in a remote
    directory.
    """
    return (
        _remove_leftovers(os.fspath(directory)) if is_local(directory) else []
    )


def _remove_leftovers(
    directory: str, digest: str | None = None, keep: str | None = None
) -> list[str]:
    """Removes leftovers of one name or all, except the token `keep`."""
    removed = []
    for name in list_names(directory):
        match = _FOLDER.fullmatch(name)
        if match and digest in (None, match[1]) and match[2] != keep:
            if _remove_if_dead(os.path.join(directory, name)):
                removed.append(name)
    return removed


def _remove_if_dead(folder: str) -> bool:
    """Removes a folder unless its writer lives; returns whether it did."""
    if not os.path.isdir(folder):
        return False
    try:
        lock = try_lock(os.path.join(folder, LOCK_FILE))
    except OSError:  # The folder is another user's.
        return False
    if lock is None:
        return False
    _remove(folder, lock)
    return True


def _make_folder(
    directory: str, name: str, token: str | None
) -> tuple[str, filelock.BaseFileLock]:
    """Makes the folder of a writer, and takes its lock."""
    path = os.path.join(directory, name)
    while True:
        folder = f"partial.{_digest(name)}-{token or secrets.token_hex(4)}"
        folder = os.path.join(directory, folder)
        _unfinished[folder] = None
        try:
            pathlib.Path(folder).mkdir(exist_ok=token is not None)
        except OSError as error:  # The user knows the file, not the folder.
            _unfinished.pop(folder, None)
            raise OSError(error.errno, error.strerror, path) from error
        try:
            lock = try_lock(os.path.join(folder, LOCK_FILE))
        except FileNotFoundError:  # Another process removed it: a leftover.
            _unfinished.pop(folder, None)
            continue
        if lock is not None:
            _unfinished[folder] = lock
            return folder, lock
        _unfinished.pop(folder, None)  # It is another's.
        if token is not None:
            raise InUseError(f"Another process is writing '{path}'.")
        # Another process has just taken the folder for a leftover: try again.


def _digest(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:8]


def remove_unfinished() -> None:
    """Removes all that this process began to write; call it at the very end.

    A signal may come between any two statements, even while a folder is
    removed.
    """
    for folder, lock in list(_unfinished.items()):
        _remove(folder, lock)


def _remove(folder: str, lock: filelock.BaseFileLock | None) -> None:
    """Removes a folder, as far as possible; the next writer tries again."""
    if lock is None:  # Not taken yet.
        shutil.rmtree(folder, ignore_errors=True)
        _unfinished.pop(folder, None)
        return
    # Renamed while locked: the next writer of the same identity makes a new
    # folder, and keeps its files.
    doomed = f"{folder[:-8]}{secrets.token_hex(4)}"
    _unfinished[doomed] = lock
    with contextlib.suppress(OSError):  # Windows renames no open file.
        os.rename(folder, doomed)
        _unfinished.pop(folder, None)
        folder = doomed
    shutil.rmtree(folder, ignore_errors=True)
    lock.release()
    shutil.rmtree(folder, ignore_errors=True)  # NFS kept the open lock file.
    for left in (folder, doomed):
        _unfinished.pop(left, None)
