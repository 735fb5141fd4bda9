"""One process at a time in a directory, by locks of the operating system.

A lock ends with its process, even if the process is killed. The lock file
stays: its presence does not mean that the directory is locked.
"""

import contextlib
import os
import platform
import sys
import time
from collections.abc import Iterator

import filelock

from rmdn_tf.files.file_systems import is_local
from rmdn_tf.files.shown_paths import shown

# Name of the lock file in the directory.
LOCK_FILE = ".lock"

_MAX_HOLDER = 300  # Characters read from a lock file.


class InUseError(OSError):
    """Another process works in a directory."""


@contextlib.contextmanager
def one_at_a_time(
    directory: str | os.PathLike, what: str, *, wait: bool = False
) -> Iterator[None]:
    """Keeps other processes and threads out of a directory; a context.

    The same thread may enter it again.

    Args:
        directory: made if missing. A remote one has no locks: a warning asks
            the user to take care.
        what: the work, such as "training", for the errors of other processes.
        wait: whether to wait, with a message, until the directory is free.

    Raises:
        InUseError: another process works there; names it if known.
    """
    if not is_local(directory):
        print(
            f"Warning: '{shown(directory)}' cannot be locked. Make sure that "
            "no other process writes there.",
            file=sys.stderr,
        )
        yield
        return
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(os.path.realpath(directory), LOCK_FILE)
    # One object for each path: it knows if this thread holds the lock already.
    lock = filelock.FileLock(path, is_singleton=True)
    if lock.is_locked:
        yield
        return
    _acquire(lock, directory, wait)
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    host = platform.node()
    _sign(lock, f"process {os.getpid()} on {host}, {what} since {now}\n")
    try:
        yield
    finally:
        _sign(lock, "")
        lock.release()


def try_lock(path: str | os.PathLike) -> filelock.BaseFileLock | None:
    """Takes the lock of a lock file on this machine, without waiting.

    Returns the lock, held until its `release` or the end of the process; None
    if another process holds it. Makes the file if missing.
    """
    lock = filelock.FileLock(path)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        return None
    return lock


def _acquire(
    lock: filelock.BaseFileLock, directory: str | os.PathLike, wait: bool
) -> None:
    try:
        lock.acquire(blocking=False)
        return
    except filelock.Timeout as error:
        in_use = (
            f"'{directory}' is in use by another process"
            f"{_holder(lock.lock_file)}."
        )
        if not wait:
            raise InUseError(
                f"{in_use} Wait until it ends, or choose another directory."
            ) from error
    print(f"{in_use} Waiting until it ends.", file=sys.stderr, flush=True)
    lock.acquire(poll_interval=0.5)


def _sign(lock: filelock.BaseFileLock, text: str) -> None:
    """Writes the holder into the lock file, for other processes' errors."""
    # On a file system without locks the content of the file is the lock.
    if getattr(lock, "pid", None) is not None:
        return
    with contextlib.suppress(OSError):  # Windows keeps others from writing.
        with open(lock.lock_file, "w") as file:
            file.write(text)


def _holder(path: str) -> str:
    """Returns the holder of a lock in brackets; "" if unknown."""
    try:
        with open(path, errors="replace") as file:
            text = " ".join(file.read(_MAX_HOLDER).split())
    except OSError:
        return ""
    return f" ({text})" if text else ""
