"""Named arrays in a file, `.npz`, on any file system; no code is ever run."""

import io
import os
import zipfile

import numpy as np
import tensorflow as tf

from rmdn_tf.published_files import published


def write_arrays(path: str | os.PathLike, **arrays: np.ndarray) -> None:
    """Writes arrays, whole or not at all.

    Raises:
        OSError, tf.errors.OpError: the file cannot be written.
    """
    # Files of TensorFlow cannot go back, as an archive wants it.
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    with published(path) as temporary:
        with tf.io.gfile.GFile(temporary, "wb") as file:
            file.write(archive.getvalue())


def read_arrays(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads what `write_arrays` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or holds more than arrays of numbers and
            texts; names the file.
    """
    try:
        with tf.io.gfile.GFile(os.fspath(path), "rb") as file:
            archive = io.BytesIO(file.read())
        with np.load(archive, allow_pickle=False) as arrays:
            return dict(arrays)
    except tf.errors.NotFoundError as error:
        raise FileNotFoundError(f"No file '{path}'.") from error
    except (
        AttributeError,  # One array alone has no names.
        EOFError,
        KeyError,
        OSError,
        TypeError,
        ValueError,
        zipfile.BadZipFile,
    ) as error:
        raise ValueError(f"Damaged file '{path}': {error}.") from error
