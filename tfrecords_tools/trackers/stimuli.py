"""Finds the video that the stimulus of an export is."""

import collections
import itertools
import os
import re
from collections.abc import Iterable, Mapping

from rmdn_tf.files.safe_names import composed
from tfrecords_tools.frames.video_files import VIDEO_SUFFIXES
from tfrecords_tools.raw_video import SourceError


class FileStimulus(str):
    """The stimulus of a table that names none: the table's path.

    Attributes:
        is_scene: whether the tracker's own camera took this video.
    """

    is_scene: bool

    def __new__(cls, path: str, is_scene: bool = False):
        stimulus = super().__new__(cls, path)
        stimulus.is_scene = is_scene
        return stimulus


class Videos:
    """Finds the video that an export names.

    Case, the form of accented letters, the suffix of a video and folders may
    differ, as long as one video matches best.

    Args:
        paths: id of a video -> its path. Ids have `/` and no suffix.
    """

    def __init__(self, paths: Mapping[str, str]):
        self._paths = paths
        self._levels = [
            _grouped(paths, normal)
            for normal in (_composed, _folded, _base, _words)
        ]

    def find(self, stimulus: str) -> str | None:
        """Returns the id of a stimulus' video; None if it is no video.

        Raises:
            SourceError: several videos match.
        """
        if isinstance(stimulus, FileStimulus):
            return self._of_file(stimulus)
        plain = self._without_suffix(stimulus)
        exact, folded, base, _ = self._levels
        for level, name in (
            (exact, _composed(stimulus)),
            (exact, _composed(plain)),
            (folded, _folded(stimulus)),
            (folded, _folded(plain)),
            (base, _base(plain)),
            (base, _base(stimulus)),
        ):
            if name in level:
                return self._only(_nearest(level[name], plain), stimulus)
        return None

    def _of_file(self, path: str) -> str | None:
        """Finds the video of a table by its folder, then by its name."""
        folder = os.path.realpath(os.path.dirname(path))
        beside = [
            video
            for video, file in self._paths.items()
            if os.path.realpath(os.path.dirname(file)) == folder
        ]
        if len(beside) == 1:
            return beside[0]
        base = self._levels[2]
        parts = _folded(path).split("/")
        parts[-1] = os.path.splitext(parts[-1])[0]
        for part in reversed(parts):
            if part in base:
                return self._only(base[part], path)
        stem = f" {_words(parts[-1])} "
        inside = {w: v for w, v in self._levels[3].items() if f" {w} " in stem}
        if inside:
            return self._only(inside[max(inside, key=len)], path)
        return next(iter(self._paths)) if len(self._paths) == 1 else None

    def _without_suffix(self, name: str) -> str:
        stem, suffix = os.path.splitext(name)
        return stem if suffix.casefold() in VIDEO_SUFFIXES else name

    def _only(self, videos: list[str], stimulus: str) -> str:
        if len(videos) > 1:
            listed = " and ".join(f"'{video}'" for video in videos[:2])
            raise SourceError(
                f"Several videos match '{stimulus}' of the table of gaze: "
                f"{listed}. Expected names that differ."
            )
        return videos[0]


def _grouped(videos: Iterable[str], normal) -> dict[str, list[str]]:
    groups = collections.defaultdict(list)
    for video in videos:
        groups[normal(video)].append(video)
    return dict(groups)


def _nearest(videos: Iterable[str], path: str) -> list[str]:
    """Returns the videos in as many folders of a path as possible."""
    names = _folded(path).split("/")[::-1]

    def num_common(video: str) -> int:
        pairs = zip(names, _folded(video).split("/")[::-1], strict=False)
        return sum(
            1 for _ in itertools.takewhile(lambda p: p[0] == p[1], pairs)
        )

    most = max(map(num_common, videos))
    return [video for video in videos if num_common(video) == most]


def _composed(name: str) -> str:
    return composed(name.strip()).replace("\\", "/")


def _folded(name: str) -> str:
    return composed(_composed(name).casefold())


def _base(name: str) -> str:
    return _folded(name).rpartition("/")[2]


def _words(name: str) -> str:
    """Returns letters and digits of a name, with a space between words."""
    return re.sub(r"[\W_]+", " ", _base(name)).strip()
