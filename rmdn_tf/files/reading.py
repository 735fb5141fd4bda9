"""Files that others wrote: read within a limit, and with one clear error."""

import contextlib
import os
import textwrap
from collections.abc import Iterator

import tensorflow as tf

MAX_CAUSE = 1000
"""Characters of a library's message that an error shows, in one line."""


class InvalidFileError(ValueError):
    """A file that cannot be read; the message names file and cause."""


def read_content(path: str | os.PathLike, max_bytes: int) -> bytes:
    """Reads a whole file, unless it is larger than any file of its kind.

    Args:
        path: on any file system of `tf.io.gfile`.
        max_bytes: the limit.

    Raises:
        FileNotFoundError: the file is missing.
        OSError: the file cannot be read.
        InvalidFileError: the file is larger than the limit.
    """
    try:
        with tf.io.gfile.GFile(os.fspath(path), "rb") as file:
            if file.size() > max_bytes:
                raise InvalidFileError(
                    f"Invalid file '{path}'. Expected at most {max_bytes} "
                    f"bytes. Received: {file.size()} bytes."
                )
            return file.read()
    except tf.errors.NotFoundError as error:
        raise FileNotFoundError(f"No such file: '{path}'.") from error
    except tf.errors.OpError as error:
        raise OSError(f"Cannot read '{path}': {error.message}.") from error


@contextlib.contextmanager
def clear_errors(
    path: str | os.PathLike, expected: str, what: str = "file"
) -> Iterator[None]:
    """Turns any error of a reader into one that names the file.

    Libraries raise errors of many types, by the byte that is wrong. Make sure
    first that the file exists: a missing one would look like a damaged one.

    Args:
        path: of the file.
        expected: what the file should be, in words.
        what: a name for files of its kind.

    Raises:
        ImportError: unchanged; a library is missing, the file may be sound.
        InvalidFileError: any other error.
    """
    try:
        yield
    except (ImportError, InvalidFileError):
        raise
    except Exception as error:
        cause = textwrap.shorten(str(error), MAX_CAUSE, placeholder=" ...")
        cause = cause.rstrip(".") or type(error).__name__
        raise InvalidFileError(
            f"Invalid {what} '{path}'. Expected {expected}. Received: {cause}."
        ) from error
