"""The video eye-tracking database of Xu et al.: 33 clips, 32 observers.

References:
    1. Mai Xu, Lai Jiang, Xiaoyan Sun, Zhaoting Ye, Zulin Wang. "Learning to
       Detect Video Saliency With HEVC Features." IEEE Transactions on Image
       Processing 26(1), 369-385, 2017.

Raw layout: `video_database.mat` (MATLAB v7.3, that is HDF5) and
`videos/<Name>.avi`. Free to use; cite the paper.
"""

import collections
import functools
import os
import zlib
from typing import NamedTuple

import h5py
import numpy as np

from rmdn_tf.files.hdf5 import check_datasets, open_hdf5
from rmdn_tf.files.reading import clear_errors, read_content
from tfrecords_tools.frames import video_files
from tfrecords_tools.gaze import samples
from tfrecords_tools.raw_video import (
    ABSENT_VIDEOS,
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
)

TABLE_FILE = "video_database.mat"
VIDEO_FOLDER = "videos"
NUM_COLUMNS = 6
EXPECTED = (
    "MATLAB v7.3 with `video_database.fixdata` and "
    "`video_database.video_names_list`"
)

MAX_BYTES = 2**28
MAX_NUMBERS = 2**24
MAX_NAMES = 2**12
MAX_NAME = 2**10
"""Limits of the table, far beyond it: of the file, the numbers in it, the
videos, and the characters in the name of one."""

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
"""Clips of one scene share a split; any other clip is a scene of its own.
The basketball clips are taken to be of one hall."""

ABSENT_EVENTS = "events of videos that are not on disk"
UNLISTED_VIDEOS = "video files that the table does not list"


class Table(NamedTuple):
    """The `.mat` file in memory.

    Attributes:
        names: names of the videos, in the order of the list.
        events: float64 `[M, 6]`: observer from 1, video from 1 into `names`,
            onset ms, duration ms, x, y in pixels of the video.
    """

    names: tuple[str, ...]
    events: np.ndarray


class VideoDatabase(Source):
    """Clips of the database, split by scene.

    Args:
        raw_dir: folder with `video_database.mat` and `videos/`.
    """

    name = "video_database"
    citation = (
        "Xu, Jiang, Sun, Ye, Wang: Learning to Detect Video Saliency With "
        "HEVC Features. IEEE Transactions on Image Processing 26(1), "
        "369-385, 2017. Free to use; cite the paper."
    )

    def __init__(self, raw_dir: str | os.PathLike):
        self._raw_dir = os.fspath(raw_dir)

    def entries(self) -> list[VideoEntry]:
        """Lists the clips that are on disk, sorted by name."""
        paths = self._present_videos()
        if not paths:
            raise SourceError(
                f"No video in '{os.path.join(self._raw_dir, VIDEO_FOLDER)}' "
                f"is one that '{TABLE_FILE}' lists."
            )
        return [VideoEntry(name, split_of(name)) for name in sorted(paths)]

    def num_frames(self, entry: VideoEntry) -> int:
        """Counts packets; see `Source.num_frames`."""
        return video_files.estimated_length(self._path_of(entry))

    def files(self, entry: VideoEntry) -> list[str]:
        """Returns the clip and the table; see `Source.files`."""
        return [self._path_of(entry), self._table_path()]

    def open(self, entry: VideoEntry) -> RawVideo:
        """Opens one clip; see `Source.open`."""
        path = self._path_of(entry)
        facts = video_files.probe(path)
        fixations, left_out = samples.events_to_fixations(
            self._events_of(entry.video_id),
            (facts.height, facts.width),
            facts.frames_per_second,
            facts.num_frames,
        )
        return video_files.open_video(path, facts, fixations, left_out)

    def left_out(self) -> collections.Counter:
        """Counts clips without events, and events without a clip."""
        table = self._table()
        present = self._present_videos()
        absent = [name for name in table.names if name not in present]
        num_unlisted = len(self._video_files()) - len(present)
        index = table.events[:, 1]
        return +collections.Counter(
            {
                samples.NOT_A_NUMBER: int(np.sum(np.isnan(index))),
                ABSENT_VIDEOS: len(absent),
                UNLISTED_VIDEOS: num_unlisted,
                ABSENT_EVENTS: sum(
                    len(self._events_of(name)) for name in absent
                ),
            }
        )

    def _path_of(self, entry: VideoEntry) -> str:
        path = self._present_videos().get(entry.video_id)
        if path is None:
            raise SourceError(
                f"No file for the video '{entry.video_id}' in "
                f"'{os.path.join(self._raw_dir, VIDEO_FOLDER)}'."
            )
        return path

    def _table_path(self) -> str:
        return os.path.join(self._raw_dir, TABLE_FILE)

    def _table(self) -> Table:
        return read_table(self._table_path())

    def _events_of(self, name: str) -> np.ndarray:
        """Returns `[n, 5]`, columns `samples.EVENT_COLUMNS`."""
        table = self._table()
        mine = table.events[:, 1] == table.names.index(name) + 1
        return table.events[mine][:, [2, 3, 4, 5, 0]]

    def _present_videos(self) -> dict[str, str]:
        """Maps the listed names to the files that are there."""
        paths = self._video_files()
        return {
            name: paths[_without_spaces(name)]
            for name in self._table().names
            if _without_spaces(name) in paths
        }

    def _video_files(self) -> dict[str, str]:
        """Maps names without spaces to all video files."""
        folder = os.path.join(self._raw_dir, VIDEO_FOLDER)
        if not os.path.isdir(folder):
            raise SourceError(f"No folder '{folder}' with the videos.")
        paths = {}
        for file in sorted(os.listdir(folder)):
            stem, suffix = os.path.splitext(file)
            # A file name may hold a space that the list has not.
            name = _without_spaces(stem)
            if suffix.lower() != ".avi":
                continue
            if name in paths:
                raise SourceError(
                    f"Two files for the video '{name}': '{paths[name]}' and "
                    f"'{os.path.join(folder, file)}'."
                )
            paths[name] = os.path.join(folder, file)
        return paths


