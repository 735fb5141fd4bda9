"""Refuses a table of gaze whose numbers cannot be in the expected units.

A source calls `check_units` once, after it has read the table and before it
opens all videos:

    facts = {video_id: probe(path) for some of the table's videos}
    check_units(path, table.rows, table.is_events, facts, table.space.kind)
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.raw_video import SourceError

# Fewer rows tell nothing about their units.
_MIN_TIMES = 3
_MIN_PLACES = 10
# In a smaller video, the square from 0 to 1 is no small part.
_MIN_PIXELS = 1024

_NORMALIZED = ("normalized", "normalized_screen")

# A plausible distance of samples and duration of fixations, in milliseconds.
_SAMPLE_STEPS = (0.25, 250.0)
_EVENT_STEPS = (8.0, 8000.0)
# Unit -> (value of `--time_unit`, its length in milliseconds). They differ a
# thousandfold, so that a step is plausible in one of them.
_UNITS = {
    "seconds": ("s", 1e3),
    "microseconds": ("us", 1e-3),
    "nanoseconds": ("ns", 1e-6),
}

# (width, height) in pixels, the smallest first.
_SCREENS = (
    (640, 480),
    (800, 600),
    (1024, 768),
    (1280, 720),
    (1280, 800),
    (1366, 768),
    (1280, 1024),
    (1440, 900),
    (1600, 900),
    (1680, 1050),
    (1600, 1200),
    (1920, 1080),
    (1920, 1200),
    (2560, 1440),
    (2560, 1600),
    (3840, 2160),
)


# Comparisons with infinite numbers are false, as they should be.
@np.errstate(over="ignore", invalid="ignore")
def check_units(
    path: str,
    rows: Mapping[str, np.ndarray],
    is_events: bool,
    facts: Mapping[str, VideoFacts],
    kind: str = "video",
) -> None:
    """Refuses a table whose times or places cannot be in the expected units.

    Judges all rows of the videos in `facts` together, never a single one. A
    short recording, a tiny video or a single event is no error.

    Args:
        path: the table, for the message.
        rows: video -> rows as `checks.without_eye` returns them, in ms and in
            the table's own coordinates.
        facts: video -> facts. A dozen of the table's videos is enough.
        kind: what x and y are taken for, a kind of `CoordinateSpace`.

    Raises:
        SourceError: names the likely unit, and the flag that says so.
    """
    column = 2 if is_events else 1
    known = [(rows[v], facts[v]) for v in rows if v in facts and len(rows[v])]
    places = [(_finite(r[:, column : column + 2]), f) for r, f in known]
    if kind in _NORMALIZED:
        problem = _pixels(places)
    else:
        problem = _fractions(places) or _centred(places)
        if kind != "screen":
            problem = problem or _on_screen(places)
    if problem:
        raise SourceError(
            f"Invalid unit of x and y in '{path}'. Expected "
            f"{'0 to 1' if kind in _NORMALIZED else 'pixels'}. {problem}"
        )
    problem = _times_problem(_recordings(known, is_events), is_events)
    if problem:
        raise SourceError(
            f"Invalid unit of time in '{path}'. Expected milliseconds from the "
            f"video's start. {problem}"
        )


Places = list[tuple[np.ndarray, VideoFacts]]  # x, y `[n, 2]` and their video


def _finite(points: np.ndarray) -> np.ndarray:
    return points[np.all(np.isfinite(points), axis=1)]


def _pool(places: Places) -> np.ndarray:
    """Returns all places, x and y `[n, 2]`."""
    return np.concatenate([np.zeros([0, 2]), *(points for points, _ in places)])


def _pixels(places: Places) -> str | None:
    points = _pool(places)
    if len(points) and np.mean(np.any(points > 2, axis=1)) > 0.5:
        return (
            f"Received: values up to {points.max():.6g}. These are probably "
            "pixels."
        )
    return None


def _fractions(places: Places) -> str | None:
    points = _pool([p for p in places if np.prod(p[1].size) >= _MIN_PIXELS])
    is_unit = np.all((points >= 0) & (points <= 1), axis=1)
    # A place at the edge of a pixel may be real: (1, 1).
    if not len(points) or np.all(points == np.round(points)):
        return None
    if np.mean(is_unit) < 0.9:
        return None
    return (
        f"Received: {np.mean(is_unit):.0%} of the places are from 0 to 1. They "
        "are probably normalized: give `--normalized`, and `--screen_size` if "
        "they count on the screen."
    )


def _centred(places: Places) -> str | None:
    points = _pool(places)
    if len(points) < _MIN_PLACES:
        return None
    is_negative = np.mean(points < 0, axis=0)
    if np.any((is_negative < 0.2) | (is_negative > 0.8)):
        return None
    return (
        "Received: x is negative in {:.0%} of the places, y in {:.0%}. They "
        "probably count from the centre: add half of the width and half of the "
        "height.".format(*is_negative)
    )


def _on_screen(places: Places) -> str | None:
    """Tells whether most places are far outside their video."""
    points = _pool(places)
    if len(points) < _MIN_PLACES:
        return None
    edges = np.concatenate(
        [
            np.tile(
                [f.size[1] * max(f.pixel_aspect, 1), f.size[0]], (len(p), 1)
            )
            for p, f in places
        ]
    )
    share = np.max(points / edges, axis=1)
    if np.median(share) < 1 or np.quantile(share, 0.9) < 1.2:
        return None
    corner = np.quantile(points, 0.98, axis=0)
    screen = next((s for s in _SCREENS if np.all(corner <= s)), None)
    if screen is None:
        return None
    return (
        f"Received: {np.mean(share >= 1):.0%} of the places are outside the "
        "video, but on a screen of {}x{}. They are probably pixels of a "
        "screen: give `--screen_size`.".format(*screen)
    )


def _shown(facts: VideoFacts) -> tuple[float, int]:
    """Returns (width, height), the wider of stored and shown."""
    height, width = facts.size
    return width * max(facts.pixel_aspect, 1), height


class _Recording(NamedTuple):
    """The rows of one observer and video: times `[n]` in the table's unit."""

    start: np.ndarray
    end: np.ndarray
    length_ms: float


