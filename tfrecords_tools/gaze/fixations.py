"""Fixation events or gaze samples -> one point per frame and observer."""

import collections

import numpy as np

from rmdn_tf.data.records import Fixations
from tfrecords_tools.frames.facts import VideoFacts

# Columns of an array of events; x, y in pixels of the raw video.
EVENT_COLUMNS = ("onset_ms", "duration_ms", "x", "y", "observer")

NOT_A_NUMBER = "events that are not numbers"
NEGATIVE_DURATION = "events of negative duration"
BEFORE_START = "fixations before the first frame"
PAST_END = "fixations past the last frame"
OUTSIDE = "fixations outside the frame"
REPEATED = "fixations repeated by one observer in one frame"

# Columns of an array of samples; x, y in pixels of the raw video. Frame i lasts
# from frame_time i to i + 1; each source computes it by its dataset's rule.
SAMPLE_COLUMNS = ("frame_time", "x", "y", "observer")

SAMPLES_NOT_NUMBERS = "samples that are not numbers"
SAMPLES_BEFORE_START = "samples before the first frame"
SAMPLES_PAST_END = "samples past the last frame"
SAMPLES_OUTSIDE = "samples outside the frame"
SAMPLES_OF_SACCADES = "samples of saccades"
SAMPLES_OF_BLINKS = "samples of blinks"
SAMPLES_OF_NO_EVENT = "samples of no event"
SAMPLES_BESIDE = "samples beside the one chosen for their frame"


def events_to_fixations(
    events: np.ndarray, facts: VideoFacts
) -> tuple[Fixations, collections.Counter]:
    """Spreads fixation events over the frames they cover.

    A frame that appears at t and is followed by one at u is on display in
    (t, u]; the first frame also at 0. An event covers each frame that is on
    display at a moment of [onset, onset + duration]. With a constant rate, a
    frame lasts d = 1000 / frames_per_second ms; counted from 1, an event then
    covers frames ceil(onset / d) to ceil((onset + duration) / d). If two
    events of an observer cover the same frame, the later onset wins: the eyes
    moved there.

    A picture has no times: its frame takes all events, also several of one
    observer, except those that began before the picture appeared.

    Args:
        events: float64 `[n, 5]`, columns `EVENT_COLUMNS`.
        facts: the raw video.

    Returns:
        `Fixations` with frame in [0, num_frames), sorted by frame, then
        observer; and cause -> number of events or fixations left out.
    """
    left_out: collections.Counter[str] = collections.Counter()
    events = _valid_events(events, left_out)
    if facts.is_picture:
        row = np.flatnonzero(events[:, 0] >= 0)
        frame = np.zeros_like(row)
        left_out[BEFORE_START] += len(events) - len(row)
    else:
        row, frame = _covered_frames(events, facts, left_out)
    inside = _inside(events, 2, facts.size)[row]
    left_out[OUTSIDE] += int(np.sum(~inside))
    row, frame = row[inside], frame[inside]
    if facts.is_picture:
        chosen = np.lexsort([events[row, 0], events[row, 4]])
    else:
        chosen = _one_each(frame, events[row, 4], (row, events[row, 0]))
    left_out[REPEATED] += len(row) - len(chosen)
    rows = events[row[chosen], 2:]
    return _fixations(frame[chosen], rows, facts.size), +left_out


def samples_to_fixations(
    samples: np.ndarray, size: tuple[int, int], num_frames: int
) -> tuple[Fixations, collections.Counter]:
    """Chooses the sample nearest to the middle of each frame's time.

    The earlier of two equally near samples wins. A mean of samples would be a
    place that nobody looked at.

    Args:
        samples: float64 `[n, 4]`, columns `SAMPLE_COLUMNS`; only samples of
            fixations, in any order.
        size: (height, width) of the raw video in pixels.
        num_frames: length of the raw video.

    Returns:
        `Fixations` with frame in [0, num_frames), sorted by frame, then
        observer; and cause -> number of samples left out.
    """
    samples = np.asarray(samples, np.float64).reshape([-1, len(SAMPLE_COLUMNS)])
    usable, left_out = _usable_samples(samples, size, num_frames)
    samples = samples[usable]
    frame_time, observer = samples[:, 0], samples[:, 3]
    frame = np.floor(frame_time)
    distance = np.abs(frame_time - frame - 0.5)
    chosen = _one_each(frame, observer, (-frame_time, -distance))
    left_out[SAMPLES_BESIDE] += len(samples) - len(chosen)
    return _fixations(frame[chosen], samples[chosen, 1:], size), +left_out


def _fixations(
    frame: np.ndarray, rows: np.ndarray, size: tuple[int, int]
) -> Fixations:
    """Makes fixations of frames `[n]` and rows (x, y in pixels, observer)."""
    height, width = size
    x, y, observer = rows.T
    return Fixations.from_rows(
        np.stack([frame, x / width, y / height, observer], axis=1)
    )


def _inside(rows: np.ndarray, column: int, size: tuple[int, int]) -> np.ndarray:
    """Returns bool `[n]`: x and y, from `column` on, are in the frame."""
    height, width = size
    x, y = rows[:, column], rows[:, column + 1]
    return (0 <= x) & (x < width) & (0 <= y) & (y < height)


def _usable_samples(
    samples: np.ndarray, size: tuple[int, int], num_frames: int
) -> tuple[np.ndarray, collections.Counter]:
    """Returns a mask `[n]`, and cause -> number of unusable samples."""
    frame_time = samples[:, 0]
    causes = {
        SAMPLES_NOT_NUMBERS: ~np.all(np.isfinite(samples), axis=1),
        SAMPLES_BEFORE_START: frame_time < 0,
        SAMPLES_PAST_END: frame_time >= num_frames,
        SAMPLES_OUTSIDE: ~_inside(samples, 1, size),
    }
    left_out: collections.Counter[str] = collections.Counter()
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
    # Larger times would overflow the number of the frame.
    finite &= np.all(np.abs(events[:, :2]) < 1e17, axis=1)
    left_out[NOT_A_NUMBER] += int(np.sum(~finite))
    events = events[finite]
    forward = events[:, 1] >= 0
    left_out[NEGATIVE_DURATION] += int(np.sum(~forward))
    return events[forward]


def _covered_frames(
    events: np.ndarray, facts: VideoFacts, left_out: collections.Counter
) -> tuple[np.ndarray, np.ndarray]:
    """Returns an event's row and a frame, both from 0, for each fixation."""
    first = _frames_at(events[:, 0], facts)
    last = _frames_at(events[:, 0] + events[:, 1], facts)
    num_frames = facts.num_frames
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


def _frames_at(time_ms: np.ndarray, facts: VideoFacts) -> np.ndarray:
    """Returns the frame on display at each time, float64 `[n]`."""
    frame = np.ceil(facts.frames_at(time_ms, 1000)) - 1
    frame[time_ms == 0] = 0
    return frame


def _one_each(
    frame: np.ndarray, observer: np.ndarray, keys: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Returns the index of the entry to keep for each frame and observer.

    This is the entry with the greatest keys; the last key counts most.
    """
    order = np.lexsort([*keys, observer, frame])
    is_last = np.ones(len(order), bool)
    is_last[:-1] = np.diff(frame[order]) != 0
    is_last[:-1] |= np.diff(observer[order]) != 0
    return order[is_last]
