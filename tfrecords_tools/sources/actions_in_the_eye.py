"""Base of Hollywood2 and UCF Sports, with the gaze of "Actions in the Eye" [1].

References:
    1. Stefan Mathe, Cristian Sminchisescu. "Actions in the Eye: Dynamic Gaze
       Datasets and Learnt Saliency Models for Visual Recognition." IEEE
       Transactions on Pattern Analysis and Machine Intelligence 37(7),
       1408-1424, 2015.
    2. Wenguan Wang, Jianbing Shen, Fang Guo, Ming-Ming Cheng, Ali Borji.
       "Revisiting Video Saliency: A Large-Scale Benchmark and a New Model."
       IEEE Conference on Computer Vision and Pattern Recognition, 2018.

Each dataset comes in one of two forms:

1. Videos, and a gaze file for each observer and video [1].
2. Folders `training/` and `testing/` [2]. Each video has a folder there, with
   its frames in `images` and its fixation maps in `fixation`.
"""

import abc
import collections
import os
from collections.abc import Iterator

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.frames.fixation_maps import read_fixation_maps
from tfrecords_tools.frames.image_folders import image_files
from tfrecords_tools.raw_files import is_folder, paths_in
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.actions_in_the_eye_gaze import find_release
from tfrecords_tools.sources.disk_source import DiskSource

TRAINING_FOLDER = "training"
TESTING_FOLDER = "testing"

OTHER_FOLDERS = "folders whose names are not those of videos"


class ActionsInTheEye(DiskSource):
    """The base of both datasets."""

    layout: str  # the files of form 1, for an error
    other_clips: str  # the cause for leaving out other files of form 1

    @abc.abstractmethod
    def find_clips(self) -> Iterator[tuple[str | None, str]]:
        """Yields what `find_files` yields for form 1."""

    @staticmethod
    @abc.abstractmethod
    def name_of_folder(folder: str) -> str | None:
        """Returns the video of a folder in `training/`; None for others."""

    @staticmethod
    @abc.abstractmethod
    def is_name(name: str) -> bool:
        """Tells whether a video of the dataset may have this name."""

    @property
    def has_maps(self) -> bool:
        """Whether the dataset comes in form 2, with fixation maps."""
        return any(map(is_folder, self._split_folders()))

    @property
    def knows_observers(self) -> bool:
        return not self.has_maps

    @property
    def others(self) -> str:
        return OTHER_FOLDERS if self.has_maps else self.other_clips

    def find_files(self) -> Iterator[tuple[str | None, str]]:
        if not self.has_maps:
            yield from self.find_clips()
            return
        for split in filter(is_folder, self._split_folders()):
            for folder in filter(is_folder, paths_in(split)):
                name = self.name_of_folder(os.path.basename(folder))
                yield name, os.path.join(folder, "images")

    def entries(self) -> list[VideoEntry]:
        has_clips = any(name for name, _ in self.find_clips())
        if self.has_maps == has_clips:
            raise SourceError(
                f"Invalid layout of '{self.raw_dir}'. Expected either "
                f"{self.layout}, or folders '{TRAINING_FOLDER}' and "
                f"'{TESTING_FOLDER}'. "
                f"Received: {'both' if has_clips else 'neither'}."
            )
        entries = super().entries()
        self.left_out()  # Raises for gaze of an unknown video.
        return entries

    def is_test(self, video_id: str) -> bool:
        """Tells whether a video of form 2 lies in `testing/`."""
        folder = os.path.dirname(os.path.dirname(self.videos()[video_id]))
        return os.path.basename(folder) == TESTING_FOLDER

    def companion_files(self, video_id: str) -> list[str]:
        if self.has_maps:
            return image_files(self._map_dir(video_id))
        return find_release(self.raw_dir).files_of(video_id)

    def has_gaze(self) -> bool:
        return self.has_maps or bool(find_release(self.raw_dir).recordings)

    def read_gaze(
        self, video_id: str, facts: VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        if self.has_maps:
            return read_fixation_maps(
                self._map_dir(video_id), facts.frame_numbers
            )
        return find_release(self.raw_dir).read_fixations(video_id, facts)

    def left_out(self) -> collections.Counter:
        if self.has_maps:
            return super().left_out()
        release = find_release(self.raw_dir)
        listed = set(filter(self.is_name, release.recordings))
        return super().left_out() + release.left_out(self.videos(), listed)

    def _split_folders(self) -> list[str]:
        return [self.path_in(TESTING_FOLDER), self.path_in(TRAINING_FOLDER)]

    def _map_dir(self, video_id: str) -> str:
        folder = os.path.dirname(self.videos()[video_id])
        return os.path.join(folder, "fixation")
