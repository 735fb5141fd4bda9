"""The tables of fixations on pictures, MATLAB version 5."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from rmdn_tf.files.matlab import load_matlab
from rmdn_tf.files.reading import clear_errors, read_content
from rmdn_tf.files.safe_names import composed
from tfrecords_tools.gaze.fixations import EVENT_COLUMNS
from tfrecords_tools.raw_files import is_file, kept
from tfrecords_tools.raw_video import SourceError

# Many times the length of the largest table, with and without compression.
MAX_BYTES = 2**28

# Name of a picture without suffix -> events, float64 `[n, 5]`, columns
# `EVENT_COLUMNS`; observers count from 1.
Table = dict[str, np.ndarray]


# All sets together have four of them.
@kept(lambda path, *_: [path], num_results=4)
def read_variable(
    path: str, name: str, parse: Callable[[np.ndarray], Any], expected: str
) -> Any:
    """Reads one variable of a file.

    Args:
        path: the file.
        name: name of the variable.
        parse: takes the variable; what it returns is the result.
        expected: description of the variable, for an error.

    Raises:
        SourceError: the file is missing, damaged, too large or of another form.
    """
    if not is_file(path):
        raise SourceError(f"Missing table: '{path}'.")
    try:
        content = read_content(path, MAX_BYTES)
        with clear_errors(path, f"MATLAB version 5 with {expected}"):
            variables = load_matlab(content, MAX_BYTES)
            if name not in variables:
                raise ValueError(f"no variable `{name}`")
            return parse(variables[name])
    except (OSError, ValueError) as error:
        raise SourceError(str(error)) from error


def subjects_of_pictures(cells: np.ndarray) -> Table:
    """Parses `fixations{picture}`, structs with `img` and `subjects{observer}`.

    A subject is a struct of `fix_x`, `fix_y` and `fix_duration`, in ms. The
    table does not tell when a fixation began; here all begin at 0.
    """
    table: Table = {}
    for cell in cells.ravel():
        file = composed(str(_field(cell, "img").item()))
        name = os.path.splitext(file)[0]
        if name in table:
            raise ValueError(f"the picture '{file}' twice")
        table[name] = _joined(
            _events(
                *(_field(subject, f"fix_{k}") for k in ("duration", "x", "y"))
            )
            for subject in _field(cell, "subjects").ravel()
        )
    return table


def rows_of_pictures(cells: np.ndarray) -> Table:
    """Parses `fixations{picture, observer}`, float64 `[n, 4]`.

    The columns are y, x, onset and duration in seconds. The first picture is
    "001".
    """
    table = {}
    for number, row in enumerate(cells, start=1):
        rows = (np.asarray(cell, np.float64).reshape([-1, 4]) for cell in row)
        table[f"{number:03d}"] = _joined(
            _events(1000 * duration, x, y, 1000 * onset)
            for y, x, onset, duration in (cell.T for cell in rows)
        )
    return table


def sizes_of_pictures(info: np.ndarray) -> dict[str, tuple[int, int]]:
    """Parses a struct with `size`, `[n, 2]`: height, width of each picture."""
    sizes = _field(info, "size").tolist()
    return {
        f"{number:03d}": (int(height), int(width))
        for number, (height, width) in enumerate(sizes, start=1)
    }


def _field(struct: np.ndarray, name: str) -> np.ndarray:
    return struct[name].item()


def _events(
    duration: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    onset: np.ndarray | None = None,
) -> np.ndarray:
    """Returns `[n, 4]`: all of `EVENT_COLUMNS` but the observer."""
    onset = np.zeros_like(x) if onset is None else onset
    columns = [np.ravel(column) for column in (onset, duration, x, y)]
    return np.stack(columns, axis=1).astype(np.float64)


def _joined(observers: Iterable[np.ndarray]) -> np.ndarray:
    """Joins the events of the observers, numbered from 1."""
    return np.concatenate(
        [
            np.zeros([0, len(EVENT_COLUMNS)]),
            *(
                np.insert(events, events.shape[1], number, axis=1)
                for number, events in enumerate(observers, start=1)
            ),
        ]
    )
