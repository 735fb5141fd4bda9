"""Fixation events or gaze samples -> one point per frame and observer.

Whatever cannot become a point is counted by its cause, never lost in silence.
"""

import collections

import numpy as np

from rmdn_tf.data.records import Fixations

EVENT_COLUMNS = ("onset_ms", "duration_ms", "x", "y", "observer")
"""Columns of an array of events; x, y in pixels of the raw video."""

NOT_A_NUMBER = "events that are not numbers"
NEGATIVE_DURATION = "events of negative duration"
BEFORE_START = "fixations before the first frame"
PAST_END = "fixations past the last frame"
OUTSIDE = "fixations outside the frame"
REPEATED = "fixations repeated by one observer in one frame"

SAMPLE_COLUMNS = ("frame_time", "x", "y", "observer")
"""Columns of an array of samples; x, y in pixels of the raw video.

`frame_time` counts frames from the video's start: frame i lasts from i to
i + 1. So each source says by its own rule which frame a sample is in.
"""

SAMPLES_NOT_NUMBERS = "samples that are not numbers"
SAMPLES_BEFORE_START = "samples before the first frame"
SAMPLES_PAST_END = "samples past the last frame"
SAMPLES_OUTSIDE = "samples outside the frame"
SAMPLES_OF_SACCADES = "samples of saccades"
SAMPLES_OF_BLINKS = "samples of blinks"
SAMPLES_OF_NO_EVENT = "samples of no event"
SAMPLES_BESIDE = "samples beside the one that stands for its frame"


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
    row, frame = row[inside], frame[inside]
    chosen = _one_each(frame, events[row, 4], (row, events[row, 0]))
    left_out[REPEATED] += len(row) - len(chosen)
    row = row[chosen]
    fixations = Fixations(
        frame=frame[chosen],
        x=(events[row, 2] / width).astype(np.float32),
        y=(events[row, 3] / height).astype(np.float32),
        observer=events[row, 4].astype(np.int64),
    )
    return fixations, +left_out  # Without the causes that did not occur.


def samples_to_fixations(
    samples: np.ndarray, size: tuple[int, int], num_frames: int
) -> tuple[Fixations, collections.Counter]:
    """Chooses one real sample for each frame and observer.

    One observer counts once a frame. Of his samples in a frame the one
    nearest to the middle of the frame's time stays, of two equally near ones
    the earlier. It is a place he looked at; a mean or a product of his
    samples would not be.

    Args:
        samples: float64 `[n, 4]`, columns `SAMPLE_COLUMNS`; only those that
            belong to fixations, in any order.
        size: (height, width) of the raw video in pixels.
        num_frames: length of the video.

    Returns:
        `Fixations` with frame in [0, num_frames), sorted by frame, then
        observer; and a `Counter`, cause -> number of samples left out.
    """
    samples = np.asarray(samples, np.float64).reshape([-1, len(SAMPLE_COLUMNS)])
    height, width = size
    usable, left_out = _usable_samples(samples, size, num_frames)
    samples = samples[usable]
    frame_time, x, y, observer = samples.T
    frame = np.floor(frame_time)
    distance = np.abs(frame_time - frame - 0.5)
    chosen = _one_each(frame, observer, (-frame_time, -distance))
    left_out[SAMPLES_BESIDE] += len(samples) - len(chosen)
    fixations = Fixations(
        frame=frame[chosen].astype(np.int64),
        x=(x[chosen] / width).astype(np.float32),
        y=(y[chosen] / height).astype(np.float32),
        observer=observer[chosen].astype(np.int64),
    )
    return fixations, +left_out


def _usable_samples(
    samples: np.ndarray, size: tuple[int, int], num_frames: int
) -> tuple[np.ndarray, collections.Counter]:
    """Returns a mask `[n]` and the counts of the rest, by the first cause."""
    frame_time, x, y, _ = samples.T
    height, width = size
    inside = (0 <= x) & (x < width) & (0 <= y) & (y < height)
    causes = {
        SAMPLES_NOT_NUMBERS: ~np.all(np.isfinite(samples), axis=1),
        SAMPLES_BEFORE_START: frame_time < 0,
        SAMPLES_PAST_END: frame_time >= num_frames,
        SAMPLES_OUTSIDE: ~inside,
    }
    left_out = collections.Counter()
    usable = np.ones(len(samples), bool)
    for cause, is_lost in causes.items():
        left_out[cause] += int(np.sum(usable & is_lost))
        usable &= ~is_lost
    return usable, left_out


def _valid_events(
    events: np.ndarray, left_out: collections.Counter
) -> np.ndarray:
    events = np.asarray(events, np.float64).reshape([-1, len(EVENT_COLUMNS)])
    finite = np.all(np.isfinite(events), axis=1)
    # Past any clock, and where counting the frames would overflow.
    finite &= np.all(np.abs(events[:, :2]) < 1e17, axis=1)
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


def _one_each(
    frame: np.ndarray, observer: np.ndarray, keys: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Chooses one entry for each frame and observer.

    Args:
        frame: `[n]`.
        observer: `[n]`.
        keys: arrays `[n]`, the last the most important one: the entry with
            the greatest stays.

    Returns:
        Indices of the chosen entries, sorted by frame, then observer.
    """
    order = np.lexsort([*keys, observer, frame])
    is_last = np.ones(len(order), bool)
    is_last[:-1] = np.diff(frame[order]) != 0
    is_last[:-1] |= np.diff(observer[order]) != 0
    return order[is_last]
