"""What the format of a written video takes: codec, times, shape of pixels."""

import io
import os
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import av
import numpy as np
from av.codec.codec import find_best_pix_fmt_of_list
from av.container import OutputContainer
from av.format import Flags

from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.sound import container_codecs

# Containers that hold one picture.
_PICTURES = ("image2", "webp")

# Containers for which another codec than H.264 or FFmpeg's choice fits better:
# ASF keeps no order of H.264's frames; MPEG-2 has more frame rates than MPEG-1.
_CODECS = {"asf": "msmpeg4", "mpeg": "mpeg2video"}

# Codecs that FFmpeg lists for a container, but refuses in its header.
_REFUSED = {"mov": ("av1", "vp8", "vp9")}

# Containers that keep the times of frames, although FFmpeg does not say so.
_KEEP_TIMES = ("asf", "f4v", "ipod", "3gp", "3g2", "ismv", "psp")

# x264 makes a slice for each thread. A fixed number gives the same file on
# machines of any number of cores.
_OPTIONS = {
    "libx264": {"preset": "ultrafast", "crf": "18", "threads": "4"},
    "vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "20"},
    "vp8": {"deadline": "realtime", "cpu-used": "8", "crf": "10"},
}

# Codecs that tell the shape of pixels.
_TELL_ASPECT = ("libx264", "libx265")

# Most ticks a second of an AVI that FFmpeg writes.
_AVI_TICKS = 600

# A GIF counts hundredths of a second. Players show a frame of one hundredth for
# a tenth of a second.
_GIF_TICKS, _LEAST_GIF_TICKS = 100, 2

_USUAL_RATES = tuple(
    Fraction(rate) for rate in (24, 25, 30, 48, 50, 60, 100, 120, 240)
) + tuple(Fraction(1000 * rate, 1001) for rate in (24, 30, 60, 120))

# Most that a time may be rounded by: in seconds, and as a part of a frame.
_ROUNDING_SECONDS, _ROUNDING = 1.001e-3, 0.25

NO_VIDEO = "its format holds no video"


class Encoding(NamedTuple):
    """An encoder and its settings.

    Attributes:
        codec: FFmpeg's name of the encoder, such as `libx265`.
        options: options of the encoder.
        bit_rate: bits a second that the encoder aims at; None for the quality
            that the options ask for.
    """

    codec: str
    options: dict[str, str]
    bit_rate: int | None = None


class VideoForm(NamedTuple):
    """How to write the frames of a video.

    Attributes:
        encoding: the encoder and its settings.
        rate: frames per second.
        time_base: seconds of a tick.
        size: (height, width) in pixels.
        pixel_aspect: width / height of a pixel as shown.
    """

    encoding: Encoding
    rate: Fraction
    time_base: Fraction
    size: tuple[int, int]
    pixel_aspect: Fraction


def video_form(
    container: OutputContainer,
    reader: VideoReader,
    frame: av.VideoFrame,
    encoding: Encoding | None = None,
) -> VideoForm:
    """Chooses how to write frames like the given one.

    Args:
        container: the file to write.
        reader: the video that was read.
        frame: one of the frames to write.
        encoding: how to encode; None for fast and nearly without loss.

    Raises:
        ValueError: the container cannot hold them; says why.
    """
    usual = _codec(container)
    if encoding is None:
        encoding = Encoding(usual, _OPTIONS.get(usual, {}))
    elif not takes_codec(container, encoding.codec):
        raise ValueError(f"its format does not take {encoding.codec}")
    codec = encoding.codec
    rate, time_base = _rate_and_tick(container, codec, reader, frame)
    size, aspect = (frame.height, frame.width), reader.pixel_aspect
    if codec not in _TELL_ASPECT and aspect != 1:
        size, aspect = _with_square_pixels(size, aspect), Fraction(1)
    return VideoForm(encoding, rate, time_base, size, aspect)


def pixel_format(codec: str, frame: av.VideoFrame) -> str:
    """Returns the pixel format of an encoder that keeps most of a frame.

    Args:
        codec: FFmpeg's name of the encoder.
        frame: a frame of any pixel format. RGB and grey become `yuv420p`, which
            every player shows.

    Raises:
        ValueError: the encoder takes no frame of this size.
    """
    formats = av.Codec(codec, "w").video_formats
    if not formats:
        return frame.format.name
    if frame.width % 2 or frame.height % 2:
        formats = [one for one in formats if one.chroma_width(4) == 4]
    formats = [one for one in formats if _is_plain(one)]
    if not formats:
        raise ValueError(
            f"{codec} takes no odd number of pixels, and it has "
            f"{frame.width}x{frame.height}"
        )
    is_usual = len(frame.format.components) > 1 and not frame.format.is_rgb
    wanted = frame.format if is_usual else "yuv420p"
    best, _ = find_best_pix_fmt_of_list(formats, wanted)
    return (best or formats[0]).name


def takes_codec(container: OutputContainer, codec: str) -> bool:
    """Tells whether a container takes what an encoder makes."""
    name = av.Codec(codec, "w").canonical_name
    if name in _REFUSED.get(container.format.name, ()):
        return False
    return name in container_codecs(container)


