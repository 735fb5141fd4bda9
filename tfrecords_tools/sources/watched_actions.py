"""What the datasets share that "Actions in the Eye" watched.

Hollywood2 and UCF Sports come in the same two forms: as videos, with a gaze
file for each observer, or as `training/` and `testing/`, in which each video
has a folder of frames and one of fixation maps.
"""

import abc
import collections
import dataclasses
import functools
import os
from typing import NamedTuple

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames import frame_folders, video_files
from tfrecords_tools.frames.video_files import VideoFacts
from tfrecords_tools.raw_video import (
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
    files_on_disk,
)
from tfrecords_tools.sources import actions_in_the_eye


class Place(NamedTuple):
    """Where a video lies.

    Attributes:
        path: the video file, or the folder of its frames.
        map_dir: the folder of its fixation maps; None where gaze files tell
            what was looked at.
        is_test: whether it lies in `testing/`; None where there is no such
            folder.
    """

    path: str
    map_dir: str | None = None
    is_test: bool | None = None

    def num_frames(self) -> int:
        """Counts packets or images; 0 if unreadable: opening it says why."""
        if os.path.isdir(self.path):
            return frame_folders.num_images(self.path)
        return video_files.estimated_length(self.path)

    def files(self) -> list[str]:
        """Lists the video file or all images, and all maps."""
        images = frame_folders.image_files(self.path)
        maps = frame_folders.image_files(self.map_dir) if self.map_dir else []
        return [*(images or files_on_disk([self.path])), *maps]


class WatchedActions(Source):
    """Base of the sources of such datasets.

    What a subclass has to define is abstract here.

    Args:
        raw_dir: folder of the dataset, in either form.

    Attributes:
        layout: what a folder of videos holds, for a message.
        frames_per_second: rate of the videos; their frames do not tell it.
    """

    layout: str
    frames_per_second: float

    def __init__(self, raw_dir: str | os.PathLike):
        self._raw_dir = os.fspath(raw_dir)

    @staticmethod
    @abc.abstractmethod
    def list_videos(raw_dir: str) -> dict[str, str]:
        """Maps the names of all videos to files or folders of frames.

        Sorted, and empty where the dataset is there in the other form.
        """

    @staticmethod
    @abc.abstractmethod
    def name_of_folder(folder: str) -> str | None:
        """Returns a video's name by that of its folder in `training/`.

        None where the folder is no video's.
        """

    @staticmethod
    @abc.abstractmethod
    def is_name(name: str) -> bool:
        """Tells whether the dataset may hold a video so named."""

    @abc.abstractmethod
    def entry_of(self, name: str, is_test: bool | None) -> VideoEntry:
        """Returns the entry of a video; for `is_test` see `Place`."""

    @abc.abstractmethod
    def labels_of(self, entry: VideoEntry) -> tuple[str, ...]:
        """Returns the names of the classes of a video."""

    @abc.abstractmethod
    def num_others(self) -> dict[str, int]:
        """Counts the files that `list_videos` passes over, by cause."""

    def entries(self) -> list[VideoEntry]:
        """Lists the videos that are on disk, sorted by name."""
        _list_places.cache_clear()  # The folder may have changed since.
        entries = [
            self.entry_of(name, place.is_test)
            for name, place in self.places().items()
        ]
        if not self.has_frames():
            self._gaze_left_out()  # Raises before anything is written.
        return entries

    def num_frames(self, entry: VideoEntry) -> int:
        """Counts packets or images; see `Source.num_frames`."""
        return self._place_of(entry).num_frames()

    def files(self, entry: VideoEntry) -> list[str]:
        """Returns frames and gaze; see `Source.files`."""
        place = self._place_of(entry)
        gaze_files = self._gaze_files() if place.map_dir is None else None
        if gaze_files is None:
            return place.files()
        return place.files() + gaze_files.files_of(entry.video_id)

    def open(self, entry: VideoEntry) -> RawVideo:
        """Opens one video; see `Source.open`."""
        place = self._place_of(entry)
        labels = self.labels_of(entry)
        if place.map_dir is not None:
            return frame_folders.open_frame_folder(
                place.path, place.map_dir, self.frames_per_second, labels
            )
        if os.path.isdir(place.path):
            return self._open_frames(entry, place, labels)
        facts = video_files.probe(place.path)
        fixations, left_out = self._read_gaze(entry, facts)
        return video_files.open_video(
            place.path, facts, fixations, left_out, labels
        )

    def left_out(self) -> collections.Counter:
        """Counts the files and folders that belong to no video."""
        if self.has_frames():
            return frame_folders.other_folders(
                self._raw_dir, self.name_of_folder
            )
        return self._gaze_left_out() + collections.Counter(self.num_others())

    def has_frames(self) -> bool:
        """Tells the form: whether each video is a folder of frames."""
        return frame_folders.has_video_folders(self._raw_dir)

    def places(self) -> dict[str, Place]:
        """Maps the names of the videos to where they lie, sorted."""
        return _list_places(type(self), self._raw_dir)

    def _place_of(self, entry: VideoEntry) -> Place:
        if entry.video_id not in self.places():
            raise SourceError(
                f"No video '{entry.video_id}' in '{self._raw_dir}'."
            )
        return self.places()[entry.video_id]

    def _open_frames(
        self, entry: VideoEntry, place: Place, labels: tuple[str, ...]
    ) -> RawVideo:
        """Opens a folder of frames for which there are gaze files."""
        raw = frame_folders.open_frame_folder(
            place.path, None, self.frames_per_second, labels
        )
        facts = VideoFacts(
            *raw.original_size, raw.frames_per_second, place.num_frames()
        )
        fixations, left_out = self._read_gaze(entry, facts)
        return dataclasses.replace(
            raw, fixations=fixations, left_out=raw.left_out + left_out
        )

    def _read_gaze(
        self, entry: VideoEntry, facts: VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        return actions_in_the_eye.read_fixations(
            self._gaze_files(), entry.video_id, facts
        )

    def _gaze_files(self) -> actions_in_the_eye.GazeFiles | None:
        return actions_in_the_eye.find_gaze_files(self._raw_dir)

    def _gaze_left_out(self) -> collections.Counter:
        gaze_files = self._gaze_files()
        if gaze_files is None:
            return collections.Counter()
        listed = {key for key in gaze_files.files if self.is_name(key)}
        return gaze_files.left_out(self.places(), listed)


@functools.lru_cache(maxsize=1)
def _list_places(
    source: type[WatchedActions], raw_dir: str
) -> dict[str, Place]:
    """Walks the dataset, once a process: it may hold thousands of folders."""
    folders = frame_folders.list_video_folders(raw_dir, source.name_of_folder)
    has_frames = frame_folders.has_video_folders(raw_dir)
    videos = source.list_videos(raw_dir)
    if has_frames == bool(videos):
        raise SourceError(
            f"Invalid layout of '{raw_dir}'. Expected either {source.layout}, "
            "or folders 'training' and 'testing'. "
            f"Received: {'both' if has_frames else 'neither'}."
        )
    places = {name: Place(path) for name, path in videos.items()}
    for name, folder in folders.items():
        places[name] = Place(folder.image_dir, folder.map_dir, folder.is_test)
    return places
