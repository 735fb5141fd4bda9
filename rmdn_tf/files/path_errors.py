"""Errors about the file system of a path."""


class FileSystemError(OSError):
    """The file system of a path cannot be used here."""
