"""Refuses a table of gaze whose numbers cannot be in the expected units.

A source calls `check_units` when it has read the table and the facts of a few
of its videos, before it opens all of them.
"""

from collections.abc import Mapping

import numpy as np

from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.gaze.time_checks import recordings_of, times_problem
from tfrecords_tools.gaze.time_units import UNITS
from tfrecords_tools.raw_video import SourceError

# With fewer places, the unit cannot be known.
_MIN_PLACES = 10
# In a smaller video, much gaze may truly lie between 0 and 1 pixels.
_MIN_PIXELS = 1024
# In a smaller video, gaze may truly lie between 0 and 100 pixels.
_MIN_SIDE = 400

_NORMALIZED = ("normalized", "normalized_screen")

# (width, height) in pixels, the smallest first.
_SCREENS = [
    tuple(map(int, size.split("x")))
    for size in (
        "640x480 800x600 1024x768 1280x720 1280x800 1366x768 1280x1024 "
        "1440x900 1600x900 1680x1050 1600x1200 1920x1080 1920x1200 2560x1440 "
        "2560x1600 3840x2160"
    ).split()
]


# Comparisons with infinite numbers are false, as they should be.
@np.errstate(over="ignore", invalid="ignore")
def check_units(
    path: str,
    rows: Mapping[str, np.ndarray],
    is_events: bool,
    facts: Mapping[str, VideoFacts],
    space: CoordinateSpace,
    unit: str = "ms",
) -> None:
    """Refuses a table whose times or places cannot be in the expected units.

    Judges all rows of the videos in `facts` together. A short recording, a tiny
    video or a single event is no error.

    Args:
        path: the table, for the message.
        rows: video -> events or samples, in ms and in the table's own
            coordinates; x and y are NaN if the eye was not seen.
        facts: video -> facts, for a dozen or so of the table's videos.
        space: the expected unit of x and y.
        unit: the unit of the times in the file, a value of `--time_unit`.

    Raises:
        SourceError: names the likely unit, and the flag that says so.
    """
    known = [(rows[v], facts[v]) for v in rows if v in facts and len(rows[v])]
    points, sizes = _places(known, 2 if is_events else 1)
    is_normalized = space.kind in _NORMALIZED
    if is_normalized:
        problem = _pixels(points) or _centred(points)
    else:
        problem = (
            _fractions(points[np.prod(sizes, axis=1) >= _MIN_PIXELS])
            or _centred(points)
            or _percent(points[np.min(sizes, axis=1) >= _MIN_SIDE])
            or _outside(points, sizes, space)
        )
    if problem:
        raise SourceError(
            f"Invalid unit of x and y in '{path}'. Expected "
            f"{'0 to 1' if is_normalized else 'pixels'}. {problem}"
        )
    # Fixations on a picture need no unit of time; samples become fixations.
    timed = [
        (one, facts)
        for one, facts in known
        if not (is_events and facts.is_picture)
    ]
    problem = times_problem(recordings_of(timed, is_events), is_events, unit)
    if problem:
        raise SourceError(
            f"Invalid unit of time in '{path}'. Expected {UNITS[unit][0]} "
            f"from the video's start. {problem}"
        )


def _places(
    known: list[tuple[np.ndarray, VideoFacts]], column: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns x, y `[n, 2]`, and width, height of their videos `[n, 2]`."""
    places, shapes = [np.zeros([0, 2])], [np.zeros([0, 2])]
    for rows, facts in known:
        places.append(rows[:, column : column + 2])
        height, width = facts.size
        widest = width * max(facts.pixel_aspect, 1)  # As stored or as shown.
        shapes.append(np.tile([widest, height], (len(rows), 1)))
    points, sizes = np.concatenate(places), np.concatenate(shapes)
    is_finite = np.all(np.isfinite(points), axis=1)
    return points[is_finite], sizes[is_finite]


def _pixels(points: np.ndarray) -> str | None:
    if len(points) and np.mean(np.any(points > 2, axis=1)) > 0.5:
        return (
            f"Received: values up to {points.max():.6g}. These are probably "
            "pixels."
        )
    return None


def _fractions(points: np.ndarray) -> str | None:
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


def _centred(points: np.ndarray) -> str | None:
    if len(points) < _MIN_PLACES:
        return None
    is_negative = np.mean(points < 0, axis=0)
    if np.any((is_negative < 0.2) | (is_negative > 0.8)):
        return None
    is_unit = np.mean(np.all(np.abs(points) <= 1, axis=1)) >= 0.9
    # Whole numbers are pixels.
    if is_unit and np.any(points != np.round(points)):
        advice = (
            "are probably from -1 to 1: add 1, divide by 2, and give "
            "`--normalized`"
        )
    else:
        advice = (
            "probably count from the centre: add half of the width and half of "
            "the height"
        )
    return (
        f"Received: x is negative in {is_negative[0]:.0%} of the places, y in "
        f"{is_negative[1]:.0%}. They {advice}. If y goes up, as in PsychoPy, "
        "change its sign first."
    )


def _percent(points: np.ndarray) -> str | None:
    if len(points) < 3 * _MIN_PLACES:
        return None
    low, high = np.quantile(points, [0.02, 0.98], axis=0)
    # Gaze that stays in one corner may truly be pixels.
    if np.any(low < 0) or np.any(high > 100) or np.any(high - low < 20):
        return None
    return (
        f"Received: places up to {high[0]:.4g}, {high[1]:.4g}. They are "
        "probably percent of the video: divide by 100, and give `--normalized`."
    )


def _outside(
    points: np.ndarray, sizes: np.ndarray, space: CoordinateSpace
) -> str | None:
    if len(points) < _MIN_PLACES:
        return None
    if space.kind == "screen":
        return _beyond_screen(points, space.screen_size)
    return _on_screen(points, sizes)


def _beyond_screen(points: np.ndarray, screen: tuple[int, int]) -> str | None:
    height, width = screen
    is_beyond = np.any(points > 1.05 * np.array([width, height]), axis=1)
    if np.mean(is_beyond) < 0.2:
        return None
    corner = np.quantile(points, 0.98, axis=0)
    return (
        f"Received: {np.mean(is_beyond):.0%} of the places are beyond the "
        f"screen of {width}x{height}, up to {corner[0]:.0f}, {corner[1]:.0f}. "
        "The screen probably has another size: give `--screen_size`, width "
        "first."
    )


def _on_screen(points: np.ndarray, sizes: np.ndarray) -> str | None:
    share = np.max(points / sizes, axis=1)
    if np.median(share) < 1 or np.quantile(share, 0.9) < 1.2:
        return None
    corner = np.quantile(points, 0.98, axis=0)
    screen = next((s for s in _SCREENS if np.all(corner <= s)), None)
    if screen is None:
        return None
    return (
        f"Received: {np.mean(share >= 1):.0%} of the places are outside the "
        "video, but would be on a screen of {}x{} or more. They are probably "
        "pixels of a screen: give the size of yours by `--screen_size`."
    ).format(*screen)
