"""DHF1K: 1,000 videos of everyday life, 17 observers.

Raw layout, where any video may be missing:

    video/001.AVI                                    the videos,
    annotation/0001/images/0001.png                  or their frames;
    annotation/0001/fixation/0001.png                fixation maps,
    exportdata_train/P01/P01_Trail001.txt            or the raw gaze

Frames and maps are numbered from 1. Videos 1-600 are for training, 601-700 for
validation, 701-1000 for testing. The gaze of the test videos is not public.
"""

import collections
import dataclasses
import functools
import os
import re
from collections.abc import Iterator

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.frames.fixation_maps import read_fixation_maps
from tfrecords_tools.frames.image_folders import image_files
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.gaze.recordings import read_recordings
from tfrecords_tools.raw_files import is_folder, paths_in
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.dhf1k_gaze import (
    FRAMES_PER_SECOND,
    SCREEN_SIZE,
    find_recordings,
    read_recording,
)
from tfrecords_tools.sources.disk_source import DiskSource
from tfrecords_tools.sources.settings import DHF1K_FORMS

VIDEO_FOLDER = "video"
ANNOTATION_FOLDER = "annotation"
GAZE_FOLDER = "exportdata_train"

NUM_VIDEOS = 1000
FIRST_OF_SPLIT = {"test": 701, "validation": 601, "train": 1}

ABSENT = f"videos of the {NUM_VIDEOS} that are not on disk"
WITHOUT_GAZE = "videos for training or validation without gaze on disk"
GAZE_WITHOUT_VIDEO = "recordings of gaze whose video is not on disk"

_VIDEO_NAME = re.compile(r"([0-9]{1,4})\.avi", re.IGNORECASE)
_FOLDER_NAME = re.compile(r"([0-9]{1,4})")


@dataclasses.dataclass(frozen=True)
class Dhf1k(DiskSource):
    """The videos on disk, with fixation maps or with raw gaze.

    Attributes:
        form: "raw_gaze", videos with raw gaze; "video", videos with fixation
            maps; or "frames", frames with fixation maps. The default is the
            first of these that is on disk. Maps do not tell observers apart.
    """

    name = "dhf1k"
    citation = (
        "Wang, Shen, Guo, Cheng, Borji: Revisiting Video Saliency: A "
        "Large-scale Benchmark and a New Model. CVPR 2018. CC BY 4.0."
    )
    others = "files whose names are not those of the dataset"
    images_per_second = FRAMES_PER_SECOND

    form: str | None = None

    def __post_init__(self) -> None:
        if self.form not in (None, *DHF1K_FORMS):
            raise ValueError(
                f"Invalid `form`. Expected one of {DHF1K_FORMS}. "
                f"Received: form={self.form!r}."
            )

    @property
    def _actual_form(self) -> str:
        """The given form, or the one that is on disk."""
        if self.form is not None:
            return self.form
        for form, folder in (
            ("raw_gaze", GAZE_FOLDER),
            ("video", VIDEO_FOLDER),
            ("frames", ANNOTATION_FOLDER),
        ):
            if is_folder(self.path_in(folder)):
                return form
        raise SourceError(
            f"No DHF1K in '{self.raw_dir}'. Expected a folder "
            f"'{VIDEO_FOLDER}' or '{ANNOTATION_FOLDER}' in it."
        )

    @property
    def knows_observers(self) -> bool:
        return self._actual_form == "raw_gaze"

    def find_files(self) -> Iterator[tuple[str | None, str]]:
        if self._actual_form != "frames":
            for path in paths_in(self.path_in(VIDEO_FOLDER)):
                yield _video_id(_VIDEO_NAME, path), path
            return
        for folder in paths_in(self.path_in(ANNOTATION_FOLDER)):
            path = os.path.join(folder, "images")
            if is_folder(path):  # Other folders hold only maps.
                yield _video_id(_FOLDER_NAME, folder), path

    def entry_of(self, video_id: str) -> VideoEntry:
        return VideoEntry(video_id, split_of(int(video_id)))

    def companion_files(self, video_id: str) -> list[str]:
        if self._actual_form == "raw_gaze":
            return [*self._recordings_of(video_id).values()]
        return image_files(self._map_dir(video_id))

    def settings(self) -> dict:
        return {"form": self._actual_form}

    def read_gaze(
        self, video_id: str, facts: VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        if self._actual_form == "raw_gaze":
            return read_recordings(
                self._recordings_of(video_id),
                functools.partial(read_recording, facts),
                facts,
                CoordinateSpace("screen", SCREEN_SIZE),
            )
        map_dir = self._map_dir(video_id)
        if not is_folder(map_dir):  # `left_out` counts such videos.
            return Fixations.empty(), collections.Counter()
        return read_fixation_maps(map_dir, facts.frame_numbers)

    def has_gaze(self) -> bool:
        return not self._with_gaze().isdisjoint(self.videos())

    def _with_gaze(self) -> set[str]:
        """Returns the ids of gaze on disk, with or without a video."""
        if self._actual_form == "raw_gaze":
            recordings, _ = find_recordings(self.path_in(GAZE_FOLDER))
            return {f"{number:04d}" for number in recordings}
        return {v for v in self.videos() if is_folder(self._map_dir(v))}

    def left_out(self) -> collections.Counter:
        videos = self.videos().keys()
        with_gaze = self._with_gaze()
        counts = super().left_out()
        counts[ABSENT] = NUM_VIDEOS - len(videos)
        if self._actual_form == "raw_gaze":
            recordings, num_others = find_recordings(self.path_in(GAZE_FOLDER))
            counts[self.others] += num_others
            counts[GAZE_WITHOUT_VIDEO] = sum(
                len(recordings[int(video_id)])
                for video_id in with_gaze - videos
            )
        counts[WITHOUT_GAZE] = sum(
            split_of(int(video_id)) != "test" for video_id in videos - with_gaze
        )
        return +counts

    def _recordings_of(self, video_id: str) -> dict[int, str]:
        """Returns observer -> path."""
        recordings, _ = find_recordings(self.path_in(GAZE_FOLDER))
        return recordings.get(int(video_id), {})

    def _map_dir(self, video_id: str) -> str:
        return self.path_in(ANNOTATION_FOLDER, video_id, "fixation")


def split_of(number: int) -> str:
    """Returns the published split of a video by its number, 1 to 1000."""
    return next(s for s, first in FIRST_OF_SPLIT.items() if number >= first)


def _video_id(pattern: re.Pattern, path: str) -> str | None:
    """Returns the number in a file's name as four digits; None if invalid."""
    match = pattern.fullmatch(os.path.basename(path))
    number = int(match[1]) if match else 0
    return f"{number:04d}" if 1 <= number <= NUM_VIDEOS else None
