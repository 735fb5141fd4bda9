"""Decodes video files to frames, upright as a player shows them."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import Interpolation, VideoReformatter

from rmdn_tf.video.upright import Upright

RGB = "rgb24"

# Averages all pixels under an output pixel: no aliasing. Without the second
# flag FFmpeg skips every other colour of a wide RGB frame.
_SCALING = Interpolation.AREA | Interpolation.FULL_CHR_H_INP

# Most pixels of a frame: more than a camera of 100 megapixels gives. The header
# of a video does not tell the size of its later frames.
MAX_PIXELS = 2**27

# Options of `av.open` that accept titles in any encoding, which nobody reads.
# PyAV 19 needs no option.
_ANY_TITLE = {}
if int(av.__version__.split(".")[0]) < 19:
    _ANY_TITLE = {"metadata_errors": "replace"}


class VideoError(ValueError):
    """A video cannot be read or written; the message names the video."""


def size_within(
    max_size: int, original_size: tuple[int, int]
) -> tuple[int, int]:
    """Returns (height, width) of a video shrunk to a longest side.

    A smaller video keeps its size.
    """
    factor = min(1.0, max_size / max(original_size))
    height, width = (max(1, round(n * factor)) for n in original_size)
    return height, width


class FrameScaler:
    """Resizes a whole frame to RGB, uint8 `[height, width, 3]`.

    Takes a decoded frame, or pixels, uint8 `[H, W, 3]` RGB. An axis that
    shrinks is averaged over all pixels, one that grows is interpolated
    linearly; `rmdn_tf.video.resizing` does the same inside TensorFlow. Use one
    object for all frames of a video: its tables take time.

    Args:
        size: (height, width) in pixels.
        converts_first: whether to convert a decoded frame to RGB before it is
            resized, so that a frame and its pixels give the same. Converting
            afterwards is faster; datasets are prepared so.

    Raises:
        VideoError: FFmpeg cannot convert the pixel format.
    """

    def __init__(self, size: tuple[int, int], converts_first: bool = False):
        self._height, self._width = size
        self._reformatter = VideoReformatter()
        self._converter = VideoReformatter() if converts_first else None

    def __call__(self, frame: av.VideoFrame | np.ndarray) -> np.ndarray:
        if isinstance(frame, np.ndarray):
            pixels = np.ascontiguousarray(frame)
            frame = av.VideoFrame.from_ndarray(pixels, format=RGB)
        try:
            if self._converter:
                frame = self._converter.reformat(frame, format=RGB, threads=1)
            return self._reformatter.reformat(
                frame,
                self._width,
                self._height,
                format=RGB,
                interpolation=_SCALING,
                threads=1,
            ).to_ndarray()
        except av.FFmpegError as error:
            raise VideoError(
                f"Cannot convert pixels of the format '{frame.format.name}': "
                f"{error.strerror}."
            ) from error


class FrameShrinker:
    """Shrinks frames to at most the size of a network's input, uint8 RGB.

    A decoded frame and its pixels, uint8 `[H, W, 3]`, give the same. A shorter
    side keeps its length: the network enlarges it without loss. All frames get
    the size of the first one.

    Args:
        max_size: (height, width) in pixels.
    """

    def __init__(self, max_size: tuple[int, int]):
        self._max_size = max_size
        self._scale: FrameScaler | None = None

    def __call__(self, frame: av.VideoFrame | np.ndarray) -> np.ndarray:
        if self._scale is None:
            if isinstance(frame, np.ndarray):
                height, width = frame.shape[:2]
            else:
                height, width = frame.height, frame.width
            largest = self._max_size
            size = min(height, largest[0]), min(width, largest[1])
            self._scale = FrameScaler(size, converts_first=True)
        return self._scale(frame)


def _address(source: str | os.PathLike) -> str:
    """Returns FFmpeg's address of a source.

    FFmpeg takes the begin of a relative path such as "12:30.mp4" for a
    protocol.
    """
    source = os.fspath(source)
    is_file = ":" in source and os.path.isfile(source)
    return os.path.abspath(source) if is_file else source


@contextlib.contextmanager
def open_stream(
    source: str | os.PathLike,
    name: str | None = None,
    thread_count: int = 1,
    **options: Any,
) -> Iterator[tuple[Any, Any]]:
    """Opens the first video stream of a source; yields container and stream.

    A cover picture, as songs and films have it, is no video stream. A frame of
    more than `MAX_PIXELS` is an error of reading, for which see `unreadable`.

    Args:
        source: file, address or device for FFmpeg.
        name: name of the source in errors; None for `source`.
        thread_count: threads of the decoder; each holds a frame.
        **options: options of `av.open`.

    Raises:
        VideoError: the source cannot be opened, or has no video.
    """
    name = os.fspath(source) if name is None else name
    with contextlib.ExitStack() as stack:
        with unreadable(name):
            opened = av.open(_address(source), **_ANY_TITLE, **options)
            container = stack.enter_context(opened)
            stream = _video_of(container, name)
            stream.thread_count = thread_count
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        # Outside: errors of the block may be those of an output.
        yield container, stream


@contextlib.contextmanager
def unreadable(name: str | os.PathLike) -> Iterator[None]:
    """Turns FFmpeg's errors into a VideoError; a context that only reads."""
    try:
        yield
    except av.FFmpegError as error:
        raise VideoError(
            f"Unreadable video '{name}': {error.strerror}."
        ) from error


def _video_of(container: Any, name: str) -> Any:
    """Returns the first video stream that is no cover picture."""
    streams = container.streams.video
    videos = [
        s for s in streams if not s.disposition & Disposition.attached_pic
    ]
    if not videos:
        reason = ": it holds a cover picture only" if streams else ""
        raise VideoError(f"No video stream in '{name}'{reason}.")
    if videos[0].codec_context is None:
        raise VideoError(
            f"Unreadable video '{name}': its format has no decoder."
        )
    return videos[0]


def packets_of(container: Any, streams: Any) -> Iterator[av.Packet]:
    """Yields the packets of some streams of a container.

    Each stream ends with an empty packet, which empties its decoder.
    """
    # PyAV raises this error at the end of a container in which more streams
    # begin later. The wanted streams have ended by then.
    with contextlib.suppress(IndexError):
        yield from container.demux(streams)


def num_bytes(*frames: Any) -> int:
    """Returns the memory of decoded frames and arrays; 0 for other objects."""
    return sum(
        sum(plane.buffer_size for plane in frame.planes)
        if isinstance(frame, av.VideoFrame)
        else getattr(frame, "nbytes", 0)
        for frame in frames
    )


def decode_upright(path: str | os.PathLike) -> Iterator[av.VideoFrame]:
    """Decodes the frames of a video file in time order, upright.

    Includes damaged frames that the decoder conceals.

    Args:
        path: a video file.

    Yields:
        An `av.VideoFrame` of any pixel format.

    Raises:
        VideoError: the file is missing, unreadable or empty.
    """
    num_frames, upright = 0, Upright()
    with open_stream(path) as (container, stream), unreadable(path):
        for packet in packets_of(container, stream):
            for frame in packet.decode():
                num_frames += 1
                yield upright(frame)
    if num_frames == 0:
        raise VideoError(f"Empty video '{path}': no frame could be decoded.")


def copy_time(source: av.VideoFrame, target: av.VideoFrame) -> None:
    target.pts, target.duration = source.pts, source.duration
    if source.time_base is not None:
        target.time_base = source.time_base
