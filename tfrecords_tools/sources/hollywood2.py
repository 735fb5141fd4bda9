"""Hollywood2: clips of 69 films with 12 human actions, 16 observers.

Raw layout, one of the two forms of `actions_in_the_eye`:

1. Clips: `AVIClips/actionclip{train,test}<number>.avi`.
2. Shots: `{training,testing}/actionclip{train,test}<number>_<shot>/`. Each shot
   is a video.

The labels in `ClipSets/<class>_{train,test}.txt` are optional.
"""

import collections
import os
import re
from collections.abc import Iterator

from tfrecords_tools.raw_files import (
    invalid_line,
    is_folder,
    kept,
    numbered_lines,
    paths_in,
)
from tfrecords_tools.raw_video import RawVideo, VideoEntry
from tfrecords_tools.sources.actions_in_the_eye import ActionsInTheEye
from tfrecords_tools.sources.disk_source import ABSENT_VIDEOS
from tfrecords_tools.sources.splits import train_or_validation

CLIPS_FOLDER = "AVIClips"
LABELS_FOLDER = "ClipSets"

CLASSES = tuple(
    "AnswerPhone DriveCar Eat FightPerson GetOutCar HandShake HugPerson Kiss "
    "Run SitDown SitUp StandUp".split()
)

VIDEOS_WITHOUT_LABELS = "videos that no list of labels names"

_CLIP = re.compile(r"actionclip(train|test)\d+", re.ASCII)
_SHOT = re.compile(r"(actionclip(?:train|test)\d+)_\d+", re.ASCII)


class Hollywood2(ActionsInTheEye):
    """Whole clips of Hollywood2, or shots of them."""

    name = "hollywood2"
    citation = (
        "Marszalek, Laptev, Schmid: Actions in Context. CVPR 2009. Gaze: "
        "Mathe, Sminchisescu: Actions in the Eye. TPAMI 37(7), 1408-1424, "
        "2015. Academic use only; cite both."
    )
    layout = f"'{CLIPS_FOLDER}/actionclip*.avi'"
    other_clips = f"files of {CLIPS_FOLDER} that are not clips of actions"
    images_per_second = 24.0  # The rate of cinema.

    def find_clips(self) -> Iterator[tuple[str | None, str]]:
        folder = self.path_in(CLIPS_FOLDER)
        for path in paths_in(folder) if is_folder(folder) else []:
            name, suffix = os.path.splitext(os.path.basename(path).lower())
            is_clip = suffix == ".avi" and self.is_name(name)
            yield name if is_clip else None, path

    @staticmethod
    def name_of_folder(folder: str) -> str | None:
        name = folder.lower()
        return name if _SHOT.fullmatch(name) else None

    @staticmethod
    def is_name(name: str) -> bool:
        return _CLIP.fullmatch(name) is not None

    def entry_of(self, video_id: str) -> VideoEntry:
        clip = _clip_of(video_id)
        if self.has_maps:
            is_test = self.is_test(video_id)
        else:
            match = _CLIP.fullmatch(clip)
            is_test = match is not None and match[1] == "test"
        split = "test" if is_test else train_or_validation(clip)
        return VideoEntry(video_id, split, clip if clip != video_id else "")

    def labels_of(self, video_id: str) -> tuple[str, ...]:
        return self._labels().get(_clip_of(video_id), ())

    def companion_files(self, video_id: str) -> list[str]:
        return [*super().companion_files(video_id), *self._label_files()]

    def open(self, entry: VideoEntry) -> RawVideo:
        raw = super().open(entry)
        if _clip_of(entry.video_id) not in self._labels():
            raw.left_out[VIDEOS_WITHOUT_LABELS] += 1
        return raw

    def left_out(self) -> collections.Counter:
        absent = self._labels().keys() - set(map(_clip_of, self.videos()))
        return super().left_out() + collections.Counter(
            {ABSENT_VIDEOS: len(absent)}
        )

    @kept(lambda self: self._label_files())
    def _labels(self) -> dict[str, tuple[str, ...]]:
        """Returns clip -> classes; empty without `ClipSets`."""
        if not is_folder(self.path_in(LABELS_FOLDER)):
            return {}
        labels: dict[str, list[str]] = {}
        for path, name in self._label_files().items():
            for clip, is_member in _read_members(path).items():
                labels.setdefault(clip, [])
                labels[clip] += [name] * is_member
        return {clip: tuple(names) for clip, names in labels.items()}

    def _label_files(self) -> dict[str, str]:
        """Returns path of a list of labels -> its class."""
        return {
            self.path_in(LABELS_FOLDER, f"{name}_{split}.txt"): name
            for name in CLASSES
            for split in ("train", "test")
        }


def _read_members(path: str) -> dict[str, bool]:
    """Returns clip -> whether it belongs to the class of the list."""
    advice = f"All {len(CLASSES)} classes need a list for training and test."
    members: dict[str, bool] = {}
    for number, line in numbered_lines(path, advice):
        clip, *value = line.lower().split()
        is_member = value == ["1"]
        is_valid = is_member or value == ["-1"]
        if not is_valid or members.setdefault(clip, is_member) != is_member:
            expected = "a clip and 1 or -1, not both for one clip"
            raise invalid_line(path, number, expected, line)
    return members


def _clip_of(video_id: str) -> str:
    """Returns the clip that a shot was cut from, or the clip itself."""
    shot = _SHOT.fullmatch(video_id)
    return shot[1] if shot else video_id
