"""The record of a shard: its keys and their types.

A prepared dataset is a directory of TFRecord shards and one
`dataset_info.json`. A record is a run of consecutive frames of one video with
the fixations on them; the records of one video follow each other in one shard,
in time order. `rmdn_tf.data.record_writing` and `rmdn_tf.data.record_parsing`
write and read records by the one `SPEC` below.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

SPEC_VERSION = 1
"""Version of the records and of `dataset_info.json`; a reader refuses any
other."""

SPLITS = ("train", "validation", "test")

MAX_FRAMES_PER_RECORD = 512
"""Most frames of a record; bounds the memory of a worker."""

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
    """A record or a prepared dataset is invalid."""


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
        """Makes fixations without an entry."""
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
