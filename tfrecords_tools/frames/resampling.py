"""A video at one frame rate -> the same video at another.

A new frame is a copy of the old frame, with its fixations, that is on display
when the new frame begins. A lower rate leaves out frames with their fixations,
which are counted. A higher rate repeats both.
"""

import collections
import dataclasses
from collections.abc import Iterator

import av
import numpy as np

from rmdn_tf.data.records import Fixations
from rmdn_tf.video.clock import GAP_SECONDS
from rmdn_tf.video.frame_selection import FrameSelection
from tfrecords_tools.raw_video import RawVideo, SourceError

BETWEEN_FRAMES = "fixations on frames that resampling leaves out"


@dataclasses.dataclass(frozen=True, eq=False)
class Resampling:
    """Maps new frames to old ones.

    Attributes:
        old_rate: frames per second; the average if the rate varies.
        new_rate: frames per second.
        num_timed: number of old frames with times of their own; later frames
            have the old rate.
        sources: the old frame of each new frame, for timed old frames, int64
            `[m]`.
    """

    old_rate: float
    new_rate: float
    num_timed: int = 0
    sources: np.ndarray = dataclasses.field(
        default_factory=lambda: np.zeros([0], np.int64)
    )

    @classmethod
    def of(cls, raw: RawVideo, new_rate: float) -> "Resampling":
        """Makes the mapping for a video."""
        old_rate, times = raw.frames_per_second, raw.frame_times
        if times is None or raw.frame_seconds is None:
            return cls(old_rate, new_rate)
        counts = _times_shown(times, raw.frame_seconds, new_rate)
        sources = np.repeat(np.arange(len(times)), counts)
        return cls(old_rate, new_rate, len(times), sources)

    def source_of(self, frame: int | np.ndarray) -> int | np.ndarray:
        """Returns the index of the old frame that a new frame copies."""
        after = np.asarray(frame) - len(self.sources)
        # Multiplying first is exact for whole rates: floor is then right.
        begin = after * self.old_rate / self.new_rate
        source = self.num_timed + np.floor(begin).astype(np.int64)
        if not self.num_timed:
            return source
        timed = np.take(self.sources, frame, mode="clip")
        return np.where(after < 0, timed, source)

    def length(self, num_frames: int) -> int:
        """Returns the number of new frames for `num_frames` old ones."""
        after = num_frames - self.num_timed
        if after < 0:
            return int(np.searchsorted(self.sources, num_frames))
        # The quotient may be wrong by a frame; `source_of` decides.
        length = int(after * (self.new_rate / self.old_rate)) + 2
        length += len(self.sources)
        while length > 0 and self.source_of(length - 1) >= num_frames:
            length -= 1
        return length


def _times_shown(
    times: np.ndarray, seconds: np.ndarray, new_rate: float
) -> list[int]:
    """Returns how often each old frame is shown, by the rule of predictions."""
    counts = []
    before = times[0]
    selection = FrameSelection(new_rate)
    for time, duration in zip(times, seconds, strict=True):
        if time - before > GAP_SECONDS:  # Another recording begins.
            selection = FrameSelection(new_rate)
        counts.append(selection(time, duration))
        before = time
    return counts


def resample(raw: RawVideo, frames_per_second: float) -> RawVideo:
    """Changes a video's frame rate; consumes the frames of `raw`.

    A picture stays one frame.

    Raises:
        SourceError: old frames are more than `GAP_SECONDS` apart, so nearly
            all new frames would be copies.
    """
    if raw.is_picture:
        return dataclasses.replace(raw, frames_per_second=frames_per_second)
    if raw.frames_per_second * GAP_SECONDS < 1:
        raise SourceError(
            "Invalid frame rate. Expected a frame every "
            f"{GAP_SECONDS} seconds or more often, to write "
            f"{frames_per_second:g} a second. Received: one every "
            f"{1 / raw.frames_per_second:.0f} seconds."
        )
    resampling = Resampling.of(raw, frames_per_second)
    fixations, num_lost = _resample_fixations(raw.fixations, resampling)
    truth = raw.truth
    if truth is not None:
        shown = np.arange(resampling.length(len(truth)))
        truth = truth[resampling.source_of(shown)]
    return dataclasses.replace(
        raw,
        frames=_resample_frames(raw.frames, resampling),
        frames_per_second=frames_per_second,
        frame_times=None,
        frame_seconds=None,
        fixations=fixations,
        truth=truth,
        left_out=+(
            raw.left_out + collections.Counter({BETWEEN_FRAMES: num_lost})
        ),
    )


def _resample_frames(
    frames: Iterator[av.VideoFrame], resampling: Resampling
) -> Iterator[av.VideoFrame]:
    new = 0
    for old, frame in enumerate(frames):
        while resampling.source_of(new) == old:
            yield frame
            new += 1


def _resample_fixations(
    fixations: Fixations, resampling: Resampling
) -> tuple[Fixations, int]:
    """Returns the fixations on new frames, and the number left out."""
    if not len(fixations):
        return fixations, 0
    num_old = int(fixations.frame.max()) + 1
    shown = resampling.source_of(np.arange(resampling.length(num_old)))
    first = np.searchsorted(shown, fixations.frame, "left")
    num_copies = np.searchsorted(shown, fixations.frame, "right") - first
    row = np.repeat(np.arange(len(fixations)), num_copies)
    begin = np.cumsum(num_copies) - num_copies
    frame = first[row] + np.arange(len(row)) - begin[row]
    order = np.argsort(frame, kind="stable")
    row = row[order]
    resampled = Fixations(
        frame[order].astype(np.int64),
        fixations.x[row],
        fixations.y[row],
        fixations.observer[row],
    )
    return resampled, int(np.sum(num_copies == 0))
