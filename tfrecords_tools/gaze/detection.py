"""Plain gaze samples -> fixation events, by velocity (I-VT).

References:
    1. Dario D. Salvucci, Joseph H. Goldberg. "Identifying Fixations and
       Saccades in Eye-Tracking Protocols." Symposium on Eye Tracking Research
       and Applications, 71-78, 2000. The method, section 3.1.
    2. Anneli Olsen. "The Tobii I-VT Fixation Filter." Tobii Technology, 2012.
       The thresholds.
    3. R. H. S. Carpenter. "Movements of the Eyes." Pion, 1988. The duration
       of a saccade: 21 ms and 2.2 ms for each degree.
"""

import collections

import numpy as np

from tfrecords_tools.gaze.fixations import (
    SAMPLES_NOT_NUMBERS,
    SAMPLES_OF_SACCADES,
)

# A tracker with longer intervals between samples is slow. Saccades of up to 13
# degrees are over in this time [3].
SLOW_INTERVAL_MS = 50.0
# Longer intervals count as this one: most fixations would have one sample.
LONGEST_INTERVAL_MS = 200.0

# Columns of an array of samples; x, y in pixels of the raw video.
TIMED_SAMPLE_COLUMNS = ("t_ms", "x", "y", "observer")

SAMPLES_OF_SHORT_FIXATIONS = "samples of fixations that are too short"
SAMPLES_BETWEEN_GAPS = "samples with a gap before and after them"


def detect_fixations(
    samples: np.ndarray,
    pixels_per_degree: float,
    *,
    velocity_threshold: float = 30.0,
    window_ms: float = 20.0,
    min_duration_ms: float = 60.0,
    max_gap_ms: float = 75.0,
) -> tuple[np.ndarray, collections.Counter]:
    """Finds the fixations in samples of any number of observers.

    A fixation is a run of samples between which the gaze moves no faster than
    the threshold. It lasts from the first sample to the last, and lies at their
    mean. A gap in time ends a fixation, as does a sample with NaN as x or y,
    which the reader of the table has counted.

    [1] measures the velocity between neighbours, which at 250 Hz is mostly
    noise. This function measures it in a window around them, as [2] does.

    If an observer's median interval between samples is longer than 50 ms,
    `max_gap_ms` grows in proportion, up to fourfold. The velocity is then
    measured as if the gaze had moved within 50 ms, since a saccade takes no
    longer.

    Args:
        samples: float64 `[n, 4]`, columns `TIMED_SAMPLE_COLUMNS`, in any order.
        pixels_per_degree: pixels of the video in a degree of the observers'
            visual field.
        velocity_threshold: degrees per second.
        window_ms: length of the window for the velocity.
        min_duration_ms: shorter fixations are left out.
        max_gap_ms: a longer time between two samples is a gap; see above for
            slow trackers.

    Returns:
        float64 `[m, 5]`, columns `gaze.fixations.EVENT_COLUMNS`, sorted by
        observer, then onset; and cause -> number of samples left out.

    Raises:
        ValueError: an argument is out of range.
    """
    _check_positive(
        pixels_per_degree=pixels_per_degree,
        velocity_threshold=velocity_threshold,
        window_ms=window_ms,
        min_duration_ms=min_duration_ms,
        max_gap_ms=max_gap_ms,
    )
    samples = np.asarray(samples, np.float64).reshape(
        [-1, len(TIMED_SAMPLE_COLUMNS)]
    )
    num_seen = np.sum(~np.any(np.isnan(samples[:, 1:3]), axis=1))
    # A sample without time or observer cannot be put in order.
    ordered = samples[np.all(np.isfinite(samples[:, [0, 3]]), axis=1)]
    ordered = ordered[np.lexsort([ordered[:, 0], ordered[:, 3]])]
    is_number = np.all(np.isfinite(ordered), axis=1)
    slowness = _slowness(ordered)
    follows = _follows_previous(ordered, max_gap_ms * slowness)
    threshold = velocity_threshold * pixels_per_degree / 1000  # Pixels a ms.
    # The speed between overflowing places is NaN, which compares false.
    speed = _speed(ordered, follows, window_ms, slowness > 1)
    run = np.cumsum(~(follows & (speed <= threshold)))
    events, num_samples = _summarize(ordered[is_number], run[is_number])
    is_alone = num_samples == 1
    is_short = ~is_alone & (events[:, 1] < min_duration_ms)
    has_no_neighbour = is_number & ~follows & ~np.append(follows[1:], False)
    num_between_gaps = int(np.sum(has_no_neighbour))
    left_out = collections.Counter(
        {
            SAMPLES_NOT_NUMBERS: int(num_seen - np.sum(is_number)),
            SAMPLES_BETWEEN_GAPS: num_between_gaps,
            SAMPLES_OF_SACCADES: int(np.sum(is_alone)) - num_between_gaps,
            SAMPLES_OF_SHORT_FIXATIONS: int(np.sum(num_samples[is_short])),
        }
    )
    return events[~is_alone & ~is_short], +left_out


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < float("inf"):
            raise ValueError(
                f"Invalid `{name}`. Expected a positive number. "
                f"Received: {name}={value}."
            )


