"""Opens arrays of saliency maps: NumPy's `.npy` and `.npz`, MATLAB's `.mat`."""

import functools
import io
import math
import os
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import scipy.io

from rmdn_tf.evaluation.map_errors import MapError
from rmdn_tf.files.archives import open_archive
from rmdn_tf.files.hdf5 import check_datasets, datasets_of, open_hdf5
from rmdn_tf.files.reading import read_content

ARRAY_SUFFIX = ".npy"
MATLAB_SUFFIX = ".mat"
ARRAY_SUFFIXES = (ARRAY_SUFFIX, ".npz", MATLAB_SUFFIX)

# Of a file that is read as a whole, and of its numbers.
MAX_BYTES = 2**29

_HDF5 = b"\x89HDF\r\n\x1a\n"
# Where MATLAB, h5py and others let HDF5 begin.
_HDF5_PLACES = (0, 512, 1024, 2048)
_MATLAB_NUMBERS = {"single", "double", "logical"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}


class UnreadArray:
    """An array whose shape is known, and whose numbers are read when used."""

    def __init__(self, shape: tuple[int, ...], load: Callable[[], np.ndarray]):
        self.shape = shape
        self._load = load

    def reshape(self, shape: tuple[int, ...]) -> "UnreadArray":
        return UnreadArray(shape, lambda: self._numbers.reshape(shape))

    @functools.cached_property
    def _numbers(self) -> np.ndarray:
        return self._load()

    def __getitem__(self, key) -> np.ndarray:
        return self._numbers[key]


class ArrayOfMaps:
    """The maps of a video in one array, `[L, h, w]`; reads one at a time.

    `axis` is that of the frames in the array.
    """

    def __init__(self, array: np.ndarray | UnreadArray, axis: int = 0):
        size = array.shape[:axis] + array.shape[axis + 1 :]
        self.shape = (array.shape[axis], *size)
        self._array = array
        self._before = (slice(None),) * axis

    def __getitem__(self, frame: int) -> np.ndarray:
        return self._array[(*self._before, frame)]


def open_map_array(path: str) -> np.ndarray | UnreadArray:
    """Opens a map `[h, w]`, whose file may add axes of length 1."""
    array = open_array(path)
    return array.reshape(_without_ones(array.shape, 2))


def open_video_array(path: str, num_frames: int | None) -> ArrayOfMaps:
    """Opens all maps of a video, `[L, h, w]`; in MATLAB also `[h, w, L]`.

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
        return ArrayOfMaps(array)
    fitting = [axis for axis in (2, 0) if array.shape[axis] == num_frames]
    if len(fitting) != 1:
        raise MapError(
            f"Ambiguous array '{path}'. Expected [height, width, L] or [L, "
            f"height, width], where L is {num_frames or 'known'}, the number "
            f"of frames of the video. Received: shape {array.shape}. A "
            f"'{ARRAY_SUFFIX}' is always [L, height, width]."
        )
    return ArrayOfMaps(array, fitting[0])


def open_array(path: str) -> np.ndarray | UnreadArray:
    """Opens an array of real numbers, without reading them.

    Raises:
        MapError: the file is missing, damaged or too large, has no array of
            real numbers, or has several.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ARRAY_SUFFIX:
        return _open_npy(path)
    read = _npz_arrays if suffix == ".npz" else _matlab_arrays
    try:
        arrays = dict(read(read_content(path, MAX_BYTES)))
    except Exception as error:  # A damaged file raises almost anything.
        raise MapError(f"Unreadable array '{path}': {error}.") from error
    if len(arrays) != 1:
        raise MapError(
            f"Invalid file '{path}'. Expected one array of real numbers, with "
            f"two or more axes. Received: {sorted(arrays) or 'none'}."
        )
    ((name, shape),) = arrays.items()
    if math.prod(shape) * 8 > MAX_BYTES:
        raise MapError(
            f"Invalid array '{path}'. Expected at most {MAX_BYTES // 8} "
            f"numbers. Received: shape {shape}. Save the maps as "
            f"'{ARRAY_SUFFIX}', which is read map by map."
        )
    return UnreadArray(shape, functools.partial(_load, path, name, shape))


def _load(path: str, name: str, shape: tuple[int, ...]) -> np.ndarray:
    read = _read_npz if path.lower().endswith(".npz") else _read_matlab
    try:
        array = read(read_content(path, MAX_BYTES), name)
        if array.shape != shape:
            raise ValueError(f"the shape {array.shape} instead of {shape}")
    except Exception as error:  # A damaged file raises almost anything.
        raise MapError(f"Unreadable array '{path}': {error}.") from error
    _check_kind(array, path)
    return array


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
    _check_kind(array, path)
    return array


def _check_kind(array: np.ndarray, path: str) -> None:
    if array.dtype.kind not in "fiub":
        raise MapError(
            f"Invalid array '{path}'. Expected real numbers. "
            f"Received: {array.dtype}."
        )


def _npz_arrays(content: bytes) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yields name and shape of the arrays, without reading their numbers."""
    archive = open_archive(content, MAX_BYTES)
    for member in archive.namelist():
        with archive.open(member) as file:
            version = np.lib.format.read_magic(file)
            read = {
                (1, 0): np.lib.format.read_array_header_1_0,
                (2, 0): np.lib.format.read_array_header_2_0,
            }[version]
            shape, _, dtype = read(file)
        if dtype.kind in "fiub" and len(_without_ones(shape, 0)) > 1:
            yield member, shape


def _read_npz(content: bytes, name: str) -> np.ndarray:
    with open_archive(content, MAX_BYTES).open(name) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _matlab_arrays(content: bytes) -> Iterator[tuple[str, tuple[int, ...]]]:
    if not _is_hdf5(content):
        for name, shape, kind in scipy.io.whosmat(io.BytesIO(content)):
            if kind in _MATLAB_NUMBERS and len(_without_ones(shape, 0)) > 1:
                yield name, shape
        return
    with open_hdf5(content) as root:
        for name, dataset in datasets_of(root).items():
            is_number = dataset.dtype.kind in "fiub" and dataset.shape
            if is_number and len(_without_ones(dataset.shape, 0)) > 1:
                check_datasets({name: dataset}, MAX_BYTES // 8)
                yield name, dataset.shape[::-1]


def _read_matlab(content: bytes, name: str) -> np.ndarray:
    if not _is_hdf5(content):
        file = io.BytesIO(content)
        return scipy.io.loadmat(file, variable_names=[name])[name]
    with open_hdf5(content) as root:
        return root[name][()].T  # MATLAB's axes come in reverse order.


def _is_hdf5(content: bytes) -> bool:
    return any(content.startswith(_HDF5, place) for place in _HDF5_PLACES)


def _without_ones(shape: Sequence[int], num_axes: int) -> tuple[int, ...]:
    """Drops axes of length 1, the last first, until `num_axes` are left."""
    kept = list(shape)
    for axis in reversed(range(len(shape))):
        if len(kept) > num_axes and kept[axis] == 1:
            del kept[axis]
    return tuple(kept)
