"""The formats of gaze, and which one a file has."""

from tfrecords_tools.raw_files import kept
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers import eyelink, generic
from tfrecords_tools.trackers.gaze_table import GazeTable, number_observers
from tfrecords_tools.trackers.options import AUTO, GazeOptions

NUM_FIRST_LINES = 100

# Tried in this order. A module has `recognizes(first_lines) -> bool` and
# `read(path, options) -> GazeTable`.
FORMATS = {
    "eyelink_asc": eyelink,
    "generic": generic,
}


@kept(lambda path, options: [path])
def read_gaze(path: str, options: GazeOptions) -> GazeTable:
    """Reads the gaze of a file in the format that it has.

    Returns:
        The table, with the observers' numbers of `number_observers` in the
        column of observers.

    Raises:
        SourceError: the file is unreadable or malformed.
    """
    name = options.gaze_format
    if name == AUTO:
        first_lines = _first_lines(path)
        name = next(
            name
            for name, tracker in FORMATS.items()
            if tracker.recognizes(first_lines)
        )
    table = FORMATS[name].read(path, options)
    numbers = number_observers(table.observers)
    for rows in (*table.rows.values(), *table.playbacks.values()):
        rows[:, -1] = numbers[rows[:, -1].astype(int)]
    return table


def _first_lines(path: str) -> list[str]:
    """Returns up to 100 lines, without their ends; invalid bytes replaced."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            lines = (file.readline(1 << 16) for _ in range(NUM_FIRST_LINES))
            return [line.rstrip("\r\n") for line in lines if line]
    except OSError as error:
        raise SourceError(
            f"Unreadable table '{path}': {error.strerror}."
        ) from error
