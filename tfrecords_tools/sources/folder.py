"""A folder of the user's own videos or pictures, with or without gaze.

Raw layout: video files in sub-folders of any depth; or, in a folder without any
video file, pictures, each a video of one frame. A video's id is its path in the
folder, without suffix, with `/` between the names. Two tables are optional:

- `gaze.csv`: fixation events, with the header
  `video,observer,onset_ms,duration_ms,x,y`, or gaze samples, with the header
  `video,observer,t_ms,x,y`. Times are milliseconds from the video's start; x
  and y are pixels of the video, empty or `nan` if the eye was not seen.
  Observers are numbers or names. Fixations on pictures need no times: the
  header is then `video,observer,x,y`. `trackers` also reads the exports of eye
  trackers and other tables.
- `splits.csv`: the header is `video,split`; a split is train, validation or
  test. Without the table, a hash of the id assigns about 60, 20 and 20% of
  the videos to them.
"""

import collections
import contextlib
import dataclasses
import os
from collections.abc import Collection, Iterator, Sequence

from rmdn_tf.data.records import Fixations
from rmdn_tf.files.safe_names import composed
from rmdn_tf.video.folders import VIDEO_SUFFIXES, videos_in
from rmdn_tf.video.picture_names import SUFFIXES
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.frames.opening import probe
from tfrecords_tools.gaze.detection import detect_fixations
from tfrecords_tools.gaze.fixations import events_to_fixations
from tfrecords_tools.raw_files import is_file, is_folder, kept, walk
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.disk_source import DiskSource
from tfrecords_tools.sources.folder_gaze import FolderGaze
from tfrecords_tools.sources.folder_tables import read_splits
from tfrecords_tools.sources.settings import PIXELS_PER_DEGREE
from tfrecords_tools.sources.splits import any_split
from tfrecords_tools.sources.user_splits import SPLITS_FILE
from tfrecords_tools.trackers.formats import files_of
from tfrecords_tools.trackers.gaze_table import number_observers
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.picture import draw_gaze

GAZE_FILE = "gaze.csv"


_NUM_CHECKED = 8  # videos whose gaze is checked for its units
_NUM_TRIALS = 5  # videos that are tried for the picture of gaze


