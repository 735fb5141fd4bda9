"""The maps of one video: one file per frame, or all of them in one file."""

import dataclasses
import os
from collections.abc import Collection

import numpy as np

from rmdn_tf.evaluation.map_arrays import open_video_array
from rmdn_tf.evaluation.map_errors import MapError, NoPredictionError
from rmdn_tf.evaluation.map_files import (
    MAP_SUFFIXES,
    check_map,
    map_size,
    read_map,
)
from rmdn_tf.evaluation.map_numbers import frame_numbers
from rmdn_tf.evaluation.map_videos import VIDEO_SUFFIXES, VideoOfMaps

# Folders beside the maps, with frames or with fixations.
NO_MAPS = ("images", "fixation", "fixations")


@dataclasses.dataclass(frozen=True)
class MapFiles:
    """Maps in one file per frame.

    Attributes:
        names: frame, counted from 0 -> name of its file, in order.
    """

    folder: str
    names: dict[int, str]

    @property
    def frames(self) -> Collection[int]:
        return self.names.keys()

    @property
    def example(self) -> str:
        return os.path.join(self.folder, next(iter(self.names.values())))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the first map."""
        return map_size(self.example)

    def read(self, frame: int) -> np.ndarray:
        """Returns the saliencies of a frame, float64 `[h, w]`, checked."""
        if frame not in self.names:
            raise NoPredictionError(
                f"Missing map of frame {frame}, counted from 0, in "
                f"'{self.folder}'. Expected a file for it, named like "
                f"'{os.path.basename(self.example)}'. Received: "
                f"num_maps={len(self.names)}.",
                "missing",
                self.folder,
            )
        path = os.path.join(self.folder, self.names[frame])
        return check_map(read_map(path), path, frame)


@dataclasses.dataclass(frozen=True)
class WholeFile:
    """All maps in one file, the first for the first frame."""

    example: str
    maps: np.ndarray | VideoOfMaps

    @property
    def frames(self) -> Collection[int]:
        return range(self.maps.shape[0])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the maps."""
        return self.maps.shape[1], self.maps.shape[2]

    def read(self, frame: int) -> np.ndarray:
        """Returns the saliencies of a frame, float64 `[h, w]`, checked."""
        if frame not in self.frames:
            raise NoPredictionError(
                f"Missing map of frame {frame}, counted from 0. Expected it in "
                f"'{self.example}'. Received: num_maps={len(self.frames)}.",
                "missing",
                self.example,
            )
        return check_map(self.maps[frame], self.example, frame)


VideoMaps = MapFiles | WholeFile


def open_maps(
    path: str,
    first_frame: int | None,
    map_folder: str | None,
    num_frames: int | None,
) -> VideoMaps:
    """Opens the maps of a video, see `MapDirectory`; `num_frames` if known."""
    if path.lower().endswith(VIDEO_SUFFIXES) and os.path.isfile(path):
        return WholeFile(path, VideoOfMaps(path))
    if not os.path.isdir(path):
        return WholeFile(path, open_video_array(path, num_frames))
    folder, names = _folder_of_maps(path, map_folder)
    numbered = _numbered(folder, names)
    if first_frame is None:
        return MapFiles(folder, dict(enumerate(numbered.values())))
    least = next(iter(numbered))
    if least < first_frame:
        raise MapError(
            f"Invalid number of the map '{numbered[least]}' in '{folder}'. "
            f"Expected at least first_frame={first_frame}. Received: {least}. "
            f"If it is the map of the first frame, give --first_frame {least}."
        )
    frames = {number - first_frame: name for number, name in numbered.items()}
    return MapFiles(folder, frames)


def _folder_of_maps(path: str, map_folder: str | None) -> tuple[str, list[str]]:
    """Returns the folder of a video that holds its maps, and their names."""
    if map_folder is not None:
        folders = [os.path.join(path, map_folder)]
        listed = {folders[0]: _listed(folders[0])[0]}
    else:
        names, folders = _listed(path)
        inner = [f for f in folders if f.casefold() not in NO_MAPS]
        paths = [os.path.join(path, folder) for folder in inner]
        listed = {path: names} | {p: _listed(p)[0] for p in paths}
    holding = [folder for folder, names in listed.items() if names]
    if not holding:
        files = [f.name for f in os.scandir(next(iter(listed))) if f.is_file()]
        files = sorted(name for name in files if not name.startswith("."))
        found = f"other files, such as '{files[0]}'," if files else "none"
        raise MapError(
            f"No maps in '{path}'. Expected files such as '0001.png' in it or "
            f"in a folder of it, of the kind {', '.join(MAP_SUFFIXES)}. "
            f"Received: {found} in {' or '.join(map(repr, listed))}."
        )
    if len(holding) > 1:
        raise MapError(
            f"Ambiguous maps in '{path}'. Expected them in one folder. "
            f"Received: maps in {' and '.join(map(repr, holding))}. Choose "
            "with --map_folder, such as --map_folder "
            f"{os.path.relpath(holding[-1], path)}."
        )
    return holding[0], listed[holding[0]]


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """Lists the sorted names of the maps and of the folders in a folder."""
    maps, folders = [], []
    try:
        with os.scandir(folder) as items:
            for item in items:
                if item.name.startswith("."):
                    continue
                if item.name.lower().endswith(MAP_SUFFIXES):
                    if item.is_file():
                        maps.append(item.name)
                elif item.is_dir():
                    folders.append(item.name)
    except OSError as error:
        raise MapError(
            f"Unreadable folder of maps '{folder}': {error.strerror}."
        ) from error
    return sorted(maps), sorted(folders)


def _numbered(folder: str, names: list[str]) -> dict[int, str]:
    """Returns number -> name, in the order of the numbers."""
    try:
        numbers = frame_numbers(names)
    except ValueError as error:
        raise MapError(
            f"Invalid name of the map '{error}' in '{folder}'. Expected the "
            "number of its frame in it. Received: no digit."
        ) from error
    found: dict[int, str] = {}
    for number, name in zip(numbers, names, strict=True):
        other = found.setdefault(number, name)
        if other != name:
            raise MapError(
                f"Ambiguous map of the number {number} in '{folder}'. Expected "
                f"one file. Received: '{other}' and '{name}'."
            )
    return dict(sorted(found.items()))
