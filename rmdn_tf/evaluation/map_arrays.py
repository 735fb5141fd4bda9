"""Reads arrays of saliency maps: NumPy's `.npy` and `.npz`, MATLAB's `.mat`."""

import io
import math
import os
from collections.abc import Sequence

import h5py
import numpy as np
import scipy.io

from rmdn_tf.evaluation.map_errors import MapError
from rmdn_tf.files.arrays import unpack_arrays
from rmdn_tf.files.hdf5 import check_datasets, datasets_of, open_hdf5
from rmdn_tf.files.reading import read_content

ARRAY_SUFFIX = ".npy"
MATLAB_SUFFIX = ".mat"
ARRAY_SUFFIXES = (ARRAY_SUFFIX, ".npz", MATLAB_SUFFIX)

# Limit for a file that is read as a whole, and for its arrays.
MAX_BYTES = 2**29

# NumPy's letters for floats, integers and truth values.
_NUMBERS = "fiub"

_HDF5 = b"\x89HDF\r\n\x1a\n"
# Where MATLAB, h5py and others let HDF5 begin.
_HDF5_PLACES = (0, 512, 1024, 2048)
_MATLAB_NUMBERS = {"single", "double", "logical"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}


def open_map_array(path: str) -> np.ndarray:
    """Opens a map `[h, w]`, whose file may add axes of length 1."""
    array = open_array(path)
    return array.reshape(_without_ones(array.shape, 2))


def open_video_array(path: str, num_frames: int | None) -> np.ndarray:
    """Opens all maps of a video, `[L, h, w]`; MATLAB may store `[h, w, L]`.

    `num_frames`, None if unknown, tells the two orders apart.
    """
    array = open_array(path)
    array = array.reshape(_without_ones(array.shape, 3))
    is_matlab = path.lower().endswith(MATLAB_SUFFIX)
    order = "[height, width, L]" if is_matlab else "[L, height, width]"
    if len(array.shape) != 3:
        raise MapError(
            f"Invalid array '{path}'. Expected all maps of a video, {order}. "
            f"Received: shape {array.shape}."
        )
    if not is_matlab:
        return array
    fitting = [axis for axis in (2, 0) if array.shape[axis] == num_frames]
    if len(fitting) != 1:
        raise MapError(
            f"Ambiguous array '{path}'. Expected [height, width, L] or [L, "
            f"height, width], where L is {num_frames or 'known'}, the number "
            f"of frames of the video. Received: shape {array.shape}. A "
            f"'{ARRAY_SUFFIX}' is always [L, height, width]."
        )
    return np.moveaxis(array, fitting[0], 0)


def open_array(path: str) -> np.ndarray:
    """Reads an array of real numbers; of a `.npy` only what is used later.

    Raises:
        MapError: the file is missing, damaged or too large, has no array of
            real numbers, or has several.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ARRAY_SUFFIX:
        return _open_npy(path)
    unpack = _unpack_matlab if suffix == MATLAB_SUFFIX else unpack_arrays
    try:
        arrays = unpack(read_content(path, MAX_BYTES), MAX_BYTES)
        found = [name for name, array in arrays.items() if _may_be_map(array)]
    except Exception as error:  # A damaged file raises almost anything.
        raise MapError(f"Unreadable array '{path}': {error}.") from error
    if len(found) != 1:
        raise MapError(
            f"Invalid file '{path}'. Expected one array of real numbers, with "
            f"two or more axes. Received: {sorted(found) or 'none'}."
        )
    return arrays[found[0]]


def _open_npy(path: str) -> np.ndarray:
    try:
        # Refuses pickles, and a shape that needs more bytes than the file has.
        array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # A damaged header raises almost anything.
        raise MapError(f"Unreadable array '{path}': {error}.") from error
    expected, length = array.offset + array.nbytes, os.path.getsize(path)
    if length != expected:
        raise MapError(
            f"Unreadable array '{path}'. Expected {expected} bytes for the "
            f"shape {array.shape} in its header. Received: {length} bytes."
        )
    if array.dtype.kind not in _NUMBERS:
        raise MapError(
            f"Invalid array '{path}'. Expected real numbers. "
            f"Received: {array.dtype}."
        )
    return array


def _may_be_map(array: np.ndarray | h5py.Dataset) -> bool:
    is_number = array.dtype.kind in _NUMBERS
    return is_number and sum(length > 1 for length in array.shape or ()) > 1


def _unpack_matlab(content: bytes, max_bytes: int) -> dict[str, np.ndarray]:
    """Returns the arrays of numbers of a `.mat`; checks sizes first."""
    if _is_hdf5(content):
        with open_hdf5(content) as root:
            datasets = {
                name: dataset
                for name, dataset in datasets_of(root).items()
                if _may_be_map(dataset)
            }
            check_datasets(datasets, max_bytes // 8)
            # MATLAB's axes come in reverse order.
            return {name: data[()].T for name, data in datasets.items()}
    listed = scipy.io.whosmat(io.BytesIO(content))
    names = [name for name, _, kind in listed if kind in _MATLAB_NUMBERS]
    num_numbers = sum(math.prod(shape) for n, shape, _ in listed if n in names)
    if num_numbers * 8 > max_bytes:
        raise ValueError(f"more than {max_bytes // 8} numbers in all")
    arrays = scipy.io.loadmat(io.BytesIO(content), variable_names=names)
    return {name: arrays[name] for name in names}


def _is_hdf5(content: bytes) -> bool:
    return any(content.startswith(_HDF5, place) for place in _HDF5_PLACES)


def _without_ones(shape: Sequence[int], num_axes: int) -> tuple[int, ...]:
    """Drops axes of length 1, the last first, until `num_axes` are left."""
    kept = list(shape)
    for axis in reversed(range(len(shape))):
        if len(kept) > num_axes and kept[axis] == 1:
            del kept[axis]
    return tuple(kept)
