"""Reads the CSV tables of `folder`: gaze and splits."""

import array
import collections
import csv
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rmdn_tf.data.records import SPLITS
from tfrecords_tools.raw_files import MAX_QUOTED, invalid_line, kept
from tfrecords_tools.raw_video import SourceError

EVENT_HEADER = ("video", "observer", "onset_ms", "duration_ms", "x", "y")
SAMPLE_HEADER = ("video", "observer", "t_ms", "x", "y")
SPLIT_HEADER = ("video", "split")


class GazeTable(NamedTuple):
    """A table of gaze in memory.

    Attributes:
        is_events: whether the rows are events; otherwise they are samples.
        rows: video id -> float64; of events `[n, 5]`, columns `EVENT_COLUMNS`,
            of samples `[n, 4]`, columns `TIMED_SAMPLE_COLUMNS`.
        lines: video id -> number of the first line that names it.
    """

    is_events: bool
    rows: dict[str, np.ndarray]
    lines: dict[str, int]


@kept
def read_gaze(path: str) -> GazeTable:
    """Reads fixation events or gaze samples; an empty x or y becomes NaN.

    If all observers' names are whole numbers, they stay. Otherwise observers
    are numbered from 0 in the order of their names.
    """
    header, lines = _read(path, EVENT_HEADER, SAMPLE_HEADER)
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
    number_of = np.array(_number_observers(list(names)), np.float64)
    rows = {}
    for video_id, numbers_of_video in values.items():
        table = np.array(numbers_of_video).reshape([-1, len(header) - 1])
        table[:, -1] = number_of[table[:, -1].astype(np.int64)]
        rows[video_id] = table
    return GazeTable(header == EVENT_HEADER, rows, first_lines)


def read_splits(path: str) -> dict[str, tuple[str, int]]:
    """Returns video id -> (split, number of the line)."""
    splits = {}
    _, lines = _read(path, SPLIT_HEADER)
    for number, (video_id, split) in lines:
        if split not in SPLITS:
            expected = f"a split, one of {SPLITS}"
            raise invalid_line(path, number, expected, split)
        if video_id in splits:
            raise SourceError(
                f"Two splits of the video '{video_id}': lines "
                f"{splits[video_id][1]} and {number} of '{path}'."
            )
        splits[video_id] = split, number
    return splits


def _read(
    path: str, *headers: tuple[str, ...]
) -> tuple[tuple[str, ...], Iterator[tuple[int, list[str]]]]:
    """Returns the header, and an iterator of (line number, cells)."""
    lines = _lines(path)
    number, first = next(lines, (1, []))
    header = tuple(first)
    if header not in headers:
        expected = " or ".join(f"'{','.join(h)}'" for h in headers)
        raise SourceError(
            f"Invalid header, line {number}, of '{path}'. Expected {expected}. "
            f"Received: {','.join(header)[:MAX_QUOTED]!r}."
        )

    def rows() -> Iterator[tuple[int, list[str]]]:
        for number, cells in lines:
            if len(cells) != len(header) or not cells[0]:
                expected = f"{len(header)} cells, the first with the video"
                raise invalid_line(path, number, expected, ",".join(cells))
            yield number, cells

    return header, rows()


def _lines(path: str) -> Iterator[tuple[int, list[str]]]:
    """Yields (line number, stripped cells) of all lines with text."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if cells:
                    yield reader.line_num, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise SourceError(
            f"Unreadable table '{path}': not UTF-8 ({error})."
        ) from error
    except csv.Error as error:
        raise SourceError(
            f"Invalid line {reader.line_num} of '{path}': {error}."
        ) from error
    except OSError as error:
        raise SourceError(
            f"Unreadable table '{path}': {error.strerror}."
        ) from error


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


def _number_observers(names: list[str]) -> list[int]:
    """Returns the number of each observer; see `read_gaze`."""
    # "7" and "07" are names: as numbers they would be one observer.
    if all(
        n.isascii() and n.isdecimal() and len(n) <= 15 and n == str(int(n))
        for n in names
    ):
        return [int(name) for name in names]
    indices = {name: index for index, name in enumerate(sorted(names))}
    return [indices[name] for name in names]
