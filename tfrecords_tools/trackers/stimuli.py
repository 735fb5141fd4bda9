"""Finds the video that the stimulus of an export is."""

import collections
import os
import re
from collections.abc import Callable, Iterable, Mapping

from rmdn_tf.files.safe_names import composed
from rmdn_tf.video.folders import is_video_name
from rmdn_tf.video.picture_names import is_picture_name
from tfrecords_tools.raw_video import SourceError


class FileStimulus(str):
    """The stimulus of a table that names none: the table's path.

    Attributes:
        is_scene: whether the tracker's own camera took this video.
    """

    is_scene: bool

    def __new__(cls, path: str, is_scene: bool = False) -> "FileStimulus":
        stimulus = super().__new__(cls, path)
        stimulus.is_scene = is_scene
        return stimulus


class Videos:
    """Finds the video that an export names.

    Case, the form of accented letters, the suffix and folders may differ, as
    long as one video matches best.

    Args:
        paths: id of a video -> its path. Ids have `/` and no suffix.
    """

    def __init__(self, paths: Mapping[str, str]):
        self._paths = paths
        # A folder holds videos or pictures: "clip.png" is not "clip.avi".
        has_pictures = any(map(is_picture_name, paths.values()))
        self._is_name = is_picture_name if has_pictures else is_video_name
        self._by_base = _grouped(paths, _base)
        self._by_words = _grouped(paths, _words)

    def find(self, stimulus: str) -> str | None:
        """Returns the id of a stimulus' video; None if it is no video.

        Raises:
            SourceError: several videos match equally well.
        """
        if isinstance(stimulus, FileStimulus):
            return self._of_file(stimulus)
        names = [_composed(stimulus)]
        if self._is_name(stimulus):
            names.append(_composed(os.path.splitext(stimulus)[0]))
        found = {v for n in names for v in self._by_base.get(_base(n), ())}
        if not found:
            return None
        likeness = {video: _likeness(names, video) for video in found}
        best = max(likeness.values())
        videos = sorted(v for v in found if likeness[v] == best)
        return self._only(videos, stimulus)

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
        parts = _folded(path).split("/")
        parts[-1] = os.path.splitext(parts[-1])[0]
        for part in reversed(parts):
            if part in self._by_base:
                return self._only(self._by_base[part], path)
        stem = f" {_words(parts[-1])} "
        inside = [words for words in self._by_words if f" {words} " in stem]
        if inside:
            return self._only(self._by_words[max(inside, key=len)], path)
        return next(iter(self._paths)) if len(self._paths) == 1 else None

    def _only(self, videos: list[str], stimulus: str) -> str:
        if len(videos) > 1:
            listed = " and ".join(f"'{video}'" for video in videos[:2])
            raise SourceError(
                f"Several videos match '{stimulus}' of the table of gaze: "
                f"{listed}. Name the video by its path in the folder."
            )
        return videos[0]


def _grouped(
    videos: Iterable[str], normal: Callable[[str], str]
) -> dict[str, list[str]]:
    groups = collections.defaultdict(list)
    for video in videos:
        groups[normal(video)].append(video)
    return dict(groups)


def _likeness(names: list[str], video: str) -> tuple:
    """Tells how well names match: as a whole, or by their last folders."""
    folded = _folded(video)
    parts = [_folded(name).split("/")[::-1] for name in (video, *names)]
    common = [os.path.commonprefix([parts[0], other]) for other in parts[1:]]
    return (
        [name == video for name in names],
        [_folded(name) == folded for name in names],
        max(map(len, common)),
    )


def _composed(name: str) -> str:
    return composed(name.strip()).replace("\\", "/")


def _folded(name: str) -> str:
    return composed(_composed(name).casefold())


def _base(name: str) -> str:
    return _folded(name).rpartition("/")[2]


def _words(name: str) -> str:
    """Returns letters and digits of a name, with a space between words."""
    return re.sub(r"[\W_]+", " ", _base(name)).strip()
