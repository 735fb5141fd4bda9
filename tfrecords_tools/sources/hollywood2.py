"""Hollywood2: clips of 69 films with 12 human actions, watched by 16 people.

References:
    1. Marcin Marszalek, Ivan Laptev, Cordelia Schmid. "Actions in Context."
       IEEE Conference on Computer Vision and Pattern Recognition, 2009.
    2. Stefan Mathe, Cristian Sminchisescu. "Actions in the Eye: Dynamic Gaze
       Datasets and Learnt Saliency Models for Visual Recognition." IEEE
       Transactions on Pattern Analysis and Machine Intelligence 37(7),
       1408-1424, 2015.
    3. Wenguan Wang, Jianbing Shen, Fang Guo, Ming-Ming Cheng, Ali Borji.
       "Revisiting Video Saliency: A Large-Scale Benchmark and a New Model."
       IEEE Conference on Computer Vision and Pattern Recognition, 2018.

Raw layout, one of two forms, recognised by its folders:

1. Original [1]: `AVIClips/actionclip{train,test}<number>.avi` with the gaze
   files [2] in the folder itself or in a sub-folder of it.
2. Shots [3]: `{training,testing}/actionclip{train,test}<number>_<shot>/` with
   `images/` and `fixation/`. A shot is a video of the dataset.

Either may have `ClipSets/<class>_{train,test}.txt`, the labels [1].
"""

import collections
import functools
import os
import re

from tfrecords_tools.raw_video import (
    ABSENT_VIDEOS,
    RawVideo,
    SourceError,
    VideoEntry,
    files_on_disk,
)
from tfrecords_tools.sources.splits import train_or_validation
from tfrecords_tools.sources.watched_actions import WatchedActions

CLIPS_FOLDER = "AVIClips"
LABELS_FOLDER = "ClipSets"

CLASSES = (
    "AnswerPhone",
    "DriveCar",
    "Eat",
    "FightPerson",
    "GetOutCar",
    "HandShake",
    "HugPerson",
    "Kiss",
    "Run",
    "SitDown",
    "SitUp",
    "StandUp",
)

SHOTS_FRAMES_PER_SECOND = 24.0
"""The shots do not tell their rate; cinema's is taken."""

VIDEOS_WITHOUT_LABELS = "videos that no list of labels names"
OTHER_FILES = f"files of {CLIPS_FOLDER} that are no clips of actions"

_CLIP = re.compile(r"actionclip(train|test)\d+", re.ASCII)
_SHOT = re.compile(r"(actionclip(?:train|test)\d+)_\d+", re.ASCII)


class Hollywood2(WatchedActions):
    """Clips of Hollywood2 whole, or cut into shots.

    Args:
        raw_dir: folder with `AVIClips/`, or with `training/` and `testing/`.
    """

    name = "hollywood2"
    citation = (
        "Marszalek, Laptev, Schmid: Actions in Context. CVPR 2009. Gaze: "
        "Mathe, Sminchisescu: Actions in the Eye. TPAMI 37(7), 1408-1424, "
        "2015. Academic use only; cite both."
    )
    layout = f"'{CLIPS_FOLDER}'"
    frames_per_second = SHOTS_FRAMES_PER_SECOND

    @staticmethod
    def list_videos(raw_dir: str) -> dict[str, str]:
        folder = os.path.join(raw_dir, CLIPS_FOLDER)
        return list_clips(folder) if os.path.isdir(folder) else {}

    @staticmethod
    def name_of_folder(folder: str) -> str | None:
        name = folder.lower()
        return name if _SHOT.fullmatch(name) else None

    @staticmethod
    def is_name(name: str) -> bool:
        return _CLIP.fullmatch(name) is not None

    def entry_of(self, name: str, is_test: bool | None) -> VideoEntry:
        clip = _clip_of(name)
        if is_test is None:
            is_test = _CLIP.fullmatch(clip)[1] == "test"
        split = "test" if is_test else train_or_validation(clip)
        return VideoEntry(name, split, clip if clip != name else "")

    def labels_of(self, entry: VideoEntry) -> tuple[str, ...]:
        return self._labels().get(_clip_of(entry.video_id), ())

    def num_others(self) -> dict[str, int]:
        files = os.listdir(os.path.join(self._raw_dir, CLIPS_FOLDER))
        return {OTHER_FILES: len(files) - len(self.places())}

    def files(self, entry: VideoEntry) -> list[str]:
        """Returns frames, gaze and labels; see `Source.files`."""
        folder = os.path.join(self._raw_dir, LABELS_FOLDER)
        return super().files(entry) + files_on_disk(_label_paths(folder))

    def open(self, entry: VideoEntry) -> RawVideo:
        """Opens one clip or shot; see `Source.open`."""
        raw = super().open(entry)
        if _clip_of(entry.video_id) not in self._labels():
            raw.left_out[VIDEOS_WITHOUT_LABELS] += 1
        return raw

    def left_out(self) -> collections.Counter:
        """Counts absent clips, and files that belong to no clip."""
        absent = self._labels().keys() - set(map(_clip_of, self.places()))
        return super().left_out() + collections.Counter(
            {ABSENT_VIDEOS: len(absent)}
        )

    def _labels(self) -> dict[str, tuple[str, ...]]:
        return read_labels(os.path.join(self._raw_dir, LABELS_FOLDER))


