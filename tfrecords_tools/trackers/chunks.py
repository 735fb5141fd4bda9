"""The lines of a table, in chunks that bound the text in memory."""

import itertools
import operator
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from tfrecords_tools.raw_files import invalid_line
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.cells import CellError, Numbers
from tfrecords_tools.trackers.headers import Column

# Cells of one chunk.
_CHUNK = 1 << 18


class Chunk:
    """The wanted cells of some rows of a table, as text.

    All cells are in one list: the garbage collector would walk through the
    lists of all rows again and again.
    """

    def __init__(self, path: str, wanted: Sequence[int]):
        self.path = path
        self.lines: list[int] = []
        self._cells: list[str] = []
        self._wanted = {index: place for place, index in enumerate(wanted)}

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, number: int, cells: Sequence[str]) -> None:
        """Adds the wanted cells of a line."""
        self.lines.append(number)
        self._cells.extend(cells)

    def cells(self, column: Column) -> list[str]:
        return self._cells[self._wanted[column.index] :: len(self._wanted)]

    def numbers(
        self, column: Column, numbers: Numbers, must_be_finite: bool = False
    ) -> np.ndarray:
        try:
            values = numbers.read(self.cells(column))
        except CellError as error:
            raise self.invalid(error.index, column, error.problem) from error
        if must_be_finite and not np.all(np.isfinite(values)):
            wrong = int(np.argmin(np.isfinite(values)))
            raise self.invalid(wrong, column, "a number")
        return values

    def invalid(self, index: int, column: Column, what: str) -> SourceError:
        return invalid_line(
            self.path,
            self.lines[index],
            f"{what} as `{column.name}`",
            self.cells(column)[index],
        )


def read_chunks(
    path: str,
    lines: Iterable[tuple[int, list[str]]],
    num_columns: int,
    wanted: Sequence[int],
) -> Iterator[Chunk]:
    """Yields one chunk or more; refuses lines of a wrong length."""
    pick = operator.itemgetter(*wanted)  # A tuple, as time, x and y are wanted.
    lines = iter(lines)
    size = max(1, _CHUNK // len(wanted))
    count = size
    while count == size:
        chunk, count = Chunk(path, wanted), 0
        part = itertools.islice(lines, size)
        for number, row in part:
            count += 1
            if not any(row):
                continue
            if len(row) != num_columns and (
                len(row) < num_columns or any(row[num_columns:])
            ):
                expected = f"{num_columns} cells"
                raise invalid_line(path, number, expected, ",".join(row))
            chunk.add(number, pick(row))
        yield chunk
