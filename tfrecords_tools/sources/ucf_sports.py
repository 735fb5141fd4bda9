"""UCF Sports: 150 clips of ten actions, watched by 16 people.

References:
    1. Mikel Rodriguez, Javed Ahmed, Mubarak Shah. "Action MACH: A
       Spatio-temporal Maximum Average Correlation Height Filter for Action
       Recognition." IEEE Conference on Computer Vision and Pattern
       Recognition, 2008.
    2. Stefan Mathe, Cristian Sminchisescu. "Actions in the Eye: Dynamic Gaze
       Datasets and Learnt Saliency Models for Visual Recognition." IEEE
       Transactions on Pattern Analysis and Machine Intelligence 37(7),
       1408-1424, 2015.
    3. Wenguan Wang, Jianbing Shen, Fang Guo, Ming-Ming Cheng, Ali Borji.
       "Revisiting Video Saliency: A Large-Scale Benchmark and a New Model."
       IEEE Conference on Computer Vision and Pattern Recognition, 2018.

Raw layout, one of two forms, recognised by its folders:

1. Videos named `<kind>_<number>.avi`, as the gaze files [2] name them, or
   `<kind>/<number>/<any name>.avi` [1], at any depth; some of the latter
   folders hold no video but its numbered frames. The gaze files lie in the
   folder itself or in a sub-folder of it.
2. Frames [3]: `{training,testing}/<kind>-<number>/` with `images/` and
   `fixation/`.
"""

import os
import re
from collections.abc import Iterator

from tfrecords_tools.raw_video import SourceError, VideoEntry, walk
from tfrecords_tools.sources.splits import stable_fraction, train_or_validation
from tfrecords_tools.sources.watched_actions import WatchedActions

CLASSES = {
    "Diving-Side": "Diving",
    "Golf-Swing-Back": "Golf-Swing",
    "Golf-Swing-Front": "Golf-Swing",
    "Golf-Swing-Side": "Golf-Swing",
    "Kicking-Front": "Kicking",
    "Kicking-Side": "Kicking",
    "Lifting": "Lifting",
    "Riding-Horse": "Riding-Horse",
    "Run-Side": "Run",
    "SkateBoarding-Front": "SkateBoarding",
    "Swing-Bench": "Swing-Bench",
    "Swing-SideAngle": "Swing-SideAngle",
    "Walk-Front": "Walk",
}
"""Kind of video, with the camera's view -> the action, its label."""

FRAMES_PER_SECOND = 10.0
"""Rate of the videos according to the dataset's authors; frames have none."""

TEST_SHARE = 0.3
"""As in the split of the frames, 47 of 150."""

OTHER_VIDEOS = "video files that are none of the dataset"

_KINDS = {kind.casefold(): kind for kind in CLASSES}
_NAME = re.compile(rf"({'|'.join(CLASSES)})[-_](\d+)", re.IGNORECASE | re.ASCII)


class UcfSports(WatchedActions):
    """Clips of UCF Sports, as videos or as frames.

    Frames come with a split into training and test. Videos do not: there the
    hash of the name decides, and 30% are test. In both a fifth of the rest is
    held out for validation.

    Args:
        raw_dir: folder with the videos, or with `training/` and `testing/`.
    """

    name = "ucf_sports"
    citation = (
        "Rodriguez, Ahmed, Shah: Action MACH. CVPR 2008. Gaze: Mathe, "
        "Sminchisescu: Actions in the Eye. TPAMI 37(7), 1408-1424, 2015. "
        "Academic use only; cite both."
    )

    layout = (
        "videos, 'Diving-Side_001.avi' or 'Diving-Side/001/*.avi', or folders "
        "of their frames"
    )
    frames_per_second = FRAMES_PER_SECOND

    @staticmethod
    def list_videos(raw_dir: str) -> dict[str, str]:
        return list_videos(raw_dir)

    @staticmethod
    def name_of_folder(folder: str) -> str | None:
        return _proper_name(folder)

    @staticmethod
    def is_name(name: str) -> bool:
        return _proper_name(name) is not None

    def entry_of(self, name: str, is_test: bool | None) -> VideoEntry:
        if is_test is None:
            return VideoEntry(name, split_of(name))
        return VideoEntry(
            name, "test" if is_test else train_or_validation(name)
        )

    def labels_of(self, entry: VideoEntry) -> tuple[str, ...]:
        return (label_of(entry.video_id),)

    def num_others(self) -> dict[str, int]:
        names = [
            _name_of_file(path)
            for folder, files in _walk(self._raw_dir)
            for path in _avi_files(folder, files)
        ]
        return {OTHER_VIDEOS: names.count(None)}


def split_of(name: str) -> str:
    """Assigns a video to a split where the dataset does not.

    Args:
        name: the video's name, e.g. "Diving-Side_001".

    Returns:
        "train", "validation" or "test".
    """
    # Of another text than validation's, so that the two are independent.
    if stable_fraction(f"test {name}") < TEST_SHARE:
        return "test"
    return train_or_validation(name)


def label_of(name: str) -> str:
    """Returns the action of a video, e.g. "Diving" of "Diving-Side_001"."""
    return CLASSES[_NAME.fullmatch(name)[1]]


def list_videos(raw_dir: str) -> dict[str, str]:
    """Finds the videos at any depth, in whichever case of letters.

    Args:
        raw_dir: folder of the dataset.

    Returns:
        Name, e.g. "Diving-Side_001" -> the video file, or the folder of
        frames where it holds no video file; sorted.

    Raises:
        SourceError: two places for one video.
    """
    videos = {}
    for folder, files in _walk(raw_dir):
        paths = _avi_files(folder, files)
        places = {path: _name_of_file(path) for path in paths}
        if not paths:
            places[folder] = _name_of_folder(folder)
        for path, name in places.items():
            if name and videos.setdefault(name, path) != path:
                raise SourceError(
                    f"Two places for the video '{name}': '{videos[name]}' and "
                    f"'{path}'."
                )
    return dict(sorted(videos.items()))


def _walk(raw_dir: str) -> Iterator[tuple[str, list[str]]]:
    """Yields each folder and the names of its files."""
    for folder, _, files in walk(raw_dir):
        yield folder, sorted(files)


def _avi_files(folder: str, files: list[str]) -> list[str]:
    return [
        os.path.join(folder, file)
        for file in files
        if file.lower().endswith(".avi") and not file.startswith(".")
    ]


def _name_of_file(path: str) -> str | None:
    """Returns a video's name by its file, else by its folder."""
    folder, file = os.path.split(path)
    stem = os.path.splitext(file)[0]
    return _proper_name(stem) or _name_of_folder(folder)


def _name_of_folder(folder: str) -> str | None:
    outer, number = os.path.split(folder)
    return _proper_name(f"{os.path.basename(outer)}_{number}")


def _proper_name(name: str) -> str | None:
    """Returns a name as "Diving-Side_001", or None if it is none."""
    match = _NAME.fullmatch(name)
    return match and f"{_KINDS[match[1].casefold()]}_{match[2]}"
