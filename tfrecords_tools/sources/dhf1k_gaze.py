"""The raw gaze of DHF1K: one text file an observer and video.

    exportdata_train/P01/P01_Trail001.txt

Observer and video are numbers of any number of digits. A file has a header and
columns parted by tabs: Time (microseconds of the eye tracker's clock), Type,
Trial, two sizes of the pupil, POR X and POR Y (pixels of the screen), and the
event, one of `EVENTS`. The screen had 1440x900 pixels; the video filled its
width, with bars above and below.
"""

import collections
import functools
import os
import re
from collections.abc import Iterator, Mapping

import numpy as np

from tfrecords_tools.gaze import samples as gaze
from tfrecords_tools.raw_video import SourceError

SCREEN_SIZE = (900, 1440)
FRAMES_PER_SECOND = 30.0
"""Of all videos; neither the gaze nor extracted frames know it."""

COLUMNS = {
    "time": "Time",
    "type": "Type",
    "x": "POR X",
    "y": "POR Y",
    "event": "Event Info",
}
"""What the heading of a column holds, whichever eye was recorded."""

SAMPLE = "SMP"
"""Type of a row that holds a sample; there may be messages between them."""

NOT_MEASURED = ("", "-")
"""What stands for a coordinate that the eye tracker did not get."""

FIXATION = "Fixation"
EVENTS = {
    FIXATION: None,
    "Saccade": gaze.SAMPLES_OF_SACCADES,
    "Blink": gaze.SAMPLES_OF_BLINKS,
    "-": gaze.SAMPLES_OF_NO_EVENT,
}
"""Event -> cause under which its samples are counted as left out."""

OTHER_ROWS = "rows of raw gaze that are not samples"
EMPTY_RECORDINGS = "recordings of gaze without a sample"

_OBSERVER = re.compile(r"P([0-9]{1,9})", re.IGNORECASE)
_FILE = re.compile(r"P([0-9]{1,9})_Trail([0-9]{1,9})\.txt", re.IGNORECASE)
_MICROSECONDS = re.compile(r"[0-9]{1,18}")


@functools.lru_cache(maxsize=1)
def list_recordings(folder: str) -> tuple[dict[int, dict[int, str]], int]:
    """Finds the recordings of all observers, once a process.

    Args:
        folder: `exportdata_train`.

    Returns:
        Number of the video -> observer -> path; and the number of other
        files.

    Raises:
        SourceError: the folder is missing, or an observer has two recordings
            of one video.
    """
    if not os.path.isdir(folder):
        raise SourceError(f"No folder '{folder}' with the raw gaze.")
    recordings = collections.defaultdict(dict)
    num_others = 0
    for name in sorted(os.listdir(folder)):
        subfolder = os.path.join(folder, name)
        is_observer = _OBSERVER.fullmatch(name) and os.path.isdir(subfolder)
        if not is_observer:
            num_others += 1
            continue
        for file in sorted(os.listdir(subfolder)):
            match = _FILE.fullmatch(file)
            if match is None or int(match[1]) != int(name[1:]):
                num_others += 1
                continue
            observer, number = int(match[1]), int(match[2])
            path = os.path.join(subfolder, file)
            first = recordings[number].setdefault(observer, path)
            if first != path:
                raise SourceError(
                    f"Two recordings of the observer {observer} and the video "
                    f"{number}: '{first}' and '{path}'."
                )
    return dict(recordings), num_others


def read_recordings(
    paths: Mapping[int, str], size: tuple[int, int]
) -> tuple[np.ndarray, collections.Counter]:
    """Reads all recordings of one video.

    Args:
        paths: observer -> path.
        size: (height, width) of the video in pixels.

    Returns:
        float64 `[n, 4]`, columns `gaze.SAMPLE_COLUMNS`, the samples of
        fixations; and a `Counter`, cause -> number of samples left out.

    Raises:
        SourceError: a file is unreadable or malformed; names file and line.
    """
    samples = []
    left_out = collections.Counter()
    for observer, path in sorted(paths.items()):
        start = None
        for time, x, y, event in _rows(path, left_out):
            # The recording starts with the video. The clock is in whole
            # microseconds: only their difference fits into a float.
            start = time if start is None else start
            if event == FIXATION:
                frame_time = (time - start) * FRAMES_PER_SECOND / 1_000_000
                samples.append([frame_time, x, y, observer])
            else:
                left_out[EVENTS[event]] += 1
        left_out[EMPTY_RECORDINGS] += start is None
    samples = np.array(samples, np.float64).reshape(
        [-1, len(gaze.SAMPLE_COLUMNS)]
    )
    samples[:, 1:3] = _screen_to_video(samples[:, 1:3], size)
    return samples, +left_out


def _screen_to_video(places: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Maps x, y `[n, 2]` from pixels of the screen to those of the video."""
    height, width = size
    screen_height, screen_width = SCREEN_SIZE
    scale = width / screen_width
    bar = (screen_height - height / scale) / 2
    with np.errstate(over="ignore"):
        return scale * (places - [0, bar])


def _rows(
    path: str, left_out: collections.Counter
) -> Iterator[tuple[int, float, float, str]]:
    """Yields time in microseconds, x, y in pixels of the screen, and event."""
    try:
        with open(path, encoding="utf-8") as file:
            header, *lines = file.read().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"Unreadable gaze '{path}': {error}.") from error
    headings = header.strip("\ufeff\r").split("\t")
    place = _find_columns(path, headings)
    for number, line in enumerate(lines, start=2):
        cells = line.rstrip("\r").split("\t")
        if cells == [""]:
            continue
        if cells[place["type"] :][:1] != [SAMPLE]:
            left_out[OTHER_ROWS] += 1
            continue
        is_whole = len(cells) == len(headings)
        row = (
            _row({k: cells[i] for k, i in place.items()}) if is_whole else None
        )
        if row is None:
            raise SourceError(
                f"Invalid line {number} of '{path}'. Expected whole "
                "microseconds, pixels and one of the events "
                f"{tuple(EVENTS)} in {len(headings)} columns. "
                f"Received: {line[:100]!r}."
            )
        yield row


def _find_columns(path: str, headings: list[str]) -> dict[str, int]:
    """Returns the place of each of `COLUMNS`."""
    found = {
        key: [i for i, heading in enumerate(headings) if text in heading]
        for key, text in COLUMNS.items()
    }
    places = {key: each[0] for key, each in found.items() if len(each) == 1}
    # Five different ones: parted by something else, all would be the first.
    if len(set(places.values())) < len(COLUMNS):
        raise SourceError(
            f"Invalid header, line 1, of '{path}'. Expected one column each "
            f"of {tuple(COLUMNS.values())}, parted by tabs. "
            f"Received: {headings[:20]}."
        )
    return places


def _row(cells: Mapping[str, str]) -> tuple[int, float, float, str] | None:
    """Returns time, x, y, event; None where they are malformed."""
    if not _MICROSECONDS.fullmatch(cells["time"]):
        return None
    if cells["event"] not in EVENTS:
        return None
    try:
        x, y = (
            np.nan if cells[axis] in NOT_MEASURED else float(cells[axis])
            for axis in "xy"
        )
    except ValueError:
        return None
    return int(cells["time"]), x, y, cells["event"]
