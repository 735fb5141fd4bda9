"""A grid of numbers -> few rectangles that draw it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np


class Rectangle(NamedTuple):
    """A rectangle of cells with one value.

    Attributes:
        top: first row.
        left: first column.
        bottom: row after the last.
        right: column after the last.
        value: value of its cells.
    """

    top: int
    left: int
    bottom: int
    right: int
    value: int


def rectangles_of(grid: np.ndarray) -> list[Rectangle]:
    """Covers a grid with rectangles; where some overlap, the first one counts.

    A level is drawn with all lower levels inside of it, which come before it:
    so a hill of L levels takes few rectangles a level, and the last rectangle
    is the whole grid.

    Args:
        grid: integers `[rows, columns]`.

    Returns:
        The rectangles, those of the lowest value first.
    """
    return [
        rectangle
        for level in np.unique(grid)
        for rectangle in _cover(grid <= level, grid == level, int(level))
    ]


def _cover(
    allowed: np.ndarray, wanted: np.ndarray, value: int
) -> Iterator[Rectangle]:
    """Yields rectangles of allowed cells that cover the wanted ones."""
    wanted = wanted.copy()
    while wanted.any():
        row, column = np.unravel_index(wanted.argmax(), wanted.shape)
        top, left, bottom, right = _grown(allowed, int(row), int(column))
        wanted[top:bottom, left:right] = False
        yield Rectangle(top, left, bottom, right, value)


def _grown(
    allowed: np.ndarray, row: int, column: int
) -> tuple[int, int, int, int]:
    """Grows a cell to its whole run in the row, then up and down."""
    blocked = np.flatnonzero(~allowed[row])
    place = np.searchsorted(blocked, column)
    left = int(blocked[place - 1]) + 1 if place else 0
    right = int(blocked[place]) if place < len(blocked) else allowed.shape[1]
    rows = np.flatnonzero(~allowed[:, left:right].all(1))
    place = np.searchsorted(rows, row)
    top = int(rows[place - 1]) + 1 if place else 0
    bottom = int(rows[place]) if place < len(rows) else len(allowed)
    return top, left, bottom, right
