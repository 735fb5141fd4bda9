"""The record of a shard: its keys, its checks, and its serialization.

A prepared dataset is a directory of TFRecord shards and one
`dataset_info.json`. A record is a run of consecutive frames of one video with
the fixations on them; the records of one video follow each other in one shard,
in time order. Records are written and read by the one `SPEC` below.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

SPEC_VERSION = 1
"""Version of the records and of `dataset_info.json`; a reader refuses any
other."""

SPLITS = ("train", "validation", "test")

MAX_FRAMES_PER_RECORD = 512
"""Bound on the frames of a record, hence on a worker's memory."""

MAX_LABELS = 1000
MAX_TEXT_BYTES = 4096  # Of an id or a label, in UTF-8.


@dataclasses.dataclass(frozen=True)
class Field:
    """One key of a record: its type, and whether it holds a list."""

    dtype: tf.DType
    is_list: bool = False


SPEC = {
    "version": Field(tf.int64),
    "dataset": Field(tf.string),
    "split": Field(tf.string),
    "video_id": Field(tf.string),
    # Where this run of frames lies in the video.
    "first_frame": Field(tf.int64),
    "num_frames": Field(tf.int64),
    "frames_per_second": Field(tf.float32),
    # Size in pixels before and after preparation.
    "original_height": Field(tf.int64),
    "original_width": Field(tf.int64),
    "height": Field(tf.int64),
    "width": Field(tf.int64),
    "labels": Field(tf.string, is_list=True),
    # JPEG bytes, `num_frames` of them.
    "frames": Field(tf.string, is_list=True),
    # Ragged lists, one entry a fixation. `fixation_frame` counts from the
    # first frame of the RECORD; x to the right, y down, in [0, 1].
    "fixation_frame": Field(tf.int64, is_list=True),
    "fixation_x": Field(tf.float32, is_list=True),
    "fixation_y": Field(tf.float32, is_list=True),
    "fixation_observer": Field(tf.int64, is_list=True),
    # The true density, where it is known (demo): [num_frames, Ct, 6] numbers,
    # flattened: probability, loc x, loc y, scale x, scale y, correlation.
    "truth_num_components": Field(tf.int64),
    "truth_mixture": Field(tf.float32, is_list=True),
}


class RecordError(ValueError):
    """A record or a dataset directory that breaks the contract."""


@dataclasses.dataclass(frozen=True)
class Fixations:
    """Gaze points as parallel arrays, one entry a fixation.

    Attributes:
        frame: int64 `[n]`, index of the frame, from 0.
        x: float32 `[n]`, in [0, 1] of the full frame, to the right.
        y: float32 `[n]`, in [0, 1] of the full frame, down.
        observer: int64 `[n]`, who looked.
    """

    frame: np.ndarray
    x: np.ndarray
    y: np.ndarray
    observer: np.ndarray

    def __len__(self) -> int:
        return len(self.frame)

    def between(self, begin: int, end: int) -> "Fixations":
        """Returns the fixations on frames begin..end-1, counted from begin."""
        inside = (self.frame >= begin) & (self.frame < end)
        return Fixations(
            self.frame[inside] - begin,
            self.x[inside],
            self.y[inside],
            self.observer[inside],
        )

    @classmethod
    def empty(cls) -> "Fixations":
        """Returns no fixation at all."""
        return cls.from_rows(np.zeros([0, 4]))

    @classmethod
    def from_rows(cls, rows: np.ndarray) -> "Fixations":
        """Builds from rows (frame, x, y, observer), `[n, 4]`."""
        rows = np.asarray(rows, np.float64).reshape([-1, 4])
        return cls(
            rows[:, 0].astype(np.int64),
            rows[:, 1].astype(np.float32),
            rows[:, 2].astype(np.float32),
            rows[:, 3].astype(np.int64),
        )


@dataclasses.dataclass(frozen=True)
class Record:
    """A run of consecutive frames of one video, ready to be serialized.

    Attributes mirror `SPEC`; `truth` is float32 `[num_frames, Ct, 6]` or None.
    """

    dataset: str
    split: str
    video_id: str
    first_frame: int
    frames_per_second: float
    original_size: tuple[int, int]
    size: tuple[int, int]
    frames: Sequence[bytes]
    fixations: Fixations
    labels: Sequence[str] = ()
    truth: np.ndarray | None = None


