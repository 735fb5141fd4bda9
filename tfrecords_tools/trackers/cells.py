"""Cells of text -> numbers and codes of names."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

# What trackers write for "no number", in lower case.
MISSING = frozenset(
    ("", ".", "..", "-", "--", "na", "n/a", "#n/a", "nan", "null", "none")
)


_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_HUNDREDS = re.compile(r"[-+]?[1-9]\d{2}", re.ASCII)
_WHOLE = re.compile(r"(\d+)[.,]0+", re.ASCII)


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
    """Reads the numbers of one table, which have the same decimal mark.

    Args:
        decimal: `.` or `,`; None to take the first one that is seen.
    """

    def __init__(self, decimal: str | None = None):
        self.decimal = decimal
        self._is_found = decimal is None

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
            numbers = np.fromiter(map(float, cells), np.float64, len(cells))
        except ValueError:
            numbers = np.array(
                [_number(index, cell) for index, cell in enumerate(cells)],
                np.float64,
            )
        if self._is_found:
            _refuse_groups(numbers, cells)
        return numbers


def _find_mark(cells: Sequence[str]) -> str | None:
    for cell in cells:
        has_comma = "," in cell
        if has_comma != ("." in cell) and any(c.isdigit() for c in cell):
            return "," if has_comma else "."
    return None


def _refuse_groups(numbers: np.ndarray, cells: Sequence[str]) -> None:
    """Raises an error if 1,234 or 1.234 is probably 1234.

    In such a column, all numbers with a mark have three digits after it, and
    others are whole numbers from 100 to 999.
    """
    size = np.abs(numbers)
    is_whole = size == np.floor(size)
    has_groups = np.any((size >= 1) & (size < 1000) & ~is_whole)
    if not has_groups or not np.any((size >= 100) & (size < 1000) & is_whole):
        return
    is_grouped = all(_GROUPED.fullmatch(c.strip()) for c in cells if "." in c)
    if is_grouped and any(_HUNDREDS.fullmatch(c.strip()) for c in cells):
        raise CellError(
            next(index for index, cell in enumerate(cells) if "." in cell),
            "a number without marks of thousands (give `--decimal` if they "
            "are decimal marks)",
        )


def _number(index: int, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        if cell.strip().lower() in MISSING:
            return np.nan
        is_other = cell.count(",") == 1 and "." not in cell
        mark = " with a decimal point" if is_other else ""
        raise CellError(index, f"a number{mark}") from None


def whole_number(cell: str) -> str:
    """Returns "7" for "7.0", as pandas writes a column with empty cells."""
    match = _WHOLE.fullmatch(cell.strip())
    return match[1] if match else cell.strip()


class Names:
    """Codes of names, from 0 in the order of appearance.

    Args:
        normal: cell -> name; by default, spaces are cut.

    Attributes:
        names: name -> code.
    """

    def __init__(self, normal: Callable[[str], str] = str.strip):
        self.names: dict[str, int] = {}
        self._normal = normal

    def read(self, cells: Sequence[str]) -> np.ndarray:
        """Returns the codes of the cells, int32 `[n]`."""

        def code(cell: str) -> int:
            return self.names.setdefault(self._normal(cell), len(self.names))

        return map_different(code, cells, np.int32)


def map_different(
    function: Callable[[str], int | bool], cells: Sequence[str], dtype: type
) -> np.ndarray:
    """Calls a function once for each different cell; returns `[n]`."""
    codes, texts = pd.factorize(np.array(cells, object))
    return np.array([function(text) for text in texts], dtype)[codes]
