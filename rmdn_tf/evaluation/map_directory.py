"""Saliency maps that another tool wrote -> densities on the pixel grid.

So that any model is scored by the code that scores ours. A video's maps are
found under its id, in one of three layouts:

    DIRECTORY/<video id>/<number>.png         a map a frame, or .npy
    DIRECTORY/<video id>/maps/<number>.png    the same, as DHF1K names them
    DIRECTORY/<video id>.npy                  all maps of a video, [L, h, w]

In place of the id may stand the name that `rmdn_tf.files.safe_names.file_name`
makes of it, since not every id can be a path.

The last integer in a file's name is the number of its frame; other text may
stand before and after it: `0049.png`, `actioncliptest00001_00049.png`.
"""

import dataclasses
import functools
import os
import re

import numpy as np
import tensorflow as tf

from rmdn_tf.evaluation.map_resizing import resized_density
from rmdn_tf.files.images import MAX_PIXELS, read_image
from rmdn_tf.files.safe_names import file_name

ARRAY_SUFFIX = ".npy"
MAP_SUFFIXES = (".png", ARRAY_SUFFIX)
MAP_FOLDER = "maps"

_INTEGER = re.compile(r"[0-9]+")
_LAST_INTEGER = re.compile(r"[0-9]+(?=[^0-9]*$)")


class MapError(ValueError):
    """Maps on disk that cannot be scored: missing, damaged or ambiguous."""


class MapDirectory:
    """The saliency maps of one model, of any number of videos.

    A PNG of 8 or 16 bits is grey: one channel, or three that are equal. An
    array holds saliencies, finite and at least 0, not their logarithms. Values
    are scaled by their sum and by nothing else, so a level of 0 stays a
    probability of 0. Hidden files, and files that are neither PNG nor array,
    are passed over. Memory holds the names of a few videos' files.

    Args:
        directory: a local folder.
        first_frame: the number of a video's first frame in the names of files,
            1 in the releases. None where a folder begins at a number of its
            own, as the shots of Hollywood-2 do: then the files, in the order
            of their numbers, are the frames from 0 on, and gaps close up, as
            they do when such a folder of frames is prepared. No meaning for
            arrays of a video, which begin with its first frame.

    Example:

    >>> maps = MapDirectory("unisal/DHF1K")
    >>> maps.densities("0601", np.arange(65), 128, 171).shape
    (65, 128, 171)
    """

    def __init__(
        self, directory: str | os.PathLike, first_frame: int | None = 1
    ):
        if not os.path.isdir(directory):
            raise MapError(
                "Invalid `directory`. Expected a folder of saliency maps. "
                f"Received: directory='{directory}'."
            )
        self._directory = os.fspath(directory)
        self._first_frame = first_frame
        # Of the videos of a batch; threads may ask for several at a time.
        self._open = functools.lru_cache(maxsize=16)(self._open_video)

    def densities(
        self, video_id: str, frames: np.ndarray, height: int, width: int
    ) -> np.ndarray:
        """Reads the maps of some frames of a video.

        Args:
            video_id: may hold '/', for sub-folders. Where a number has no
                folder or array of just that name, the one with other zeros in
                front is taken: '0001' for the video '001'.
            frames: int `[n]`, indices in the video, from 0.
            height: H, rows of the grid.
            width: W, columns of the grid.

        Returns:
            float64 `[n, H, W]`, at least 0, each map summing to 1. A map of
            another size is resized: along an axis that grows, by linear
            interpolation between the centres of pixels; along one that
            shrinks, by the mean over the area of the new pixel.

        Raises:
            MapError: no maps of the video or of a frame, two that fit, or one
                that is damaged, in colour, not of two axes, zero all over, or
                has numbers that are negative or not finite.
            ValueError: `frames` are no indices, or the grid has no pixel.
        """
        frames = np.asarray(frames)
        is_index = frames.ndim == 1 and frames.dtype.kind in "iu"
        if not is_index or (frames < 0).any() or min(height, width) < 1:
            raise ValueError(
                "Invalid request for maps. Expected `frames` of indices from "
                "0, integers [n], and a positive size. Received: frames="
                f"{frames!r}, height={height}, width={width}."
            )
        video = self._open(video_id)
        densities = np.empty([len(frames), height, width])
        for row, frame in enumerate(frames.tolist()):
            densities[row] = resized_density(video.read(frame), height, width)
        return densities

    def _open_video(self, video_id: str) -> "_VideoMaps":
        path = _find(self._directory, video_id)
        return _VideoMaps(
            path, _index(path, self._first_frame), self._first_frame
        )


