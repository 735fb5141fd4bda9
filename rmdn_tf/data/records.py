"""The keys of a record in a shard, and their types.

A record holds consecutive frames of one video and the fixations on them. The
records of one video follow each other in one shard, in time order.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Flags and their help need no NumPy.
    import numpy as np

# Version of the records and of `dataset_info.json`; readers refuse any other.
SPEC_VERSION = 1

SPLITS = ("train", "validation", "test")

MAX_FRAMES_PER_RECORD = 512  # Bounds the memory of a worker.

MAX_LABELS = 1000
MAX_TEXT_BYTES = 4096  # Limit of an id or a label, in UTF-8.


@dataclasses.dataclass(frozen=True)
class Field:
    """The type of a value in a record: "int64", "float32" or "string".

    A list may have any length. An empty list that is optional is not stored.
    """

    dtype: str
    is_list: bool = False
    is_optional: bool = False


SPEC = {
    "version": Field("int64"),
    "dataset": Field("string"),
    "split": Field("string"),
    "video_id": Field("string"),
    # Index in the video, from 0.
    "first_frame": Field("int64"),
    "num_frames": Field("int64"),
    "frames_per_second": Field("float32"),
    # Microseconds from the first frame of the VIDEO to each frame; empty if the
    # frame rate is constant. If it varies, `frames_per_second` is the average.
    "frame_microseconds": Field("int64", is_list=True, is_optional=True),
    # Size in pixels, before preparation and as stored.
    "original_height": Field("int64"),
    "original_width": Field("int64"),
    "height": Field("int64"),
    "width": Field("int64"),
    "labels": Field("string", is_list=True),
    # One JPEG for each frame.
    "frames": Field("string", is_list=True),
    # One entry for each fixation. `fixation_frame` counts from the first frame
    # of the RECORD; x to the right, y down, both in [0, 1].
    "fixation_frame": Field("int64", is_list=True),
    "fixation_x": Field("float32", is_list=True),
    "fixation_y": Field("float32", is_list=True),
    "fixation_observer": Field("int64", is_list=True),
    # The true density if it is known (demo): [num_frames, Ct, 6], flattened;
    # probability, loc x, loc y, scale x, scale y, correlation.
    "truth_num_components": Field("int64"),
    "truth_mixture": Field("float32", is_list=True),
}


class RecordError(ValueError):
    """A record or a prepared dataset is invalid."""


@dataclasses.dataclass(frozen=True)
class Fixations:
    """Gaze points as parallel arrays, one entry for each fixation.

    Attributes:
        frame: int64 `[n]`, index of the frame, from 0.
        x: float32 `[n]`, in [0, 1] of the whole frame, to the right.
        y: float32 `[n]`, in [0, 1] of the whole frame, down.
        observer: int64 `[n]`, number of the observer.
    """

    frame: "np.ndarray"
    x: "np.ndarray"
    y: "np.ndarray"
    observer: "np.ndarray"

    def __len__(self) -> int:
        return len(self.frame)

    def between(self, begin: int, end: int) -> "Fixations":
        """Selects the fixations on a range of frames.

        Args:
            begin: first frame.
            end: frame after the last one.

        Returns:
            The fixations on frames begin, ..., end - 1, whose frames count from
            `begin`.
        """
        inside = (self.frame >= begin) & (self.frame < end)
        return Fixations(
            self.frame[inside] - begin,
            self.x[inside],
            self.y[inside],
            self.observer[inside],
        )

    @classmethod
    def empty(cls) -> "Fixations":
        """Returns no fixations: arrays of length 0."""
        import numpy as np

        return cls.from_rows(np.zeros([0, 4]))

    @classmethod
    def from_rows(cls, rows: "np.ndarray") -> "Fixations":
        """Makes fixations from a table.

        Args:
            rows: float `[n, 4]`: frame, x, y and observer.

        Returns:
            The fixations, in the order of the rows.
        """
        import numpy as np

        rows = np.asarray(rows, np.float64).reshape([-1, 4])
        return cls(
            rows[:, 0].astype(np.int64),
            rows[:, 1].astype(np.float32),
            rows[:, 2].astype(np.float32),
            rows[:, 3].astype(np.int64),
        )


@dataclasses.dataclass(frozen=True)
class Record:
    """Consecutive frames of one video with their fixations, for a shard.

    Attributes:
        dataset: name of the dataset.
        split: "train", "validation" or "test".
        video_id: name of the video, unique in the dataset.
        first_frame: index in the video of the first of these frames.
        frames_per_second: rate of the stored frames; the average if it varies.
        original_size: (height, width) in pixels, before preparation.
        size: (height, width) in pixels, as stored.
        frames: a JPEG for each frame; at most `MAX_FRAMES_PER_RECORD`.
        fixations: on these frames, which count from 0.
        labels: names of the video's classes.
        truth: float32 `[num_frames, Ct, 6]`, the true density as `SPEC`
            describes it; None if unknown.
        frame_times: float64 `[num_frames]`, seconds from the first frame of the
            video; None if the frame rate is constant.
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
    truth: "np.ndarray | None" = None
    frame_times: "np.ndarray | None" = None
