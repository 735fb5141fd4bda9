"""A distorted video that is read beside its reference."""

import contextlib
import dataclasses
import os
import warnings
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from rmdn_tf.applications.quality.alignment import Alignment
from rmdn_tf.applications.quality.luma import Luma, luma_of, same_colours
from rmdn_tf.applications.quality.matching import (
    Matcher,
    check_times,
    tolerance_of,
)
from rmdn_tf.applications.quality.scores import (
    MISSING,
    FrameScores,
    score_frame,
)
from rmdn_tf.applications.quality.sizes import require_size
from rmdn_tf.applications.quality.video_scores import VideoScores
from rmdn_tf.commands.wording import counted
from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.read_ahead import read_ahead
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.span import WHOLE, Span

# Frames of a distorted video that wait, and their memory.
AHEAD, AHEAD_BYTES = 8, 2**26

# Seconds that are read before and after the compared part of a video.
MARGIN_SECONDS = 1.0

# Shapes of a video and its smaller copies may differ by this factor, since
# sides are whole numbers of pixels or blocks.
MOST_STRETCH = 1.02


class ComparedVideo:
    """Takes the frames of a reference, and scores its own frames against them.

    Use `compared_video`.

    Args:
        name: name of the video in messages.
        frames: its frames.
        num_frames: their number.
        offset: see `rmdn_tf.applications.quality.comparison.compare`.
    """

    def __init__(
        self,
        name: str,
        frames: Matcher[Luma],
        num_frames: int,
        offset: float | None,
    ):
        self._name = name
        self._frames = frames
        self._num_frames = num_frames
        self._offset = offset
        self._alignment: Alignment | None = Alignment()
        self._times: list[float] = []
        self._scores: list[FrameScores] = []
        self._bits = 8

    def add(self, time: float, reference: Luma, weights: np.ndarray) -> None:
        """Scores the frame at the time of a reference's frame.

        Args:
            time: when the reference's frame is shown, in seconds.
            reference: its luma.
            weights: `[H, W]`, of `attention_weights`.

        Raises:
            ValueError: the video is damaged, or the frame has another size, or
                the frames are shifted.
        """
        luma = self._frames.at(time)
        levels = None if luma is None else luma.on_scale_of(reference)
        self._times.append(time)
        self._bits = reference.bits
        if levels is None:
            self._scores.append(MISSING)
        else:
            require_size(self._name, levels.shape, reference.levels.shape)
            self._scores.append(score_frame(reference, levels, weights))
        if self._alignment is not None:
            self._alignment.add(reference.levels, levels)
            self._check_shift()

    def finish(self) -> VideoScores:
        """Returns the scores of all frames.

        Raises:
            ValueError: the frames are shifted.
        """
        if self._alignment is not None:
            self._alignment.finish()
            self._check_shift()
        scores = VideoScores(
            self._name,
            np.array(self._times),
            np.array(self._scores, np.float64),
            self._bits,
        )
        if not scores.is_matched.any():
            raise VideoError(f"No frame of '{self._name}' could be compared.")
        num_unused = max(0, self._num_frames - int(scores.is_matched.sum()))
        return dataclasses.replace(scores, num_unused=num_unused)

    def _check_shift(self) -> None:
        shift = self._alignment and self._alignment.shift
        if not shift:
            return
        self._alignment = None  # Once is enough.
        period = float(np.median(np.diff(self._times)))
        offset = (self._offset or 0.0) + shift * period
        order = "later" if shift > 0 else "earlier"
        text = (
            f"Invalid video '{self._name}'. Expected the frames of the "
            f"reference at the same times. Received: up to "
            f"{self._times[-1]:.2f} seconds, each frame shows what the "
            f"reference shows {counted(abs(shift), 'frame')} {order}. If this "
            f"is so from the first frame, give --offset {offset:.6g}. If a "
            "frame was lost later, encode anew with the times of the reference."
        )
        if self._offset is None:
            raise VideoError(f"{text} --offset 0 compares it as it is.")
        warnings.warn(text, stacklevel=2)


