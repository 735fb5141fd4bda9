"""Waits until files of this machine are on disk."""

import os


def sync(path: str | os.PathLike[str]) -> None:
    """Waits until a file, or all of a directory, is on disk."""
    if not os.path.isdir(path):
        _sync_file(path)
        return
    for folder, _, files in os.walk(path):
        for file in files:
            _sync_file(os.path.join(folder, file))
        sync_entries(folder)


def _sync_file(path: str | os.PathLike) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def sync_entries(path: str | os.PathLike) -> None:
    """Waits until the names of the files in a directory are on disk."""
    if os.name == "nt":  # There a directory cannot be opened.
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