def require_video_format(
    path: str | os.PathLike,
    codec: str | None = None,
    codecs: Sequence[str] = (),
) -> None:
    """Makes sure that FFmpeg has a format for the name of a video.

    Args:
        path: file to write; only its name is looked at.
        codec: FFmpeg's name of the encoder, if that is chosen.
        codecs: encoders to name in the error if the format does not take
            `codec`.

    Raises:
        VideoError: FFmpeg knows no format of this name, lacks the encoder, or
            the format holds no video or does not take what the encoder makes.
    """
    name, taken = os.fspath(path), []
    nowhere = io.BytesIO()
    nowhere.name = name
    try:
        if codec and codec not in av.codecs_available:
            raise ValueError(f"this FFmpeg lacks the encoder {codec}")
        with av.open(nowhere, "w") as container:
            _codec(container)
            if codec and not takes_codec(container, codec):
                taken = [one for one in codecs if takes_codec(container, one)]
                raise ValueError(f"its format does not take {codec}")
    except ValueError as error:
        advice = f"Add --codec {' or '.join(taken)}, or c" if taken else "C"
        raise VideoError(
            f"Cannot write the video '{name}': {error}. {advice}hoose another "
            "format, such as .mp4 or .mkv."
        ) from error


def _is_plain(form: av.VideoFormat) -> bool:
    """Tells whether a format has a plane for brightness and for each colour."""
    are_apart = not form.name.startswith("nv")
    has_alpha = any(one.is_alpha for one in form.components)
    has_colour = len(form.components) > 1  # Few players show grey ones.
    return are_apart and has_colour and not has_alpha and not form.is_rgb


def _codec(container: OutputContainer) -> str:
    name = container.format.name
    if name in _PICTURES:
        raise ValueError(NO_VIDEO)
    if container.format.no_file:
        raise ValueError("its format consists of many files")
    codecs, usual = container_codecs(container), container.default_video_codec
    if name in _CODECS:
        return _CODECS[name]
    if "h264" in codecs:
        return "libx264"
    if usual not in codecs:
        raise ValueError(NO_VIDEO)
    return usual


def _with_square_pixels(
    size: tuple[int, int], aspect: Fraction
) -> tuple[int, int]:
    """Returns a size of the same shape that loses no pixel."""
    height, width = size
    if aspect > 1:
        return height, 2 * round(width * aspect / 2)
    return 2 * round(height / aspect / 2), width


def _rate_and_tick(
    container: Any, codec: Any, reader: VideoReader, frame: av.VideoFrame
) -> tuple[Fraction, Fraction]:
    name, flags = container.format.name, container.format.flags
    rate, tick = reader.frames_per_second, Fraction(frame.time_base)
    if name == "gif":
        _check_gif(reader)
    elif name == "avi":
        rate = _rate_with_pauses(reader.frame_times(), rate)
        tick = 1 / rate
    elif flags & Flags.no_timestamps.value and name != "mxf":
        raise ValueError("its format keeps no times of frames")
    elif not (flags & Flags.variable_fps.value or name in _KEEP_TIMES):
        rate = _constant_rate(reader, av.Codec(codec, "w").frame_rates)
        tick = 1 / rate
    return rate, tick


def _check_gif(reader: VideoReader) -> None:
    times = reader.frame_times()
    if times is None:  # A live video: its rate is all that is known.
        times = np.arange(2) / float(reader.frames_per_second)
    ticks = np.diff(np.rint(times * _GIF_TICKS))
    if len(ticks) and ticks.min() < _LEAST_GIF_TICKS:
        fastest = 1 / np.diff(times).min()
        raise ValueError(
            f"its format shows at most {_GIF_TICKS // _LEAST_GIF_TICKS} frames "
            f"a second, and the video has up to {fastest:.4g}"
        )


def _rate_with_pauses(times: np.ndarray | None, average: Fraction) -> Fraction:
    """Returns a rate whose ticks include all times, or else the finest."""
    if times is None:
        return Fraction(_AVI_TICKS)
    steady = _steady_rate(times, average)
    for rate in [steady] if steady else (average, *_USUAL_RATES):
        ticks = np.rint(times * float(rate))
        if _fits(times, ticks, rate) and (np.diff(ticks) >= 1).all():
            return rate
    return Fraction(_AVI_TICKS)


def _constant_rate(reader: VideoReader, rates: Any) -> Fraction:
    """Returns the rate of a video with frames in equal steps.

    `rates` are those of the codec; None for any.
    """
    times = reader.frame_times()
    if times is None:
        raise ValueError(
            "its format needs one frame rate, and that of the video is unknown"
        )
    numbers, average = np.arange(len(times)), reader.frames_per_second
    for rate in (average, *rates) if rates else ():
        if rate in rates and _fits(times, numbers, rate):
            return rate
    rate = _steady_rate(times, average)
    if rate is None:
        raise ValueError(
            "its format needs one frame rate, and that of the video varies"
        )
    if rates:
        raise ValueError(
            f"its format has no rate of {float(rate):.6g} frames a second"
        )
    return rate


def _steady_rate(times: np.ndarray, average: Fraction) -> Fraction | None:
    """Returns the rate of frames in equal steps; None if the steps vary."""
    numbers = np.arange(len(times))
    measured = average
    if len(times) > 1:
        steps = Fraction((len(times) - 1) / times[-1])
        measured = steps.limit_denominator(1001)
    for rate in (average, *_USUAL_RATES, measured):
        if _fits(times, numbers, rate):
            return rate
    return None


def _fits(times: np.ndarray, ticks: np.ndarray, rate: Fraction) -> bool:
    late = np.abs(times - ticks / float(rate)).max()
    return late < min(_ROUNDING_SECONDS, _ROUNDING / float(rate))
