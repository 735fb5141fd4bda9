"""The interface of a raw dataset: it lists its videos and opens each one."""

import abc
import collections
import dataclasses
from collections.abc import Iterator

import av
import numpy as np

from rmdn_tf.data.records import Fixations


class SourceError(ValueError):
    """Raw data that cannot be prepared; the message names file and cause."""


@dataclasses.dataclass(frozen=True)
class VideoEntry:
    """A video that a source has found, cheap to send to a worker process.

    Attributes:
        video_id: unique in the dataset.
        split: "train", "validation" or "test".
        cut_from: name of the video that this is a shot of; empty where the
            dataset is not cut into shots.
    """

    video_id: str
    split: str
    cut_from: str = ""


@dataclasses.dataclass(frozen=True)
class RawVideo:
    """One video, opened.

    Attributes:
        frames: yields the frames as they were recorded, of any size and pixel
            format. Frames are decoded one by one, so memory does not grow with
            the length.
        original_size: (height, width) in pixels of the raw video.
        frames_per_second: frame rate.
        fixations: `Fixations`, frames counted from the first one; may lie past
            the video's end (the writer counts those and leaves them out).
        labels: names of the classes of the video.
        truth: float32 `[num_frames, Ct, 6]` as in `rmdn_tf.data.records.SPEC`,
            or None.
        left_out: number of items that the source left out, by cause.
        knows_observers: whether `fixations.observer` tells who looked; if not,
            it only tells the points of one frame apart.
    """

    frames: Iterator[av.VideoFrame]
    original_size: tuple[int, int]
    frames_per_second: float
    fixations: Fixations
    labels: tuple[str, ...] = ()
    truth: np.ndarray | None = None
    left_out: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    knows_observers: bool = True


class Source(abc.ABC):
    """One raw dataset. Subclasses are small and can be pickled.

    Attributes:
        name: the dataset's name, as in `--dataset`.
        citation: whom to cite, and the terms of use.
    """

    name: str
    citation: str

    @abc.abstractmethod
    def entries(self) -> list[VideoEntry]:
        """Lists the videos by id, without opening one.

        Raises:
            SourceError: something is missing or malformed.
        """

    def num_frames(self, entry: VideoEntry) -> int:
        """Estimates a video's length without decoding it, to balance shards.

        Returns 0 for an unreadable video, so that the others can be listed;
        `open` names the cause.
        """
        return 0

    def files(self, entry: VideoEntry) -> list[str]:
        """Lists the existing files that decide what is written of a video.

        These are its frames, its gaze and the tables that name it.
        """
        return []

    def settings(self) -> dict:
        """Returns the arguments that decide what is written, as JSON."""
        return {}

    def folds(self) -> dict[str, list[str]]:
        """Returns name -> test videos of each official split, if several.

        All other videos train in that split.
        """
        return {}

    @abc.abstractmethod
    def open(self, entry: VideoEntry) -> RawVideo:
        """Opens one video.

        Raises:
            SourceError: the video or its gaze cannot be read.
        """

    def left_out(self) -> collections.Counter:
        """Counts by cause what `entries` leaves out.

        `RawVideo.left_out` counts what belongs to one video.
        """
        return collections.Counter()
