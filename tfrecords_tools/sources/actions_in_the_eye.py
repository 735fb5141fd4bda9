"""The two forms of the datasets that "Actions in the Eye" watched.

Hollywood2 and UCF Sports come as videos with a gaze file for each observer, or
as folders `training/` and `testing/`, in which each video has a folder
`images` of frames and a folder `fixation` of fixation maps.
"""

import abc
import collections
import os
from collections.abc import Iterator

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.frames.fixation_maps import read_fixation_maps
from tfrecords_tools.frames.image_folders import image_files
from tfrecords_tools.raw_files import by_name, paths_in
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.actions_in_the_eye_gaze import (
    GazeRelease,
    find_release,
    without_gaze,
)
from tfrecords_tools.sources.disk_source import DiskSource

TRAINING_FOLDER = "training"
TESTING_FOLDER = "testing"

OTHER_FOLDERS = "folders whose names are not those of videos"


class ActionsInTheEye(DiskSource):
    """The base of both datasets.

    Attributes:
        layout: what a folder of videos holds, for an error.
    """

    layout: str

    @abc.abstractmethod
    def find_clips(self) -> dict[str, str]:
        """Returns name -> path of all videos in the form with gaze files.

        Empty for a dataset in the other form.
        """

    @staticmethod
    @abc.abstractmethod
    def name_of_folder(folder: str) -> str | None:
        """Returns the video's name of a folder in `training/`, if any."""

    @staticmethod
    @abc.abstractmethod
    def is_name(name: str) -> bool:
        """Tells whether the dataset may hold a video so named."""

    @abc.abstractmethod
    def num_others(self) -> dict[str, int]:
        """Counts the files that `find_clips` passes over, by cause."""

    @property
    def has_maps(self) -> bool:
        """Whether the dataset comes as folders of frames and maps."""
        return any(map(os.path.isdir, self._split_folders()))

    @property
    def knows_observers(self) -> bool:
        return not self.has_maps

    def find_videos(self) -> dict[str, str]:
        clips = self.find_clips()
        if self.has_maps == bool(clips):
            raise SourceError(
                f"Invalid layout of '{self.raw_dir}'. Expected either "
                f"{self.layout}, or folders '{TRAINING_FOLDER}' and "
                f"'{TESTING_FOLDER}'. "
                f"Received: {'both' if clips else 'neither'}."
            )
        if clips:
            self._gaze_left_out(clips)  # Raises before anything is written.
            return clips
        return by_name(
            (
                (name, os.path.join(folder, "images"))
                for folder in self._video_folders()
                if (name := self._name_of(folder)) is not None
            ),
            "video",
        )

    def is_test(self, video_id: str) -> bool:
        """Tells whether a video with maps lies in `testing/`."""
        folder = os.path.dirname(os.path.dirname(self.videos()[video_id]))
        return os.path.basename(folder) == TESTING_FOLDER

    def companion_files(self, video_id: str) -> list[str]:
        if self.has_maps:
            map_dir = self._map_dir(video_id)
            return image_files(map_dir) if os.path.isdir(map_dir) else []
        release = self._release()
        return release.files_of(video_id) if release else []

    def read_gaze(
        self, video_id: str, facts: VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        if self.has_maps:
            return read_fixation_maps(
                self._map_dir(video_id), facts.frame_numbers
            )
        release = self._release()
        if release is None:
            return without_gaze()
        return release.read_fixations(video_id, facts)

    def left_out(self) -> collections.Counter:
        if self.has_maps:
            names = [self._name_of(folder) for folder in self._video_folders()]
            return +collections.Counter({OTHER_FOLDERS: names.count(None)})
        others = collections.Counter(self.num_others())
        return self._gaze_left_out(self.videos()) + others

    def _split_folders(self) -> list[str]:
        return [self.path_in(TESTING_FOLDER), self.path_in(TRAINING_FOLDER)]

    def _video_folders(self) -> Iterator[str]:
        for folder in filter(os.path.isdir, self._split_folders()):
            yield from filter(os.path.isdir, paths_in(folder))

    def _name_of(self, folder: str) -> str | None:
        return self.name_of_folder(os.path.basename(folder))

    def _map_dir(self, video_id: str) -> str:
        folder = os.path.dirname(self.videos()[video_id])
        return os.path.join(folder, "fixation")

    def _release(self) -> GazeRelease | None:
        return find_release(self.raw_dir)

    def _gaze_left_out(self, videos: dict[str, str]) -> collections.Counter:
        release = self._release()
        if release is None:
            return collections.Counter()
        listed = filter(self.is_name, release.recordings)
        return release.left_out(videos, set(listed))
