"""Finds the saliency maps that any tool wrote, and returns them as densities.

The maps of a video lie under its id, in one of three layouts:

    DIRECTORY/<video id>/<number>.png         one map a frame, or .npy
    DIRECTORY/<video id>/maps/<number>.png    the same, as DHF1K names them
    DIRECTORY/<video id>.npy                  all maps of a video, [L, h, w]

The name that `rmdn_tf.files.safe_names.file_name` makes of an id is found too,
since not every id can be a path. The number of a frame is the last integer in
the name of its file: 49 in `actioncliptest00001_00049.png`.
"""

import dataclasses
import functools
import os
import re

import numpy as np

from rmdn_tf.evaluation.map_files import (
    ARRAY_SUFFIX,
    MAP_SUFFIXES,
    MapError,
    check_map,
    open_array,
    read_map,
)
from rmdn_tf.evaluation.map_resizing import resized_density
from rmdn_tf.files.safe_names import file_name

MAP_FOLDER = "maps"

_INTEGER = re.compile(r"[0-9]+")
_LAST_INTEGER = re.compile(r"[0-9]+(?=[^0-9]*$)")


class MapDirectory:
    """The saliency maps of one model, for any number of videos.

    A map holds saliencies, not their logarithms: finite numbers of at least 0.
    They are divided by their sum, so 0 stays a probability of 0. Hidden files
    and files of other kinds are ignored.

    Args:
        directory: a local folder.
        first_frame: number in the name of the first map of a video. None if the
            numbers of a folder begin anywhere, as in the shots of Hollywood2:
            its sorted files are then the frames from 0 on.

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
        # Threads may ask for all videos of a batch at a time.
        self._open = functools.lru_cache(maxsize=16)(self._open_video)

    def densities(
        self, video_id: str, frames: np.ndarray, height: int, width: int
    ) -> np.ndarray:
        """Reads maps of a video, float64 `[n, H, W]`, each summing to 1.

        Args:
            video_id: may contain '/', for sub-folders. A number matches names
                with other leading zeros: '0001' also finds '001'.
            frames: int `[n]`, indices in the video, from 0.

        Raises:
            MapError: maps are missing, ambiguous, damaged or invalid.
            ValueError: invalid `frames`, or an empty size.
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
    """The maps of one video: frame -> file, or the unread array of all."""

    path: str
    maps: dict[int, str] | np.ndarray
    first_frame: int | None

    def read(self, frame: int) -> np.ndarray:
        """Returns the saliencies of a frame, float64 `[h, w]`, checked."""
        has_files = isinstance(self.maps, dict)
        if frame not in (self.maps if has_files else range(len(self.maps))):
            raise MapError(
                f"Missing map of frame {frame}, counted from 0. Expected "
                f"{self._expected(frame)}. Received: "
                f"num_maps={len(self.maps)}."
            )
        found = self.maps[frame]
        if has_files:
            return check_map(read_map(found), found, frame)
        return check_map(found, self.path, frame)

    def _expected(self, frame: int) -> str:
        """Describes the missing file, named like the others."""
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
    """Lists the possible paths of a video's maps, without suffix."""
    names = [file_name(video_id)]
    stays_inside = {"", ".", ".."}.isdisjoint(video_id.split("/"))
    if stays_inside and video_id not in names:
        names.insert(0, video_id)
    return [os.path.join(directory, name) for name in names]


def _existing(path: str) -> list[str]:
    array = path + ARRAY_SUFFIX
    return [path] * os.path.isdir(path) + [array] * os.path.isfile(array)


def _other_zeros(path: str) -> list[str]:
    """Lists paths, without suffix, that differ in leading zeros only."""
    outer, number = os.path.split(path)
    names = os.listdir(outer) if os.path.isdir(outer) else []
    stems = {name.removesuffix(ARRAY_SUFFIX) for name in names}
    return [
        os.path.join(outer, stem)
        for stem in sorted(stems)
        if _INTEGER.fullmatch(stem) and stem.lstrip("0") == number.lstrip("0")
    ]


def _index(path: str, first_frame: int | None) -> dict[int, str] | np.ndarray:
    """Returns frame -> file, or opens the array of a video."""
    if not os.path.isdir(path):
        array = open_array(path)
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
    """Returns number -> path, in the order of the numbers."""
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
