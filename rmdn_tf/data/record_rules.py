"""The rules of a record: writers refuse broken ones, verification lists them.

`rmdn_tf.data.record_parsing` checks the same rules inside `tf.data`.
"""

from collections.abc import Iterator

import numpy as np

from rmdn_tf.data.records import (
    MAX_FRAMES_PER_RECORD,
    MAX_LABELS,
    MAX_TEXT_BYTES,
    SPLITS,
    Record,
)

# Key, whether its rule holds, expected value, received value.
_Rule = tuple[str, bool, object, object]


def broken_rules(record: Record) -> Iterator[tuple[str, object, object]]:
    """Yields key, expected value and received value of each broken rule."""
    for key, holds, expected, received in (
        *_rules_of_texts(record),
        *_rules_of_frames(record),
        *_rules_of_fixations(record),
    ):
        if not holds:
            yield key, expected, received


def _rules_of_texts(record: Record) -> Iterator[_Rule]:
    yield "split", record.split in SPLITS, f"one of {SPLITS}", record.split
    yield "video_id", bool(record.video_id), "a name", record.video_id
    num_labels = len(record.labels)
    expected = f"at most {MAX_LABELS} labels"
    yield "labels", num_labels <= MAX_LABELS, expected, num_labels
    longest = max(len(t.encode()) for t in (record.video_id, *record.labels))
    expected = f"texts of at most {MAX_TEXT_BYTES} bytes"
    yield "video_id, labels", longest <= MAX_TEXT_BYTES, expected, longest


def _rules_of_frames(record: Record) -> Iterator[_Rule]:
    num_frames = len(record.frames)
    limit = MAX_FRAMES_PER_RECORD
    expected = f"1 to {limit} frames"
    yield "frames", 1 <= num_frames <= limit, expected, num_frames
    first = record.first_frame
    yield "first_frame", first >= 0, "an index counted from 0", first
    rate = record.frames_per_second
    expected = "a positive number"
    yield "frames_per_second", 0 < rate < float("inf"), expected, rate
    times = record.frame_times
    if times is not None:
        holds = times.shape == (num_frames,) and _increase(times)
        expected = f"{num_frames} increasing numbers of seconds, from 0"
        yield "frame_microseconds", holds, expected, _range(times)
    sizes = (*record.original_size, *record.size)
    yield "size", min(sizes) > 0, "positive sizes", sizes
    truth = record.truth
    if truth is not None:
        holds = truth.ndim == 3 and truth.shape[::2] == (num_frames, 6)
        holds = holds and bool(np.all(np.isfinite(truth)))
        expected = f"finite numbers of shape [{num_frames}, Ct, 6]"
        yield "truth_mixture", holds, expected, truth.shape


def _rules_of_fixations(record: Record) -> Iterator[_Rule]:
    num_frames = len(record.frames)
    fixations = record.fixations
    lengths = sorted({len(array) for array in vars(fixations).values()})
    yield "fixation_*", len(lengths) == 1, "lists of one length", lengths
    frame = fixations.frame
    holds = bool(np.all((frame >= 0) & (frame < num_frames)))
    expected = f"frames in [0, {num_frames})"
    yield "fixation_frame", holds, expected, _range(frame)
    for key, values in (("x", fixations.x), ("y", fixations.y)):
        holds = bool(np.all((values >= 0) & (values <= 1)))  # NaN is outside.
        expected = "coordinates in [0, 1] of the frame"
        yield f"fixation_{key}", holds, expected, _range(values)


def _increase(times: np.ndarray) -> bool:
    """Tells whether times begin at 0 or later and increase in microseconds."""
    holds = np.all(np.isfinite(times)) and np.all(times >= 0)
    return bool(holds and np.all(np.diff(np.rint(times * 1e6)) > 0))


def _range(values: np.ndarray) -> str:
    if not len(values):
        return "none"
    return f"from {values.min()} to {values.max()}"
