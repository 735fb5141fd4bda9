"""Remote file systems: s3://, gs://, hdfs://, az://, http(s)://.

TensorFlow knows paths of this machine and gs://. tensorflow-io registers the
others, and is loaded only if a path needs it. TensorFlow takes seconds to
import, so the modules of this room import it in the functions that need it.
"""

import dataclasses
import logging
import os
import re
import stat
import sys
import warnings

# Schemes that tensorflow-io registers if its native part loads.
SCHEMES = ("az", "gs", "har", "hdfs", "http", "https", "oss", "s3", "viewfs")

_WITH_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9.+-]*)://")


class FileSystemError(OSError):
    """The file system of a path cannot be used here."""


def require_file_system(path: str | os.PathLike) -> None:
    """Makes sure that TensorFlow can use a path; needs no network.

    Raises:
        FileSystemError: the scheme is unknown, tensorflow-io is missing, or
            the path is not UTF-8.
    """
    require_utf8(path)
    match = _WITH_SCHEME.match(os.fspath(path))
    if match is None or _is_registered(match[1]):
        return
    scheme = match[1]
    if scheme not in SCHEMES:
        raise FileSystemError(
            f"Invalid scheme of '{path}'. Expected a path of this machine, or "
            f"one of {'://, '.join(SCHEMES)}://. Received: {scheme}://."
        )
    found = _load_tensorflow_io()
    if not _is_registered(scheme):
        raise FileSystemError(
            f"Cannot use '{path}'. Expected tensorflow-io, which brings "
            f"{scheme}://, and the TensorFlow that it was built for. Received: "
            f"{found}. {_advice()}"
        )


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
    """Lists the names in a directory, sorted; [] if it does not exist.

    Unlike TensorFlow's `listdir`, accepts local names that are not UTF-8.
    """
    directory = os.fspath(directory) or "."
    if is_local(directory):
        try:
            return sorted(os.listdir(directory))
        except FileNotFoundError:
            return []
    import tensorflow as tf

    try:
        names = tf.io.gfile.listdir(directory)
    except tf.errors.NotFoundError:
        return []  # On S3 a directory exists once it holds a file.
    return sorted(name.rstrip("/") for name in names)


def file_length(path: str) -> int | None:
    """Returns the length of a file in bytes; None if the file is missing.

    Raises `OSError` if the file system does not answer; `tf.io.gfile.exists`
    would report a missing file.
    """
    if is_local(path):
        try:
            return os.stat(path).st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            cause = error.strerror
            raise OSError(f"Cannot read '{path}': {cause}") from error
    import tensorflow as tf

    try:
        return tf.io.gfile.stat(path).length
    # az:// raises a plain RuntimeError.
    except (tf.errors.OpError, RuntimeError) as error:
        is_missing = isinstance(error, tf.errors.NotFoundError)
        # hdfs:// also raises this error if libhdfs.so is missing.
        if is_missing and not str(error).startswith("Library"):
            return None
        cause = str(error).removeprefix(f"{path}; ")
        raise OSError(f"Cannot read '{path}': {cause}") from error


@dataclasses.dataclass(frozen=True)
class FileState:
    """Tells, with another state of the same file, whether it has changed.

    Attributes:
        size: length in bytes.
        time: when the content last changed, nanoseconds since 1970; None if
            the server does not tell.
        tag: on this machine, device, number and last change of the file; of a
            remote file, its ETag or generation; "" if unknown.
    """

    size: int
    time: int | None
    tag: str


def file_state(path: str | os.PathLike) -> FileState | None:
    """Returns the state of a file, local or remote; None if it is missing.

    Raises:
        OSError: the file system does not answer, the file cannot be looked at,
            or it is a folder.
    """
    path = os.fspath(path)
    if not is_local(path):
        from rmdn_tf.files import remote

        return remote.state_of(path)
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OSError(f"Cannot read '{path}': {error.strerror}") from error
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(f"Cannot read '{path}': it is a folder.")
    tag = f"{found.st_dev}-{found.st_ino}-{found.st_ctime_ns}"
    return FileState(found.st_size, found.st_mtime_ns, tag)


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


def _is_registered(scheme: str) -> bool:
    import tensorflow as tf

    return scheme in tf.io.gfile.get_registered_schemes()


def _advice() -> str:
    if sys.version_info >= (3, 13) or sys.platform == "win32":
        return (
            "There is no tensorflow-io for this Python or system: use Python "
            "3.11 or 3.12 on Linux or macOS."
        )
    return "Install both: pip install 'rmdn-tf[s3]'."


def _load_tensorflow_io() -> str:
    """Loads tensorflow-io if possible; returns its version or the error."""
    import tensorflow as tf

    with warnings.catch_warnings():
        # tensorflow-io only warns if its native part does not load.
        warnings.simplefilter("ignore")
        try:
            import tensorflow_io
        except ImportError as error:
            return str(error)
    return (
        f"tensorflow-io {tensorflow_io.__version__} beside TensorFlow "
        f"{tf.__version__}"
    )
