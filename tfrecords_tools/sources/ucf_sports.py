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

import collections
import dataclasses
import os
import re
from collections.abc import Iterator

from tfrecords_tools import actions_in_the_eye, frame_folders, video
from tfrecords_tools.raw_video import RawVideo, Source, SourceError, VideoEntry
from tfrecords_tools.splits import stable_fraction, train_or_validation
from tfrecords_tools.video import VideoFacts

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


class UcfSports(Source):
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

    def __init__(self, raw_dir: str | os.PathLike):
        self._raw_dir = os.fspath(raw_dir)

    def entries(self) -> list[VideoEntry]:
        """Lists the videos that are on disk, sorted by name."""
        if self._has_frames():
            return [
                VideoEntry(
                    name,
                    "test" if folder.is_test else train_or_validation(name),
                    frame_folders.num_images(folder.image_dir),
                )
                for name, folder in self._folders().items()
            ]
        self._gaze_left_out()  # Raises before anything is written.
        return [
            VideoEntry(name, split_of(name), _estimated_length(path))
            for name, path in self._videos().items()
        ]

    def open(self, entry: VideoEntry, size: tuple[int, int]) -> RawVideo:
        """Opens one video; see `Source.open`."""
        has_frames = self._has_frames()
        places = self._folders() if has_frames else self._videos()
        if entry.video_id not in places:
            raise SourceError(
                f"No video '{entry.video_id}' in '{self._raw_dir}'."
            )
        place = places[entry.video_id]
        labels = (label_of(entry.video_id),)
        if has_frames:
            return frame_folders.open_frame_folder(
                place.image_dir, place.map_dir, size, FRAMES_PER_SECOND, labels
            )
        gaze_files = actions_in_the_eye.find_gaze_files(self._raw_dir)
        open_video = (
            _open_images
            if os.path.isdir(place)
            else actions_in_the_eye.open_watched_video
        )
        return open_video(place, entry.video_id, gaze_files, size, labels)

    def left_out(self) -> collections.Counter:
        """Counts the files and folders that belong to no video."""
        if self._has_frames():
            return frame_folders.other_folders(self._raw_dir, _proper_name)
        left_out = self._gaze_left_out()
        left_out[OTHER_VIDEOS] += sum(
            _name_of_file(path) is None
            for folder, files in _walk(self._raw_dir)
            for path in _avi_files(folder, files)
        )
        return +left_out

    def _has_frames(self) -> bool:
        has_frames = frame_folders.has_video_folders(self._raw_dir)
        if has_frames == bool(self._videos()):
            raise SourceError(
                f"Invalid layout of '{self._raw_dir}'. Expected either videos, "
                "'Diving-Side_001.avi' or 'Diving-Side/001/*.avi', or folders "
                "'training' and 'testing'. "
                f"Received: {'both' if has_frames else 'neither'}."
            )
        return has_frames

    def _folders(self) -> dict[str, frame_folders.VideoFolder]:
        """Maps the names of the videos to their folders, sorted."""
        return frame_folders.list_video_folders(self._raw_dir, _proper_name)

    def _videos(self) -> dict[str, str]:
        return list_videos(self._raw_dir)

    def _gaze_left_out(self) -> collections.Counter:
        gaze_files = actions_in_the_eye.find_gaze_files(self._raw_dir)
        if gaze_files is None:
            return collections.Counter()
        listed = {key for key in gaze_files.files if _NAME.fullmatch(key)}
        return gaze_files.left_out(self._videos(), listed)


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
    for folder, _, files in os.walk(raw_dir):
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


def _estimated_length(path: str) -> int:
    if os.path.isdir(path):
        return frame_folders.num_images(path)
    return video.estimated_length(path)


def _open_images(
    folder: str,
    name: str,
    gaze_files: actions_in_the_eye.GazeFiles | None,
    size: tuple[int, int],
    labels: tuple[str, ...],
) -> RawVideo:
    raw = frame_folders.open_frame_folder(
        folder, None, size, FRAMES_PER_SECOND, labels
    )
    facts = VideoFacts(
        *raw.original_size, FRAMES_PER_SECOND, frame_folders.num_images(folder)
    )
    fixations, left_out = actions_in_the_eye.read_fixations(
        gaze_files, name, facts
    )
    return dataclasses.replace(
        raw, fixations=fixations, left_out=raw.left_out + left_out
    )