@contextlib.contextmanager
def compared_video(
    path: str | os.PathLike,
    first_frame: av.VideoFrame,
    pixel_aspect: Fraction,
    reference_times: np.ndarray,
    *,
    is_whole: bool,
    scale: bool,
    offset: float | None,
) -> Iterator[ComparedVideo]:
    """Opens a distorted video that fits its reference; a context.

    Args:
        path: path of the video.
        first_frame: the reference's.
        pixel_aspect: width / height of its pixels as shown.
        reference_times: float `[n]`, when its frames are shown, in seconds.
        is_whole: whether these are all frames of the reference. Otherwise only
            the same part of the video is read.
        scale: resize the frames to the size of the reference.
        offset: see `rmdn_tf.applications.quality.comparison.compare`.

    Yields:
        The video. A thread reads its frames.

    Raises:
        ValueError: the video is invalid, or does not fit the reference.
    """
    size = first_frame.height, first_frame.width
    delay = offset or 0.0
    begin, end = reference_times[[0, -1]]
    span = WHOLE
    if not is_whole:
        span = Span(
            begin - delay - MARGIN_SECONDS, end - delay + MARGIN_SECONDS
        )
    with VideoReader(path, span=span) as reader:
        times = frame_times(reader) + delay
        check_times(reference_times, times, reader.name)
        _check_frame(reader, first_frame, size, scale)
        if scale:
            _require_shape(reader, first_frame, pixel_aspect)
        tolerance = tolerance_of(reference_times, times)
        if not is_whole:
            is_in_part = (times >= begin - tolerance) & (
                times <= end + tolerance
            )
            times = times[is_in_part]
        lumas = (
            (frame.time + delay, luma_of(frame, size if scale else None))
            for frame in reader
        )
        frames = read_ahead(
            lumas, AHEAD, AHEAD_BYTES, lambda item: item[1].levels.nbytes
        )
        with contextlib.closing(frames):
            matcher = Matcher(frames, tolerance)
            yield ComparedVideo(reader.name, matcher, len(times), offset)
        _report_damage(reader)


def _report_damage(reader: VideoReader) -> None:
    if reader.num_damaged:
        warnings.warn(
            f"Damaged video '{reader.name}': {reader.num_damaged} frames are "
            "incomplete. They are compared as a player shows them.",
            stacklevel=2,
        )


def frame_times(reader: VideoReader) -> np.ndarray:
    """Reads when each frame of a file is shown, seconds, float64 `[n]`.

    Args:
        reader: of the file.

    Raises:
        VideoError: the source is not one file with frames.
    """
    times = reader.frame_times()
    if times is None:
        raise VideoError(
            f"Invalid video '{reader.name}'. Expected one file, which can be "
            "read twice. Received: another source."
        )
    if not len(times):
        raise VideoError(
            f"Invalid part of '{reader.name}'. Expected a part with frames. "
            "Received: a part without any."
        )
    return times


def _check_frame(
    reader: VideoReader,
    reference: av.VideoFrame,
    size: tuple[int, int],
    scale: bool,
) -> None:
    frame = reader.first_frame
    if frame is None:
        return
    if not scale:
        require_size(reader.name, (frame.height, frame.width), size)
    if not same_colours(frame, reference):
        raise VideoError(
            f"Invalid video '{reader.name}'. Expected the colours of the "
            f"reference, {reference.format.name} with the colour space "
            f"{reference.colorspace}. Received: {frame.format.name} with "
            f"{frame.colorspace}: the same brightness has another luma there. "
            "Convert one of them."
        )


def _require_shape(
    reader: VideoReader, reference: av.VideoFrame, pixel_aspect: Fraction
) -> None:
    """Refuses a picture that was cut, turned or given bars."""
    frame = reader.first_frame
    if frame is None:
        return
    stored = Fraction(frame.width * reference.height, frame.height)
    stretch = stored / reference.width
    shown = stretch * reader.pixel_aspect / pixel_aspect
    # A video may have lost the shape of its pixels.
    if not any(
        1 / MOST_STRETCH <= one <= MOST_STRETCH for one in (stretch, shown)
    ):
        raise VideoError(
            f"Invalid video '{reader.name}'. Expected the shape of the "
            f"reference, {reference.width}x{reference.height}. Received: "
            f"{frame.width}x{frame.height}, which was cut, turned or has bars. "
            "--scale only resizes."
        )
