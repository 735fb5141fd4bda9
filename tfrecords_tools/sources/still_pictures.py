"""All pictures of `osie`, `saliency_in_crowd` and `scene` as one dataset.

Raw layout: folders with the names of the three datasets; one or two may be
missing.
"""

import collections
import dataclasses
import os

from tfrecords_tools.raw_files import forget_kept, is_folder
from tfrecords_tools.raw_video import (
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
)
from tfrecords_tools.sources.osie import Osie
from tfrecords_tools.sources.picture_source import PictureSource
from tfrecords_tools.sources.saliency_in_crowd import SaliencyInCrowd
from tfrecords_tools.sources.scene import Scene

KINDS = (Osie, SaliencyInCrowd, Scene)

ABSENT_SETS = "sets of pictures that are not on disk"

# The sets had different observers: those of the second set count from 1001.
_OBSERVERS_OF_A_SET = 1000


@dataclasses.dataclass(frozen=True)
class StillPictures(Source):
    """Pictures of three datasets, in the splits of these datasets.

    The id of a picture is that of its dataset, with the dataset's name in
    front, such as `osie/1001`.

    Attributes:
        raw_dir: folder of the folders.
    """

    name = "still_pictures"
    citation = " ".join(kind.citation for kind in KINDS)

    raw_dir: str | os.PathLike

    def entries(self) -> list[VideoEntry]:
        forget_kept()
        entries = [
            dataclasses.replace(entry, video_id=f"{name}/{entry.video_id}")
            for name, source in self._sets().items()
            for entry in source.kept_entries()
        ]
        if not entries:
            expected = ", ".join(f"'{kind.name}'" for kind in KINDS)
            raise SourceError(
                f"No pictures in '{self.raw_dir}'. Expected one or more of the "
                f"folders {expected}."
            )
        return entries

    def num_frames(self, entry: VideoEntry) -> int:
        return 1

    def files(self, entry: VideoEntry) -> list[str]:
        source, own_entry = self._find(entry)
        return source.files(own_entry)

    def has_gaze(self) -> bool:
        return True

    def open(self, entry: VideoEntry) -> RawVideo:
        source, own_entry = self._find(entry)
        raw = source.open(own_entry)
        number = [kind.name for kind in KINDS].index(source.name)
        observer = raw.fixations.observer + number * _OBSERVERS_OF_A_SET
        fixations = dataclasses.replace(raw.fixations, observer=observer)
        return dataclasses.replace(raw, fixations=fixations)

    def left_out(self) -> collections.Counter:
        sets = self._sets()
        absent = collections.Counter({ABSENT_SETS: len(KINDS) - len(sets)})
        return sum((s.left_out() for s in sets.values()), absent)

    def _sets(self) -> dict[str, PictureSource]:
        """Returns the datasets on disk by name."""
        paths = {kind: os.path.join(self.raw_dir, kind.name) for kind in KINDS}
        return {
            kind.name: kind(path)
            for kind, path in paths.items()
            if is_folder(path)
        }

    def _find(self, entry: VideoEntry) -> tuple[PictureSource, VideoEntry]:
        """Returns the dataset of a picture, and the entry in it."""
        name, _, video_id = entry.video_id.partition("/")
        source = self._sets().get(name)
        if source is None:
            raise SourceError(
                f"No file for the video '{entry.video_id}' in '{self.raw_dir}'."
            )
        return source, dataclasses.replace(entry, video_id=video_id)