def serialize_example(record: Record) -> bytes:
    """Serializes a record to the bytes of a `tf.train.Example`.

    Args:
        record: the `Record`.

    Returns:
        The serialized `tf.train.Example`, inverse of `parse_example`.

    Raises:
        RecordError: the record breaks the contract; names record and key.
    """
    _check_record(record)
    truth = record.truth
    fixations = record.fixations
    values = {
        "version": SPEC_VERSION,
        "dataset": record.dataset,
        "split": record.split,
        "video_id": record.video_id,
        "first_frame": record.first_frame,
        "num_frames": len(record.frames),
        "frames_per_second": record.frames_per_second,
        "original_height": record.original_size[0],
        "original_width": record.original_size[1],
        "height": record.size[0],
        "width": record.size[1],
        "labels": record.labels,
        "frames": record.frames,
        "fixation_frame": fixations.frame,
        "fixation_x": fixations.x,
        "fixation_y": fixations.y,
        "fixation_observer": fixations.observer,
        "truth_num_components": 0 if truth is None else truth.shape[1],
        "truth_mixture": () if truth is None else truth.ravel(),
    }
    features = {
        key: _feature(field, values[key]) for key, field in SPEC.items()
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString(deterministic=True)


def _feature(field: Field, value) -> tf.train.Feature:
    values = value if field.is_list else [value]
    if field.dtype == tf.int64:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    if field.dtype == tf.float32:
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    encoded = [v.encode() if isinstance(v, str) else v for v in values]
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))


def _check_record(record: Record) -> None:
    for key, holds, expected, received in (
        *_rules_of_frames(record),
        *_rules_of_fixations(record),
    ):
        if not holds:
            raise RecordError(
                f"Invalid `{key}` in the record of video "
                f"'{record.video_id}' at frame {record.first_frame}. "
                f"Expected {expected}. Received: {received}."
            )


def _rules_of_frames(record: Record) -> Iterator[tuple]:
    """Yields key, whether its rule holds, expected and received value."""
    num_frames = len(record.frames)
    yield "split", record.split in SPLITS, f"one of {SPLITS}", record.split
    yield "video_id", bool(record.video_id), "a name", record.video_id
    longest = max(len(t.encode()) for t in (record.video_id, *record.labels))
    expected = f"texts of at most {MAX_TEXT_BYTES} bytes"
    yield "video_id, labels", longest <= MAX_TEXT_BYTES, expected, longest
    num_labels = len(record.labels)
    expected = f"at most {MAX_LABELS} labels"
    yield "labels", num_labels <= MAX_LABELS, expected, num_labels
    limit = MAX_FRAMES_PER_RECORD
    expected = f"1 to {limit} frames"
    yield "frames", 1 <= num_frames <= limit, expected, num_frames
    first = record.first_frame
    yield "first_frame", first >= 0, "an index counted from 0", first
    rate = record.frames_per_second
    expected = "a positive number"
    yield "frames_per_second", 0 < rate < float("inf"), expected, rate
    sizes = (*record.original_size, *record.size)
    yield "size", min(sizes) > 0, "positive sizes", sizes
    truth = record.truth
    if truth is not None:
        holds = truth.ndim == 3 and truth.shape[::2] == (num_frames, 6)
        holds = holds and bool(np.all(np.isfinite(truth)))
        expected = f"finite numbers of shape [{num_frames}, Ct, 6]"
        yield "truth_mixture", holds, expected, truth.shape


def _rules_of_fixations(record: Record) -> Iterator[tuple]:
    """Yields the rules of fixations, as `_rules_of_frames` does."""
    num_frames = len(record.frames)
    fixations = record.fixations
    lengths = {len(array) for array in dataclasses.astuple(fixations)}
    yield "fixations", len(lengths) == 1, "lists of one length", lengths
    frame = fixations.frame
    holds = bool(np.all((frame >= 0) & (frame < num_frames)))
    expected = f"frames in [0, {num_frames})"
    yield "fixation_frame", holds, expected, _range(frame)
    coordinates = np.concatenate([fixations.x, fixations.y])
    holds = bool(np.all((coordinates >= 0) & (coordinates <= 1)))
    expected = "coordinates in [0, 1] of the frame"
    yield "fixation_x, fixation_y", holds, expected, _range(coordinates)


def _range(values: np.ndarray) -> str:
    if not len(values):
        return "none"
    return f"from {values.min()} to {values.max()}"
