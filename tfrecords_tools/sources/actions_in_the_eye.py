"""Gaze files of "Actions in the Eye", for Hollywood2 and UCF Sports.

References:
    1. Stefan Mathe, Cristian Sminchisescu. "Actions in the Eye: Dynamic Gaze
       Datasets and Learnt Saliency Models for Visual Recognition." IEEE
       Transactions on Pattern Analysis and Machine Intelligence 37(7),
       1408-1424, 2015.

Layout: `samples/<observer>_<video file>.txt`, 500 samples a second, with
`geometry.txt` and `resolution.txt` next to the folder. Each video filled the
width of the screen, between black bars above and below.
"""

import collections
import dataclasses
import functools
import os
import re
from collections.abc import Collection, Mapping

import numpy as np

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames.video_files import VideoFacts
from tfrecords_tools.gaze import samples as gaze
from tfrecords_tools.gaze.text_files import read_samples
from tfrecords_tools.raw_video import SourceError, files_on_disk

SAMPLES_FOLDER = "samples"
GEOMETRY_FILE = "geometry.txt"
RESOLUTION_FILE = "resolution.txt"

OF_OTHER_EVENTS = "samples of events that are not F, S or B"
VIDEOS_WITHOUT_GAZE = "videos without gaze"
MISSING_OBSERVERS = "gaze files missing, of observers who saw other videos"
EMPTY_FILES = "gaze files without a sample"
OTHER_FILES = "files among the gaze files that are none"
ABSENT_VIDEOS = "gaze files of videos that are not on disk"

_FILE_NAME = re.compile(r"(\d{1,9})_(.+)\.txt", re.IGNORECASE | re.ASCII)


@dataclasses.dataclass(frozen=True)
class GazeFiles:
    """The gaze release of one dataset, listed.

    Videos go by their `video_key`.

    Attributes:
        files: video -> observer -> path.
        sizes: video -> (height, width) in pixels, of `resolution.txt`.
        screen_size: (height, width) in pixels.
        tables: paths of `geometry.txt` and, if it is there, `resolution.txt`.
        num_others: number of files that are no gaze files.
    """

    files: Mapping[str, Mapping[int, str]]
    sizes: Mapping[str, tuple[int, int]]
    screen_size: tuple[int, int]
    tables: tuple[str, ...]
    num_others: int

    def observers(self) -> set[int]:
        """Returns everyone who saw any video."""
        return set().union(*self.files.values())

    def files_of(self, name: str) -> list[str]:
        """Lists the files that decide the fixations of a video."""
        mine = self.files.get(video_key(name), {})
        return files_on_disk([*mine.values(), *self.tables])

    def left_out(
        self, present: Collection[str], listed: Collection[str]
    ) -> collections.Counter:
        """Counts the gaze files that belong to no video on disk.

        Args:
            present: names of the videos on disk.
            listed: names of those that may be absent, the dataset holding
                them; those in `resolution.txt` may be too.

        Returns:
            A `Counter`, cause -> number of files.

        Raises:
            SourceError: gaze for a video that the dataset does not hold.
        """
        present = {video_key(name) for name in present}
        known = present | {video_key(name) for name in listed} | set(self.sizes)
        left_out = collections.Counter({OTHER_FILES: self.num_others})
        for key, files in self.files.items():
            if key not in known:
                raise SourceError(
                    "Gaze for a video that is not there: "
                    f"'{next(iter(files.values()))}'. The dataset has no video "
                    f"of this name, nor has '{RESOLUTION_FILE}'."
                )
            left_out[ABSENT_VIDEOS] += 0 if key in present else len(files)
        return +left_out


def video_key(name: str) -> str:
    """Returns a video's name without `.avi`, all letters small."""
    return name.casefold().removesuffix(".avi")


def find_gaze_files(raw_dir: str | os.PathLike) -> GazeFiles | None:
    """Finds the release in a folder or in one of its sub-folders.

    Args:
        raw_dir: folder of the dataset.

    Returns:
        The `GazeFiles`, or None where there is no folder `samples`.

    Raises:
        SourceError: there are two, or the files are malformed.
    """
    folders = [raw_dir, *(e.path for e in os.scandir(raw_dir) if e.is_dir())]
    found = sorted(
        os.fspath(folder)
        for folder in folders
        if os.path.isdir(os.path.join(folder, SAMPLES_FOLDER))
    )
    if len(found) > 1:
        raise SourceError(
            f"Two folders of gaze, each with '{SAMPLES_FOLDER}': '{found[0]}' "
            f"and '{found[1]}'. Keep one of them in '{raw_dir}'."
        )
    return list_gaze_files(found[0]) if found else None


