"""The base of the datasets of pictures with a table of fixations.

Raw layout: `data/stimuli/*.jpg` and a table below `data/`. x and y are pixels
of the picture, and every picture was shown once to each observer.
"""

import abc
import collections
import os
from collections.abc import Iterator

import numpy as np

from rmdn_tf.data.records import Fixations
from rmdn_tf.files.safe_names import composed
from rmdn_tf.video.picture_names import is_picture_name
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.fixations import events_to_fixations
from tfrecords_tools.raw_files import paths_in
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.disk_source import DiskSource
from tfrecords_tools.sources.picture_tables import Table, read_variable
from tfrecords_tools.sources.splits import picture_split

ABSENT_PICTURES = "listed pictures that are not on disk"
ABSENT_FIXATIONS = "fixations on pictures that are not on disk"


class PictureSource(DiskSource):
    """Pictures with fixations; a tenth each is for validation and test.

    Attributes:
        table_path: names of folders and file of the table below the raw folder.
        table_form: description of the table, for an error.
    """

    table_path: tuple[str, ...]
    table_form: str
    others = "files beside the listed pictures"
    wanted = "listed picture"

    @staticmethod
    @abc.abstractmethod
    def parse(cells: np.ndarray) -> Table:
        """Parses the table."""

    @abc.abstractmethod
    def size_of(self, video_id: str) -> tuple[int, int]:
        """Returns the (height, width) that x and y of the table belong to."""

    def find_files(self) -> Iterator[tuple[str | None, str]]:
        table = self.table()
        for path in paths_in(self.path_in("data", "stimuli")):
            name = composed(os.path.splitext(os.path.basename(path))[0])
            is_listed = is_picture_name(path) and name in table
            yield name if is_listed else None, path

    def entry_of(self, video_id: str) -> VideoEntry:
        return VideoEntry(video_id, picture_split(f"{self.name}/{video_id}"))

    def companion_files(self, video_id: str) -> list[str]:
        return [self.path_in(*self.table_path)]

    def has_gaze(self) -> bool:
        return True

    def read_gaze(
        self, video_id: str, facts: VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        size = self.size_of(video_id)
        if facts.size != size:
            raise SourceError(
                f"Invalid size of the picture '{self.videos()[video_id]}'. "
                f"Expected {size[1]}x{size[0]}, to which its fixations belong. "
                f"Received: {facts.size[1]}x{facts.size[0]}."
            )
        return events_to_fixations(self.table()[video_id], facts)

    def left_out(self) -> collections.Counter:
        absent = self.table().keys() - self.videos().keys()
        return super().left_out() + collections.Counter(
            {
                ABSENT_PICTURES: len(absent),
                ABSENT_FIXATIONS: sum(len(self.table()[a]) for a in absent),
            }
        )

    def table(self) -> Table:
        """Returns the table of all pictures, on disk or not."""
        path = self.path_in(*self.table_path)
        return read_variable(path, "fixations", self.parse, self.table_form)
