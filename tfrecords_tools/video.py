"""Video file -> frames, RGB at the wanted size; its size, rate and length."""

import contextlib
import os
from collections.abc import Iterator
from typing import NamedTuple

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from tfrecords_tools.raw_video import SourceError


class VideoFacts(NamedTuple):
    """What `probe` finds out about a video file.

    Attributes:
        height: in pixels.
        width: in pixels.
        frames_per_second: average frame rate.
        num_frames: number of packets of the video stream, one a frame.
    """

    height: int
    width: int
    frames_per_second: float
    num_frames: int


class Scaler:
    """Decoded frame -> RGB at the wanted size, the frame stretched as a whole.

    Keep one for all frames of a video: each sets up its tables anew.

    Args:
        size: (height, width) in pixels.

    Call arguments:
        frame: decoded frame of any size and pixel format.

    Output shape:
        uint8 `[height, width, 3]`, in [0, 255].
    """

    def __init__(self, size: tuple[int, int]):
        self._height, self._width = size
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        # AREA averages all pixels under an output pixel, so that shrinking by
        # a factor of eight does not alias.
        return self._reformatter.reformat(
            frame,
            self._width,
            self._height,
            format="rgb24",
            interpolation=Interpolation.AREA,
            threads=1,
        ).to_ndarray()


def probe(path: str | os.PathLike) -> VideoFacts:
    """Reads size, frame rate and length of a video without decoding it.

    Args:
        path: a video file.

    Returns:
        (height, width, frames_per_second, num_frames).

    Raises:
        SourceError: the file is missing, unreadable, empty or cut short.
    """
    with _open(path) as (container, stream):
        num_announced = stream.frames  # 0 where the format has no count.
        # The demuxer ends with one packet without data, which holds no frame.
        num_frames = sum(
            packet.dts is not None or packet.size > 0
            for packet in container.demux(stream)
        )
        rate = stream.average_rate or stream.guessed_rate
        size = stream.height, stream.width
    if num_frames == 0:
        raise SourceError(f"Empty video '{path}': it holds no frame.")
    if num_frames < num_announced:
        raise SourceError(
            f"Truncated video '{path}': its header announces {num_announced} "
            f"frames, the file holds {num_frames}. Fetch the file again, or "
            "copy what is left into a new container."
        )
    if not rate or min(size) < 1:
        raise SourceError(
            f"Unreadable video '{path}': size {size[1]}x{size[0]}, "
            f"frame rate {rate}."
        )
    return VideoFacts(*size, float(rate), num_frames)


def estimated_length(path: str | os.PathLike) -> int:
    """Returns the number of frames; 0 if unreadable: opening it says why.

    For `Source.num_frames`.
    """
    try:
        return probe(path).num_frames
    except SourceError:
        return 0


def read_frames(path: str | os.PathLike) -> Iterator[av.VideoFrame]:
    """Decodes a video frame by frame.

    A damaged frame that the decoder can conceal is passed on as it is.

    Args:
        path: a video file.

    Yields:
        The frames in time order.

    Raises:
        SourceError: the file is missing, unreadable, empty, or does not decode.
    """
    num_frames = 0
    with _open(path) as (container, stream):
        for frame in container.decode(stream):
            num_frames += 1
            yield frame
    if num_frames == 0:
        raise SourceError(f"Empty video '{path}': no frame could be decoded.")


@contextlib.contextmanager
def _open(path: str | os.PathLike):
    """Opens the first video stream; turns decoder errors to `SourceError`."""
    try:
        with av.open(os.fspath(path)) as container:
            if not container.streams.video:
                raise SourceError(f"No video stream in '{path}'.")
            stream = container.streams.video[0]
            # The videos are decoded in parallel, one a process: measured, more
            # threads in each gain nothing and cost a frame buffer a thread.
            stream.thread_count = 1
            yield container, stream
    except av.FFmpegError as error:
        raise SourceError(
            f"Unreadable video '{path}': {error.strerror}."
        ) from error
