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
from tfrecords_tools.raw_video import RawVideo, SourceError

BETWEEN_FRAMES = "fixations on frames that resampling leaves out"


@dataclasses.dataclass(frozen=True)
class Resampling:
    """Maps new frames to old ones; the rates are frames per second."""

    old_rate: float
    new_rate: float

    def source_of(self, frame: int | np.ndarray) -> int | np.ndarray:
        """Returns the index of the old frame that a new frame copies."""
        # Multiplying first is exact for whole rates: floor is then right.
        begin = np.asarray(frame) * self.old_rate / self.new_rate
        return np.floor(begin).astype(np.int64)

    def length(self, num_frames: int) -> int:
        """Returns the number of new frames for `num_frames` old ones."""
        # The quotient may be wrong by a frame; `source_of` decides.
        length = int(num_frames * (self.new_rate / self.old_rate)) + 2
        while length > 0 and self.source_of(length - 1) >= num_frames:
            length -= 1
        return length


def resample(raw: RawVideo, frames_per_second: float) -> RawVideo:
    """Changes a video's frame rate; consumes the frames of `raw`.

    Raises:
        SourceError: old frames are more than `GAP_SECONDS` apart, so nearly
            all new frames would be copies.
    """
    if raw.frames_per_second * GAP_SECONDS < 1:
        raise SourceError(
            "Invalid frame rate. Expected a frame every "
            f"{GAP_SECONDS} seconds or more often, to write "
            f"{frames_per_second:g} a second. Received: one every "
            f"{1 / raw.frames_per_second:.0f} seconds."
        )
    resampling = Resampling(raw.frames_per_second, frames_per_second)
    fixations, num_lost = _resample_fixations(raw.fixations, resampling)
    truth = raw.truth
    if truth is not None:
        shown = np.arange(resampling.length(len(truth)))
        truth = truth[resampling.source_of(shown)]
    return dataclasses.replace(
        raw,
        frames=_resample_frames(raw.frames, resampling),
        frames_per_second=frames_per_second,
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
