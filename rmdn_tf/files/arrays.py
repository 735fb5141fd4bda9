"""Arrays in files, `.npz` and `.npy`, on any file system; no code is run.

Sizes are checked before memory is taken for them. An `.npz` has a checksum of
every array, which is compared on reading.
"""

import io
import math
import os

import numpy as np

from rmdn_tf.files.archives import open_archive
from rmdn_tf.files.published import write_content
from rmdn_tf.files.reading import clear_errors, read_content

MAX_BYTES = 2**29
"""Limit for the arrays of one file by default."""

ROOM_FOR_NAMES = 2**20
"""Bytes that names and headers may take beside the arrays."""

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
    write_content(path, pack_arrays(**arrays))


def pack_arrays(**arrays: np.ndarray) -> bytes:
    """Returns the content of an `.npz`."""
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    return archive.getvalue()


def read_arrays(
    path: str | os.PathLike, max_bytes: int = MAX_BYTES
) -> dict[str, np.ndarray]:
    """Reads an `.npz`.

    Args:
        path: of the file.
        max_bytes: limit for all arrays together, unpacked.

    Raises:
        FileNotFoundError: the file is missing.
        OSError: the file cannot be read.
        ValueError: the file is damaged or too large, or has something else than
            arrays of numbers and texts; names the file.
    """
    content = read_content(path, max_bytes + ROOM_FOR_NAMES)
    with clear_errors(path, "named arrays, .npz"):
        return unpack_arrays(content, max_bytes)


def unpack_arrays(
    content: bytes, max_bytes: int = MAX_BYTES
) -> dict[str, np.ndarray]:
    """Returns the arrays of an `.npz`.

    Raises:
        ValueError and others: see `read_arrays`.
    """
    with open_archive(content, max_bytes + ROOM_FOR_NAMES) as archive:
        return {
            # The whole member is read: so its checksum is compared.
            name.removesuffix(".npy"): unpack_array(archive.read(name))
            for name in archive.namelist()
        }


def read_array(
    path: str | os.PathLike, max_bytes: int = MAX_BYTES
) -> np.ndarray:
    """Reads an `.npy`; see `read_arrays`."""
    content = read_content(path, max_bytes + ROOM_FOR_NAMES)
    with clear_errors(path, "an array of numbers or texts, .npy"):
        return unpack_array(content)


def unpack_array(content: bytes) -> np.ndarray:
    """Returns the array of an `.npy`; takes no more memory than the content.

    Raises:
        ValueError and others: the content is not one array of numbers or texts
            of the size in its header.
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
