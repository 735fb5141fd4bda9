"""Files and directories that appear under their name only when they are whole.

Until then they lie in a folder of their own beside it, which a name of ours
tells from all files of the user, and which is locked while its writer lives:

    OUT.mp4                               what is there before, if any
    partial.5f0c1a2b-9d3e4f5a/OUT.mp4     the next one, not whole yet
    partial.5f0c1a2b-9d3e4f5a/.lock

The next writer of the same file removes what a killed one left.
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator

import tensorflow as tf

from rmdn_tf.file_systems import is_local
from rmdn_tf.locks import LOCK_FILE, InUseError, try_lock

_FOLDER = re.compile(r"partial\.([0-9a-f]{8})-([0-9a-f]{8})")
"""Of what is not whole yet; the first number stands for the name, the second
for the writer or for the identity of what is written."""


@contextlib.contextmanager
def published(path: str | os.PathLike) -> Iterator[str]:
    """Gives a temporary path for a file; renames it on success.

    The temporary path ends with the same name, by whose suffix some writers
    choose a format. Of several processes that write one file, the last to
    finish leaves its version, and it is whole. It is on disk before it gets
    its name: the machine may fail too.

    Args:
        path: of the file to be, on any file system of `tf.io.gfile`; its
            directory exists.

    Yields:
        The path to write to. After an exception nothing is left of it.

    Raises:
        OSError, tf.errors.OpError: the file cannot be written.
    """
    with temporary_path(path) as temporary:
        yield temporary
        publish(temporary, path)


@contextlib.contextmanager
def published_directory(
    path: str | os.PathLike, identity: str | None = None
) -> Iterator[str]:
    """Does for a directory what `published` does for a file.

    Args:
        path: of the directory to be, on this machine; absent or empty. Its
            parent exists.
        identity: tells what is written from all else that may be written
            there. A writer of the same identity goes on with what a killed one
            left.

    Yields:
        The path of a directory to write to, empty unless a killed writer left
        some of it.

    Raises:
        InUseError: another process writes the same identity.
        OSError: it cannot be written.
    """
    with temporary_path(path, identity) as temporary:
        os.makedirs(temporary, exist_ok=True)
        yield temporary
        publish(temporary, path)


@contextlib.contextmanager
def temporary_path(
    path: str | os.PathLike, identity: str | None = None
) -> Iterator[str]:
    """Gives a path to write to before `publish`; the rest is removed.

    What killed writers of the same path left is removed first, unless it is of
    the same identity.

    Args:
        path: of what is to be; its directory exists.
        identity: see `published_directory`.

    Yields:
        The path, where nothing is yet unless a killed writer left it.

    Raises:
        OSError, tf.errors.OpError: the directory cannot be written.
    """
    directory, name = os.path.split(os.fspath(path))
    token = None if identity is None else _digest(identity)
    if is_local(path):
        _remove_leftovers(directory, _digest(name), keep=token)
    folder, lock = _make_folder(directory, name, token)
    try:
        yield os.path.join(folder, name)
    finally:  # Ctrl-C must not leave half a file either.
        if lock is not None:
            lock.release()
        _remove(folder)


def publish(temporary: str | os.PathLike, path: str | os.PathLike) -> None:
    """Gives what is whole its name, once it is safe on disk.

    Args:
        temporary: file or directory, of `temporary_path`.
        path: its name to be, on the same file system. A file there is
            replaced, and so is an empty directory by a directory.

    Raises:
        OSError, tf.errors.OpError: it is not there, or cannot be written.
    """
    if not is_local(path):
        tf.io.gfile.rename(temporary, os.fspath(path), overwrite=True)
        return
    sync(temporary)
    os.replace(temporary, path)
    _sync_directory(os.path.dirname(path) or ".")


def sync(path: str | os.PathLike) -> None:
    """Waits until a file, or all of a directory, of this machine is on disk.

    Raises:
        OSError: it is not there, or the disk fails.
    """
    if not os.path.isdir(path):
        _sync_file(path)
        return
    for folder, _, files in os.walk(path):
        for file in files:
            _sync_file(os.path.join(folder, file))
        _sync_directory(folder)


def write_json(path: str | os.PathLike, document: object) -> None:
    """Writes a JSON file, whole or not at all."""
    text = json.dumps(document, indent=2) + "\n"
    with published(path) as temporary:
        with tf.io.gfile.GFile(temporary, "w") as file:
            file.write(text)


def remove_partial(directory: str | os.PathLike) -> list[str]:
    """Removes what killed processes have left in a directory.

    On this machine that of living processes stays. Remote file systems do not
    tell the two apart: call it there only while nobody writes.

    Args:
        directory: on any file system of `tf.io.gfile`; need not exist.

    Returns:
        Names of the folders removed, sorted.
    """
    return _remove_leftovers(os.fspath(directory))


def _remove_leftovers(
    directory: str, digest: str | None = None, keep: str | None = None
) -> list[str]:
    """Removes those of one name, or of all, but for those of one identity."""
    try:
        names = tf.io.gfile.listdir(directory or ".")
    except tf.errors.NotFoundError:
        return []
    removed = []
    for name in sorted(name.rstrip("/") for name in names):
        match = _FOLDER.fullmatch(name)
        if match and digest in (None, match[1]) and match[2] != keep:
            if _remove_if_dead(os.path.join(directory, name)):
                removed.append(name)
    return removed


def _remove_if_dead(folder: str) -> bool:
    """Removes a folder unless its writer lives; says whether it did."""
    if not tf.io.gfile.isdir(folder):
        return False
    if not is_local(folder):
        _remove(folder)
        return True
    try:
        lock = try_lock(os.path.join(folder, LOCK_FILE))
    except OSError:  # It is another user's.
        return False
    if lock is None:
        return False
    _remove(folder)
    # Only now: a writer that has just made the folder must not get it.
    lock.release()
    with contextlib.suppress(OSError):  # NFS keeps it while a file is open.
        os.rmdir(folder)
    return True


def _make_folder(directory: str, name: str, token: str | None) -> tuple:
    """Makes the folder of a writer; returns it, and its lock or None.

    With a token, that of an identity, it may be there already.
    """
    path = os.path.join(directory, name)
    while True:
        folder = f"partial.{_digest(name)}-{token or secrets.token_hex(4)}"
        folder = os.path.join(directory, folder)
        if not is_local(folder):
            tf.io.gfile.makedirs(folder)
            return folder, None
        try:
            if token is None or not os.path.isdir(folder):
                os.mkdir(folder)
        except OSError as error:  # The user knows the file, not the folder.
            raise OSError(error.errno, error.strerror, path) from error
        lock = try_lock(os.path.join(folder, LOCK_FILE))
        if lock is not None:
            return folder, lock
        if token is not None:
            raise InUseError(f"Another process is writing '{path}'.")
        # Another process has just taken it for a leftover.


def _digest(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:8]


def _remove(folder: str) -> None:
    """Removes a folder; what cannot be removed now is removed next time."""
    if is_local(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    with contextlib.suppress(tf.errors.OpError):
        tf.io.gfile.rmtree(folder)


def _sync_file(path: str | os.PathLike) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _sync_directory(path: str | os.PathLike) -> None:
    if os.name == "nt":  # There a directory cannot be opened.
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
