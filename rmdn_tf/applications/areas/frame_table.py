"""A table of the attention that areas get in every frame."""

import contextlib
import csv
import os
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import numpy as np

from rmdn_tf.applications.areas.measuring import FrameReadings
from rmdn_tf.applications.areas.share_errors import ShareErrors
from rmdn_tf.applications.areas.summary import OBSERVER_COLUMNS, looked_by
from rmdn_tf.files.csv_tables import safe_cell
from rmdn_tf.files.published import published

COLUMNS = (
    "frame",
    "time_seconds",
    "area",
    "size",
    "share",
    "share_low",
    "share_high",
    "looked",
)

# Smaller numbers are written as 0.
_LEAST = 1e-9


class FrameTable:
    """Writes a row for each frame and area.

    Args:
        file: open for writing, without translation of line ends.
        names: of the areas.
        errors: of the model; None if unknown.
        is_picture: whether the only frame is a picture.
        num_observers: see `summarize`.
    """

    def __init__(
        self,
        file: TextIO,
        names: Sequence[str],
        errors: ShareErrors | None,
        is_picture: bool,
        num_observers: int,
    ):
        self._names = [safe_cell(name) for name in names]
        self._errors = errors
        self._is_picture = is_picture
        self._num_observers = num_observers
        self._writer = csv.writer(file, lineterminator="\n")
        header = [*COLUMNS, *(OBSERVER_COLUMNS if num_observers > 1 else ())]
        self._width = len(header)
        self._writer.writerow(header)

    def write(self, frame: FrameReadings) -> None:
        """Writes the rows of a frame."""
        ends = self._ends([one.share for one in frame.readings])
        time = f"{frame.seconds:.6f}"
        for name, one, (low, high) in zip(
            self._names, frame.readings, ends, strict=True
        ):
            looks: list[float | None] = [None] * 3
            if not self._is_picture:
                any_all = looked_by(one.looked, self._num_observers)
                looks = [one.looked, *any_all]
            numbers = one.size, one.share, low, high, *looks
            row = [frame.number, time, name, *map(cell, numbers)]
            self._writer.writerow(row[: self._width])

    def _ends(self, shares: list[float | None]) -> list[tuple]:
        """Returns both ends of the interval of each share."""
        if self._errors is None:
            return [(None, None)] * len(shares)
        values = np.array(shares, np.float64)  # None becomes NaN.
        seconds = None if self._is_picture else 0.0
        return [*zip(*self._errors.interval(values, seconds), strict=True)]


def cell(value: Any) -> Any:
    """Returns a cell: texts as they are, numbers short, missing ones empty."""
    if isinstance(value, str):
        return value
    if value is None or np.isnan(value):
        return ""
    return f"{0.0 if abs(value) < _LEAST else value:.6g}"


@contextlib.contextmanager
def frame_table(
    path: str | os.PathLike, *settings: Any
) -> Iterator[FrameTable]:
    """Opens a `FrameTable`, which appears when it is complete; a context.

    Args:
        path: of the file.
        *settings: of `FrameTable`, after its file.

    Yields:
        The table.

    Raises:
        OSError: the file cannot be written.
    """
    with published(path) as temporary:
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            yield FrameTable(file, *settings)
