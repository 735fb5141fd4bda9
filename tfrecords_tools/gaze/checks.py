"""Finds the rows of a table of gaze that hold no gaze: the eye was not seen.

A reader calls `without_eye` on the rows of each stimulus, before places are
mapped to the video; `units.check_units` then judges the whole table.
"""

import collections

import numpy as np

NO_EYE = "{} without an eye: {}"
EMPTY = "empty"

# Text -> what trackers write while they see no eye. Both coordinates of a pair
# must agree: on its own, 0 is the edge of a screen and -1 a place beside it.
_PAIRS = {"(0, 0)": 0.0, "(-1, -1)": -1.0}
_EITHER = (-32768.0, 32767.0, -9999.0, 9999.0)
# No screen has as many pixels; EyeLink writes 1e8, others limits of integers.
_BEYOND_SCREENS = 99_999.0


def no_eye(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Finds the places that a tracker writes while it sees no eye.

    A gaze of exactly (0, 0) is the corner of one pixel among a million, where
    real gaze practically never lies; for many trackers it is "no sample".

    Args:
        x, y: `[n]`, in any unit; NaN where a cell is empty.

    Returns:
        Kind -> bool `[n]`. Each place has one kind at most.
    """
    places = np.stack([x, y], axis=-1).astype(np.float64)
    kinds = {EMPTY: np.any(np.isnan(places), axis=1)}
    for text, number in _PAIRS.items():
        kinds[text] = np.all(places == number, axis=1)
    for number in _EITHER:
        kinds[f"{number:.0f}"] = np.any(places == number, axis=1)
    kinds[f"{_BEYOND_SCREENS:.0f} or more, as 1e8"] = np.any(
        np.abs(places) >= _BEYOND_SCREENS, axis=1
    )
    taken = np.zeros(len(places), bool)
    for mask in kinds.values():
        mask &= ~taken
        taken |= mask
    return kinds


def without_eye(
    rows: np.ndarray, is_events: bool
) -> tuple[np.ndarray, collections.Counter]:
    """Takes the rows without an eye out of the rows of one stimulus.

    Args:
        rows: float64, events `[n, 5]`, columns `EVENT_COLUMNS`, or samples
            `[n, 4]`, columns `TIMED_SAMPLE_COLUMNS`.

    Returns:
        The rows, and cause -> number of rows without an eye. Such events are
        gone; such samples stay with NaN as x and y, since they end a fixation.
        `detect_fixations` does not count them again.
    """
    column = 2 if is_events else 1
    what = "events" if is_events else "samples"
    kinds = no_eye(rows[:, column], rows[:, column + 1])
    lost = np.any(list(kinds.values()), axis=0)
    counts = collections.Counter(
        {NO_EYE.format(what, k): int(np.sum(mask)) for k, mask in kinds.items()}
    )
    if is_events:
        return rows[~lost], +counts
    rows = rows.copy()
    rows[lost, column : column + 2] = np.nan
    return rows, +counts
