"""The gaze release of "Actions in the Eye", see `actions_in_the_eye`.

Files: `samples/<observer>_<video file>.txt`, and `geometry.txt` and
`resolution.txt` next to that folder. A line of samples holds the time in
microseconds, two unused numbers, x and y in pixels of the screen, and an event.
"""

import collections
import dataclasses
import functools
import io
import os
import re
from collections.abc import Collection, Mapping

import numpy as np

from rmdn_tf.data.records import Fixations
from rmdn_tf.files.safe_names import composed
from rmdn_tf.files.shown_paths import shown
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.gaze.fixations import (
    SAMPLES_OF_BLINKS,
    SAMPLES_OF_SACCADES,
)
from tfrecords_tools.gaze.recordings import (
    Recordings,
    group_recordings,
    read_recordings,
)
from tfrecords_tools.raw_files import (
    existing,
    invalid_line,
    is_file,
    is_folder,
    kept,
    numbered_lines,
    open_text,
    paths_in,
)
from tfrecords_tools.raw_video import SourceError

SAMPLES_FOLDER = "samples"
GEOMETRY_FILE = "geometry.txt"
RESOLUTION_FILE = "resolution.txt"

OF_OTHER_EVENTS = "samples of events that are not F, S or B"
VIDEOS_WITHOUT_GAZE = "videos without gaze"
MISSING_OBSERVERS = "gaze files missing, of observers who saw other videos"
EMPTY_FILES = "gaze files without a sample"
OTHER_FILES = "files in the folder of gaze files that are not gaze files"
GAZE_WITHOUT_VIDEO = "gaze files of videos that are not on disk"

_FILE_NAME = re.compile(r"(\d{1,9})_(.+)\.txt", re.IGNORECASE | re.ASCII)

_COLUMNS = ("t_us", "unused_1", "unused_2", "x", "y", "event")
_USED_NUMBERS = ("t_us", "x", "y")
_FORMAT = np.dtype(
    [(c, np.float64 if c in _USED_NUMBERS else "S1") for c in _COLUMNS]
)


@dataclasses.dataclass(frozen=True)
class GazeRelease:
    """The gaze files of one dataset; the keys of videos are `video_key`.

    Attributes:
        recordings: video -> observer -> path.
        tables: paths of `geometry.txt` and `resolution.txt`; empty without a
            release.
        num_others: number of other files.
    """

    recordings: Recordings
    tables: tuple[str, ...]
    num_others: int

    @property
    def screen_size(self) -> tuple[int, int]:
        """(height, width) in pixels, from `geometry.txt`."""
        return _read_screen_size(self.tables[0])

    @property
    def sizes(self) -> Mapping[str, tuple[int, int]]:
        """Video -> (height, width) in pixels, from `resolution.txt`."""
        return _read_sizes(self.tables[1]) if self.tables else {}

    def files_of(self, name: str) -> list[str]:
        """Lists the files that a video's fixations depend on."""
        mine = self.recordings.get(video_key(name), {})
        return existing([*mine.values(), *self.tables])

    def left_out(
        self, present: Collection[str], listed: Collection[str]
    ) -> collections.Counter:
        """Counts gaze files without a video on disk, by cause.

        `present` are the names of the videos on disk, `listed` other names of
        the dataset. Gaze of any other video, unless `resolution.txt` has it,
        raises `SourceError`.
        """
        present = {video_key(name) for name in present}
        known = present | {video_key(name) for name in listed} | set(self.sizes)
        left_out = collections.Counter({OTHER_FILES: self.num_others})
        for key, files in self.recordings.items():
            if key not in known:
                raise SourceError(
                    "Gaze for an unknown video: "
                    f"'{next(iter(files.values()))}'. Neither the dataset nor "
                    f"'{RESOLUTION_FILE}' has a video of this name."
                )
            left_out[GAZE_WITHOUT_VIDEO] += 0 if key in present else len(files)
        return +left_out

    def read_fixations(
        self, name: str, facts: VideoFacts
    ) -> tuple[Fixations, collections.Counter]:
        """Returns a video's fixations, and cause -> number left out.

        A sample at time t belongs to frame round(num_frames * t / duration),
        counted from 0: to the frame that begins nearest to t.
        """
        key = video_key(name)
        mine = self.recordings.get(key)
        if not mine:
            left_out = collections.Counter({VIDEOS_WITHOUT_GAZE: 1})
            return Fixations.empty(), left_out
        # The release gives sizes as if all pixels were square.
        shown = dataclasses.replace(
            facts, size=self.sizes.get(key, facts.size), pixel_aspect=1.0
        )
        fixations, left_out = read_recordings(
            mine,
            functools.partial(_read_recording, facts),
            shown,
            CoordinateSpace("screen", self.screen_size),
        )
        everyone = set().union(*self.recordings.values())
        left_out[MISSING_OBSERVERS] = len(everyone - mine.keys())
        return fixations, +left_out


