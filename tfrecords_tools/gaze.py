"""Fixation events -> one point per frame and observer.

Whatever cannot become a point is counted by its cause, never lost in silence.
"""

import collections

import numpy as np

from rmdn_tf.records import Fixations

EVENT_COLUMNS = ("onset_ms", "duration_ms", "x", "y", "observer")
"""Columns of an array of events; x, y in pixels of the raw video."""

NOT_A_NUMBER = "events that are not numbers"
NEGATIVE_DURATION = "events of negative duration"
BEFORE_START = "fixations before the first frame"
PAST_END = "fixations past the last frame"
OUTSIDE = "fixations outside the frame"
REPEATED = "fixations repeated by one observer in one frame"


def events_to_fixations(
    events: np.ndarray,
    size: tuple[int, int],
    frames_per_second: float,
    num_frames: int,
) -> tuple[Fixations, collections.Counter]:
    """Spreads fixation events over the frames they cover.

    A frame lasts d = 1000 / frames_per_second ms. An event covers frames
    ceil(onset / d) to ceil((onset + duration) / d), both included, counted
    from 1; an onset of exactly 0 is in frame 1. One observer counts once a
    frame: where two of his events cover one frame, the one with the later
    onset stays, since that is where his eyes went.

    Args:
        events: float64 `[n, 5]`, columns `EVENT_COLUMNS`.
        size: (height, width) of the raw video in pixels.
        frames_per_second: frame rate.
        num_frames: length of the video.

    Returns:
        `Fixations` with frame in [0, num_frames), sorted by frame, then
        observer; and a `Counter`, cause -> number of events or fixations (the
        cause says which) left out.
    """
    left_out = collections.Counter()
    events = _valid_events(events, left_out)
    row, frame = _covered_frames(
        events, frames_per_second, num_frames, left_out
    )
    height, width = size
    x, y = events[row, 2], events[row, 3]
    inside = (0 <= x) & (x < width) & (0 <= y) & (y < height)
    left_out[OUTSIDE] += int(np.sum(~inside))
    row, frame = _once_a_frame(events, row[inside], frame[inside], left_out)
    fixations = Fixations(
        frame=frame,
        x=(events[row, 2] / width).astype(np.float32),
        y=(events[row, 3] / height).astype(np.float32),
        observer=events[row, 4].astype(np.int64),
    )
    return fixations, +left_out  # Without the causes that did not occur.


def _valid_events(
    events: np.ndarray, left_out: collections.Counter
) -> np.ndarray:
    events = np.asarray(events, np.float64).reshape([-1, len(EVENT_COLUMNS)])
    finite = np.all(np.isfinite(events), axis=1)
    left_out[NOT_A_NUMBER] += int(np.sum(~finite))
    events = events[finite]
    forward = events[:, 1] >= 0
    left_out[NEGATIVE_DURATION] += int(np.sum(~forward))
    return events[forward]


def _covered_frames(
    events: np.ndarray,
    frames_per_second: float,
    num_frames: int,
    left_out: collections.Counter,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns parallel int64 arrays: row of the event, frame from 0."""
    onset_ms, end_ms = events[:, 0], events[:, 0] + events[:, 1]
    # Times the rate, not over the frame's length: whole milliseconds and a
    # whole rate stay exact, and ceil does not jump at a frame's border.
    first = np.ceil(onset_ms * frames_per_second / 1000) - 1
    last = np.ceil(end_ms * frames_per_second / 1000) - 1
    first[onset_ms == 0] = 0
    last[end_ms == 0] = 0
    before = np.minimum(last, -1) - first + 1
    past = last - np.maximum(first, num_frames) + 1
    left_out[BEFORE_START] += int(np.sum(np.maximum(before, 0)))
    left_out[PAST_END] += int(np.sum(np.maximum(past, 0)))
    first = np.maximum(first, 0)
    last = np.minimum(last, num_frames - 1)
    num_covered = np.maximum(last - first + 1, 0).astype(np.int64)
    row = np.repeat(np.arange(len(events)), num_covered)
    begin = np.cumsum(num_covered) - num_covered
    step = np.arange(len(row)) - begin[row]
    return row, first[row].astype(np.int64) + step


def _once_a_frame(
    events: np.ndarray,
    row: np.ndarray,
    frame: np.ndarray,
    left_out: collections.Counter,
) -> tuple[np.ndarray, np.ndarray]:
    """Sorts by frame, observer and onset; keeps the last of each observer."""
    observer = events[row, 4]
    order = np.lexsort([row, events[row, 0], observer, frame])
    row, frame, observer = row[order], frame[order], observer[order]
    is_last = np.ones(len(row), bool)
    is_last[:-1] = (np.diff(frame) != 0) | (np.diff(observer) != 0)
    left_out[REPEATED] += int(np.sum(~is_last))
    return row[is_last], frame[is_last]
