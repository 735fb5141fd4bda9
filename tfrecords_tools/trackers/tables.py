"""Finds the header of a table and the tracker that wrote it; reads the rows."""

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from tfrecords_tools.raw_files import MAX_QUOTED
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers import (
    eyelink_report,
    gazepoint,
    generic,
    imotions,
    pupil,
    smi,
    tobii,
)
from tfrecords_tools.trackers.assembly import assemble
from tfrecords_tools.trackers.dialect import (
    FALLBACK,
    MalformedLine,
    find_encoding,
    read_cells,
)
from tfrecords_tools.trackers.gaze_table import GazeTable
from tfrecords_tools.trackers.headers import Header
from tfrecords_tools.trackers.layout import Layout
from tfrecords_tools.trackers.options import (
    AUTO,
    DECIMALS,
    DELIMITERS,
    GazeOptions,
)
from tfrecords_tools.trackers.rows import read_rows
from tfrecords_tools.trackers.spaces import told_screen

# A module has `layout(header, path, options) -> Layout | None`.
TABLES = {
    "generic": generic,
    "tobii": tobii,
    "gazepoint": gazepoint,
    "imotions": imotions,
    "eyelink_report": eyelink_report,
    "smi": smi,
    "pupil": pupil,
}

NOT_UTF8 = ", as it is not UTF-8"

# The header is searched in so many lines; before it may stand facts.
_MAX_PREAMBLE = 500


@dataclasses.dataclass(frozen=True)
class Table:
    """A table with a known layout.

    Attributes:
        line: number of the line with the header.
        num_columns: in the header.
    """

    path: str
    encoding: str
    delimiter: str
    line: int
    num_columns: int
    layout: Layout


def recognize(path: str, options: GazeOptions) -> Table | None:
    """Finds the header of a table of gaze; None if the file has none.

    Raises:
        SourceError: the file is unreadable, or a flag contradicts it.
    """
    encoding = options.encoding or find_encoding(path)
    trackers = _trackers(options)
    problem = None
    for delimiter, number, cells in _candidates(path, encoding, options):
        header = Header(cells)
        for tracker in trackers:
            try:
                layout = tracker.layout(header, path, options)
                if layout:
                    layout = _with_options(layout, header, options)
                    layout = _with_unit(layout, options)
            except SourceError as error:
                problem = problem or error  # Another tracker may know better.
                continue
            if layout:
                columns = len(header.columns)
                return Table(path, encoding, delimiter, number, columns, layout)
    if problem:
        raise SourceError(f"Cannot use '{path}': {problem}") from problem
    return None


def read(table: Table, options: GazeOptions, observer: str) -> GazeTable:
    """Reads a table.

    Args:
        observer: name of the observer of rows that do not name one.

    Raises:
        SourceError: a line is malformed.
    """
    lines: Iterator = itertools.dropwhile(
        lambda line: line[0] <= table.line,
        read_cells(table.path, table.encoding, table.delimiter),
    )
    if table.layout.rewrite:
        lines = table.layout.rewrite(lines)
    decimal = DECIMALS.get(options.decimal or "")
    rows = read_rows(
        table.path, lines, table.num_columns, table.layout, decimal
    )
    observer = table.layout.observer_name or observer
    layout = table.layout
    space = layout.space or told_screen(rows.screens, layout.tracker, options)
    gaze = assemble(table.path, rows, layout, space, observer)
    names = {mark: name for name, mark in DELIMITERS.items()}
    dialect = {"text": f"{table.encoding}, {names[table.delimiter]} between"}
    if table.encoding == FALLBACK and options.encoding is None:
        dialect["text"] += NOT_UTF8
    return dataclasses.replace(gaze, understood={**gaze.understood, **dialect})


def unknown_header(path: str, options: GazeOptions) -> SourceError:
    """Returns the error to raise for a file whose header is unknown."""
    encoding = options.encoding or find_encoding(path)
    first = next(_candidates(path, encoding, options), None)
    number, cells = (first[1], first[2]) if first else (1, [])
    if options.gaze_format not in (AUTO, "generic"):
        expected = f"the columns of {options.gaze_format}"
    elif options.roles:
        expected = f"the columns {', '.join(options.roles.values())}"
    else:
        headers = (
            generic.EVENT_HEADER,
            generic.SAMPLE_HEADER,
            generic.PLACE_HEADER,
        )
        expected = " or ".join(f"'{','.join(names)}'" for names in headers)
        expected += (
            ", or the export of a known tracker; or name the columns by "
            "`--columns`"
        )
    if options.delimiter:
        expected += f"; with a {options.delimiter} between the columns"
    received = ",".join(cells)[:MAX_QUOTED]
    return SourceError(
        f"Invalid header, line {number}, of '{path}'. Expected {expected}. "
        f"Received: {received!r}."
    )


def _trackers(options: GazeOptions) -> list[ModuleType]:
    if options.names_all_columns:
        return [generic]
    if options.gaze_format == AUTO:
        return list(TABLES.values())
    tracker = TABLES.get(options.gaze_format)
    return [tracker] if tracker else []


def _with_options(
    layout: Layout, header: Header, options: GazeOptions
) -> Layout:
    """Adds the columns of video and observer that the user names."""
    if options.names_all_columns:
        return layout
    changes: dict[str, Any] = {}
    for role, name in options.roles.items():
        column = header.named(name)
        if column is None:
            raise SourceError(
                f"No column '{name}' in the header. Received: "
                f"{', '.join(c.name for c in header.columns)[:MAX_QUOTED]}."
            )
        changes[role] = (column,) if role == "observer" else column
    return dataclasses.replace(layout, **changes)


def _with_unit(layout: Layout, options: GazeOptions) -> Layout:
    """Adds the flag's unit of time; refuses it if the file tells another."""
    if layout.unit and options.time_unit not in (None, layout.unit):
        raise SourceError(
            f"Invalid `--time_unit {options.time_unit}`. Expected "
            f"{layout.unit}, as {layout.tracker} writes."
        )
    unit = layout.unit or options.time_unit
    return dataclasses.replace(layout, unit=unit)


def _candidates(
    path: str, encoding: str, options: GazeOptions
) -> Iterator[tuple[str, int, list[str]]]:
    """Yields (delimiter, line number, cells) of each possible header."""
    delimiters = [",", "\t", ";", "|"]
    if options.delimiter:
        delimiters = [DELIMITERS[options.delimiter]]
    found = []
    for mark in delimiters:
        lines = _until_malformed(path, encoding, mark)
        first_lines = itertools.islice(lines, _MAX_PREAMBLE)
        found += [(mark, number, cells) for number, cells in first_lines]
    yield from sorted(found, key=lambda candidate: candidate[1])


def _until_malformed(
    path: str, encoding: str, delimiter: str
) -> Iterator[tuple[int, list[str]]]:
    """Yields lines up to a malformed one, as the delimiter may be wrong."""
    with contextlib.suppress(MalformedLine):
        yield from read_cells(path, encoding, delimiter)
