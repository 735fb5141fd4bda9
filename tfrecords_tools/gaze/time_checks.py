"""Finds times of gaze that cannot be in the given unit."""

from typing import NamedTuple

import numpy as np

from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.time_units import UNITS

# With fewer rows, the unit cannot be known, or another fault.
_MIN_TIMES = 3
_MIN_ROWS = 10

# Plausible times between samples and durations of fixations, in milliseconds.
_SAMPLE_STEPS = (0.25, 250.0)
_EVENT_STEPS = (8.0, 8000.0)


class Recording(NamedTuple):
    """The times of one observer's gaze at one video, `[n]` in ms.

    A picture has no length: `length_ms` is infinite.
    """

    start: np.ndarray
    end: np.ndarray
    length_ms: float
    num_frames: int


def recordings_of(
    known: list[tuple[np.ndarray, VideoFacts]], is_events: bool
) -> list[Recording]:
    """Splits the rows of each video by observer."""
    recordings = []
    for rows, facts in known:
        for observer in np.unique(rows[:, -1]):
            mine = rows[rows[:, -1] == observer]
            start = mine[:, 0]
            end = start + mine[:, 1] if is_events else start
            length_ms = np.inf if facts.is_picture else 1000 * facts.seconds
            recordings.append(
                Recording(start, end, length_ms, facts.num_frames)
            )
    return recordings


def times_problem(
    recordings: list[Recording], is_events: bool, given: str
) -> str | None:
    """Returns what is wrong with the times, and what to do, if anything.

    Args:
        given: the unit of the times in the file, a key of `UNITS`.
    """
    if sum(len(r.start) for r in recordings) < _MIN_TIMES:
        return None
    step = _step(recordings, is_events)
    name, milliseconds = UNITS[given]
    first = min(recordings, key=lambda r: r.start.min())
    shown = f"in a video of {first.length_ms / milliseconds:.6g} {name}"
    if np.isinf(first.length_ms):
        shown = "on a picture"
    received = (
        f"Received: {first.start.min() / milliseconds:.6g} to "
        f"{first.end.max() / milliseconds:.6g} {shown}."
    )
    factor = _likely_factor(recordings, step, is_events)
    for unit, (name, length) in UNITS.items():
        if factor and np.isclose(length, factor * milliseconds, rtol=1e-6):
            return (
                f"{received} These are probably {name}: give "
                f"`--time_unit {unit}`."
            )
    return _other_problem(recordings, received, is_events)


def _other_problem(
    recordings: list[Recording], received: str, is_events: bool
) -> str | None:
    """Returns why the times cannot be right in any unit, if they cannot."""
    if _are_frames(recordings):
        return (
            f"{received} These are probably numbers of frames: divide by the "
            "frames per second and give `--time_unit s`."
        )
    is_late = [r.start.min() > 1.5 * r.length_ms for r in recordings]
    if np.mean(is_late) >= 0.95:
        return (
            f"{received} These are probably times of the recording's own "
            "clock: subtract the time at which each video started."
        )
    long = [r for r in recordings if len(r.start) >= _MIN_ROWS]
    if is_events and long and all(map(_ends_as_durations, long)):
        return (
            "Received: fixations of an observer that overlap and become longer "
            "and longer. Their durations are probably the times at which they "
            "end: name that column `end` by `--columns`."
        )
    if long and not is_events and all(np.ptp(r.start) == 0 for r in long):
        return (
            "Received: the same time in all rows of a recording. A spreadsheet "
            "program has probably rounded them: export them again."
        )
    return None


def _ends_as_durations(recording: Recording) -> bool:
    """Tells whether the durations are really times at which fixations end."""
    order = np.argsort(recording.start, kind="stable")
    start, end = recording.start[order], recording.end[order]
    duration = end - start
    overlap = np.mean(end[:-1] > start[1:])
    return bool(overlap > 0.5 and np.all(duration >= start))


def _are_frames(recordings: list[Recording]) -> bool:
    """Tells whether the times are the numbers of a video's frames."""
    times = np.concatenate([np.append(r.start, r.end) for r in recordings])
    if len(times) < 2 * _MIN_ROWS or np.any(times != np.round(times)):
        return False
    reached = [r.end.max() / r.num_frames for r in recordings]
    frame_ms = [r.length_ms / r.num_frames for r in recordings]
    # Milliseconds that end with the number of frames by chance are improbable.
    return (
        max(reached) < 1.02
        and float(np.median(reached)) > 0.8
        and min(frame_ms) > 5
    )


def _step(recordings: list[Recording], is_events: bool) -> float:
    """Returns the median duration of events, or time between samples."""
    if is_events:
        steps = np.concatenate([r.end - r.start for r in recordings])
    else:
        steps = np.concatenate([np.diff(np.sort(r.start)) for r in recordings])
        steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else np.nan


def _likely_factor(
    recordings: list[Recording], step: float, is_events: bool
) -> float | None:
    """Returns the factor that makes the times fit, if they do not fit as ms."""
    shortest, longest = _EVENT_STEPS if is_events else _SAMPLE_STEPS
    # When rows end, in lengths of the video: from the first row, and from 0.
    spans = np.concatenate(
        [(r.end - r.start.min()) / r.length_ms for r in recordings]
    )
    ends = np.concatenate([r.end / r.length_ms for r in recordings])
    has_no_length = all(np.isinf(r.length_ms) for r in recordings)
    times = np.concatenate([r.start for r in recordings])
    # Whole samples may be seconds or, at 1000 Hz, ms: both are 1 apart.
    may_be_seconds = np.any(times != np.round(times)) or (
        is_events and len(times) >= _MIN_ROWS
    )
    for factor in (1e3, 1e-3, 1e-6):
        is_plausible = shortest <= step * factor < longest
        fits = np.quantile(spans, 0.95) * factor <= 2
        is_longer = has_no_length or np.median(ends) > 2
        is_unlike_ms = may_be_seconds if factor > 1 else is_longer
        if is_plausible and fits and is_unlike_ms:
            return factor
    return None
