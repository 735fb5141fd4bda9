"""Reads the rows of a table by its layout."""

import collections
import dataclasses
import functools
import itertools
from collections.abc import Iterable, Sequence

import numpy as np

from tfrecords_tools.gaze.checks import NO_EYE, no_eye
from tfrecords_tools.trackers.cells import (
    Names,
    Numbers,
    map_different,
    whole_number,
)
from tfrecords_tools.trackers.chunks import Chunk, read_chunks
from tfrecords_tools.trackers.headers import Column
from tfrecords_tools.trackers.layout import Eye, Flag, Layout

BY_TRACKER = "the tracker says so"
NO_RECTANGLE = "{} without the place of the video on the screen"


@dataclasses.dataclass(frozen=True)
class Rows:
    """The rows of a table, in the table's own units.

    Attributes:
        lines: number of each row's line, int64 `[n]`.
        video, observer, recording: codes, int32 `[n]`; -1 if the cell is empty.
        time, x, y: float64 `[n]`; x and y are NaN without an eye.
        duration: float64 `[n]`, or empty for samples.
        cause: int8 `[n]`, index into `causes`: why a row has no x and y.
        is_sample: bool `[n]`; False for rows that only mark the time.
        videos, observers: the names of the codes.
        screens: the different sizes of the screen, as text.
        causes: causes of `left_out`; the first, of rows with gaze, is empty.
        decimal: the decimal mark that was seen, or None.
    """

    lines: np.ndarray
    video: np.ndarray
    observer: np.ndarray
    recording: np.ndarray
    time: np.ndarray
    x: np.ndarray
    y: np.ndarray
    duration: np.ndarray
    cause: np.ndarray
    is_sample: np.ndarray
    videos: Sequence[str] = ()
    observers: Sequence[str] = ()
    screens: Sequence[str] = ()
    causes: Sequence[str] = ()
    decimal: str | None = None


def read_rows(
    path: str,
    lines: Iterable[tuple[int, list[str]]],
    num_columns: int,
    layout: Layout,
    decimal: str | None,
) -> Rows:
    """Reads the lines of a table that follow its header.

    Args:
        path: of the table, for errors.
        lines: (line number, cells) of each line.
        num_columns: in the header.
        decimal: the decimal mark, if known.

    Raises:
        SourceError: a line is malformed.
    """
    reader = _Reader(layout, decimal)
    wanted = sorted({column.index for column in layout.columns})
    parts = [
        reader.read(chunk)
        for chunk in read_chunks(path, lines, num_columns, wanted)
    ]
    columns = {
        name: np.concatenate([part.pop(name) for part in parts])
        for name in list(parts[0])
    }
    return Rows(
        **columns,
        videos=list(reader.videos.names),
        observers=list(reader.observers.names),
        screens=list(reader.screens.names),
        causes=list(reader.causes),
        decimal=reader.number.decimal,
    )


