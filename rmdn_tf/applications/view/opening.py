"""Finds what the page must know of a video, which may come from anybody."""

import dataclasses
import os
import warnings
from typing import Any

import av

from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.pictures import PICTURE_FORMATS
from rmdn_tf.video.reader import VideoReader

# FFmpeg's containers of one file. A playlist names other files, which a page
# must not read.
_CONTAINERS = (
    "mov",
    "matroska",
    "webm",
    "avi",
    "asf",
    "flv",
    "gif",
    "mpeg",
    "mpegts",
    "mpegvideo",
    "mxf",
    "ogg",
    "yuv4mpegpipe",
    "image2",
    *PICTURE_FORMATS,
)

# Most pixels of a frame of a video: 8K.
MAX_PIXELS = 7680 * 4320

# Pictures that all of today's browsers show.
_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
}
_MP4_VIDEO, _MP4_SOUND = ("h264",), ("aac", "mp3")
_WEBM_VIDEO, _WEBM_SOUND = ("vp8", "vp9", "av1"), ("opus", "vorbis")
_PIXELS = ("yuv420p", "yuvj420p")


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the page must know of a video.

    Attributes:
        kind: "video" or "picture".
        width: of an upright frame, in pixels.
        height: of an upright frame, in pixels.
        pixel_aspect: width / height of a pixel.
        seconds: duration; None if unknown.
        frames: number of frames; None if unknown.
        frames_per_second: average rate.
        start_seconds: when a player shows the first frame.
        media_type: MIME type; None if some browsers cannot show the file.
    """

    kind: str
    width: int
    height: int
    pixel_aspect: float
    seconds: float | None
    frames: int | None
    frames_per_second: float
    start_seconds: float
    media_type: str | None


def find_facts(path: str | os.PathLike, max_seconds: float) -> Facts:
    """Opens a video or picture, and decodes its first frame.

    Args:
        path: a file.
        max_seconds: longest video to accept.

    Returns:
        What the page must know.

    Raises:
        VideoError: the file is no video, damaged, or larger or longer than
            allowed.
    """
    media_type, start, seconds = _look_at_container(path)
    if seconds is not None and seconds > max_seconds:
        raise VideoError(
            f"Invalid video. Expected at most {max_seconds / 60:g} minutes. "
            f"Received: {seconds / 60:.1f} minutes."
        )
    with warnings.catch_warnings(), VideoReader(path) as reader:
        warnings.simplefilter("ignore")  # The run warns of jumps.
        first = reader.first_frame
        if first is None:
            raise VideoError("Empty video: no frame could be decoded.")
        number, rate = reader.num_frames, float(reader.frames_per_second)
        if reader.picture:
            suffix = os.path.splitext(path)[1].lower()
            return Facts(
                "picture",
                *(first.width, first.height, 1.0, None, 1, rate, 0.0),
                _PICTURES.get(suffix),
            )
        return Facts(
            "video",
            first.width,
            first.height,
            float(reader.pixel_aspect),
            number / rate if number else seconds,
            number or None,
            rate,
            start,
            media_type,
        )


def _look_at_container(
    path: str | os.PathLike,
) -> tuple[str | None, float, float | None]:
    """Returns the media type, start and duration; refuses other containers."""
    options = {
        "format_whitelist": ",".join(_CONTAINERS),
        "protocol_whitelist": "file",
    }
    try:
        container = av.open(os.fspath(path), container_options=options)
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(
            "Not a video or picture that can be read, or damaged."
        ) from error
    with container:
        streams = container.streams.video
        if not streams or streams[0].codec_context is None:
            raise VideoError("No video in the file that can be decoded.")
        stream = streams[0]
        if stream.width * stream.height > MAX_PIXELS:
            raise VideoError(
                f"Invalid video. Expected at most {MAX_PIXELS} pixels. "
                f"Received: {stream.width} x {stream.height}."
            )
        start = 0.0
        if stream.start_time is not None and container.start_time is not None:
            start = float(stream.start_time * stream.time_base)
            start -= container.start_time / av.time_base
        seconds = container.duration
        if seconds is not None:
            seconds /= av.time_base
        return _media_type(path, container), max(start, 0.0), seconds


def _media_type(path: str | os.PathLike, container: Any) -> str | None:
    """Returns the type of a video that all browsers play."""
    stream = container.streams.video[0]
    sound = {_codec(track) for track in container.streams.audio}
    pixels = stream.codec_context.pix_fmt
    if pixels not in _PIXELS or len(container.streams.video) > 1:
        return None
    if "mp4" in container.format.name:
        fits = _codec(stream) in _MP4_VIDEO and sound <= {*_MP4_SOUND}
        return "video/mp4" if fits else None
    if os.path.splitext(path)[1].lower() == ".webm":
        fits = _codec(stream) in _WEBM_VIDEO and sound <= {*_WEBM_SOUND}
        return "video/webm" if fits else None
    return None


def _codec(stream: Any) -> str | None:
    """Returns the codec's own name, not that of one of its decoders."""
    context = stream.codec_context
    return context.codec.canonical_name if context else None
