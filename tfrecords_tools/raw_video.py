"""The interface of a raw dataset: lists its videos and opens each one."""

import abc
import collections
import dataclasses
from collections.abc import Iterator, Sequence

import av
import numpy as np

from rmdn_tf.data.records import Fixations


class SourceError(ValueError):
    """Raw data cannot be prepared; the message names file and cause."""


@dataclasses.dataclass(frozen=True, slots=True)
class VideoEntry:
    """A video of a source, not yet opened.

    Attributes:
        video_id: unique in the dataset.
        split: "train", "validation" or "test".
        cut_from: name of the video that this shot was cut from; empty if the
            dataset is not cut into shots.
    """

    video_id: str
    split: str
    cut_from: str = ""


@dataclasses.dataclass(frozen=True)
class RawVideo:
    """An opened video.

    Attributes:
        frames: the recorded frames, decoded one by one, in any pixel format.
        original_size: (height, width) in pixels.
        frames_per_second: frame rate; the average of a varying one.
        fixations: may lie past the video's end; the writer of shards then
            counts them and leaves them out.
        labels: names of the video's classes.
        truth: the true density of gaze, float32 `[num_frames, Ct, 6]` as in
            `rmdn_tf.data.records.SPEC`, or None.
        left_out: cause -> number of items that the source left out.
        frame_times: when each frame appears, float64 `[num_frames]`, seconds
            from the first frame; None where the rate is constant.
        frame_seconds: how long each frame is on display, float64
            `[num_frames]`, seconds; None where the rate is constant.
        pixel_aspect: as in `frames.facts.VideoFacts`.
        knows_observers: whether `fixations.observer` identifies a person; if
            not, it only numbers the points of one frame.
        is_picture: as in `frames.facts.VideoFacts`.
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
    frame_times: np.ndarray | None = None
    frame_seconds: np.ndarray | None = None
    pixel_aspect: float = 1.0
    knows_observers: bool = True
    is_picture: bool = False


class Source(abc.ABC):
    """A raw dataset. Subclasses are small and can be pickled.

    Attributes:
        name: the name that `--dataset` takes.
        citation: whom to cite, and the terms of use.
    """

    name: str
    citation: str

    @abc.abstractmethod
    def entries(self) -> list[VideoEntry]:
        """Lists the videos without opening them.

        Returns:
            The videos, sorted by id.

        Raises:
            SourceError: a file is missing or malformed.
        """

    def num_frames(self, entry: VideoEntry) -> int:
        """Estimates a video's length without decoding it, to balance shards.

        Args:
            entry: a video of `entries`.

        Returns:
            The number of frames; 0 for an unreadable video, for which `open`
            raises.
        """
        return 0

    def measured_file(self, entry: VideoEntry) -> str | None:
        """Names the file on whose content alone `num_frames` depends.

        Args:
            entry: a video of `entries`.

        Returns:
            One of `files`, which `num_frames` opens; None if it opens none, so
            that it is quick.
        """
        return None

    def files(self, entry: VideoEntry) -> list[str]:
        """Lists the existing files of a video.

        Args:
            entry: a video of `entries`.

        Returns:
            Paths of frames, gaze and tables.
        """
        return []

    def settings(self) -> dict:
        """Returns the arguments that the records depend on, as JSON."""
        return {}

    def has_gaze(self) -> bool:
        """Tells whether the raw data hold gaze of any video.

        Returns:
            True if a dataset without fixations is an error.
        """
        return False

    def splits_from(self) -> str:
        """Names the table of splits that the user gave.

        Returns:
            Path of the table; "" for the dataset's own split.
        """
        return ""

    def folds(self) -> dict[str, list[str]]:
        """Returns name -> test videos, if there are several official splits."""
        return {}

    @abc.abstractmethod
    def open(self, entry: VideoEntry) -> RawVideo:
        """Opens a video.

        Args:
            entry: a video of `entries`.

        Returns:
            The video, with frames that are decoded one by one.

        Raises:
            SourceError: the video or its gaze is unreadable.
        """

    def check(self) -> None:  # noqa: B027 - most sources have fixed units.
        """Checks the units of gaze, with the facts of a few videos.

        Raises:
            SourceError: the gaze cannot be in the expected units.
        """

    def summary(self) -> str:
        """Describes how the format of the gaze was understood, for a person.

        Returns:
            Lines of text; "" if the format is that of a known dataset.
        """
        return ""

    def gaze_picture(self, entries: Sequence[VideoEntry]) -> bytes | None:
        """Draws gaze over a frame of one of the videos, for a person.

        Args:
            entries: the videos to choose from.

        Returns:
            A PNG; None if the format of the gaze leaves no doubt.
        """
        return None

    def left_out(self) -> collections.Counter:
        """Counts what `entries` leaves out.

        Returns:
            Cause -> number of items.
        """
        return collections.Counter()