def list_clips(folder: str) -> dict[str, str]:
    """Finds the clips of actions, in whichever case of letters.

    Args:
        folder: `AVIClips`, which may hold clips of scenes, too.

    Returns:
        Name, in small letters and without suffix -> path, sorted.

    Raises:
        SourceError: there is no video, or there are two of one name.
    """
    clips = {}
    for file in sorted(os.listdir(folder)):
        name, suffix = os.path.splitext(file.lower())
        if suffix != ".avi" or not _CLIP.fullmatch(name):
            continue
        path = os.path.join(folder, file)
        if clips.setdefault(name, path) != path:
            raise SourceError(
                f"Two files for the clip '{name}': '{clips[name]}' and "
                f"'{path}'."
            )
    if not clips:
        raise SourceError(f"No clip 'actionclip*.avi' in '{folder}'.")
    return dict(sorted(clips.items()))


@functools.lru_cache(maxsize=1)
def read_labels(folder: str) -> dict[str, tuple[str, ...]]:
    """Reads the classes of all clips, once a process.

    Args:
        folder: `ClipSets`, with two files a class; may be missing.

    Returns:
        Clip -> its classes in the order of `CLASSES`; a clip may have several
        of them, or none. Empty without the folder.

    Raises:
        SourceError: a file is missing or a line malformed.
    """
    if not os.path.isdir(folder):
        return {}
    labels = {}
    for path, name in _label_paths(folder).items():
        for clip, is_member in _read_members(path):
            labels.setdefault(clip, [])
            labels[clip] += [name] * is_member
    return {clip: tuple(names) for clip, names in labels.items()}


def _label_paths(folder: str) -> dict[str, str]:
    """Maps the paths of the lists to their classes."""
    return {
        os.path.join(folder, f"{name}_{split}.txt"): name
        for name in CLASSES
        for split in ("train", "test")
    }


def _read_members(path: str) -> list[tuple[str, bool]]:
    """Returns each clip of a file and whether it belongs to the class."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().split("\n")
    except OSError as error:
        raise SourceError(
            f"No labels '{path}': {error.strerror}. All {len(CLASSES)} "
            "classes are needed, for training and for test."
        ) from error
    members = {}
    for number, line in enumerate(lines, 1):
        tokens = line.split()
        if not tokens:
            continue
        if len(tokens) != 2 or tokens[1] not in ("1", "-1"):
            raise SourceError(
                f"Invalid line {number} of '{path}'. Expected a clip and 1 or "
                f"-1. Received: {line[:80]!r}."
            )
        clip, is_member = tokens[0].lower(), tokens[1] == "1"
        if members.setdefault(clip, is_member) != is_member:
            raise SourceError(
                f"Invalid line {number} of '{path}': a line above says the "
                f"opposite of '{clip}'."
            )
    return list(members.items())


def _clip_of(name: str) -> str:
    """Returns the name of the clip that a shot was cut from, or its own."""
    shot = _SHOT.fullmatch(name)
    return shot[1] if shot else name
