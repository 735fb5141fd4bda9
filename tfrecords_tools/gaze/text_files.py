"""One gaze file of "Actions in the Eye": text -> samples and their events."""

import io

import numpy as np

from tfrecords_tools.raw_video import SourceError

COLUMNS = ("t_us", "unused_1", "unused_2", "x", "y", "event")

_USED_NUMBERS = ("t_us", "x", "y")
_FORMAT = np.dtype(
    [(c, np.float64 if c in _USED_NUMBERS else "S1") for c in COLUMNS]
)


def read_samples(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads one gaze file.

    Args:
        path: a text file; each line holds time in microseconds, two numbers
            that are not used, x and y in pixels of the screen, and an event.

    Returns:
        float64 `[n, 3]`: time, x, y; and uint8 `[n]`: the code of the event's
        first letter, made a capital.

    Raises:
        SourceError: the file is unreadable, or a line malformed.
    """
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise SourceError(
            f"Unreadable gaze file '{path}': {error.strerror}."
        ) from error
    rows = _parse(content)
    if rows is None:
        # Line by line, which is slower, but says which one it is.
        rows = [
            _parse_line(path, number, line)
            for number, line in enumerate(content.split(b"\n"), start=1)
            if line.strip()
        ]
        rows = np.array(rows, _FORMAT)
    numbers = np.stack([rows[column] for column in _USED_NUMBERS], axis=1)
    return numbers, np.char.upper(rows["event"]).view(np.uint8)


def _parse(content: bytes) -> np.ndarray | None:
    """Returns all lines as `_FORMAT` at once, or None if one is unusual."""
    try:
        text = content.decode("ascii")
        if not text.strip():
            return np.zeros([0], _FORMAT)
        rows = np.loadtxt(io.StringIO(text), _FORMAT, comments=None, ndmin=1)
    except ValueError:
        return None
    return rows if np.all(np.char.isalpha(rows["event"])) else None


def _parse_line(path: str, number: int, line: bytes) -> tuple:
    """Returns the columns of one line, the first letter of what is text."""
    tokens = line.split()
    try:
        if len(tokens) == len(COLUMNS) and tokens[-1][:1].isalpha():
            return tuple(
                float(token) if column in _USED_NUMBERS else token[:1]
                for column, token in zip(COLUMNS, tokens, strict=True)
            )
    except ValueError:
        pass
    raise SourceError(
        f"Invalid line {number} of '{path}'. Expected five numbers and an "
        f"event. Received: {line[:80].decode(errors='replace')!r}."
    )
