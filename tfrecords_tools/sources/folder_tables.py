"""The tables beside a folder of videos: CSV files of gaze and of splits."""

import array
import collections
import csv
import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rmdn_tf.data.records import SPLITS
from tfrecords_tools.raw_video import SourceError

EVENT_HEADER = ("video", "observer", "onset_ms", "duration_ms", "x", "y")
SAMPLE_HEADER = ("video", "observer", "t_ms", "x", "y")
SPLIT_HEADER = ("video", "split")


class GazeTable(NamedTuple):
    """A table of gaze in memory.

    Attributes:
        is_events: whether the rows are events or samples.
        rows: video id -> float64 `[n, 5]`, columns `gaze.EVENT_COLUMNS`, or
            `[n, 4]`, columns `fixation_detection.TIMED_SAMPLE_COLUMNS`.
        lines: video id -> number of the first line about it.
    """

    is_events: bool
    rows: dict[str, np.ndarray]
    lines: dict[str, int]


class SplitTable(NamedTuple):
    """A table of splits in memory.

    Attributes:
        splits: video id -> split.
        lines: video id -> number of its line.
    """

    splits: dict[str, str]
    lines: dict[str, int]


@functools.lru_cache(maxsize=1)
def read_gaze(path: str) -> GazeTable:
    """Reads fixation events or gaze samples, once a process.

    Observers whose names are all whole numbers keep them; otherwise they are
    numbered from 0 in the order of their sorted names.

    Args:
        path: CSV file with one of the headers `EVENT_HEADER`, `SAMPLE_HEADER`.

    Returns:
        The `GazeTable`; x and y that are empty are NaN.

    Raises:
        SourceError: the file is missing or malformed; names file and line.
    """
    header, lines = _read(path, EVENT_HEADER, SAMPLE_HEADER)
    # Millions of samples: eight bytes a number, where a list takes forty.
    values = collections.defaultdict(lambda: array.array("d"))
    names = {}  # name of an observer -> its index here
    first_lines = {}
    for number, (video_id, observer, *cells) in lines:
        first_lines.setdefault(video_id, number)
        values[video_id].extend(_numbers(path, number, header[2:], cells))
        name = _observer(path, number, observer)
        values[video_id].append(names.setdefault(name, len(names)))
    numbers = _number_observers(set(names))
    number_of = np.array([numbers[name] for name in names], np.float64)
    rows = {}
    for video_id, numbers_of_video in values.items():
        table = np.array(numbers_of_video).reshape([-1, len(header) - 1])
        table[:, -1] = number_of[table[:, -1].astype(np.int64)]
        rows[video_id] = table
    return GazeTable(header == EVENT_HEADER, rows, first_lines)


def read_splits(path: str) -> SplitTable:
    """Reads which video is in which split.

    Args:
        path: CSV file with the header `SPLIT_HEADER`.

    Returns:
        The `SplitTable`.

    Raises:
        SourceError: the file is missing or malformed; names file and line.
    """
    table = SplitTable({}, {})
    _, lines = _read(path, SPLIT_HEADER)
    for number, (video_id, split) in lines:
        if split not in SPLITS:
            raise SourceError(
                f"Invalid split in line {number} of '{path}'. Expected one of "
                f"{SPLITS}. Received: {split!r}."
            )
        if video_id in table.lines:
            raise SourceError(
                f"Two splits of the video '{video_id}': lines "
                f"{table.lines[video_id]} and {number} of '{path}'."
            )
        table.splits[video_id] = split
        table.lines[video_id] = number
    return table


def _read(
    path: str, *headers: tuple[str, ...]
) -> tuple[tuple[str, ...], Iterator[tuple[int, list[str]]]]:
    """Returns the header, and an iterator of line numbers and their cells."""
    lines = _lines(path)
    number, first = next(lines, (1, []))
    header = tuple(first)
    if header not in headers:
        expected = " or ".join(f"'{','.join(h)}'" for h in headers)
        raise SourceError(
            f"Invalid header, line {number}, of '{path}'. Expected {expected}. "
            f"Received: {','.join(header)[:100]!r}."
        )
    return header, _of_length(path, len(header), lines)


def _of_length(
    path: str, num_cells: int, lines: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    for number, cells in lines:
        if len(cells) != num_cells or not cells[0]:
            raise SourceError(
                f"Invalid line {number} of '{path}'. Expected {num_cells} "
                "cells parted by commas, the first the video. "
                f"Received: {','.join(cells)[:100]!r}."
            )
        yield number, cells


def _lines(path: str) -> Iterator[tuple[int, list[str]]]:
    """Yields the lines that are not empty, cells without space about them."""
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
    """Reads times, which must be numbers, and places, which may be absent."""
    values = []
    for name, cell in zip(names, cells, strict=True):
        is_place = name in ("x", "y")
        try:
            value = float(cell or "nan") if is_place else float(cell)
        except ValueError:
            value = None
        if value is None or not (is_place or math.isfinite(value)):
            raise SourceError(
                f"Invalid `{name}` in line {number} of '{path}'. Expected a "
                f"number. Received: {cell[:100]!r}."
            )
        values.append(value)
    return values


def _observer(path: str, number: int, observer: str) -> str:
    if not observer:
        raise SourceError(
            f"Invalid `observer` in line {number} of '{path}'. Expected a "
            "number or a name. Received: nothing."
        )
    return observer


def _number_observers(observers: set[str]) -> dict[str, int]:
    """Maps the observers to integers; see `read_gaze`."""
    # "7" and "07" are names: as numbers they would be one observer.
    are_numbers = all(
        o.isascii() and o.isdecimal() and len(o) <= 15 and o == str(int(o))
        for o in observers
    )
    if are_numbers:
        return {observer: int(observer) for observer in observers}
    return {o: index for index, o in enumerate(sorted(observers))}