def video_key(name: str) -> str:
    """Returns a video's name in lower case, without `.avi`."""
    return composed(name).casefold().removesuffix(".avi")


@kept()
def find_release(raw_dir: str | os.PathLike) -> GazeRelease:
    """Finds the release in a folder or a sub-folder; empty if missing."""
    found = [
        folder
        for folder in [os.fspath(raw_dir), *paths_in(raw_dir)]
        if is_folder(os.path.join(folder, SAMPLES_FOLDER))
    ]
    if len(found) > 1:
        raise SourceError(
            f"Two folders of gaze, each with '{SAMPLES_FOLDER}': '{found[0]}' "
            f"and '{found[1]}'. Keep one of them in '{raw_dir}'."
        )
    if not found:
        return GazeRelease({}, (), 0)
    (folder,) = found
    geometry = os.path.join(folder, GEOMETRY_FILE)
    resolution = os.path.join(folder, RESOLUTION_FILE)
    recordings, num_others = group_recordings(
        paths_in(os.path.join(folder, SAMPLES_FOLDER)), _parse_name
    )
    release = GazeRelease(recordings, (geometry, resolution), num_others)
    _ = release.screen_size, release.sizes  # Raises before any video is read.
    return release


def _parse_name(path: str) -> tuple[str, int] | None:
    match = _FILE_NAME.fullmatch(os.path.basename(path))
    return match and (video_key(match[2]), int(match[1]))


@kept(lambda path: [path])
def _read_screen_size(path: str) -> tuple[int, int]:
    """Returns (height, width): the 5th and the 4th number in the file."""
    text = " ".join(line for _, line in numbered_lines(path))
    size = _size(text.split()[3:5])
    if size is None:
        raise SourceError(
            f"Invalid '{path}'. Expected three numbers, then width and height "
            f"of the screen in pixels. Received: {text[:80]!r}."
        )
    return size


@kept(lambda path: [path])
def _read_sizes(path: str) -> dict[str, tuple[int, int]]:
    """Returns video -> (height, width); empty if the file is missing."""
    if not is_file(path):
        return {}
    sizes = {}
    for number, line in numbered_lines(path):
        video, *numbers = line.split()
        size = _size(numbers[:2])
        if size is None:
            expected = "a video, its width and height in pixels"
            raise invalid_line(path, number, expected, line)
        sizes[video_key(video)] = size
    return sizes


def _size(tokens: list[str]) -> tuple[int, int] | None:
    """Parses (width, height) into (height, width); None if invalid."""
    try:
        width, height = map(float, tokens)
    except ValueError:
        return None
    is_valid = all(n.is_integer() and 0 < n < 1e6 for n in (width, height))
    return (int(height), int(width)) if is_valid else None


def _read_recording(
    facts: VideoFacts, path: str
) -> tuple[np.ndarray, collections.Counter]:
    """Reads one file for `read_recordings`."""
    numbers, events = read_samples(path)
    counts = {letter: int(np.sum(events == ord(letter))) for letter in "FSB"}
    left_out = collections.Counter(
        {
            SAMPLES_OF_SACCADES: counts["S"],
            SAMPLES_OF_BLINKS: counts["B"],
            OF_OTHER_EVENTS: len(events) - sum(counts.values()),
            EMPTY_FILES: int(len(events) == 0),
        }
    )
    rows = numbers[events == ord("F")]
    with np.errstate(over="ignore"):
        # `samples_to_fixations` takes the floor; adding 0.5 rounds instead.
        rows[:, 0] = facts.frames_at(rows[:, 0], 1_000_000) + 0.5
    return rows, left_out


def read_samples(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads all samples of one file.

    Returns:
        float64 `[n, 3]`: time in microseconds, x and y in pixels of the
        screen; and uint8 `[n]`: the event's first letter, in upper case.
    """
    try:
        with open_text(path, "latin-1") as file:
            text = file.read()
    except OSError as error:
        raise SourceError(
            f"Unreadable gaze file '{shown(path)}': {error.strerror or error}."
        ) from error
    rows = _parse(text)
    if rows is None:
        for number, line in numbered_lines(path):
            if _parse(line) is None:
                expected = "five numbers and an event"
                raise invalid_line(path, number, expected, line)
        raise SourceError(f"Invalid gaze file '{path}': not lines of samples.")
    numbers = np.stack([rows[column] for column in _USED_NUMBERS], axis=1)
    return numbers, np.char.upper(rows["event"]).view(np.uint8)


def _parse(text: str) -> np.ndarray | None:
    """Parses lines into `_FORMAT`; None if a line is invalid."""
    if not text.strip():
        return np.zeros([0], _FORMAT)
    try:
        rows = np.loadtxt(io.StringIO(text), _FORMAT, comments=None, ndmin=1)
    except ValueError:
        return None
    return rows if np.all(np.char.isalpha(rows["event"])) else None
