"""What the format of a written video takes: codec, times, shape of pixels."""

from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.container import OutputContainer
from av.format import Flags

from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.sound import container_codecs

# Containers that hold one picture.
_PICTURES = ("image2", "webp")

# Containers for which another codec than H.264 or FFmpeg's choice fits better:
# ASF keeps no order of H.264's frames; MPEG-2 has more frame rates than MPEG-1.
_CODECS = {"asf": "wmv2", "mpeg": "mpeg2video"}

# Containers that keep the times of frames, although FFmpeg does not say so.
_KEEP_TIMES = ("asf", "f4v", "ipod", "3gp", "3g2", "ismv", "psp")

_OPTIONS = {
    "libx264": {"preset": "ultrafast", "crf": "18"},
    "vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "20"},
    "vp8": {"deadline": "realtime", "cpu-used": "8", "crf": "10"},
}

# FFmpeg writes an AVI with at most so many ticks a second.
_AVI_TICKS = 600

# A GIF counts hundredths of a second. Players show a frame of one hundredth for
# a tenth of a second.
_GIF_RATE = 50

_USUAL_RATES = tuple(
    Fraction(rate) for rate in (24, 25, 30, 48, 50, 60, 100, 120, 240)
) + tuple(Fraction(1000 * rate, 1001) for rate in (24, 30, 60, 120))

# Times may be rounded by this part of a frame.
_ROUNDING = 0.25

NO_VIDEO = "its format holds no video"


class VideoForm(NamedTuple):
    """How to write the frames of a video.

    Attributes:
        codec: FFmpeg's name of the encoder.
        options: options of the encoder.
        rate: frames per second.
        time_base: seconds of a tick.
        size: (height, width) in pixels.
        pixel_aspect: width / height of a pixel as shown.
    """

    codec: str
    options: dict[str, str]
    rate: Fraction
    time_base: Fraction
    size: tuple[int, int]
    pixel_aspect: Fraction


def video_form(
    container: OutputContainer, reader: VideoReader, frame: av.VideoFrame
) -> VideoForm:
    """Chooses how to write frames like the given one.

    Raises:
        ValueError: the container cannot hold them; says why.
    """
    codec = _codec(container)
    rate, time_base = _rate_and_tick(container, codec, reader, frame)
    size, aspect = (frame.height, frame.width), reader.pixel_aspect
    if codec != "libx264" and aspect != 1:
        size, aspect = _with_square_pixels(size, aspect), Fraction(1)
    options = _OPTIONS.get(codec, {})
    return VideoForm(codec, options, rate, time_base, size, aspect)


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
    container, codec, reader, frame
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
    fastest = float(reader.frames_per_second)
    if times is not None and len(times) > 1:
        fastest = 1 / np.diff(times).min()
    if fastest > _GIF_RATE / (1 - _ROUNDING):
        raise ValueError(
            f"its format shows at most {_GIF_RATE} frames a second, the video "
            f"has up to {fastest:.4g}"
        )


def _rate_with_pauses(times: np.ndarray | None, average: Fraction) -> Fraction:
    """Returns a rate at which every time is that of a tick, or the finest."""
    if times is not None:
        for rate in (average, *_USUAL_RATES):
            ticks = np.rint(times * float(rate))
            late = np.abs(times * float(rate) - ticks)
            if late.max() < _ROUNDING and (np.diff(ticks) >= 1).all():
                return rate
    return Fraction(_AVI_TICKS)


def _constant_rate(reader: VideoReader, rates) -> Fraction:
    """Returns the rate of a video whose frames follow in equal steps."""
    times = reader.frame_times()
    if times is None:
        raise ValueError(
            "its format needs one frame rate, and that of the video is unknown"
        )
    average = reader.frames_per_second
    found = None
    for rate in (average, *_USUAL_RATES, *(rates or ())):
        late = np.abs(times * float(rate) - np.arange(len(times)))
        if late.max() < _ROUNDING:
            found = rate
            if not rates or rate in rates:
                return rate
    if found is not None:
        raise ValueError(f"its format has no rate of {found} frames a second")
    raise ValueError(
        "its format needs one frame rate, and that of the video varies"
    )
