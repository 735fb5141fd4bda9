"""Makes sure that a disk has room, before a run starts."""

import os
import shutil
import tempfile


def require_room(directory: str | os.PathLike[str], num_bytes: int) -> None:
    """Makes a directory on this machine, and checks that it has room.

    Raises:
        OSError: the directory cannot be written, or lacks room for `num_bytes`.
    """
    os.makedirs(directory, exist_ok=True)
    with tempfile.TemporaryFile(dir=directory):
        pass
    free = shutil.disk_usage(directory).free
    if free < num_bytes:
        raise OSError(
            f"No room in '{directory}'. Expected {format_bytes(num_bytes)}. "
            f"Received: {format_bytes(free)} free."
        )


def reserve(path: str | os.PathLike, num_bytes: int) -> None:
    """Makes sure that a file of this size fits, then leaves it empty.

    Also notices a quota and a limit of the size of a file. For a library that
    crashes on a full disk, as HDF5 does.

    Raises:
        OSError: the file does not fit.
    """
    with open(path, "wb") as file:
        if hasattr(os, "posix_fallocate"):  # Not on macOS and Windows.
            os.posix_fallocate(file.fileno(), 0, num_bytes)
            file.truncate(0)


def format_bytes(num_bytes: float) -> str:
    """Returns a number of bytes as text, such as 1.5 GiB."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if num_bytes < 1024:
            return f"{num_bytes:.4g} {unit}"
        num_bytes /= 1024
    return f"{num_bytes:.4g} TiB"
