"""Finds the rows of a table in which the tracker did not see the eye."""

import collections

import numpy as np

NO_EYE = "{} without an eye: {}"

# What trackers write while they see no eye: one of these numbers as both x and
# y, since a single 0 is the edge of a screen and a single -1 lies beside it...
_PAIRS = {"(0, 0)": 0.0, "(-1, -1)": -1.0}
# ... or one of these numbers as x or y...
_EITHER = (-32768.0, 32767.0, -9999.0, 9999.0)
# ... or more than a screen has pixels: EyeLink writes 1e8, others 2**31 - 1.
_BEYOND_SCREENS = 99_999.0


def no_eye(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Finds the places that a tracker writes while it sees no eye.

    Exactly (0, 0) counts, too: real gaze practically never lies there, and many
    trackers write it for "no sample".

    Args:
        x, y: `[n]`, in any unit; NaN where a cell is empty.

    Returns:
        Kind -> bool `[n]`. A place has one kind at most.
    """
    places = np.stack([x, y], axis=-1).astype(np.float64)
    kinds = {"empty": np.any(np.isnan(places), axis=1)}
    for text, number in _PAIRS.items():
        kinds[text] = np.all(places == number, axis=1)
    for number in _EITHER:
        kinds[f"{number:.0f}"] = np.any(places == number, axis=1)
    kinds[f"{_BEYOND_SCREENS:.0f} or more"] = np.any(
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
    """Drops or empties the rows without an eye, and counts them.

    Args:
        rows: float64, events `[n, 5]`, columns `EVENT_COLUMNS`, or samples
            `[n, 4]`, columns `TIMED_SAMPLE_COLUMNS`.

    Returns:
        The rows, and cause -> number of rows without an eye. Events without an
        eye are dropped. Samples without an eye stay, with NaN as x and y, since
        they end a fixation; `detect_fixations` does not count them again.
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
