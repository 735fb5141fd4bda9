"""What a source yields: one video with its gaze, before it becomes records."""

import abc
import collections
import dataclasses
import os
from collections.abc import Iterable, Iterator

import av
import numpy as np

from rmdn_tf.data.records import Fixations

ABSENT_VIDEOS = "listed videos that are not on disk"
"""A cause of `Source.left_out`, for datasets that bring a list."""


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
            format, decoding as it goes, so memory does not grow with the
            length.
        original_size: (height, width) in pixels of the raw video.
        frames_per_second: frame rate.
        fixations: `Fixations`, frame counted from the video's first; may hold
            frames past the video's end (the writer counts and leaves them out).
        labels: names of the classes of the video.
        truth: float32 `[num_frames, Ct, 6]` as in `rmdn_tf.data.records.SPEC`,
            or None.
        left_out: what the source left out of the fixations, cause -> count.
        knows_observers: whether `fixations.observer` tells who looked; if not
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
    """One raw dataset on disk. Subclasses are small and picklable.

    Attributes:
        name: the dataset's name, as in `--dataset`.
        citation: whom to cite, and the terms of use.
    """

    name: str
    citation: str

    @abc.abstractmethod
    def entries(self) -> list[VideoEntry]:
        """Walks the raw dataset, sorted by id, without opening a video.

        Raises:
            SourceError: something is missing or malformed.
        """

    def num_frames(self, entry: VideoEntry) -> int:
        """Estimates a video's length without decoding it; balances the shards.

        0 where the video is unreadable: opening it says why. One bad file
        among thousands must not keep the others from being listed.
        """
        return 0

    def files(self, entry: VideoEntry) -> list[str]:
        """Lists the files that decide what is written of a video.

        Its frames, its gaze, the tables that it stands in; those that are
        missing are left out.
        """
        return []

    def settings(self) -> dict:
        """Returns what else decides what is written, as JSON."""
        return {}

    def folds(self) -> dict[str, list[str]]:
        """Returns the test videos of each official split, where several are.

        By the name of the split; all other videos train in it. A dataset with
        one split alone has none: the entries tell it.
        """
        return {}

    @abc.abstractmethod
    def open(self, entry: VideoEntry) -> RawVideo:
        """Opens one video.

        Raises:
            SourceError: the video or its gaze cannot be read.
        """

    def left_out(self) -> collections.Counter:
        """Returns what `entries` passes over, cause -> count; here nothing.

        What belongs to one video goes into `RawVideo.left_out` instead.
        """
        return collections.Counter()


def files_on_disk(paths: Iterable[str]) -> list[str]:
    """Leaves out what is missing; for `Source.files`."""
    return [path for path in paths if os.path.isfile(path)]


def walk(folder: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walks a folder like `os.walk`, but passes over nothing in silence.

    Links to folders are followed.

    Args:
        folder: to begin with.

    Yields:
        A folder, the names of its sub-folders, the names of its files.

    Raises:
        SourceError: a folder cannot be read, or links lead round in a circle.
    """

    def refuse(error: OSError):
        raise SourceError(
            f"Unreadable folder '{error.filename}': {error.strerror}."
        ) from error

    for path, folders, files in os.walk(
        folder, onerror=refuse, followlinks=True
    ):
        parent = os.path.join(os.path.realpath(os.path.dirname(path)), "")
        target = os.path.join(os.path.realpath(path), "")
        if os.path.islink(path) and parent.startswith(target):
            raise SourceError(f"The link '{path}' leads round in a circle.")
        yield path, folders, files
