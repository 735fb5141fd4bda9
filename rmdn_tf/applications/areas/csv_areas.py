"""Reads areas from a table, which is easy to write by hand.

    name,time_seconds,x0,y0,x1,y1
    logo,0,0.80,0.05,0.95,0.15
    car,2.0,0.10,0.50,0.30,0.70
    car,4.5,0.60,0.50,0.80,0.70
    car,6.0,,,,

Each row is a key frame. The logo stays where it is. The car appears after two
seconds, moves for 2.5 seconds, stays, and vanishes after six seconds.
"""

import codecs
import csv
import io
import math
import re
import warnings
from collections.abc import Iterator, Mapping

import numpy as np

from rmdn_tf.applications.areas.area import Area, KeyFrame, make_area
from rmdn_tf.prediction.area import rectangle

NAME, TIME = "name", "time_seconds"

# Columns of a rectangle, left, top, right and bottom; or that of a polygon:
# x and y of its corners in turn.
SIDES = ("x0", "y0", "x1", "y1")
POLYGON = "polygon"
PIXELS = "_pixels"

# The columns that tell where an area is: one of these.
PLACES: tuple[tuple[str, ...], ...] = (
    SIDES,
    tuple(side + PIXELS for side in SIDES),
    (POLYGON,),
    (POLYGON + PIXELS,),
)

# Fractions farther from 0 and 1 are taken for pixels.
MAX_FRACTION = 2.0

# Areas in pixels that reach farther may be those of a frame of another size.
_BEYOND = 1.1

_DELIMITERS = ",;\t"
_BETWEEN_NUMBERS = re.compile(r"[\s,;()\[\]]+")

# A number that may have a decimal comma, and a pair of numbers in brackets.
_COMMA_NUMBER = re.compile(r"[-+]?\d*[.,]?\d+")
_BRACKETED_PAIR = re.compile(r"[(\[][^\s,()\[\]]+,[^\s,()\[\]]+[)\]]")

# Numbers of the smallest polygon.
_LEAST_NUMBERS = 6

# Characters of a cell that a message shows.
_MOST_SHOWN = 60


def parse_csv(content: bytes, source: str, size: tuple[int, int]) -> list[Area]:
    """Parses a table of areas.

    A header names the columns: `name`; `time_seconds`, not needed if no area
    moves; and the place, either `x0`, `y0`, `x1`, `y1` or `polygon`, in
    fractions of the frame, or with `_pixels` behind each name for pixels. An
    empty place makes the area vanish. Cells are separated by commas, semicolons
    or tabs. Between semicolons or tabs, times and sides may have decimal
    commas, corners of a polygon may not: `100,5 200,5` could be two corners or
    one, and is an error if all corners could be read both ways. Empty cells at
    the end of a line do not count. The text is UTF-8, or UTF-16 with its mark.

    Args:
        content: the file.
        source: its name in messages.
        size: (height, width) of the upright frame, in pixels.

    Returns:
        The areas, in the order of their first rows.

    Raises:
        ValueError: the table is invalid; the message names the line.
    """
    text = _decoded(content, source)
    head = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = _rows(table, source)
    header = next(filter(None, (_trimmed(row, 0) for row in rows)), [])
    columns = _columns_of(header, source)
    lines = _Lines(source, columns, size, delimiter != ",")
    rows_of: dict[str, list[KeyFrame]] = {}
    for cells_of_line in rows:
        line, row = table.line_num, _trimmed(cells_of_line, len(header))
        if not any(row):
            continue
        if len(row) != len(header):
            raise lines.invalid(
                line, f"{len(header)} cells, as in the header", str(len(row))
            )
        lines.add(line, dict(zip(header, row, strict=True)), rows_of)
    lines.check_unit()
    return [Area(name, tuple(frames)) for name, frames in rows_of.items()]


def _decoded(content: bytes, source: str) -> str:
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        expected = "a table in UTF-8, such as a spreadsheet saves as CSV UTF-8"
        raise _invalid(source, expected, str(error)) from error


def _trimmed(row: list[str], least: int) -> list[str]:
    """Removes spaces, and empty cells at the end, beyond the least number."""
    cells = [cell.strip() for cell in row]
    while len(cells) > least and not cells[-1]:
        cells.pop()
    return cells


def _rows(rows: Iterator[list[str]], source: str) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise _invalid(source, "a table", str(error)) from error


def _columns_of(header: list[str], source: str) -> tuple[str, ...]:
    """Returns the columns that tell where an area is, one of `PLACES`."""
    found = [
        place for place in PLACES if set(place) == set(header) - {NAME, TIME}
    ]
    if not found or NAME not in header or len(set(header)) < len(header):
        choices = "; or ".join(", ".join(place) for place in PLACES)
        raise _invalid(
            f"{source} at line 1",
            f"the columns {NAME}, {TIME} (unless no area moves) and {choices}",
            ", ".join(header) or "an empty file",
        )
    return found[0]


