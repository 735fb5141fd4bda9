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

from tfrecords_tools import actions_in_the_eye, frame_folders, video
from tfrecords_tools.raw_video import (
    ABSENT_VIDEOS,
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
)
from tfrecords_tools.splits import train_or_validation

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


class Hollywood2(Source):
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

    def __init__(self, raw_dir: str | os.PathLike):
        self._raw_dir = os.fspath(raw_dir)

    def entries(self) -> list[VideoEntry]:
        """Lists the clips or shots that are on disk, sorted by name."""
        if self._has_shots():
            return [
                VideoEntry(
                    name,
                    _split_of(_SHOT.fullmatch(name)[1], folder.is_test),
                    frame_folders.num_images(folder.image_dir),
                )
                for name, folder in self._shots().items()
            ]
        paths = self._clips()
        self._gaze_left_out()  # Raises before anything is written.
        return [
            VideoEntry(
                name,
                _split_of(name, _CLIP.fullmatch(name)[1] == "test"),
                video.estimated_length(path),
            )
            for name, path in paths.items()
        ]

    def open(self, entry: VideoEntry, size: tuple[int, int]) -> RawVideo:
        """Opens one clip or shot; see `Source.open`."""
        is_shot = self._has_shots()
        places = self._shots() if is_shot else self._clips()
        if entry.video_id not in places:
            raise SourceError(
                f"No video '{entry.video_id}' in '{self._raw_dir}'."
            )
        place = places[entry.video_id]
        if is_shot:
            clip = _SHOT.fullmatch(entry.video_id)[1]
            raw = frame_folders.open_frame_folder(
                place.image_dir,
                place.map_dir,
                size,
                SHOTS_FRAMES_PER_SECOND,
                self._labels().get(clip, ()),
            )
        else:
            clip = entry.video_id
            raw = actions_in_the_eye.open_watched_video(
                place,
                clip,
                actions_in_the_eye.find_gaze_files(self._raw_dir),
                size,
                self._labels().get(clip, ()),
            )
        if clip not in self._labels():
            raw.left_out[VIDEOS_WITHOUT_LABELS] += 1
        return raw

    def left_out(self) -> collections.Counter:
        """Counts absent clips, and files that belong to no clip."""
        if self._has_shots():
            left_out = frame_folders.other_folders(self._raw_dir, _shot_of)
            present = {_SHOT.fullmatch(name)[1] for name in self._shots()}
        else:
            left_out = self._gaze_left_out()
            present = self._clips().keys()
            folder = os.path.join(self._raw_dir, CLIPS_FOLDER)
            left_out[OTHER_FILES] += len(os.listdir(folder)) - len(present)
        left_out[ABSENT_VIDEOS] += len(self._labels().keys() - present)
        return +left_out

    def _has_shots(self) -> bool:
        is_original = os.path.isdir(os.path.join(self._raw_dir, CLIPS_FOLDER))
        is_shots = frame_folders.has_video_folders(self._raw_dir)
        if is_original == is_shots:
            raise SourceError(
                f"Invalid layout of '{self._raw_dir}'. Expected either "
                f"'{CLIPS_FOLDER}' or 'training' and 'testing'. "
                f"Received: {'both' if is_shots else 'neither'}."
            )
        return is_shots

    def _shots(self) -> dict[str, frame_folders.VideoFolder]:
        return frame_folders.list_video_folders(self._raw_dir, _shot_of)

    def _clips(self) -> dict[str, str]:
        """Maps the names of the clips on disk to their files, sorted."""
        return list_clips(os.path.join(self._raw_dir, CLIPS_FOLDER))

    def _labels(self) -> dict[str, tuple[str, ...]]:
        return read_labels(os.path.join(self._raw_dir, LABELS_FOLDER))

    def _gaze_left_out(self) -> collections.Counter:
        gaze_files = actions_in_the_eye.find_gaze_files(self._raw_dir)
        if gaze_files is None:
            return collections.Counter()
        listed = {key for key in gaze_files.files if _CLIP.fullmatch(key)}
        return gaze_files.left_out(self._clips(), listed)


def list_clips(folder: str) -> dict[str, str]:
    """Finds the clips of actions, in whichever case of letters.

    Args:
        folder: `AVIClips`, which may hold clips of scenes, too.

    Returns:
        Name, in small letters and without suffix -> path, sorted.

    Raises:
        SourceError: there is none, or there are two of one name.
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
    for name in CLASSES:
        for split in ("train", "test"):
            path = os.path.join(folder, f"{name}_{split}.txt")
            for clip, is_member in _read_members(path):
                labels.setdefault(clip, [])
                labels[clip] += [name] * is_member
    return {clip: tuple(names) for clip, names in labels.items()}


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


def _shot_of(folder: str) -> str | None:
    name = folder.lower()
    return name if _SHOT.fullmatch(name) else None


def _split_of(clip: str, is_test: bool) -> str:
    return "test" if is_test else train_or_validation(clip)
