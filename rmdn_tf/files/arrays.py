"""Arrays in a file, `.npz` and `.npy`, on any file system; no code is run.

Sizes are compared with limits before memory is taken for them. The archive in
an `.npz` has a checksum of every array, which is compared on reading.
"""

import io
import math
import os

import numpy as np
import tensorflow as tf

from rmdn_tf.files.archives import open_archive
from rmdn_tf.files.published import published
from rmdn_tf.files.reading import clear_errors, read_content

MAX_BYTES = 2**29
"""Of one file, unless its reader says otherwise."""

ROOM_FOR_NAMES = 2**20
"""Bytes that names and headers may add to the arrays."""

KINDS = "biufUS"
"""NumPy's letters for truth values, integers, floats, and texts."""

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def write_arrays(path: str | os.PathLike, **arrays: np.ndarray) -> None:
    """Writes arrays, whole or not at all.

    Raises:
        OSError, tf.errors.OpError: the file cannot be written.
    """
    with published(path) as temporary:
        with tf.io.gfile.GFile(temporary, "wb") as file:
            file.write(pack_arrays(**arrays))


def pack_arrays(**arrays: np.ndarray) -> bytes:
    """Returns the content of an `.npz`."""
    # Files of TensorFlow cannot go back, as an archive wants it.
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    return archive.getvalue()


def read_arrays(
    path: str | os.PathLike, max_bytes: int = MAX_BYTES
) -> dict[str, np.ndarray]:
    """Reads what `write_arrays` wrote.

    Args:
        path: of an `.npz`.
        max_bytes: the limit for all arrays together, unpacked.

    Raises:
        FileNotFoundError: there is no such file.
        OSError: the file cannot be read.
        ValueError: the file is damaged or too large, or holds more than arrays
            of numbers and texts; names the file.
    """
    content = read_content(path, max_bytes + ROOM_FOR_NAMES)
    with clear_errors(path, "named arrays, .npz"):
        return unpack_arrays(content, max_bytes)


def unpack_arrays(
    content: bytes, max_bytes: int = MAX_BYTES
) -> dict[str, np.ndarray]:
    """Returns the arrays of an `.npz`.

    Raises:
        ValueError and others: the content is damaged or too large, or holds
            more than arrays of numbers and texts.
    """
    with open_archive(content, max_bytes + ROOM_FOR_NAMES) as archive:
        return {
            # All of a member is read, and so its checksum is compared.
            name.removesuffix(".npy"): unpack_array(archive.read(name))
            for name in archive.namelist()
        }


def read_array(
    path: str | os.PathLike, max_bytes: int = MAX_BYTES
) -> np.ndarray:
    """Reads an array that `np.save` wrote.

    Args:
        path: of an `.npy`.
        max_bytes: the limit for the array.

    Raises:
        As `read_arrays`.
    """
    content = read_content(path, max_bytes + ROOM_FOR_NAMES)
    with clear_errors(path, "an array of numbers or texts, .npy"):
        return unpack_array(content)


def unpack_array(content: bytes) -> np.ndarray:
    """Returns the array of an `.npy`, which takes no more than the content.

    Raises:
        ValueError and others: the content is not just one array of numbers or
            texts, of the size that its header says.
    """
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"an array in the unknown form {version}")
    shape, _, dtype = _HEADERS[version](file)
    if dtype.kind not in KINDS or not dtype.itemsize:
        raise ValueError(f"an array of {dtype}")
    expected = math.prod(shape) * dtype.itemsize
    received = len(content) - file.tell()
    if expected != received:
        raise ValueError(
            f"{received} bytes of numbers for a header that says {dtype} of "
            f"shape {shape}, {expected} bytes"
        )
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)
