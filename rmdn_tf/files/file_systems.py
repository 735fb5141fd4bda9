"""Files of this machine, and on s3://, gs://, az://, hdfs:// and http(s)://.

A path with a scheme goes to fsspec, by `remote`; a path without one to the
system. fsspec is imported only if a path needs it.
"""

import contextlib
import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator

from rmdn_tf.files.path_errors import FileSystemError

_WITH_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9.+-]*)://")


def require_file_system(path: str | os.PathLike) -> None:
    """Makes sure that a path can be used here; needs no network.

    Raises:
        FileSystemError: the scheme is unknown, its driver is not installed, or
            the path is not UTF-8.
    """
    require_utf8(path)
    if not is_local(path):
        from rmdn_tf.files import drivers

        drivers.require_driver(os.fspath(path))


def require_utf8(path: str | os.PathLike) -> None:
    """Makes sure that a path is UTF-8: TensorFlow takes no other.

    Raises:
        FileSystemError: the path has other bytes, or the locale is not UTF-8.
    """
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError as error:
        encoding = sys.getfilesystemencoding()
        advice = (
            "Rename it."
            if encoding.lower() == "utf-8"
            else f"The locale says {encoding}: set LC_ALL=C.UTF-8."
        )
        raise FileSystemError(
            f"Invalid path {ascii(os.fspath(path))}. Expected UTF-8, which "
            f"TensorFlow needs. {advice}"
        ) from error


def is_local(path: str | os.PathLike) -> bool:
    """Tells a path of this machine from a remote one, by its text alone."""
    return _WITH_SCHEME.match(os.fspath(path)) is None


def list_names(directory: str | os.PathLike) -> list[str]:
    """Lists the names in a directory, sorted; [] if it does not exist."""
    directory = os.fspath(directory) or "."
    if not is_local(directory):
        from rmdn_tf.files import remote

        return remote.names_in(directory)
    try:
        return sorted(os.listdir(directory))
    except FileNotFoundError:
        return []


def file_length(path: str | os.PathLike) -> int | None:
    """Returns the length of a file in bytes; None if the file is missing.

    Raises:
        OSError: the file system does not answer.
    """
    path = os.fspath(path)
    if not is_local(path):
        from rmdn_tf.files import remote

        info = remote.information(path)
        return None if info is None else remote.length_of(path, info)
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OSError(f"Cannot read '{path}': {error.strerror}") from error


def make_directory(path: str | os.PathLike) -> None:
    """Makes a directory and its parents, if they are missing.

    A remote directory without a file need not exist afterwards.
    """
    path = os.fspath(path)
    if is_local(path):
        os.makedirs(path, exist_ok=True)
        return
    from rmdn_tf.files import remote

    remote.make_folder(path)


def remove_file(path: str | os.PathLike) -> None:
    """Removes an existing file."""
    path = os.fspath(path)
    if is_local(path):
        os.remove(path)
        return
    from rmdn_tf.files import remote

    remote.remove(path)


def remove_directory(path: str | os.PathLike) -> None:
    """Removes a directory with its content; a missing one is fine."""
    path = os.fspath(path)
    if is_local(path):
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)
        return
    from rmdn_tf.files import remote

    remote.remove(path)


@contextlib.contextmanager
def local_copy(path: str | os.PathLike) -> Iterator[str]:
    """Gives a file of this machine with the content of a file; a context.

    For libraries that read only files of this machine. A remote file is copied,
    and the copy removed at the end.

    Yields:
        The path itself if it is local; otherwise that of the copy, which has
        the same file name.

    Raises:
        OSError: the file is missing, or cannot be read; or the disk is full.
    """
    path = os.fspath(path)
    if is_local(path):
        yield path
        return
    from rmdn_tf.files.read_ahead import download

    with tempfile.TemporaryDirectory(prefix="rmdn-tf-") as folder:
        copy = os.path.join(folder, os.path.basename(path))
        download(path, copy)
        yield copy


def leave(code: int) -> int:
    """Ends a command; call it last, `sys.exit(leave(main()))`.

    Once tensorflow-io is loaded, ends the process at once: its s3 file system
    would abort the interpreter with the exit code 134 although all data are
    written [1]. In a worker process call `atexit.register(leave, 0)`.

    [1] https://github.com/tensorflow/io/issues/1912
    """
    if "tensorflow_io" not in sys.modules:
        return code
    try:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:  # A pipe that nobody reads must not bring the abort back.
        os._exit(code)
