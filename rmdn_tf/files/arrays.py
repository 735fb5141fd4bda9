"""Arrays in files, `.npz` and `.npy`, on any file system.

Reading runs no code of the file, checks sizes before it takes memory, and
compares the checksum of every array in an `.npz`.
"""

import io
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from rmdn_tf.files.archives import open_archive
from rmdn_tf.files.published import write_content
from rmdn_tf.files.reading import clear_errors, read_content

# Default limit for the arrays of one file.
MAX_BYTES = 2**29

# Bytes that names and headers may take beside the arrays.
ROOM_FOR_NAMES = 2**20

# NumPy's letters for truth values, integers, floats, and texts.
KINDS = "biufUS"

# Most arrays that `list_shapes` lists.
MAX_LISTED = 20

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def write_arrays(path: str | os.PathLike, **arrays: np.ndarray) -> None:
    """Writes an `.npz`, whole or not at all."""
    write_content(path, pack_arrays(**arrays))


def pack_arrays(**arrays: np.ndarray) -> bytes:
    """Returns the content of an `.npz`."""
    archive, named = io.BytesIO(), dict[str, Any](arrays)
    np.savez(archive, **named)
    return archive.getvalue()


def read_arrays(
    path: str | os.PathLike, max_bytes: int = MAX_BYTES
) -> dict[str, np.ndarray]:
    """Reads an `.npz` of at most `max_bytes`, unpacked.

    Refuses objects other than arrays of numbers and texts.
    """
    content = read_content(path, max_bytes + ROOM_FOR_NAMES)
    with clear_errors(path, "named arrays, .npz"):
        return unpack_arrays(content, max_bytes)


def unpack_arrays(
    content: bytes, max_bytes: int = MAX_BYTES
) -> dict[str, np.ndarray]:
    """Returns the arrays of an `.npz`; raises errors of several types."""
    with open_archive(content, max_bytes + ROOM_FOR_NAMES) as archive:
        return {
            # Reading the whole member compares its checksum.
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

    Refuses objects, and headers that do not fit the content; raises errors of
    several types.
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


def list_shapes(arrays: Mapping[str, Any]) -> str:
    """Describes the arrays of a file for an error: their names and shapes."""
    listed = [f"{n} {tuple(array.shape)}" for n, array in arrays.items()]
    if len(listed) > MAX_LISTED:
        more = len(listed) - MAX_LISTED
        listed = [*listed[:MAX_LISTED], f"and {more} more"]
    return ", ".join(listed) or "no array"
