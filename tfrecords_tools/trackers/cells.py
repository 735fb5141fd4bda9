"""Cells of text -> numbers and codes of names."""

from collections.abc import Callable, Sequence

import numpy as np

# What trackers write for "no number", in lower case.
MISSING = frozenset(
    ("", ".", "..", "-", "--", "na", "n/a", "#n/a", "nan", "null", "none")
)


class CellError(ValueError):
    """A cell is no number.

    Attributes:
        index: of the cell.
        problem: what is wrong with it.
    """

    def __init__(self, index: int, problem: str):
        super().__init__(problem)
        self.index, self.problem = index, problem


class Numbers:
    """Reads the numbers of one table; `.` or `,` is the mark of all of them.

    Args:
        decimal: the mark; None to take the first one that is seen.
    """

    def __init__(self, decimal: str | None = None):
        self.decimal = decimal

    def read(self, cells: Sequence[str]) -> np.ndarray:
        """Returns float64 `[n]`; a missing number becomes NaN.

        Raises:
            CellError: a cell is no number, or has the other decimal mark.
        """
        if self.decimal is None:
            self.decimal = _find_mark(cells)
        if self.decimal == ",":
            for index, cell in enumerate(cells):
                if "." in cell and cell.strip() not in MISSING:
                    raise CellError(index, "a number with a decimal comma")
            cells = [cell.replace(",", ".") for cell in cells]
        try:
            return np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            return np.array(
                [_number(index, cell) for index, cell in enumerate(cells)],
                np.float64,
            )


def _find_mark(cells: Sequence[str]) -> str | None:
    for cell in cells:
        has_comma = "," in cell
        if has_comma != ("." in cell) and any(c.isdigit() for c in cell):
            return "," if has_comma else "."
    return None


def _number(index: int, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        if cell.strip().lower() in MISSING:
            return np.nan
        raise CellError(index, "a number") from None


class Names(dict):
    """Codes of names, from 0 in the order of appearance; spaces are cut."""

    def __missing__(self, cell: str) -> int:
        name = cell.strip()
        code = self[name] if name != cell else len(self.names)
        if name == cell:
            self.names.append(name)
        self[cell] = code
        return code

    def __init__(self):
        super().__init__()
        self.names: list[str] = []

    def read(self, cells: Sequence[str]) -> np.ndarray:
        """Returns the codes of the cells, int32 `[n]`."""
        return np.fromiter(map(self.__getitem__, cells), np.int32, len(cells))


class Answers(dict):
    """Remembers what a function says of each different cell, without spaces."""

    def __init__(self, function: Callable[[str], bool]):
        super().__init__()
        self._function = function

    def __missing__(self, cell: str) -> bool:
        self[cell] = self._function(cell.strip())
        return self[cell]

    def read(self, cells: Sequence[str]) -> np.ndarray:
        """Returns the answers, bool `[n]`."""
        return np.fromiter(map(self.__getitem__, cells), bool, len(cells))
