"""Reads gaze of any known format: one file, a folder of files, or a pattern."""

import collections
import dataclasses
import functools
import glob
import itertools
import os
from collections.abc import Callable, Iterable
from types import ModuleType

from tfrecords_tools.gaze.checks import without_eye
from tfrecords_tools.raw_files import walk
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers import eyelink, pupil, tables
from tfrecords_tools.trackers.assembly import UNNAMED
from tfrecords_tools.trackers.dialect import (
    find_encoding,
    read_text,
    refuse_binary,
)
from tfrecords_tools.trackers.gaze_table import GazeTable, number_observers
from tfrecords_tools.trackers.merging import merge
from tfrecords_tools.trackers.options import AUTO, GazeOptions
from tfrecords_tools.trackers.stimuli import FileStimulus

NUM_FIRST_LINES = 100

# Formats that are no tables. A module has `recognizes(first_lines) -> bool` and
# `read(path, options) -> GazeTable`.
LOGS: dict[str, ModuleType] = {"eyelink_asc": eyelink}

# Options that only a table, a file with messages or a log has a use for.
_OF_TABLES = (
    *("delimiter", "decimal", "columns", "time_unit", "normalized"),
    "gaze_pixels",
)
_OF_MESSAGES = ("stimulus_message",)
_OF_LOGS = ("start_message",)

_SUFFIXES = (".csv", ".tsv", ".txt", ".asc")


def files_of(place: str) -> list[str]:
    """Lists all files that decide how the gaze of a place is read.

    Raises:
        SourceError: a folder or a pattern has no file.
    """
    paths = gaze_files(place)
    beside = {
        os.path.join(os.path.dirname(path), pupil.TIMES_FILE) for path in paths
    }
    return paths + sorted(filter(os.path.isfile, beside - set(paths)))


def gaze_files(place: str) -> list[str]:
    """Lists the files of gaze that a path, a folder or a pattern names.

    Raises:
        SourceError: a folder or a pattern has no file.
    """
    if os.path.isdir(place):
        found = [
            os.path.join(folder, name)
            for folder, _, names in walk(place)
            for name in names
            if name.lower().endswith(_SUFFIXES) and not name.startswith(".")
        ]
    elif os.path.exists(place) or not glob.has_magic(place):
        return [place]
    else:
        found = sorted(filter(os.path.isfile, glob.glob(place, recursive=True)))
    if not found:
        raise SourceError(
            f"No file of gaze in '{place}'. Expected names that end with "
            f"{', '.join(_SUFFIXES)}."
        )
    return found


def read_gaze(place: str, options: GazeOptions) -> GazeTable:
    """Reads gaze in the format that its files have.

    Args:
        place: a file, a folder with a file for each recording, or a pattern
            such as `exports/*.tsv`. In a folder, files of other kinds are
            passed over; the summary counts them.

    Returns:
        The table, with the observers' numbers of `number_observers` in the
        column of observers.

    Raises:
        SourceError: a file is unreadable or malformed.
    """
    paths = gaze_files(place)
    root = os.path.commonpath([os.path.dirname(path) for path in paths])
    readers = {path: _reader(path, root, options) for path in paths}
    known = {path: reader for path, reader in readers.items() if reader}
    others = [path for path in paths if path not in known]
    if others and not (known and os.path.isdir(place)):
        raise tables.unknown_header(others[0], options)
    table = _placed(
        merge({path: read() for path, read in known.items()}), options
    )
    if not table.lines:
        raise SourceError(
            f"Empty table of gaze '{place}': no row follows the header."
        )
    numbers = number_observers(table.observers)
    for rows in (*table.rows.values(), *table.playbacks.values()):
        rows[:, -1] = numbers[rows[:, -1].astype(int)]
    if others:
        note = {"other files": f"{len(others)}, such as '{others[0]}'"}
        table = dataclasses.replace(
            table, understood={**table.understood, **note}
        )
    return table


def _placed(table: GazeTable, options: GazeOptions) -> GazeTable:
    """Puts the videos where the user says that they were on the screen."""
    if not options.placing:
        return table
    if table.space.size is None:
        raise SourceError(
            f"Invalid `--video_on_screen`: x and y count {table.space}. "
            "Expected it for gaze on a screen."
        )
    try:
        space = dataclasses.replace(table.space, **options.placing)
    except ValueError as error:
        raise SourceError(
            f"Invalid `--video_on_screen {options.video_on_screen}`. {error}"
        ) from error
    return dataclasses.replace(table, space=space, spaces={})


def _reader(
    path: str, root: str, options: GazeOptions
) -> Callable[[], GazeTable] | None:
    """Returns what reads a file; None if the format is unknown."""
    refuse_binary(path)
    for name, log in LOGS.items():
        if options.gaze_format == name or (
            options.gaze_format == AUTO
            and not options.names_all_columns
            and log.recognizes(_first_lines(path, options))
        ):
            return functools.partial(_read_log, log, path, options)
    table = tables.recognize(path, options)
    if table is None:
        return None
    unused = _OF_LOGS if table.layout.rewrite else _OF_LOGS + _OF_MESSAGES
    _refuse(unused, options, path, "a table", "a file with messages")
    place = os.path.splitext(os.path.abspath(path))[0]
    if table.layout.is_folder_observer:
        place, root = os.path.dirname(place), os.path.dirname(root or ".")
    observer = os.path.relpath(place, root or ".")
    return functools.partial(_read_table, table, options, observer)


def _read_log(log: ModuleType, path: str, options: GazeOptions) -> GazeTable:
    """Reads a log; counts and marks the rows without an eye."""
    _refuse(_OF_TABLES, options, path, "a log", "a table")
    gaze = log.read(path, options)
    rows, left_out = {}, {}
    for stimulus, all_rows in gaze.rows.items():
        rows[stimulus], lost = without_eye(all_rows, gaze.is_events)
        others = gaze.left_out.get(stimulus, collections.Counter())
        left_out[stimulus] = others + lost
    return dataclasses.replace(
        gaze, rows=rows, left_out={**gaze.left_out, **left_out}
    )


def _refuse(
    names: Iterable[str], options: GazeOptions, path: str, is_a: str, of: str
) -> None:
    """Raises an error for an option that has no use for a file."""
    for name in names:
        if getattr(options, name):
            raise SourceError(
                f"Invalid `--{name}` for '{path}', which is {is_a}. Expected "
                f"it for {of} only."
            )


def _read_table(
    table: tables.Table, options: GazeOptions, observer: str
) -> GazeTable:
    gaze = tables.read(table, options, observer)
    if table.layout.video:
        return gaze
    name = FileStimulus(os.path.abspath(table.path))
    renamed = {
        field: {name: getattr(gaze, field)[UNNAMED]}
        for field in ("rows", "lines", "left_out")
        if UNNAMED in getattr(gaze, field)
    }
    return dataclasses.replace(gaze, **renamed)


def _first_lines(path: str, options: GazeOptions) -> list[str]:
    """Returns the first lines of a file without their ends."""
    lines = read_text(path, options.encoding or find_encoding(path))
    return [
        line.rstrip("\r\n") for line in itertools.islice(lines, NUM_FIRST_LINES)
    ]