@dataclasses.dataclass(frozen=True)
class _VideoMaps:
    """The maps of one video.

    Attributes:
        path: the folder, or the array.
        maps: frame, from 0 -> file of its map; or all maps, not read yet.
        first_frame: see `MapDirectory`.
    """

    path: str
    maps: dict[int, str] | np.ndarray
    first_frame: int | None

    def read(self, frame: int) -> np.ndarray:
        """Returns the saliencies of a frame, float64 `[h, w]`, checked."""
        is_file = isinstance(self.maps, dict)
        if frame not in (self.maps if is_file else range(len(self.maps))):
            raise MapError(
                f"Missing map of frame {frame}, counted from 0. Expected "
                f"{self._expected(frame)}. Received: "
                f"num_maps={len(self.maps)}."
            )
        found = self.maps[frame]
        if not is_file:
            return _check(found, self.path, frame)
        is_array = found.lower().endswith(ARRAY_SUFFIX)
        saliencies = _open_array(found) if is_array else _read_image(found)
        return _check(saliencies, found, frame)

    def _expected(self, frame: int) -> str:
        """Names the missing file, in the way that the others are named."""
        if not os.path.isdir(self.path):
            return f"it in '{self.path}'"
        folder, name = os.path.split(next(iter(self.maps.values())))
        if self.first_frame is None:
            return f"at least {frame + 1} files in '{folder}'"
        number = str(frame + self.first_frame)
        stem, suffix = os.path.splitext(name)
        stem = _LAST_INTEGER.sub(lambda m: number.zfill(len(m[0])), stem)
        return f"the file '{os.path.join(folder, stem + suffix)}'"


def _find(directory: str, video_id: str) -> str:
    """Finds the one folder or array with the maps of a video."""
    paths = _paths(directory, video_id)
    found = [one for path in paths for one in _existing(path)]
    tried = " or ".join(
        f"the folder '{path}' or the array '{path}{ARRAY_SUFFIX}'"
        for path in paths
    )
    if not found and _INTEGER.fullmatch(os.path.basename(paths[0])):
        found = [p for like in _other_zeros(paths[0]) for p in _existing(like)]
        tried += ", with any number of zeros before the number"
    if not found:
        raise MapError(
            f"No maps of the video '{video_id}'. Expected {tried}. "
            "Received: neither."
        )
    if len(found) > 1:
        raise MapError(
            f"Ambiguous maps of the video '{video_id}'. Expected one folder or "
            f"array. Received: '{found[0]}' and '{found[1]}'."
        )
    return found[0]


def _paths(directory: str, video_id: str) -> list[str]:
    """Lists where the maps of a video may lie, without suffix."""
    names = [file_name(video_id)]
    stays_inside = {"", ".", ".."}.isdisjoint(video_id.split("/"))
    if stays_inside and video_id not in names:
        names.insert(0, video_id)
    return [os.path.join(directory, name) for name in names]


def _existing(path: str) -> list[str]:
    array = path + ARRAY_SUFFIX
    return [path] * os.path.isdir(path) + [array] * os.path.isfile(array)


def _other_zeros(path: str) -> list[str]:
    """Lists paths, without suffix, that end in the same number as this one."""
    outer, number = os.path.split(path)
    names = os.listdir(outer) if os.path.isdir(outer) else []
    stems = {name.removesuffix(ARRAY_SUFFIX) for name in names}
    return [
        os.path.join(outer, stem)
        for stem in sorted(stems)
        if _INTEGER.fullmatch(stem) and stem.lstrip("0") == number.lstrip("0")
    ]