def _slowness(samples: np.ndarray) -> np.ndarray:
    """Returns `[n]`: the observer's interval / slow interval, at least 1."""
    slowness = np.ones(len(samples))
    for observer in np.unique(samples[:, 3]):
        mine = samples[:, 3] == observer
        with np.errstate(over="ignore"):
            steps = np.diff(samples[mine, 0])
        steps = steps[steps > 0]  # A time may be repeated.
        interval = np.median(steps) if len(steps) else 0
        interval = min(interval, LONGEST_INTERVAL_MS)
        slowness[mine] = max(interval / SLOW_INTERVAL_MS, 1)
    return slowness


def _follows_previous(
    samples: np.ndarray, max_gap_ms: np.ndarray
) -> np.ndarray:
    """Returns bool `[n]`: the sample follows another one without a gap."""
    follows = np.zeros(len(samples), bool)
    is_place = np.all(np.isfinite(samples[:, 1:3]), axis=1)
    with np.errstate(over="ignore"):
        is_near = np.diff(samples[:, 0]) <= max_gap_ms[1:]
    is_same = np.diff(samples[:, 3]) == 0
    follows[1:] = is_near & is_same & is_place[1:] & is_place[:-1]
    return follows


def _speed(
    samples: np.ndarray,
    follows: np.ndarray,
    window_ms: float,
    is_slow: np.ndarray,
) -> np.ndarray:
    """Returns float64 `[n]`: pixels per ms around a sample and its previous."""
    index = np.arange(len(samples))
    first = np.maximum.accumulate(np.where(follows, 0, index))
    _, segment, size = np.unique(first, return_inverse=True, return_counts=True)
    last = first + size[segment] - 1
    time = samples[:, 0]
    middle = time / 2 + np.roll(time, 1) / 2
    begin, end = index - 1, index.copy()
    for observer in np.unique(samples[:, 3]):
        mine = np.flatnonzero(samples[:, 3] == observer)
        edges = middle[mine, None] + np.array([-1, 1]) * window_ms / 2
        left = np.searchsorted(time[mine], edges[:, 0], "left")
        right = np.searchsorted(time[mine], edges[:, 1], "right") - 1
        begin[mine] = np.minimum(begin[mine], mine[0] + left)
        end[mine] = np.maximum(end[mine], mine[0] + right)
    begin, end = np.maximum(begin, first), np.minimum(end, last)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        distance = np.hypot(*(samples[end, 1:3] - samples[begin, 1:3]).T)
        duration = time[end] - time[begin]
        duration[is_slow] = np.minimum(duration[is_slow], SLOW_INTERVAL_MS)
        # Two samples at the same time and place do not move.
        return np.where(distance == 0, 0, distance / duration)


def _summarize(
    samples: np.ndarray, run: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the runs' events `[m, 5]` and numbers of samples `[m]`."""
    _, first, num_samples = np.unique(
        run, return_index=True, return_counts=True
    )
    onset_ms, _, _, observer = samples[first].T
    end_ms = samples[first + num_samples - 1, 0]
    which = np.repeat(np.arange(len(first)), num_samples)
    with np.errstate(over="ignore"):
        x, y = (
            np.bincount(which, column, len(first)) / num_samples
            for column in samples[:, 1:3].T
        )
    events = [onset_ms, end_ms - onset_ms, x, y, observer]
    return np.stack(events, axis=1), num_samples