def _recordings(
    known: list[tuple[np.ndarray, VideoFacts]], is_events: bool
) -> list[_Recording]:
    recordings = []
    for rows, facts in known:
        for observer in np.unique(rows[:, -1]):
            mine = rows[rows[:, -1] == observer]
            start = mine[:, 0]
            end = start + mine[:, 1] if is_events else start
            recordings.append(_Recording(start, end, 1000 * facts.seconds))
    return recordings


def _times_problem(recordings: list[_Recording], is_events: bool) -> str | None:
    if sum(len(r.start) for r in recordings) < _MIN_TIMES:
        return None
    step = _step(recordings, is_events)
    unit = _likely_unit(recordings, step, is_events)
    first = min(recordings, key=lambda r: r.start.min())
    received = (
        f"Received: {first.start.min():.6g} to {first.end.max():.6g} in a "
        f"video of {first.length_ms:.0f} ms."
    )
    if unit:
        return (
            f"{received} These are probably {unit}: give "
            f"`--time_unit {_UNITS[unit][0]}`."
        )
    is_late = [r.start.min() > 1.5 * r.length_ms for r in recordings]
    if np.mean(is_late) >= 0.95:
        return (
            f"{received} These are probably times of the recording's own "
            "clock: subtract the time at which each video started."
        )
    return None


def _step(recordings: list[_Recording], is_events: bool) -> float:
    """Returns the typical duration of events or distance of samples."""
    if is_events:
        steps = np.concatenate([r.end - r.start for r in recordings])
    else:
        steps = np.concatenate([np.diff(np.sort(r.start)) for r in recordings])
        steps = steps[steps > 0]
    return float(np.median(steps)) if len(steps) else np.nan


def _likely_unit(
    recordings: list[_Recording], step: float, is_events: bool
) -> str | None:
    """Returns the unit in which the times fit, if milliseconds do not."""
    shortest, longest = _EVENT_STEPS if is_events else _SAMPLE_STEPS
    # Parts of the video's length, from the first row and from the start.
    spans = np.concatenate(
        [(r.end - r.start.min()) / r.length_ms for r in recordings]
    )
    ends = np.concatenate([r.end / r.length_ms for r in recordings])
    times = np.concatenate([r.start for r in recordings])
    is_whole = np.all(times == np.round(times))
    for unit, (_, milliseconds) in _UNITS.items():
        if not shortest <= step * milliseconds < longest:
            continue
        if np.quantile(spans, 0.95) * milliseconds > 2:
            continue
        if unit == "seconds" and not is_whole:
            return unit
        if unit != "seconds" and np.median(ends) > 2:
            return unit
    return None
