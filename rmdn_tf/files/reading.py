"""Reads whole files within a limit, and gives one clear error for bad ones."""

import contextlib
import os
import textwrap
from collections.abc import Iterator

from rmdn_tf.files.file_systems import file_length, is_local, local_copy
from rmdn_tf.files.shown_paths import shown
from rmdn_tf.files.write_errors import full_disk

# Most characters of a library's message that an error shows.
MAX_CAUSE = 1000


class InvalidFileError(ValueError):
    """A file cannot be read; the message names the file and the cause."""


def read_content(path: str | os.PathLike, max_bytes: int) -> bytes:
    """Reads a whole file of at most `max_bytes`."""
    length = file_length(os.fspath(path))
    if length is None:
        raise FileNotFoundError(f"No such file: '{shown(path)}'.")
    if length > max_bytes:
        raise InvalidFileError(
            f"Invalid file '{shown(path)}'. Expected at most {max_bytes} "
            f"bytes. Received: {length} bytes."
        )
    if is_local(path):
        try:
            with open(path, "rb") as file:
                return file.read(length)  # The file may have grown since.
        except OSError as error:
            cause = error.strerror
            raise OSError(f"Cannot read '{path}': {cause}.") from error
    from rmdn_tf.files import remote

    return remote.read_range(os.fspath(path), 0, length)


def read_lines(path: str | os.PathLike, max_bytes: int) -> Iterator[bytes]:
    """Yields the lines of a file, with their ends, in bounded memory.

    Args:
        max_bytes: of a line; a longer one comes in parts.
    """
    with local_copy(path) as copy:
        try:
            with open(copy, "rb") as file:
                while line := file.readline(max_bytes):
                    yield line
        except OSError as error:
            cause = error.strerror
            raise OSError(f"Cannot read '{shown(path)}': {cause}.") from error


@contextlib.contextmanager
def clear_errors(
    path: str | os.PathLike, expected: str, what: str = "file"
) -> Iterator[None]:
    """Turns any error of a reader into one that names the file; a context.

    Libraries raise errors of many types, depending on the damaged byte. Make
    sure first that the file exists: a missing file would look damaged.

    Args:
        expected: description of the expected content.
        what: what the error calls such a file.

    Raises:
        ImportError: a library is missing; the file may be valid.
        OSError: the disk is full, for a reader that needs a temporary copy.
        InvalidFileError: any other error.
    """
    try:
        yield
    except (ImportError, InvalidFileError):
        raise
    except Exception as error:
        if full_disk(error):
            raise
        cause = textwrap.shorten(str(error), MAX_CAUSE, placeholder=" ...")
        cause = cause.rstrip(".") or type(error).__name__
        raise InvalidFileError(
            f"Invalid {what} '{shown(path)}'. Expected {expected}. Received: "
            f"{cause}."
        ) from error
