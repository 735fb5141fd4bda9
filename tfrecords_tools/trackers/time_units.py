"""The unit of a table's times, and the rate of its samples."""

import numpy as np

from tfrecords_tools.gaze.time_units import UNITS
from tfrecords_tools.raw_video import SourceError

# Eye trackers take from 4 to 2500 samples a second. The ranges are narrower
# than in `time_checks`: a step between two units is an error, not a guess.
_SAMPLE_STEPS_MS = (0.4, 250.0)
_DURATIONS_MS = (20.0, 5000.0)


def typical_step(
    recording: np.ndarray, time: np.ndarray, is_sample: np.ndarray
) -> float:
    """Returns the median time between samples of a recording; NaN if unknown.

    Args:
        recording: int `[n]`.
        time: float64 `[n]`, in any unit.
        is_sample: bool `[n]`.
    """
    rows = np.flatnonzero(is_sample)
    rows = rows[np.argsort(recording[rows], kind="stable")]
    steps = np.diff(time[rows])
    steps = steps[(np.diff(recording[rows]) == 0) & (steps > 0)]
    return float(np.median(steps)) if len(steps) else np.nan


def likely_unit(path: str, step: float, is_events: bool) -> str:
    """Returns the unit in which a step between samples is plausible.

    Args:
        path: of the table, for the error.
        step: between samples, or duration of fixations.

    Raises:
        SourceError: no unit is plausible.
    """
    low, high = _DURATIONS_MS if is_events else _SAMPLE_STEPS_MS
    for unit, (_, milliseconds) in UNITS.items():
        if low <= step * milliseconds < high:
            return unit
    what = "durations of fixations" if is_events else "steps between samples"
    raise SourceError(
        f"Unknown unit of the times in '{path}': the {what} are about "
        f"{step:g}. Give it by `--time_unit`."
    )