def _index(path: str, first_frame: int | None) -> dict[int, str] | np.ndarray:
    """Maps the frames of a video, from 0, to files; or opens an array."""
    if not os.path.isdir(path):
        array = _open_array(path)
        if array.ndim != 3:
            raise MapError(
                f"Invalid array '{path}'. Expected all maps of a video, "
                f"[L, height, width]. Received: shape {array.shape}."
            )
        return array
    inner = os.path.join(path, MAP_FOLDER)
    folders = [path, inner] if os.path.isdir(inner) else [path]
    listed = [maps for folder in folders if (maps := _list_maps(folder))]
    if len(listed) != 1:
        raise MapError(
            f"Invalid folder '{path}'. Expected files '<number>.png' or "
            f"'<number>{ARRAY_SUFFIX}', in it or in '{inner}'. Received: such "
            f"files in {'both' if listed else 'neither'}."
        )
    numbered = listed[0]
    if first_frame is None:
        return dict(enumerate(numbered.values()))
    if min(numbered) < first_frame:
        raise MapError(
            f"Invalid number of the map '{numbered[min(numbered)]}'. Expected "
            f"at least first_frame={first_frame}. Received: {min(numbered)}."
        )
    return {number - first_frame: file for number, file in numbered.items()}


def _list_maps(folder: str) -> dict[int, str]:
    """Maps the numbers in the names of files, in order, to their paths."""
    try:
        with os.scandir(folder) as items:
            names = sorted(item.name for item in items if item.is_file())
    except OSError as error:
        raise MapError(
            f"Unreadable folder of maps '{folder}': {error.strerror}."
        ) from error
    paths = {}
    for name in names:
        stem, suffix = os.path.splitext(name)
        if name.startswith(".") or suffix.lower() not in MAP_SUFFIXES:
            continue
        path = os.path.join(folder, name)
        digits = _LAST_INTEGER.search(stem)
        if digits is None:
            raise MapError(
                f"Invalid name of the map '{path}'. Expected the number of its "
                "frame in it. Received: no digit."
            )
        other = paths.setdefault(int(digits[0]), path)
        if other != path:
            raise MapError(
                f"Ambiguous map of the number {int(digits[0])}. Expected one "
                f"file. Received: '{other}' and '{path}'."
            )
    return dict(sorted(paths.items()))


def _open_array(path: str) -> np.ndarray:
    """Opens an array of real numbers, without reading them."""
    try:
        # Takes no pickles, and refuses a size that the file does not have
        # before it takes memory for it.
        array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # A damaged header raises almost anything.
        raise MapError(f"Unreadable array '{path}': {error}.") from error
    expected, length = array.offset + array.nbytes, os.path.getsize(path)
    if length != expected:
        raise MapError(
            f"Unreadable array '{path}'. Expected {expected} bytes for the "
            f"shape {array.shape} in its header. Received: {length} bytes."
        )
    if array.dtype.kind not in "fiub":
        raise MapError(
            f"Invalid array '{path}'. Expected real numbers. "
            f"Received: {array.dtype}."
        )
    return array


def _read_image(path: str) -> np.ndarray:
    """Reads a grey PNG, uint16 `[h, w]`; levels of 8 bits times 257."""
    image = read_image(
        path, dtype=tf.uint16, formats=["PNG"], what="map", error=MapError
    )
    num_colours = 3 if image.shape[-1] > 2 else 1
    colours, alpha = image[..., :num_colours], image[..., num_colours:]
    is_grey = (colours == colours[..., :1]).all()
    if not is_grey or (alpha < np.iinfo(np.uint16).max).any():
        raise MapError(
            f"Invalid map '{path}'. Expected a grey image. Received: "
            f"{'transparent pixels' if is_grey else 'colours'}."
        )
    return image[..., 0]


def _check(saliencies: np.ndarray, path: str, frame: int) -> np.ndarray:
    """Returns valid saliencies of a frame as float64."""
    invalid = f"Invalid map of frame {frame}, counted from 0, in '{path}'."
    if saliencies.ndim != 2 or not saliencies.size:
        raise MapError(
            f"{invalid} Expected [height, width]. "
            f"Received: shape {saliencies.shape}."
        )
    if saliencies.size > MAX_PIXELS:
        raise MapError(
            f"{invalid} Expected at most {MAX_PIXELS} pixels. "
            f"Received: shape {saliencies.shape}."
        )
    saliencies = np.array(saliencies, np.float64)
    low, high = saliencies.min(), saliencies.max()
    if not (low >= 0 and 0 < high < np.inf):
        raise MapError(
            f"{invalid} Expected finite numbers, none below 0 and one above. "
            f"Received: numbers from {low} to {high}."
        )
    return saliencies