def split_of(name: str) -> str:
    """Assigns a clip to a split by the checksum of its scene's name.

    The rule looks at nothing but the name, so a clip stays in its split
    whichever other clips are listed or on disk.

    Args:
        name: the clip's name.

    Returns:
        "train", "validation" or "test", for about 60, 20 and 20% of scenes.
    """
    scene = next((s for s, names in SCENES.items() if name in names), name)
    fraction = zlib.crc32(scene.encode()) / 2**32
    if fraction < 0.6:
        return "train"
    return "validation" if fraction < 0.8 else "test"


@functools.lru_cache(maxsize=1)
def read_table(path: str) -> Table:
    """Reads the list of videos and the fixation events, once a process.

    Args:
        path: `video_database.mat`.

    Returns:
        The `Table`.

    Raises:
        SourceError: the file is missing or malformed, or holds gaze for a
            video that is not in its list.
    """
    if not os.path.isfile(path):
        raise SourceError(f"No table of fixations: '{path}' is missing.")
    try:
        content = read_content(path, MAX_BYTES)
        with clear_errors(path, EXPECTED):
            with open_hdf5(content) as file:
                group = file["video_database"]
                table = Table(_read_names(file, group), _read_events(group))
    except (OSError, ValueError) as error:
        raise SourceError(str(error)) from error
    _check_table(path, table)
    return table


def _read_events(group: h5py.Group) -> np.ndarray:
    """Reads `[M, 6]`, stored with the axes turned."""
    stored = group["fixdata"]
    check_datasets({"fixdata": stored}, MAX_NUMBERS)
    return np.asarray(stored, np.float64).T


def _read_names(file: h5py.File, group: h5py.Group) -> tuple[str, ...]:
    """Follows the references of the list to the characters of each name."""
    stored = group["video_names_list"]
    check_datasets({"video_names_list": stored}, MAX_NAMES, kinds="O")
    if h5py.check_ref_dtype(stored.dtype) is not h5py.Reference:
        raise ValueError(f"`video_names_list` of {stored.dtype}")
    return tuple(_read_name(file[r]) for r in np.ravel(stored))


def _read_name(codes: h5py.Dataset) -> str:
    """Reads a text of MATLAB: UTF-16, an element each."""
    check_datasets({"a name": codes}, MAX_NAME, kinds="u")
    letters = np.ravel(codes).astype("<u2", casting="safe")
    return letters.tobytes().decode("utf-16-le")


def _check_table(path: str, table: Table) -> None:
    events = table.events
    if events.ndim != 2 or events.shape[1] != NUM_COLUMNS:
        raise SourceError(
            f"Invalid `fixdata` of '{path}'. Expected an array "
            f"[{NUM_COLUMNS}, M]. Received: shape {list(events.T.shape)}."
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
            f"Gaze for a video that is not there: row {row} of `fixdata` of "
            f"'{path}' belongs to video {index[row]:g}, but "
            f"`video_names_list` holds {len(keys)} names."
        )


def _without_spaces(name: str) -> str:
    return "".join(name.split())
