"""UCF Sports: 150 clips of ten actions, 16 observers.

Raw layout, one of the two forms of `actions_in_the_eye`:

1. Videos `<kind>_<number>.avi` or `<kind>/<number>/<any name>.avi`, at any
   depth; instead of a video, a folder may hold its numbered frames.
2. Frames: `{training,testing}/<kind>-<number>/`.
"""

import os
import re
from collections.abc import Iterator

from tfrecords_tools.raw_files import avi_files, walk
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.actions_in_the_eye import ActionsInTheEye
from tfrecords_tools.sources.splits import stable_fraction, train_or_validation

# Kind of video, with the camera's view -> label.
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

TEST_SHARE = 0.3  # as in `testing/`, 47 of 150

_KINDS = {kind.casefold(): kind for kind in CLASSES}
_NAME = re.compile(rf"({'|'.join(CLASSES)})[-_](\d+)", re.IGNORECASE | re.ASCII)


class UcfSports(ActionsInTheEye):
    """Clips of UCF Sports, as videos or as frames.

    Frames come with a split into training and test. Videos do not: a hash of
    the name sends 30% to test. In both forms, a fifth of the training videos is
    held out for validation.
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
    other_clips = "video files that are not of the dataset"
    images_per_second = 10.0  # The videos' rate, according to the authors.

    def find_clips(self) -> Iterator[tuple[str | None, str]]:
        for folder, _, files in walk(self.raw_dir, SourceError):
            paths = (os.path.join(folder, file) for file in files)
            videos = list(avi_files(paths))
            named = _name_of_folder(folder)
            for name, path in videos:
                yield _proper_name(name) or named, path
            if named and not videos:
                yield named, folder

    @staticmethod
    def name_of_folder(folder: str) -> str | None:
        return _proper_name(folder)

    @staticmethod
    def is_name(name: str) -> bool:
        return _proper_name(name) is not None

    def entry_of(self, video_id: str) -> VideoEntry:
        if not self.has_maps:
            return VideoEntry(video_id, split_of(video_id))
        is_test = self.is_test(video_id)
        split = "test" if is_test else train_or_validation(video_id)
        return VideoEntry(video_id, split)

    def labels_of(self, video_id: str) -> tuple[str, ...]:
        match = _NAME.fullmatch(video_id)
        return (CLASSES[match[1]],) if match else ()


def split_of(name: str) -> str:
    """Assigns a video, such as "Diving-Side_001", to a split by its name."""
    # A hash of another text than for validation, so both are independent.
    if stable_fraction(f"test {name}") < TEST_SHARE:
        return "test"
    return train_or_validation(name)


def _name_of_folder(folder: str) -> str | None:
    """Returns the name of the video in a folder `<kind>/<number>`, if any."""
    outer, number = os.path.split(folder)
    return _proper_name(f"{os.path.basename(outer)}_{number}")


def _proper_name(name: str) -> str | None:
    """Spells a video's name as "Diving-Side_001"; None for other names."""
    match = _NAME.fullmatch(name)
    return match and f"{_KINDS[match[1].casefold()]}_{match[2]}"
