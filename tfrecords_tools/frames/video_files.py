"""A video file -> its frames, and its size, rate and length."""

import contextlib
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np

from rmdn_tf.video.decoding import (
    FrameScaler,
    VideoError,
    decode_upright,
    open_stream,
    packets_of,
    unreadable,
)
from rmdn_tf.video.packet_order import holds_frame
from rmdn_tf.video.reader import DECODING_TIMES, VideoReader
from rmdn_tf.video.upright import quarter_turns
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.frames.frame_times import Ticks
from tfrecords_tools.raw_video import SourceError


class Scaler(FrameScaler):
    """A `FrameScaler` that raises `SourceError`."""

    def __call__(self, frame: av.VideoFrame | np.ndarray) -> np.ndarray:
        with _source_errors():
            return super().__call__(frame)


def probe_file(path: str | os.PathLike) -> VideoFacts:
    """Reads the facts of a video file without decoding it whole."""
    with _source_errors(), VideoReader(path) as reader:
        stream = reader.stream
        form = stream.container.format.name
        size = stream.height, stream.width
        pixel_aspect = float(stream.sample_aspect_ratio or 1)
        turns, first = (0, None) if form in DECODING_TIMES else _first_of(path)
        ticks = Ticks.read(reader, first)
        known = Fraction(stream.average_rate or stream.guessed_rate or 0)
        num_announced = reader.num_frames  # 0 if the format has no count.
    if known <= 0 or min(size) < 1:
        raise SourceError(
            f"Unreadable video '{path}': size {size[1]}x{size[0]}, "
            f"frame rate {known}."
        )
    if not len(ticks.shown):
        raise SourceError(f"Empty video '{path}': it holds no frame.")
    # An AVI may omit a repeated frame, but its header counts the frame.
    is_counted = form in DECODING_TIMES and ticks.base * known == 1
    num_held = ticks.num_ticks if is_counted else len(ticks.shown)
    _check_whole(path, num_announced, num_held)
    if turns % 2:
        size, pixel_aspect = size[::-1], 1 / pixel_aspect
    rate = ticks.constant_rate(known)
    return VideoFacts(
        size,
        float(rate or ticks.average_rate()),
        len(ticks.shown),
        frame_times=None if rate else ticks.times,
        frame_seconds=None if rate else ticks.seconds,
        pixel_aspect=pixel_aspect,
    )


def _check_whole(
    path: str | os.PathLike, num_announced: int, num_held: int
) -> None:
    if num_held < num_announced:
        # A trimmed MP4 holds frames that its edit list leaves out.
        with _open(path, ignore_editlist="1") as (container, stream):
            num_held = sum(map(holds_frame, packets_of(container, stream)))
    if num_held < num_announced:
        raise SourceError(
            f"Truncated video '{path}': its header announces {num_announced} "
            f"frames, the file holds {num_held}. Fetch the file again, or "
            "copy what is left into a new container."
        )


def _first_of(path: str | os.PathLike) -> tuple[int, int | None]:
    """Returns quarter turns and tick of the first frame that can be decoded.

    A recording of a broadcast may begin with frames that cannot.
    """
    with _open(path) as (container, stream):
        for frame in container.decode(stream):
            return quarter_turns(frame), frame.pts
    raise SourceError(f"Empty video '{path}': no frame could be decoded.")


def read_frames(path: str | os.PathLike) -> Iterator[av.VideoFrame]:
    """Yields the frames of `decode_upright`, but raises `SourceError`."""
    with _source_errors():
        yield from decode_upright(path)


@contextlib.contextmanager
def _open(path: str | os.PathLike, **options: str) -> Iterator[tuple[Any, Any]]:
    with (
        _source_errors(),
        open_stream(path, options=options) as opened,
        unreadable(path),
    ):
        yield opened


@contextlib.contextmanager
def _source_errors() -> Iterator[None]:
    try:
        yield
    except VideoError as error:
        raise SourceError(str(error)) from error
