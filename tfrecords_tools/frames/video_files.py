"""A video file -> its frames, and its size, rate and length."""

import contextlib
import fractions
import itertools
import os
from collections.abc import Iterator, Sequence

import av
import numpy as np

from rmdn_tf.video.clock import GAP_SECONDS
from rmdn_tf.video.decoding import (
    FrameScaler,
    VideoError,
    decode_upright,
    open_stream,
    packets_of,
)
from rmdn_tf.video.upright import quarter_turns
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.raw_video import SourceError

# Containers that cannot store a rotation for the player.
NEVER_ROTATED = ("avi", "mpeg", "mpegts")


class Scaler(FrameScaler):
    """A `FrameScaler` that raises `SourceError`."""

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        with _source_errors():
            return super().__call__(frame)


def probe_file(path: str | os.PathLike) -> VideoFacts:
    """Reads size, rate and length of a video file without decoding it whole."""
    with _open(path) as (container, stream):
        num_announced = stream.frames  # 0 if the format has no count.
        packets = _times_of_packets(container, stream)
        rate = stream.average_rate or stream.guessed_rate or 0
        size = stream.height, stream.width
        time_base = stream.time_base or 0
        may_be_turned = container.format.name not in NEVER_ROTATED
        pixel_aspect = float(stream.sample_aspect_ratio or 1)
    if not packets:
        raise SourceError(f"Empty video '{path}': it holds no frame.")
    if rate <= 0 or min(size) < 1:
        raise SourceError(
            f"Unreadable video '{path}': size {size[1]}x{size[0]}, "
            f"frame rate {rate}."
        )
    frames_per_tick = time_base * rate
    shown, decoded = zip(*packets, strict=True)
    num_held = _num_frames_and_gaps(decoded, frames_per_tick)
    _check_whole(path, num_announced, num_held)
    steady_ticks = _steady_ticks(decoded, time_base)
    if steady_ticks and frames_per_tick != 1:
        rate = 1 / (steady_ticks * time_base)
    is_varying = steady_ticks is not None or _has_varying_rate(
        shown, frames_per_tick
    )
    if may_be_turned and _is_turned(path):
        size, pixel_aspect = size[::-1], 1 / pixel_aspect
    return VideoFacts(
        size,
        float(rate),
        len(packets),
        is_varying,
        pixel_aspect=pixel_aspect,
    )


def _check_whole(
    path: str | os.PathLike, num_announced: int, num_held: int
) -> None:
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


def _is_turned(path: str | os.PathLike) -> bool:
    """Tells whether frames are stored rotated by 90 degrees."""
    with _open(path) as (container, stream):
        for frame in container.decode(stream):
            return quarter_turns(frame) % 2 == 1
    raise SourceError(f"Empty video '{path}': no frame could be decoded.")


def _times_of_packets(container, stream) -> list[tuple[int | None, int | None]]:
    """Returns (time shown, time decoded) of each packet, that is frame."""
    # The demuxer's last packet is empty. A packet marked to be discarded is
    # decoded but not shown.
    return [
        (packet.pts, packet.dts)
        for packet in packets_of(container, stream)
        if not packet.is_discard and (packet.dts is not None or packet.size)
    ]


def _num_frames_and_gaps(
    decoded: Sequence[int | None], frames_per_tick: fractions.Fraction
) -> int:
    """Counts frames as the header of an AVI does."""
    # An AVI may omit the packet of a repeated frame, but counts the frame. One
    # tick of its clock is one frame.
    if frames_per_tick != 1 or None in decoded:
        return len(decoded)
    return max(len(decoded), decoded[-1] - decoded[0] + 1)


def _steady_ticks(
    decoded: Sequence[int | None], time_base: fractions.Fraction
) -> fractions.Fraction | None:
    """Returns the mean step between frames if the clock jumps; else None.

    FFmpeg's average rate counts a jump as one very long frame; see
    `rmdn_tf.video.clock`.
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
    """Tells whether the frames' times differ from equal steps."""
    if not frames_per_tick or None in shown:
        return False
    ticks = np.sort(np.array(shown, np.float64))
    frame_time = (ticks - ticks[0]) * float(frames_per_tick)
    # Tolerates one frame and the error of floating point.
    late = np.abs(frame_time - np.arange(len(frame_time)))
    return bool(np.any(late > 1 + 1e-6))


def read_frames(path: str | os.PathLike) -> Iterator[av.VideoFrame]:
    """Yields the frames of `decode_upright`, but raises `SourceError`."""
    with _source_errors():
        yield from decode_upright(path)


@contextlib.contextmanager
def _open(path: str | os.PathLike, **options: str):
    with _source_errors(), open_stream(path, options=options) as opened:
        yield opened


@contextlib.contextmanager
def _source_errors():
    try:
        yield
    except VideoError as error:
        raise SourceError(str(error)) from error
