"""The brightness of frames, of any pixel format, on one scale."""

import dataclasses
import re

import av
import numpy as np
from av.video.reformatter import Interpolation

from rmdn_tf.video import planes
from rmdn_tf.video.decoding import VideoError

# Formats whose first plane is the luma: an integer for each pixel, in the
# machine's order of bytes.
_LUMA_FIRST = re.compile(r"(yuvj?4\d\dp|yuva4\d\dp|nv\d\d|gray)(\d+le)?")

# Luma of RGB by ITU-R BT.601, as FFmpeg converts by default.
_RGB_TO_LUMA = np.array([0.299, 0.587, 0.114])

# Black and white of 8 bits in the limited range; more bits multiply both.
_BLACK, _WHITE = 16, 235

# FFmpeg's numbers of colour spaces; the first is BT.601, too.
_ALSO_BT601, _UNKNOWN = 5, 2

_MOST_BITS = 16


@dataclasses.dataclass(frozen=True)
class Luma:
    """The luma of a frame.

    Attributes:
        levels: `[H, W]`, as stored: integers, or floats if computed from RGB.
        bits: bits of a level.
        is_full: whether black is 0 and white the largest level, as in pictures;
            otherwise they are 16 and 235 of 255, as in most videos.
    """

    levels: np.ndarray
    bits: int
    is_full: bool

    @property
    def peak(self) -> int:
        """The largest level: 255 for 8 bits."""
        return 2**self.bits - 1

    def on_scale_of(self, other: "Luma") -> np.ndarray:
        """Returns the levels with the black and white of another frame.

        Args:
            other: a frame of any bits and range.

        Returns:
            `[H, W]`. Levels on the same scale stay as they are.
        """
        black, white = self._black_and_white()
        other_black, other_white = other._black_and_white()
        if (black, white) == (other_black, other_white):
            return self.levels
        factor = (other_white - other_black) / (white - black)
        return (self.levels - float(black)) * factor + other_black

    def _black_and_white(self) -> tuple[int, int]:
        if self.is_full:
            return 0, self.peak
        step = 2 ** (self.bits - 8)
        return _BLACK * step, _WHITE * step


def luma_of(frame: av.VideoFrame, size: tuple[int, int] | None = None) -> Luma:
    """Takes the luma of a decoded frame.

    Args:
        frame: of any pixel format. RGB becomes luma by ITU-R BT.601.
        size: (height, width) to resize the frame to, bicubic, as a player does;
            None for its own size.

    Returns:
        The luma.

    Raises:
        VideoError: FFmpeg cannot convert the pixel format.
    """
    kind = frame.format
    bits = min(max(component.bits for component in kind.components), _MOST_BITS)
    name, has_luma = kind.name, not _is_rgb(frame)
    if not has_luma:
        name, bits = ("rgb24", 8) if bits <= 8 else ("rgb48le", bits)
    elif not _LUMA_FIRST.fullmatch(name):
        name, bits = ("yuv444p", 8) if bits <= 8 else (f"yuv444p{bits}le", bits)
    converted = _converted(frame, name, size)
    if not has_luma:
        # FFmpeg shifts the bits of a level to the left.
        unit = 2 ** (_MOST_BITS - bits) if bits > 8 else 1
        return Luma(converted.to_ndarray() @ _RGB_TO_LUMA / unit, bits, True)
    is_full = frame.color_range == planes.FULL_RANGE or (
        frame.color_range == 0 and kind.name.startswith(("yuvj", "gray"))
    )
    # A copy: the frame need not stay in memory.
    levels = planes.pixels(converted.planes[0], planes.kind_of(converted))
    return Luma(levels.copy(), bits, is_full)


def _is_rgb(frame: av.VideoFrame) -> bool:
    kind = frame.format
    return kind.is_rgb or kind.has_palette or kind.name.startswith("xyz")


def _converted(
    frame: av.VideoFrame, name: str, size: tuple[int, int] | None
) -> av.VideoFrame:
    height, width = size or (frame.height, frame.width)
    if (name, height, width) == (frame.format.name, frame.height, frame.width):
        return frame
    try:
        return frame.reformat(
            width,
            height,
            name,
            interpolation=Interpolation.BICUBIC,
            threads=1,
        )
    except av.FFmpegError as error:
        raise VideoError(
            f"Cannot convert pixels of the format '{frame.format.name}': "
            f"{error.strerror}."
        ) from error


def same_colours(one: av.VideoFrame, other: av.VideoFrame) -> bool:
    """Tells whether the same brightness has the same luma in two frames.

    A frame that does not tell its colour space counts as alike.
    """
    spaces = {_space(one), _space(other)} - {None}
    return len(spaces) < 2


def _space(frame: av.VideoFrame) -> int | None:
    """Returns FFmpeg's number of the colour space; None if unknown."""
    if _is_rgb(frame):
        return planes.BT601
    space = frame.colorspace
    if space == _ALSO_BT601:
        return planes.BT601
    return None if space == _UNKNOWN else space
