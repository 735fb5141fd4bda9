"""Finds the saliency maps that any tool wrote, and returns them as densities.

The maps of a video lie under its id, in one file per frame or all in one file:

    DIRECTORY/<video id>/<number>.png               or .jpg, .npy, .npz, .mat
    DIRECTORY/<video id>/<any folder>/<number>.png  such as maps/, saliency/
    DIRECTORY/<video id>.npy                        or .npz, .mat, a grey .mp4
    DIRECTORY/<dataset>/<video id>/...              all of these in a folder

The name that `rmdn_tf.files.safe_names.file_name` makes of an id is found too,
since not every id can be a path.
"""

import collections
import functools
import os
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from rmdn_tf.data.annotations import Video
from rmdn_tf.evaluation.choices import MISSING_MAPS
from rmdn_tf.evaluation.map_checks import check_fit, is_stretched
from rmdn_tf.evaluation.map_errors import MapError, NoPredictionError
from rmdn_tf.evaluation.map_resizing import resized_density
from rmdn_tf.evaluation.map_search import MapSearch
from rmdn_tf.evaluation.video_maps import MapFiles, VideoMaps, open_maps


class MapDirectory:
    """The saliency maps of one model, for any number of videos.

    A map holds saliencies, not their logarithms: finite numbers of at least 0.
    They are divided by their sum, so 0 stays a probability of 0. Hidden files
    and files of other kinds are ignored.

    A frame has no prediction if its map is missing, or black: all zeros. Such
    frames are counted, and `missing` decides about them.

    Args:
        directory: a local folder.
        first_frame: number in the name of the first map of a video. None if the
            numbers of a folder begin anywhere, as in the shots of Hollywood2:
            its sorted files are then the frames from 0 on.
        map_folder: folder of a video with its maps, if several hold images.
        missing: how `predictors.Maps` takes a frame without a prediction:
            "uniform", as the uniform density; "skip", not at all; or "error".
        check: whether `survey` refuses maps that do not fit their video.

    Example:

    >>> maps = MapDirectory("unisal/DHF1K")
    >>> maps.densities("0601", np.arange(65), 128, 171).shape
    (65, 128, 171)
    """

    def __init__(
        self,
        directory: str | os.PathLike,
        first_frame: int | None = 1,
        *,
        map_folder: str | None = None,
        missing: str = "error",
        check: bool = True,
    ):
        if not os.path.isdir(directory):
            raise MapError(
                "Invalid `directory`. Expected a folder of saliency maps. "
                f"Received: directory='{directory}'."
            )
        if missing not in MISSING_MAPS:
            raise ValueError(
                f"Invalid `missing`. Expected one of {MISSING_MAPS}. Received: "
                f"missing={missing!r}."
            )
        self._search = MapSearch(os.fspath(directory))
        self._first_frame = first_frame
        self._map_folder = map_folder
        self.missing = missing
        self._check = check
        # Video -> its number of frames and its size, of the last survey.
        self._surveyed: dict[str, tuple[int, tuple[int, int]]] = {}
        self._found = ""
        # (video, frame) without a prediction -> kind and path of the error,
        # not the error itself, whose traceback keeps arrays in memory.
        self._without: dict[tuple[str, int], tuple[str, str]] = {}
        self._begin()

    def _begin(self) -> None:
        # Threads may ask for all videos of a batch at a time.
        self._open = functools.lru_cache(maxsize=8)(self._open_video)
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        own: dict[str, Any] = {"_open": None, "_lock": None, "_without": {}}
        return vars(self) | own

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._begin()

    def survey(self, videos: Mapping[str, Video]) -> str:
        """Finds the maps of all videos.

        A second survey of the same videos searches no more.

        Args:
            videos: name -> video.

        Returns:
            What was found, in a sentence.

        Raises:
            MapError: the maps of a video are missing or ambiguous, or do not
                fit the video.
        """
        facts = {
            video_id: (video.num_frames, video.original_size)
            for video_id, video in videos.items()
        }
        if self._found and facts == self._surveyed:
            return self._found
        self._surveyed, self._found = facts, ""
        self._open.cache_clear()
        self._without.clear()
        self._search.prepare(videos)
        num_maps, num_stretched, first = 0, 0, None
        owners: dict[str, str] = {}
        for video_id, video in videos.items():
            maps = self._open(video_id)
            other = owners.setdefault(maps.example, video_id)
            if other != video_id:
                raise MapError(
                    f"Ambiguous maps '{maps.example}'. Expected those of one "
                    f"video. Received: '{other}' and '{video_id}'."
                )
            if self._check:
                check_fit(maps, video, self._first_frame)
            num_maps += len(maps.frames)
            num_stretched += is_stretched(maps, video)
            first = first or maps
        self._found = _describe(first, num_maps, len(videos), num_stretched)
        return self._found

    def densities(
        self, video_id: str, frames: np.ndarray, height: int, width: int
    ) -> np.ndarray:
        """Reads maps of a video.

        Args:
            video_id: may contain '/', for sub-folders. See `MapSearch` for
                names that are alike.
            frames: int `[n]`, indices in the video, from 0.
            height: H, in pixels; maps of other sizes are resized.
            width: W, in pixels.

        Returns:
            float64 `[n, H, W]`, each map summing to 1. A frame without a
            prediction is NaN, unless `missing` is "error".

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
            try:
                saliencies = video.read(frame)
            except NoPredictionError as error:
                if self.missing == "error":
                    raise
                with self._lock:
                    self._without[video_id, frame] = error.kind, error.path
                densities[row] = np.nan
            else:
                densities[row] = resized_density(saliencies, height, width)
        return densities

    def take_missing(self) -> list[tuple[str, str, str, list[int]]]:
        """Takes out the frames that were noted as without a prediction.

        Returns:
            Video, kind of the error, its path, and frames; fits JSON.
        """
        with self._lock:
            noted, self._without = self._without, {}
        frames: dict[tuple[str, str, str], list[int]] = {}
        for (video_id, frame), (kind, path) in sorted(noted.items()):
            frames.setdefault((video_id, kind, path), []).append(frame)
        return [(*key, numbers) for key, numbers in frames.items()]

    def add_missing(
        self, taken: Iterable[tuple[str, str, str, list[int]]]
    ) -> None:
        """Notes frames without a prediction.

        Args:
            taken: of `take_missing`, also in another process.
        """
        for video_id, kind, path, frames in taken:
            noted = dict.fromkeys(
                ((video_id, frame) for frame in frames), (kind, path)
            )
            self._without.update(noted)

    @property
    def num_without_prediction(self) -> int:
        """Number of frames read so far that have no prediction."""
        return len(self._without)

    def describe_missing(self) -> str:
        """Describes the frames without a prediction.

        Returns:
            Counts by cause, in a sentence; "" if every frame read so far has a
            prediction.
        """
        if not self._without:
            return ""
        firsts: dict[str, str] = {}
        counts: collections.Counter[str] = collections.Counter()
        for (video_id, frame), (kind, path) in sorted(self._without.items()):
            firsts.setdefault(
                kind, f"frame {frame} of '{video_id}' in '{path}'"
            )
            counts[kind] += 1
        causes = "; ".join(
            f"{count:,} {kind} (first: {firsts[kind]})"
            for kind, count in sorted(counts.items())
        )
        fate = {
            "uniform": "scored as the uniform density",
            "skip": "left out of its scores",
        }[self.missing]
        return (
            f"{_count(len(self._without), 'frame')} without a prediction, "
            f"{fate}. Maps: {causes}."
        )

    def _open_video(self, video_id: str) -> VideoMaps:
        self._search.prepare([video_id])
        return open_maps(
            self._search.find(video_id),
            self._first_frame,
            self._map_folder,
            self._surveyed.get(video_id, (None,))[0],
        )


def _describe(
    first: VideoMaps | None, num_maps: int, num_videos: int, num_stretched: int
) -> str:
    if first is None:
        return "no videos."
    where = "such as" if isinstance(first, MapFiles) else "in files such as"
    text = (
        f"{_count(num_maps, 'map')} of {_count(num_videos, 'video')}, {where} "
        f"'{first.example}', {first.size[0]} rows and {first.size[1]} columns."
    )
    if num_stretched:
        text += (
            f" Those of {_count(num_stretched, 'video')} have another aspect "
            "ratio than their video, and are stretched over its frames."
        )
    return text


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
