"""Files that appear under their name only when they are whole."""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator

import tensorflow as tf

PREFIX = "partial."
"""Begins the name of every file that is not whole yet."""


@contextlib.contextmanager
def published(path: str | os.PathLike) -> Iterator[str]:
    """Gives a temporary path beside `path`; renames it on success.

    The temporary name keeps the suffix, which some writers choose a format by.
    It is one of its own each time: of several processes that write one file,
    the last to finish leaves its version, and it is whole.

    Args:
        path: of the file to be, on any file system of `tf.io.gfile`; its
            directory exists.

    Yields:
        The path to write to. After an exception nothing is left of it.

    Raises:
        OSError, tf.errors.OpError: the file cannot be written.
    """
    directory, name = os.path.split(os.fspath(path))
    unique = f"{os.getpid()}-{secrets.token_hex(4)}"
    temporary = os.path.join(directory, f"{PREFIX}{unique}.{name}")
    try:
        yield temporary
        tf.io.gfile.rename(temporary, os.fspath(path), overwrite=True)
    except BaseException:  # Ctrl-C must not leave half a file either.
        # It may not be there yet; what went wrong before matters more.
        with contextlib.suppress(tf.errors.OpError):
            tf.io.gfile.remove(temporary)
        raise


def write_json(path: str | os.PathLike, document: object) -> None:
    """Writes a JSON file, whole or not at all."""
    text = json.dumps(document, indent=2) + "\n"
    with published(path) as temporary:
        with tf.io.gfile.GFile(temporary, "w") as file:
            file.write(text)


def remove_partial(directory: str | os.PathLike) -> list[str]:
    """Removes what killed processes have left in a directory.

    Call it only while nobody writes there.

    Args:
        directory: on any file system of `tf.io.gfile`; need not exist.

    Returns:
        Names of the files removed, sorted.
    """
    try:
        names = tf.io.gfile.listdir(os.fspath(directory))
    except tf.errors.NotFoundError:
        return []
    paths = {
        name: os.path.join(directory, name)
        for name in sorted(names)
        if name.startswith(PREFIX)
    }
    files = [n for n, path in paths.items() if not tf.io.gfile.isdir(path)]
    for name in files:
        tf.io.gfile.remove(paths[name])
    return files
