"""The video eye-tracking database of Xu et al.: 33 clips, 32 observers.

Raw layout: `video_database.mat` (MATLAB v7.3, that is HDF5) and
`videos/<Name>.avi`.
"""

import collections
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import h5py
import numpy as np

from rmdn_tf.data.records import Fixations
from rmdn_tf.files.hdf5 import check_datasets, open_hdf5
from rmdn_tf.files.reading import clear_errors, read_content
from rmdn_tf.files.safe_names import composed
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.fixations import NOT_A_NUMBER, events_to_fixations
from tfrecords_tools.raw_files import avi_files, is_file, kept, paths_in
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.disk_source import ABSENT_VIDEOS, DiskSource

TABLE_FILE = "video_database.mat"
VIDEO_FOLDER = "videos"
EXPECTED = (
    "MATLAB v7.3 with `video_database.fixdata` and "
    "`video_database.video_names_list`"
)

# Limits far above the real table's numbers.
MAX_BYTES = 2**28
MAX_NUMBERS = 2**24
MAX_NAMES = 2**12
MAX_NAME = 2**10  # characters

# Clips of one scene share a split; any other clip is a scene of its own. The
# basketball clips probably show one hall.
SCENES = {
    "RaceHorses": ("RaceHorsesC", "RaceHorsesD"),
    "Basketball": (
        "BasketballDrill",
        "BasketballDrillText",
        "BasketballDrive",
        "BasketballPass",
    ),
    "Vidyo": ("Vidyo1", "Vidyo3", "Vidyo4"),
    "Portraits": ("Yan", "Simo", "Male", "Lee"),
}

ABSENT_EVENTS = "events of videos that are not on disk"


class Table(NamedTuple):
    """The names of the videos, and their fixation events.

    The columns of events, float64 `[M, 6]`, are observer from 1, index from 1
    into `names`, onset and duration in ms, x and y in pixels of the video.
    """

    names: tuple[str, ...]
    events: np.ndarray


class VideoDatabase(DiskSource):
    """Clips of the database, split by scene."""

    name = "video_database"
    citation = (
        "Xu, Jiang, Sun, Ye, Wang: Learning to Detect Video Saliency With "
        "HEVC Features. IEEE Transactions on Image Processing 26(1), "
        "369-385, 2017. Free to use; cite the paper."
    )

    others = "video files that the table does not list"

    def find_files(self) -> Iterator[tuple[str | None, str]]:
        paths = paths_in(self.path_in(VIDEO_FOLDER))
        # A file's name may have a space that the list lacks.
        listed = {_without_spaces(name): name for name in self._table().names}
        for name, path in avi_files(paths):
            yield listed.get(_without_spaces(name)), path

    def entry_of(self, video_id: str) -> VideoEntry:
        return VideoEntry(video_id, split_of(video_id))

    def companion_files(self, video_id: str) -> list[str]:
        return [self.path_in(TABLE_FILE)]

    def has_gaze(self) -> bool:
        return True

    def read_gaze(
        self, video_id: str, facts: VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        return events_to_fixations(self._events_of(video_id), facts)

    def left_out(self) -> collections.Counter:
        table = self._table()
        absent = [name for name in table.names if name not in self.videos()]
        index = table.events[:, 1]
        return super().left_out() + collections.Counter(
            {
                NOT_A_NUMBER: int(np.sum(np.isnan(index))),
                ABSENT_VIDEOS: len(absent),
                ABSENT_EVENTS: sum(
                    len(self._events_of(name)) for name in absent
                ),
            }
        )

    def _table(self) -> Table:
        return read_table(self.path_in(TABLE_FILE))

    def _events_of(self, name: str) -> np.ndarray:
        """Returns `[n, 5]`, columns `gaze.fixations.EVENT_COLUMNS`."""
        table = self._table()
        mine = table.events[:, 1] == table.names.index(name) + 1
        return table.events[mine][:, [2, 3, 4, 5, 0]]


def split_of(name: str) -> str:
    """Sends about 60, 20 and 20% of scenes to train, validation and test."""
    scene = next((s for s, names in SCENES.items() if name in names), name)
    fraction = zlib.crc32(scene.encode()) / 2**32
    if fraction < 0.6:
        return "train"
    return "validation" if fraction < 0.8 else "test"


@kept(lambda path: [path])
def read_table(path: str) -> Table:
    """Reads and checks the list of videos and the fixation events."""
    if not is_file(path):
        raise SourceError(f"No table of fixations: '{path}' is missing.")
    try:
        content = read_content(path, MAX_BYTES)
        with clear_errors(path, EXPECTED):
            with open_hdf5(content) as file:
                group = file["video_database"]
                events = group["fixdata"]  # Stored as [6, M].
                check_datasets({"fixdata": events}, MAX_NUMBERS)
                events = np.asarray(events, np.float64).T
                table = Table(_read_names(file, group), events)
    except (OSError, ValueError) as error:
        raise SourceError(str(error)) from error
    _check_table(path, table)
    return table


def _read_names(file: h5py.File, group: h5py.Group) -> tuple[str, ...]:
    """Reads the list of names, an array of references to texts."""
    stored = group["video_names_list"]
    check_datasets({"video_names_list": stored}, MAX_NAMES, kinds="O")
    if h5py.check_ref_dtype(stored.dtype) is not h5py.Reference:
        raise ValueError(f"`video_names_list` of {stored.dtype}")
    return tuple(_read_name(file[r]) for r in np.ravel(stored))


def _read_name(codes: h5py.Dataset) -> str:
    """Reads a text of MATLAB, one element for each UTF-16 code."""
    check_datasets({"a name": codes}, MAX_NAME, kinds="u")
    letters = np.ravel(codes).astype("<u2", casting="safe")
    return composed(letters.tobytes().decode("utf-16-le"))


def _check_table(path: str, table: Table) -> None:
    events = table.events
    if events.ndim != 2 or events.shape[1] != 6:
        raise SourceError(
            f"Invalid `fixdata` of '{path}'. Expected an array "
            f"[6, M]. Received: shape {list(events.T.shape)}."
        )
    keys = [_without_spaces(name) for name in table.names]
    if "" in keys or len(set(keys)) < len(keys):
        raise SourceError(
            f"Invalid `video_names_list` of '{path}'. Expected different "
            f"names. Received: {list(table.names)}."
        )
    index = events[:, 1]
    known = np.isin(index, np.arange(1, len(keys) + 1)) | np.isnan(index)
    if not np.all(known):
        row = int(np.argmin(known))
        raise SourceError(
            f"Gaze for an unknown video: row {row} of `fixdata` of "
            f"'{path}' belongs to video {index[row]:g}, but "
            f"`video_names_list` holds {len(keys)} names."
        )


def _without_spaces(name: str) -> str:
    return "".join(name.split())
