"""The table that this project defines: `gaze.csv`."""

import array
import collections
import math

import numpy as np

from tfrecords_tools.raw_files import invalid_line
from tfrecords_tools.trackers.delimited import read_lines
from tfrecords_tools.trackers.gaze_table import GazeTable
from tfrecords_tools.trackers.options import GazeOptions

EVENT_HEADER = ("video", "observer", "onset_ms", "duration_ms", "x", "y")
SAMPLE_HEADER = ("video", "observer", "t_ms", "x", "y")


def recognizes(first_lines: list[str]) -> bool:
    """Returns True: what no tracker's module recognizes comes here."""
    return True


def read(path: str, options: GazeOptions) -> GazeTable:
    """Reads fixation events or gaze samples; an empty x or y becomes NaN."""
    header, lines = read_lines(path, EVENT_HEADER, SAMPLE_HEADER)
    # An array takes eight bytes per number, a list forty.
    values = collections.defaultdict(lambda: array.array("d"))
    names = {}  # name of an observer -> its index in order of appearance
    first_lines = {}
    for number, (video_id, observer, *cells) in lines:
        first_lines.setdefault(video_id, number)
        values[video_id].extend(_numbers(path, number, header[2:], cells))
        if not observer:
            raise invalid_line(path, number, "an observer", observer)
        values[video_id].append(names.setdefault(observer, len(names)))
    rows = {
        video_id: np.array(of_video).reshape([-1, len(header) - 1])
        for video_id, of_video in values.items()
    }
    return GazeTable(header == EVENT_HEADER, rows, first_lines, tuple(names))


def _numbers(
    path: str, number: int, names: tuple[str, ...], cells: list[str]
) -> list[float]:
    """Reads numbers; all but x and y must be finite."""
    values = []
    for name, cell in zip(names, cells, strict=True):
        is_place = name in ("x", "y")
        try:
            value = float(cell or "nan") if is_place else float(cell)
        except ValueError:
            value = None
        if value is None or not (is_place or math.isfinite(value)):
            raise invalid_line(path, number, f"a number as `{name}`", cell)
        values.append(value)
    return values