@functools.lru_cache(maxsize=1)
def list_gaze_files(folder: str) -> GazeFiles:
    """Lists the release, once a process.

    Args:
        folder: holds `samples/`, `geometry.txt` and, if it is there,
            `resolution.txt`.

    Returns:
        The `GazeFiles`.

    Raises:
        SourceError: `geometry.txt` is missing, a file is malformed, or an
            observer has two files for one video.
    """
    samples = os.path.join(folder, SAMPLES_FOLDER)
    files = {}
    num_others = 0
    for name in sorted(os.listdir(samples)):
        match = _FILE_NAME.fullmatch(name)
        if match is None:
            num_others += 1
            continue
        observer, key = int(match[1]), video_key(match[2])
        path = os.path.join(samples, name)
        other = files.setdefault(key, {}).setdefault(observer, path)
        if other != path:
            raise SourceError(
                "Two gaze files of one observer for one video: "
                f"'{other}' and '{path}'."
            )
    geometry = os.path.join(folder, GEOMETRY_FILE)
    resolution = os.path.join(folder, RESOLUTION_FILE)
    return GazeFiles(
        files,
        _read_sizes(resolution),
        _read_screen_size(geometry),
        tuple(files_on_disk([geometry, resolution])),
        num_others,
    )


def read_fixations(
    gaze_files: GazeFiles | None, name: str, facts: VideoFacts
) -> tuple[Fixations, collections.Counter]:
    """Reads what all observers looked at in one video.

    A sample at time t belongs to frame round(num_frames * t / duration),
    counted from 0. The event decides: samples of fixations are kept, those of
    saccades and blinks counted. One observer counts once a frame, by the
    sample nearest to the frame's time; see `gaze.samples_to_fixations`.

    Args:
        gaze_files: the release, or None where there is none.
        name: the video's name.
        facts: the video's size, rate and length.

    Returns:
        `Fixations` with frame in [0, num_frames), sorted by frame, then
        observer; and a `Counter`, cause -> count.

    Raises:
        SourceError: a file is unreadable or malformed.
    """
    key = video_key(name)
    mine = {} if gaze_files is None else gaze_files.files.get(key, {})
    if not mine:
        return Fixations.empty(), collections.Counter({VIDEOS_WITHOUT_GAZE: 1})
    left_out = collections.Counter(
        {MISSING_OBSERVERS: len(gaze_files.observers() - mine.keys())}
    )
    size = gaze_files.sizes.get(key, facts[:2])
    samples = np.concatenate(
        [
            _on_video(
                _fixated(read_samples(path), left_out),
                observer,
                size,
                gaze_files.screen_size,
                facts.frames_per_second,
            )
            for observer, path in mine.items()
        ]
    )
    fixations, also_left_out = gaze.samples_to_fixations(
        samples, size, facts.num_frames
    )
    return fixations, +(left_out + also_left_out)


def _fixated(
    samples: tuple[np.ndarray, np.ndarray], left_out: collections.Counter
) -> np.ndarray:
    """Returns the rows of fixations, and counts the others."""
    rows, events = samples
    counts = {
        letter: int(np.sum(events == ord(letter))) for letter in ("F", "S", "B")
    }
    left_out[gaze.SAMPLES_OF_SACCADES] += counts["S"]
    left_out[gaze.SAMPLES_OF_BLINKS] += counts["B"]
    left_out[OF_OTHER_EVENTS] += len(events) - sum(counts.values())
    left_out[EMPTY_FILES] += len(events) == 0
    return rows[events == ord("F")]


def _on_video(
    rows: np.ndarray,
    observer: int,
    size: tuple[int, int],
    screen_size: tuple[int, int],
    frames_per_second: float,
) -> np.ndarray:
    """Returns `[n, 4]`, columns `gaze.SAMPLE_COLUMNS`."""
    height, width = size
    screen_height, screen_width = screen_size
    scale = width / screen_width
    bar = (screen_height - height / scale) / 2
    time, x, y = rows.T
    with np.errstate(over="ignore", invalid="ignore"):
        # The half makes of the frame's number, which is rounded, the floor.
        frame_time = time * frames_per_second / 1e6 + 0.5
        return np.stack(
            [
                frame_time,
                scale * x,
                scale * (y - bar),
                np.full(len(rows), observer),
            ],
            axis=1,
        )


def _read_screen_size(path: str) -> tuple[int, int]:
    """Returns (height, width) of `geometry.txt`, its 5th and 4th number."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(10_000)
    except OSError as error:
        raise SourceError(
            f"No size of the screen: '{path}': {error.strerror}."
        ) from error
    sizes = _positive_integers(text.split()[3:5])
    if sizes is None:
        raise SourceError(
            f"Invalid '{path}'. Expected three numbers, then width and height "
            f"of the screen in pixels. Received: {text[:80]!r}."
        )
    width, height = sizes
    return height, width


def _read_sizes(path: str) -> dict[str, tuple[int, int]]:
    """Returns video -> (height, width); none where the file is missing."""
    if not os.path.isfile(path):
        return {}
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    sizes = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        tokens = line.split()
        size = _positive_integers(tokens[1:3])
        if size is None:
            raise SourceError(
                f"Invalid line {number} of '{path}'. Expected a video, its "
                f"width and height in pixels. Received: {line[:80]!r}."
            )
        width, height = size
        sizes[video_key(tokens[0])] = height, width
    return sizes


def _positive_integers(tokens: list[str]) -> tuple[int, int] | None:
    """Returns two numbers, or None if they are not such."""
    try:
        values = [float(token) for token in tokens]
    except ValueError:
        return None
    if len(values) != 2 or not all(
        value.is_integer() and 0 < value < 1e6 for value in values
    ):
        return None
    return int(values[0]), int(values[1])
