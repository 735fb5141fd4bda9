"""Video file -> frames, RGB at the wanted size; its size, rate and length."""

import collections
import contextlib
import fractions
import itertools
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import av
import numpy as np

from rmdn_tf.data.records import Fixations
from rmdn_tf.video.clock import GAP_SECONDS
from rmdn_tf.video.decoding import (
    FrameScaler,
    VideoError,
    decode_upright,
    open_stream,
    packets_of,
    quarter_turns,
)
from tfrecords_tools.raw_video import RawVideo, SourceError

NEVER_ROTATED = ("avi", "mpeg", "mpegts")
"""Containers that cannot say that their frames are stored lying."""

VARYING_RATE = "videos of varying frame rate, taken as constant"


class VideoFacts(NamedTuple):
    """What `probe` finds out about a video file.

    Attributes:
        height: in pixels.
        width: in pixels.
        frames_per_second: average frame rate.
        num_frames: number of packets of the video stream, one a frame.
        has_varying_rate: whether a frame is shown more than a frame before or
            after the time that the average rate gives it. Such a video is
            taken to be of constant rate all the same, so what was looked at
            then may be written to a neighbour of the frame.
    """

    height: int
    width: int
    frames_per_second: float
    num_frames: int
    has_varying_rate: bool = False


class Scaler(FrameScaler):
    """`decoding.FrameScaler`, whose errors are those of a source."""

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        with _source_errors():
            return super().__call__(frame)


def probe(path: str | os.PathLike) -> VideoFacts:
    """Reads size, frame rate and length of a video without decoding it whole.

    Args:
        path: a video file.

    Returns:
        The `VideoFacts`.

    Raises:
        SourceError: the file is missing, unreadable, empty or cut short.
    """
    with _open(path) as (container, stream):
        num_announced = stream.frames  # 0 where the format has no count.
        packets = _times_of_packets(container, stream)
        rate = stream.average_rate or stream.guessed_rate or 0
        size = stream.height, stream.width
        time_base = stream.time_base or 0
        frames_per_tick = time_base * rate
        may_be_rotated = container.format.name not in NEVER_ROTATED
    if not packets:
        raise SourceError(f"Empty video '{path}': it holds no frame.")
    if rate <= 0 or min(size) < 1:
        raise SourceError(
            f"Unreadable video '{path}': size {size[1]}x{size[0]}, "
            f"frame rate {rate}."
        )
    shown, decoded = zip(*packets, strict=True)
    num_held = _num_frames_and_gaps(decoded, frames_per_tick)
    steady_ticks = _steady_ticks(decoded, time_base)
    if steady_ticks and frames_per_tick != 1:
        rate = 1 / (steady_ticks * time_base)
    if num_held < num_announced:
        # A trimmed MP4 holds frames that its edit list leaves out.
        with _open(path, ignore_editlist="1") as (container, stream):
            num_held = len(_times_of_packets(container, stream))
    if num_held < num_announced:
        raise SourceError(
            f"Truncated video '{path}': its header announces {num_announced} "
            f"frames, the file holds {num_held}. Fetch the file again, or "
            "copy what is left into a new container."
        )
    is_varying = steady_ticks is not None or _has_varying_rate(
        shown, frames_per_tick
    )
    if may_be_rotated and _lies(path):
        size = size[::-1]
    return VideoFacts(*size, float(rate), len(packets), is_varying)


def _lies(path: str | os.PathLike) -> bool:
    """Tells whether frames are stored turned to the side."""
    with _open(path) as (container, stream):
        for frame in container.decode(stream):
            return quarter_turns(frame) % 2 == 1
    raise SourceError(f"Empty video '{path}': no frame could be decoded.")


def _times_of_packets(container, stream) -> list[tuple[int | None, int | None]]:
    """Returns when each packet, one a frame, is shown and decoded."""
    # The demuxer ends with one packet without data, which holds no frame; what
    # is marked to be discarded is decoded, but not shown.
    return [
        (packet.pts, packet.dts)
        for packet in packets_of(container, stream)
        if not packet.is_discard and (packet.dts is not None or packet.size)
    ]


def _num_frames_and_gaps(
    decoded: Sequence[int | None], frames_per_tick: fractions.Fraction
) -> int:
    """Counts frames as the header of an AVI does.

    There a frame that repeats the one before it may be empty, and is no packet,
    but counts. The ticks of its clock are frames, so they tell how many.
    """
    if frames_per_tick != 1 or None in decoded:
        return len(decoded)
    return max(len(decoded), decoded[-1] - decoded[0] + 1)


def _steady_ticks(
    decoded: Sequence[int | None], time_base: fractions.Fraction
) -> fractions.Fraction | None:
    """Returns the mean step of a video whose clock jumps; else None.

    The average rate that FFmpeg gives counts a jump as if a frame had been
    shown for so long; see `rmdn_tf.video.clock`.
    """
    known = [tick for tick in decoded if tick is not None]
    steps = [after - before for before, after in itertools.pairwise(known)]
    steady = [step for step in steps if 0 <= step * time_base <= GAP_SECONDS]
    if len(steady) == len(steps) or not any(steady):
        return None
    return fractions.Fraction(sum(steady), len(steady))


def _has_varying_rate(
    shown: Sequence[int | None], frames_per_tick: fractions.Fraction
) -> bool:
    """Compares the frames' times with equal steps; see `VideoFacts`.

    Some files hold no times: their rate is constant by definition.
    """
    if not frames_per_tick or None in shown:
        return False
    ticks = np.sort(np.array(shown, np.float64))
    frame_time = (ticks - ticks[0]) * float(frames_per_tick)
    # A frame is the tolerance; the rest is that of floating point.
    late = np.abs(frame_time - np.arange(len(frame_time)))
    return bool(np.any(late > 1 + 1e-6))


def estimated_length(path: str | os.PathLike) -> int:
    """Returns the number of frames; 0 if unreadable: opening it says why.

    For `Source.num_frames`.
    """
    try:
        return probe(path).num_frames
    except SourceError:
        return 0


def open_video(
    path: str | os.PathLike,
    facts: VideoFacts,
    fixations: Fixations,
    left_out: collections.Counter,
    labels: tuple[str, ...] = (),
) -> RawVideo:
    """Opens a video file, with what is known about it.

    Args:
        path: a video file.
        facts: what `probe` says of it.
        fixations: what was looked at.
        left_out: what was left out of the fixations, cause -> count.
        labels: names of the classes of the video.

    Returns:
        The `RawVideo`, whose `left_out` counts a varying rate, too.
    """
    varying = collections.Counter({VARYING_RATE: int(facts.has_varying_rate)})
    return RawVideo(
        frames=read_frames(path),
        original_size=(facts.height, facts.width),
        frames_per_second=facts.frames_per_second,
        fixations=fixations,
        labels=labels,
        left_out=left_out + varying,
    )


def read_frames(path: str | os.PathLike) -> Iterator[av.VideoFrame]:
    """`rmdn_tf.video.decoding.decode_upright`, with the errors of a source."""
    with _source_errors():
        yield from decode_upright(path)


@contextlib.contextmanager
def _open(path: str | os.PathLike, **options: str):
    """Opens the first video stream, for its packets."""
    # The videos are decoded in parallel, one a process: measured, more
    # threads in each gain nothing and cost a frame buffer a thread.
    with (
        _source_errors(),
        open_stream(path, options=options) as opened,
    ):
        yield opened


@contextlib.contextmanager
def _source_errors():
    try:
        yield
    except VideoError as error:
        raise SourceError(str(error)) from error
