"""The base of all datasets on disk: pairs videos with gaze files."""

import abc
import collections
import dataclasses
import os
from collections.abc import Iterator, Mapping
from typing import ClassVar

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.frames.image_folders import image_files
from tfrecords_tools.frames.opening import estimate_length, open_video, probe
from tfrecords_tools.raw_files import by_name, existing, forget_kept, kept
from tfrecords_tools.raw_video import (
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
)

ABSENT_VIDEOS = "listed videos that are not on disk"


@dataclasses.dataclass(frozen=True)
class DiskSource(Source):
    """A dataset whose videos are files, or folders of numbered images.

    Attributes:
        raw_dir: folder of the dataset.
        images_per_second: frame rate of folders of images.
        wanted: what a dataset without any lacks, for an error.
    """

    images_per_second: ClassVar[float | None] = None
    wanted: ClassVar[str] = "video"

    raw_dir: str | os.PathLike

    @property
    def others(self) -> str:
        """The cause under which `left_out` counts other files."""
        return "other files"

    @property
    def knows_observers(self) -> bool:
        """As in `RawVideo`."""
        return True

    @abc.abstractmethod
    def find_files(self) -> Iterator[tuple[str | None, str]]:
        """Finds the videos on disk.

        Yields:
            Video id, and path of a video file or of a folder of images. (None,
            path) for another file, which counts as left out.
        """

    @abc.abstractmethod
    def entry_of(self, video_id: str) -> VideoEntry:
        """Describes a video on disk.

        Args:
            video_id: id of a video on disk.

        Returns:
            The entry, with the split.
        """

    def labels_of(self, video_id: str) -> tuple[str, ...]:
        """Lists a video's classes.

        Args:
            video_id: id of a video on disk.

        Returns:
            Names; empty without classes.
        """
        return ()

    def companion_files(self, video_id: str) -> list[str]:
        """Lists the gaze files and tables that belong to a video.

        Args:
            video_id: id of a video on disk.

        Returns:
            Paths; missing files are fine.
        """
        return []

    def read_gaze(
        self, video_id: str, facts: VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        """Reads a video's gaze.

        Args:
            video_id: id of a video on disk.
            facts: size, rate and times of the video.

        Returns:
            The fixations, and cause -> number of items left out.
        """
        return Fixations.empty(), collections.Counter()

    def entries(self) -> list[VideoEntry]:
        forget_kept()
        return self.kept_entries()

    def kept_entries(self) -> list[VideoEntry]:
        """Lists the videos, without reading again what was read before.

        Returns:
            The entries, as `entries` gives them.

        Raises:
            SourceError: the folder holds no video.
        """
        videos = self.videos()
        if not videos:
            raise SourceError(
                f"No {self.wanted} of the dataset '{self.name}' in "
                f"'{self.raw_dir}'."
            )
        return [self.entry_of(video_id) for video_id in videos]

    def num_frames(self, entry: VideoEntry) -> int:
        return estimate_length(self.path_of(entry))

    def measured_file(self, entry: VideoEntry) -> str | None:
        path = self.path_of(entry)
        return None if os.path.isdir(path) else path

    def files(self, entry: VideoEntry) -> list[str]:
        path = self.path_of(entry)
        companions = self.companion_files(entry.video_id)
        return existing([*(image_files(path) or [path]), *companions])

    def open(self, entry: VideoEntry) -> RawVideo:
        path = self.path_of(entry)
        facts = probe(path, self.images_per_second)
        fixations, left_out = self.read_gaze(entry.video_id, facts)
        return open_video(
            path,
            facts,
            fixations,
            left_out,
            labels=self.labels_of(entry.video_id),
            knows_observers=self.knows_observers,
        )

    def left_out(self) -> collections.Counter:
        _, num_others = self._found()
        return +collections.Counter({self.others: num_others})

    def videos(self) -> Mapping[str, str]:
        """Lists all videos on disk.

        Returns:
            Id -> path.
        """
        return self._found()[0]

    @kept(num_results=3)  # `still_pictures` has three sets.
    def _found(self) -> tuple[Mapping[str, str], int]:
        """Returns the videos and the number of other files."""
        found = list(self.find_files())
        videos = [(video_id, path) for video_id, path in found if video_id]
        return by_name(videos, "video"), len(found) - len(videos)

    def path_of(self, entry: VideoEntry) -> str:
        """Finds the file of a video.

        Args:
            entry: a video of `entries`.

        Returns:
            The path.

        Raises:
            SourceError: the video is unknown.
        """
        path = self.videos().get(entry.video_id)
        if path is None:
            raise SourceError(
                f"No file for the video '{entry.video_id}' in '{self.raw_dir}'."
            )
        return path

    def path_in(self, *names: str) -> str:
        """Joins the path of a file or folder in `raw_dir`.

        Args:
            names: names of folders, and of the file.

        Returns:
            The path.
        """
        return os.path.join(self.raw_dir, *names)