class _Lines:
    """Turns the lines of a table into key frames."""

    def __init__(
        self,
        source: str,
        columns: tuple[str, ...],
        size: tuple[int, int],
        has_decimal_commas: bool,
    ):
        self._source = source
        self._columns = columns
        self._in_pixels = columns[0].endswith(PIXELS)
        self._unit = np.array(size[::-1] if self._in_pixels else (1.0, 1.0))
        self._largest = 0.0
        self._reach = np.ones(2)  # Of x and y, in frames.
        self._has_decimal_commas = has_decimal_commas

    def add(
        self,
        line: int,
        cells: Mapping[str, str],
        frames_of: dict[str, list[KeyFrame]],
    ) -> None:
        """Adds the key frame of a line."""
        name = cells[NAME]
        if not name:
            raise self.invalid(line, f"a `{NAME}`", "an empty cell")
        frames = frames_of.setdefault(name, [])
        try:
            frame = self._key_frame(cells)
            make_area(name, [*frames[-1:], frame])
        except ValueError as error:
            raise ValueError(
                f"Invalid {self._source} at line {line}. {error}"
            ) from error
        frames.append(frame)

    def _key_frame(self, cells: Mapping[str, str]) -> KeyFrame:
        if self._has_decimal_commas:
            cells = {
                # Between the corners of a polygon a comma is a separator.
                key: cell if POLYGON in key else cell.replace(",", ".")
                for key, cell in cells.items()
            }
        seconds = _number(TIME, cells.get(TIME) or "0")
        places = [cells[column] for column in self._columns]
        if not any(places):
            return KeyFrame(seconds, None, vanishes=True)
        if len(self._columns) == 1:
            if self._has_decimal_commas:
                _refuse_decimal_commas(self._columns[0], places[0])
            numbers = _numbers(self._columns[0], places[0])
        else:
            numbers = [
                _number(column, cells[column]) for column in self._columns
            ]
        self._check(numbers)
        pairs = np.reshape(numbers, [-1, 2]) / self._unit
        if len(self._columns) > 1:
            pairs = rectangle(*pairs.ravel())
        return KeyFrame(seconds, pairs)

    def _check(self, numbers: list[float]) -> None:
        self._largest = max(map(abs, [self._largest, *numbers]))
        if not self._in_pixels and self._largest > MAX_FRACTION:
            raise ValueError(
                "Expected fractions of the frame, from 0 to 1. Received: "
                f"{self._largest:g}. For pixels, name the columns "
                f"{', '.join(column + PIXELS for column in self._columns)}. "
                "Divide percentages by 100."
            )
        if self._in_pixels:
            reach = np.reshape(np.abs(numbers), [-1, 2]) / self._unit
            self._reach = np.maximum(self._reach, reach.max(0, initial=0.0))
            if self._reach.max() > MAX_FRACTION:
                raise ValueError(
                    "Expected pixels of a frame of "
                    f"{self._in_frame(np.ones(2))}. Received: "
                    f"{max(numbers, key=abs):g}."
                )

    def _in_frame(self, place: np.ndarray) -> str:
        x, y = place * self._unit
        return f"{x:.0f}x{y:.0f}"

    def check_unit(self) -> None:
        """Refuses fractions in columns of pixels; warns of another frame."""
        if self._reach.max() > _BEYOND:
            warnings.warn(
                f"The areas of {self._source} reach to "
                f"{self._in_frame(self._reach)}, beyond the frame of "
                f"{self._in_frame(np.ones(2))} pixels. The parts outside do "
                "not count.",
                stacklevel=4,
            )
        if self._in_pixels and 0 < self._largest <= 1:
            raise _invalid(
                self._source,
                f"pixels in {', '.join(self._columns)}",
                f"numbers up to {self._largest:g}, as fractions of the frame "
                f"are, which need names without '{PIXELS}'",
            )

    def invalid(self, line: int, expected: str, received: str) -> ValueError:
        return _invalid(f"{self._source} at line {line}", expected, received)


def _refuse_decimal_commas(column: str, text: str) -> None:
    """Refuses corners that decimal commas would make another polygon."""
    words = [word.strip(",") for word in re.split(r"[\s;()\[\]]+", text)]
    words = [word for word in words if word]
    may_be_decimal = (
        any("," in word for word in words)
        and all(_COMMA_NUMBER.fullmatch(word) for word in words)
        and not _BRACKETED_PAIR.search(text)
    )
    if may_be_decimal and len(words) % 2 == 0 and len(words) >= _LEAST_NUMBERS:
        shown = text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
        raise ValueError(
            f"Expected numbers with decimal points in `{column}`, and spaces "
            f"between them, such as 100.5 200. Received: '{shown}', where a "
            "comma may be a decimal comma, or may stand between x and y."
        )


def _numbers(column: str, text: str) -> list[float]:
    words = [word for word in _BETWEEN_NUMBERS.split(text) if word]
    if len(words) % 2:
        raise ValueError(
            f"Expected x and y of each corner in `{column}`. Received: "
            f"{len(words)} numbers."
        )
    return [_number(column, word) for word in words]


def _number(column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(
            f"Expected a number in `{column}`. Received: '{text}'."
        )
    return number


def _invalid(place: str, expected: str, received: str) -> ValueError:
    return ValueError(
        f"Invalid {place}. Expected {expected}. Received: {received}."
    )
