"""The raw gaze of DHF1K: one text file for each observer and video.

Observer 1 watches video 1 in `exportdata_train/P01/P01_Trail001.txt`. The file
has a header and columns separated by tabs: Time (microseconds of the eye
tracker's clock), Type, Trial, two sizes of the pupil, POR X and POR Y (pixels
of the screen), and the event, one of `EVENTS`.
"""

import collections
import dataclasses
import os
import re
from collections.abc import Iterator

import numpy as np

from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.gaze.recordings import Recordings, group_recordings
from tfrecords_tools.raw_files import (
    invalid_line,
    is_folder,
    kept,
    numbered_lines,
    paths_in,
)
from tfrecords_tools.raw_video import SourceError

SCREEN_SIZE = (900, 1440)
FRAMES_PER_SECOND = 30.0

# Column -> text in its heading, for either eye.
COLUMNS = {
    "time": "Time",
    "type": "Type",
    "x": "POR X",
    "y": "POR Y",
    "event": "Event Info",
}

_USED_COLUMNS = ("time", "x", "y", "event")

SAMPLE = "SMP"  # the type of a sample; other rows are messages
NOT_MEASURED = ("", "-")  # x or y while the eye tracker saw no eye

FIXATION = "Fixation"
# Event -> cause for leaving out its samples; None for those to keep.
EVENTS = {
    FIXATION: None,
    "Saccade": gaze.SAMPLES_OF_SACCADES,
    "Blink": gaze.SAMPLES_OF_BLINKS,
    "-": gaze.SAMPLES_OF_NO_EVENT,
}

OTHER_ROWS = "rows of raw gaze that are not samples"
EMPTY_RECORDINGS = "recordings of gaze without a sample"

_OBSERVER = re.compile(r"P([0-9]{1,9})", re.IGNORECASE)
_FILE = re.compile(r"P([0-9]{1,9})_Trail([0-9]{1,9})\.txt", re.IGNORECASE)
_MICROSECONDS = re.compile(r"[0-9]{1,18}")


@kept()
def find_recordings(folder: str) -> tuple[Recordings, int]:
    """Finds the recordings in `exportdata_train`; counts other files."""
    return group_recordings(_files_in(folder), _parse_path)


def _files_in(folder: str) -> Iterator[str]:
    """Yields the files in observers' folders, and all other paths."""
    for path in paths_in(folder):
        is_observer = _OBSERVER.fullmatch(os.path.basename(path))
        if is_observer and is_folder(path):
            yield from paths_in(path)
        else:
            yield path


def _parse_path(path: str) -> tuple[int, int] | None:
    observer = _OBSERVER.fullmatch(os.path.basename(os.path.dirname(path)))
    match = _FILE.fullmatch(os.path.basename(path))
    if not observer or not match or int(observer[1]) != int(match[1]):
        return None
    return int(match[2]), int(match[1])


def read_recording(
    facts: VideoFacts, path: str
) -> tuple[np.ndarray, collections.Counter]:
    """Reads one file for `gaze.recordings.read_recordings`."""
    samples = []
    left_out: collections.Counter[str] = collections.Counter()
    start = None
    for time, x, y, event in _rows(path, left_out):
        # The recording starts with the video. A time in microseconds may be
        # too large for a float, but the difference of two times is not.
        start = time if start is None else start
        cause = EVENTS[event]
        if cause is None:
            samples.append([time - start, x, y])
        else:
            left_out[cause] += 1
    left_out[EMPTY_RECORDINGS] += start is None
    rows = np.array(samples, np.float64).reshape([-1, 3])
    # The rule of the dataset, unless the frames have times of their own.
    facts = dataclasses.replace(facts, frames_per_second=FRAMES_PER_SECOND)
    rows[:, 0] = facts.frames_at(rows[:, 0], 1_000_000)
    return rows, +left_out


def _rows(
    path: str, left_out: collections.Counter
) -> Iterator[tuple[int, float, float, str]]:
    """Yields (time in microseconds, x, y in pixels of the screen, event)."""
    lines = numbered_lines(path)
    _, header = next(lines, (1, ""))
    headings = header.removeprefix("\ufeff").split("\t")
    columns = _find_columns(path, headings)
    for number, line in lines:
        cells = line.split("\t")
        if cells[columns["type"] :][:1] != [SAMPLE]:
            left_out[OTHER_ROWS] += 1
            continue
        try:
            if len(cells) != len(headings):
                raise ValueError
            row = _parse_row(*(cells[columns[c]] for c in _USED_COLUMNS))
        except ValueError as error:
            expected = (
                "whole microseconds, pixels and one of the events "
                f"{tuple(EVENTS)} in {len(headings)} columns"
            )
            raise invalid_line(path, number, expected, line) from error
        yield row


def _find_columns(path: str, headings: list[str]) -> dict[str, int]:
    """Returns the index of each of `COLUMNS`."""
    found = {
        key: [i for i, heading in enumerate(headings) if text in heading]
        for key, text in COLUMNS.items()
    }
    places = {key: each[0] for key, each in found.items() if len(each) == 1}
    # Without tabs, all texts are in the first heading.
    if len(set(places.values())) < len(COLUMNS):
        raise SourceError(
            f"Invalid header, line 1, of '{path}'. Expected one column each "
            f"of {tuple(COLUMNS.values())}, separated by tabs. "
            f"Received: {headings[:20]}."
        )
    return places


def _parse_row(
    time: str, x: str, y: str, event: str
) -> tuple[int, float, float, str]:
    if not _MICROSECONDS.fullmatch(time) or event not in EVENTS:
        raise ValueError
    place = [np.nan if n in NOT_MEASURED else float(n) for n in (x, y)]
    return int(time), place[0], place[1], event
