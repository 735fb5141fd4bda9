"""Errors of writing, in the words of the user.

Files are written under temporary names, by many libraries. Their errors must
name the file that the user asked for.
"""

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from typing import NoReturn

# A file cannot grow: the disk or the quota is full, or the file too large.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def full_disk(error: BaseException) -> int | None:
    """Returns the `errno` if an error tells of a full disk; otherwise None.

    Reads the text: h5py, TensorFlow and FFmpeg have errors of their own.
    """
    text = str(error)
    return next((n for n in _FULL if os.strerror(n) in text), None)


@contextlib.contextmanager
def writing(path: str | os.PathLike) -> Iterator[None]:
    """Names a file or folder in the errors of a full disk; a context.

    For files that `published` does not write. Errors of other files stay.
    """
    try:
        yield
    except Exception as error:
        number = full_disk(error)
        named = getattr(error, "filename", None) or path
        is_ours = os.fspath(named).startswith(os.fspath(path))
        # A ValueError, such as `VideoError`, is a sentence of this package.
        if number is None or not is_ours or isinstance(error, ValueError):
            raise
        raise OSError(number, os.strerror(number), os.fspath(path)) from error


def raise_readable(error: Exception, folder: str, path: str) -> NoReturn:
    """Raises an error of writing again, without the name of its folder.

    Args:
        folder: temporary folder that was written to.
        path: path that the error of a full disk names. An error that names a
            file elsewhere keeps its name.
    """
    name = os.path.basename(folder)
    number = full_disk(error)
    # The system names no file in the error of a write.
    is_ours = name in str(error) or getattr(error, "filename", None) is None
    _hide(name, error)
    if number and is_ours and not isinstance(error, ValueError):
        raise OSError(number, os.strerror(number), path) from error
    raise error


def _hide(name: str, error: BaseException | None) -> None:
    """Removes the name of a folder from an error and its causes."""

    def without(value: object) -> object:
        if not isinstance(value, str | bytes):
            return value
        text = os.fsdecode(value)
        return re.sub(rf"{re.escape(name)}[/\\]?", "", text)

    while error is not None:
        error.args = tuple(map(without, error.args))
        attributes = dict(vars(error))
        if isinstance(error, OSError):  # Not in `vars`.
            for key in ("filename", "filename2", "strerror"):
                attributes[key] = getattr(error, key)
        for key, value in attributes.items():
            if without(value) != value:
                setattr(error, key, without(value))
        error = error.__cause__ or error.__context__