@dataclasses.dataclass(frozen=True)
class Folder(DiskSource):
    """The videos or pictures of a folder and its sub-folders, if not hidden.

    Attributes:
        gaze_csv: table of events or samples, a folder of such tables or a
            pattern such as `exports/*.tsv`; by default the folder's `gaze.csv`,
            if it exists.
        pixels_per_degree: pixels of the video in a degree of the visual field,
            to find the fixations in samples.
        labels_from_folders: whether the first folder in a video's id is its
            class.
        gaze_options: how to read the table.
        raw_dir: the folder.
    """

    name = "folder"
    citation = "The user's own videos."
    others = "files that are not videos"
    wanted = (
        f"video ({' '.join(sorted(VIDEO_SUFFIXES))}) or picture "
        f"({' '.join(SUFFIXES)})"
    )

    gaze_csv: str | os.PathLike | None = None
    _: dataclasses.KW_ONLY
    pixels_per_degree: float = PIXELS_PER_DEGREE
    labels_from_folders: bool = False
    gaze_options: GazeOptions = GazeOptions()

    def __post_init__(self) -> None:
        if not 0 < self.pixels_per_degree < float("inf"):
            raise ValueError(
                "Invalid `pixels_per_degree`. Expected a positive number. "
                f"Received: pixels_per_degree={self.pixels_per_degree}."
            )

    def find_files(self) -> Iterator[tuple[str | None, str]]:
        tables = set(map(os.path.realpath, self.companion_files("")))
        videos, others = videos_in(self.raw_dir, SourceError, walk)
        for path in videos:
            yield self._id_of(path), path
        for path in others:
            if os.path.realpath(path) not in tables:
                yield None, path

    def entries(self) -> list[VideoEntry]:
        entries = super().entries()
        if not self._gaze_csv() and self.gaze_options != GazeOptions():
            raise SourceError(
                f"No gaze in '{self.raw_dir}' to read with "
                f"{self.gaze_options}. Expected `--gaze_csv`, or the file "
                f"'{GAZE_FILE}' in this folder."
            )
        if self._gaze_csv():
            self._gaze()  # Raises for a table that cannot be used.
        return entries

    def check(self) -> None:
        if self._gaze_csv():
            gaze = self._gaze()
            gaze.check_units(self._facts_of_some(gaze.stimuli))

    def entry_of(self, video_id: str) -> VideoEntry:
        splits = self._splits()
        split = any_split(video_id) if splits is None else splits[video_id]
        return VideoEntry(video_id, split)

    def labels_of(self, video_id: str) -> tuple[str, ...]:
        if not self.labels_from_folders:
            return ()
        label, separator, _ = video_id.partition("/")
        if not separator:
            raise SourceError(
                f"No class of the video '{video_id}'. Expected it in a "
                f"sub-folder of '{self.raw_dir}', named after the class."
            )
        return (label,)

    def companion_files(self, video_id: str) -> list[str]:
        return [self.path_in(SPLITS_FILE), *self._gaze_files()]

    def has_gaze(self) -> bool:
        return self._gaze_csv() is not None

    def splits_from(self) -> str:
        return SPLITS_FILE if self._splits() is not None else ""

    def settings(self) -> dict:
        return {
            "pixels_per_degree": self.pixels_per_degree,
            "labels_from_folders": self.labels_from_folders,
            **dataclasses.asdict(self.gaze_options),
        }

    def read_gaze(
        self, video_id: str, facts: VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        if self._gaze_csv() is None:
            return super().read_gaze(video_id, facts)
        gaze = self._gaze()
        rows, found = gaze.of_video(video_id, facts)
        if not gaze.table.is_events:
            rows, more = detect_fixations(rows, self.pixels_per_degree)
            found += more
        fixations, left_out = events_to_fixations(rows, facts)
        return fixations, found + left_out

    def left_out(self) -> collections.Counter:
        left_out = super().left_out()
        if self._gaze_csv():
            left_out += self._gaze().left_out()
        return left_out

    def summary(self) -> str:
        return self._gaze().summary() if self._gaze_csv() else ""

    def _facts_of_some(self, videos: Collection[str]) -> dict[str, VideoFacts]:
        """Reads the facts of a few of the videos."""
        facts = {}
        for video_id in sorted(videos)[:: len(videos) // _NUM_CHECKED + 1]:
            # Preparing reports the videos that cannot be read.
            with contextlib.suppress(SourceError):
                facts[video_id] = probe(self.videos()[video_id])
        return facts

    def gaze_picture(self, entries: Sequence[VideoEntry]) -> bytes | None:
        if not self._gaze_csv():
            return None
        gaze = self._gaze()
        names = gaze.table.observers
        numbers = number_observers(names).tolist()
        observers = dict(zip(numbers, names, strict=True))
        by_rows = sorted(entries, key=lambda e: -gaze.num_rows(e.video_id))
        for entry in by_rows[:_NUM_TRIALS]:
            # Preparing reports the videos that cannot be read.
            with contextlib.suppress(SourceError):
                video = self.open(entry)
                return draw_gaze(entry.video_id, video, observers)
        return None

    @kept(lambda self: self._gaze_files())
    def _gaze(self) -> FolderGaze:
        place = self._gaze_csv() or self.path_in(GAZE_FILE)
        return FolderGaze.read(place, self.gaze_options, self.videos())

    @kept()
    def _gaze_files(self) -> list[str]:
        """Lists the files that the gaze is read from."""
        place = self._gaze_csv()
        return files_of(place) if place else []

    def _gaze_csv(self) -> str | None:
        if self.gaze_csv is not None:
            return os.fspath(self.gaze_csv)
        default = self.path_in(GAZE_FILE)
        return default if is_file(default) or is_folder(default) else None

    def _id_of(self, path: str) -> str:
        relative = os.path.relpath(path, self.raw_dir)
        stem = composed(os.path.splitext(relative)[0])
        try:
            stem.encode()
        except UnicodeEncodeError as error:
            raise SourceError(
                f"Invalid name of the video {path!r}. Expected UTF-8."
            ) from error
        return stem.replace(os.sep, "/")

    @kept(lambda self: [self.path_in(SPLITS_FILE)])
    def _splits(self) -> dict[str, str] | None:
        """Returns video id -> split; None without a table of splits."""
        path = self.path_in(SPLITS_FILE)
        return read_splits(path, self.videos()) if is_file(path) else None
