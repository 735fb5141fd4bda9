"""Reads gaze of any known format: one file, a folder of files, or a pattern."""

import dataclasses
import functools
import glob
import itertools
import os
from collections.abc import Callable, Iterable

from tfrecords_tools.raw_files import is_file, is_folder, walk
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers import eyelink, pupil, tables
from tfrecords_tools.trackers.dialect import (
    find_encoding,
    read_text,
    refuse_binary,
)
from tfrecords_tools.trackers.gaze_table import GazeTable, number_observers
from tfrecords_tools.trackers.merging import merge
from tfrecords_tools.trackers.options import AUTO, GazeOptions

# A log of EyeLink is recognized by so many lines.
_NUM_FIRST_LINES = 100

# Kind of file -> flags that it has no use for.
_UNUSED = {
    "a log": (
        *("delimiter", "decimal", "columns", "time_unit", "normalized"),
        "gaze_pixels",
    ),
    "a table": ("start_message", "stimulus_message"),
    "a table with messages": ("start_message",),
}

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
    return paths + sorted(filter(is_file, beside - set(paths)))


def gaze_files(place: str) -> list[str]:
    """Lists the files of gaze that a path, a folder or a pattern names.

    Raises:
        SourceError: a folder or a pattern has no file.
    """
    if is_folder(place):
        found = [
            os.path.join(folder, name)
            for folder, _, names in walk(place, SourceError)
            for name in names
            if name.lower().endswith(_SUFFIXES) and not name.startswith(".")
        ]
    elif os.path.exists(place) or not glob.has_magic(place):
        return [place]
    else:
        found = sorted(filter(is_file, glob.glob(place, recursive=True)))
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
        options: what the file does not tell.

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
    if others and not (known and is_folder(place)):
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
    if options.gaze_format == "eyelink_asc" or (
        options.gaze_format == AUTO
        and not options.names_all_columns
        and eyelink.recognizes(_first_lines(path, options))
    ):
        _refuse_flags(path, "a log", options)
        return functools.partial(eyelink.read, path, options)
    table = tables.recognize(path, options)
    if table is None:
        return None
    has_messages = table.layout.rewrite is not None
    kind = "a table with messages" if has_messages else "a table"
    _refuse_flags(path, kind, options)
    place = os.path.splitext(os.path.abspath(path))[0]
    if table.layout.is_folder_observer:
        place, root = os.path.dirname(place), os.path.dirname(root or ".")
    observer = os.path.relpath(place, root or ".")
    return functools.partial(tables.read, table, options, observer)


def _refuse_flags(path: str, kind: str, options: GazeOptions) -> None:
    """Raises an error for a flag that would not be used."""
    for name in filter(lambda name: getattr(options, name), _UNUSED[kind]):
        raise SourceError(
            f"Invalid `--{name}` for '{path}', which is {kind}. Leave it out."
        )


def _first_lines(path: str, options: GazeOptions) -> Iterable[str]:
    lines = read_text(path, options.encoding or find_encoding(path))
    return itertools.islice(lines, _NUM_FIRST_LINES)