class _Reader:
    """Turns chunks of one table into columns of `Rows`."""

    def __init__(self, layout: Layout, decimal: str | None):
        self._layout = layout
        self.number = Numbers(decimal)
        self.videos, self.observers = Names(), Names(whole_number)
        self._recordings, self.screens = Names(), Names()
        self.causes: dict[str, int] = collections.defaultdict(
            itertools.count().__next__
        )
        _ = self.causes[""]
        self._what = "events" if layout.is_events else "samples"

    def read(self, chunk: Chunk) -> dict[str, np.ndarray]:
        """Returns the columns of `Rows`."""
        layout = self._layout
        is_sample = np.ones(len(chunk), bool)
        if layout.is_sample:
            is_sample = _answers(chunk, layout.is_sample)
        x, y, cause = self._gaze(chunk)
        cause[~is_sample] = 0
        if layout.screen:
            sizes = zip(*map(chunk.cells, layout.screen), strict=True)
            self.screens.read([" x ".join(size) for size in sizes])
        time = np.zeros(len(chunk))
        if layout.time:
            time = chunk.numbers(layout.time, self.number, must_be_finite=True)
        return {
            "lines": np.array(chunk.lines, np.int64),
            "video": self._names(chunk, (layout.video,), self.videos),
            "observer": self._names(chunk, layout.observer, self.observers),
            "recording": self._names(
                chunk, (layout.recording,), self._recordings
            ),
            "time": time,
            "duration": self._duration(chunk, time),
            "x": x,
            "y": y,
            "cause": cause,
            "is_sample": is_sample,
        }

    def _names(
        self, chunk: Chunk, columns: Iterable[Column | None], names: Names
    ) -> np.ndarray:
        """Returns codes of the names; the first column with a name counts."""
        known = [column for column in columns if column]
        if not known:
            return np.full(len(chunk), -1, np.int32)
        cells = chunk.cells(known[0])
        for column in known[1:]:
            others = zip(cells, chunk.cells(column), strict=True)
            cells = [cell if cell.strip() else other for cell, other in others]
        codes = names.read(cells)
        if "" in names.names:
            is_empty = codes == names.names[""]
            if self._layout.needs_names and np.any(is_empty):
                wrong = int(np.argmax(is_empty))
                raise chunk.invalid(wrong, known[0], "a name")
            codes[is_empty] = -1
        return codes

    def _duration(self, chunk: Chunk, time: np.ndarray) -> np.ndarray:
        layout = self._layout
        read = functools.partial(
            chunk.numbers, numbers=self.number, must_be_finite=True
        )
        if layout.end:
            return read(layout.end) - time
        if layout.duration:
            return read(layout.duration)
        return np.zeros(len(chunk) if layout.is_events else 0)

    def _gaze(self, chunk: Chunk) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns x, y and cause `[n]`: the mean of the eyes that were seen."""
        eyes = [self._eye(chunk, eye) for eye in self._layout.eyes]
        x, y, cause = eyes[0]
        for other_x, other_y, other_cause in eyes[1:]:
            for place, other in ((x, other_x), (y, other_y)):
                both = (cause == 0) & (other_cause == 0)
                place[both] = (place[both] + other[both]) / 2
                only = (cause != 0) & (other_cause == 0)
                place[only] = other[only]
            cause[other_cause == 0] = 0
        return self._in_rectangle(chunk, x, y, cause)

    def _eye(
        self, chunk: Chunk, eye: Eye
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x = chunk.numbers(eye.x, self.number)
        y = chunk.numbers(eye.y, self.number)
        cause = np.zeros(len(chunk), np.int8)
        for kind, mask in no_eye(x, y).items():
            cause[mask] = self.causes[NO_EYE.format(self._what, kind)]
        if eye.flags:
            seen = [_answers(chunk, flag) for flag in eye.flags]
            lost = ~np.any(seen, axis=0) & (cause == 0)
            cause[lost] = self.causes[NO_EYE.format(self._what, BY_TRACKER)]
        x[cause != 0] = y[cause != 0] = np.nan
        return x, y, cause

    def _in_rectangle(
        self, chunk: Chunk, x: np.ndarray, y: np.ndarray, cause: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if self._layout.rectangle:
            left, top, width, height = (
                chunk.numbers(column, self.number)
                for column in self._layout.rectangle
            )
            with np.errstate(invalid="ignore", divide="ignore"):
                x, y = (x - left) / width, (y - top) / height
            lost = ~(np.isfinite(x) & np.isfinite(y)) & (cause == 0)
            cause[lost] = self.causes[NO_RECTANGLE.format(self._what)]
            x[cause != 0] = y[cause != 0] = np.nan
        if self._layout.is_upward:
            y = 1 - y
        return x, y, cause


def _answers(chunk: Chunk, flag: Flag) -> np.ndarray:
    """Returns what a flag says of each row, bool `[n]`."""
    return map_different(
        lambda cell: flag.is_valid(cell.strip()), chunk.cells(flag.column), bool
    )
