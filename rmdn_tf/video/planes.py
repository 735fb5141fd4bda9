"""Frames in planes, as decoders give them, and drawing on them.

Most videos are coded in planes of brightness and colour. Drawing on the planes
spares the way to RGB and back, and leaves all other pixels as they are.
"""

from collections.abc import Sequence
from typing import Any

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter

from rmdn_tf.video.decoding import copy_time

# Opacity 1 as an integer. Its product with a difference fits in 16 bits.
ONE = 1 << 7

# Pixels that `blend_by_level` takes at once.
_PIXELS_AT_ONCE = 2**15

# FFmpeg's numbers for colour spaces.
BT601, _BT709, _BT2020 = 6, 1, 9

# What a frame tells of its colours.
COLOURS = ("color_range", "colorspace", "color_primaries", "color_trc")

# FFmpeg's number for brightness from 0 to the largest level.
FULL_RANGE = 2


def pixels(plane: Any, kind: type = np.uint8) -> np.ndarray:
    """Returns a view of a plane, `[height, width]`, without padding."""
    rows: np.ndarray = np.frombuffer(plane, kind).reshape(plane.height, -1)
    return rows[:, : plane.width]


def kind_of(frame: av.VideoFrame) -> type:
    """Returns the NumPy type of a frame's pixels."""
    return np.uint8 if frame.format.components[0].bits <= 8 else np.uint16


def size_of(frame: av.VideoFrame) -> tuple[int, int]:
    """Returns (height, width) of a frame."""
    return frame.height, frame.width


def space_of(frame: av.VideoFrame) -> int:
    """Returns the frame's colour space, as PyAV's conversion names it."""
    known = {_BT709: Colorspace.ITU709, _BT2020: Colorspace.BT2020}
    return known.get(frame.colorspace, Colorspace.ITU601)


def in_format(
    frame: av.VideoFrame, name: str, reformatter: VideoReformatter
) -> av.VideoFrame:
    """Converts a frame to another pixel format; keeps its time.

    RGB is converted by BT.601, as FFmpeg does by default, and the frame says
    so.

    Args:
        frame: of any pixel format.
        name: FFmpeg's name of the new one.
        reformatter: one for all frames of a video: its tables take time.
    """
    converted = reformatter.reformat(frame, format=name, threads=1)
    copy_time(frame, converted)
    if frame.format.is_rgb and not converted.format.is_rgb:
        converted.colorspace = BT601
    return converted


def beside(left: av.VideoFrame, right: av.VideoFrame) -> av.VideoFrame:
    """Joins two frames of one size and format."""
    both = like(left, 2 * left.width)
    for one, other, target in zip(
        left.planes, right.planes, both.planes, strict=True
    ):
        np.concatenate([pixels(one), pixels(other)], axis=1, out=pixels(target))
    return both


def copied(frame: av.VideoFrame) -> av.VideoFrame:
    """Copies a frame, so that drawing on it does not change the original."""
    new = like(frame, frame.width)
    for source, target in zip(frame.planes, new.planes, strict=True):
        pixels(target)[:] = pixels(source)
    return new


def like(
    frame: av.VideoFrame, width: int, height: int | None = None
) -> av.VideoFrame:
    """Makes a frame of the same format, time and colour space.

    The height is also the same if it is None.
    """
    new = av.VideoFrame(width, height or frame.height, frame.format.name)
    copy_time(frame, new)
    for name in COLOURS:
        setattr(new, name, getattr(frame, name))
    return new


def blend(
    below: np.ndarray, colour: np.ndarray, share: np.ndarray, out: np.ndarray
) -> None:
    """Mixes a colour into a plane; shares are uint8, multiples of 1 / `ONE`."""
    wide = np.int16 if below.dtype == np.uint8 else np.int32
    change = np.subtract(colour, below, dtype=wide)
    change *= share
    change >>= 7
    np.add(below, change, out=out, casting="unsafe")


def blend_by_level(
    below: np.ndarray,
    level: np.ndarray,
    colours: np.ndarray,
    shares: np.ndarray,
    out: np.ndarray,
) -> None:
    """Mixes the colour of each pixel's level into a plane.

    A few rows at a time take half of the time of the whole plane: they stay in
    the processor's cache, and in memory that Python keeps.

    Args:
        below: uint8 `[h, w]`, the plane.
        level: uint8 `[h, w]`.
        colours: uint8 `[256]`, by level.
        shares: uint8 `[256]`, multiples of 1 / `ONE`, by level.
        out: uint8 `[h, w]`, the plane to write.
    """
    rows = max(1, _PIXELS_AT_ONCE // below.shape[1])
    for row in range(0, below.shape[0], rows):
        some = slice(row, row + rows)
        blend(
            below[some],
            look_up(level[some], colours),
            look_up(level[some], shares),
            out=out[some],
        )


def look_up(values: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Returns `table[values]` of bytes, in a fifth of NumPy's time."""
    found = values.tobytes().translate(table.tobytes())
    return np.frombuffer(found, np.uint8).reshape(values.shape)


class Picture:
    """A picture with transparency, converted to lie on frames of a format.

    Where colour has half the resolution, a colour mixes with that of its
    transparent neighbours, which therefore should be black or grey.

    Args:
        rgba: uint8 `[H, W, 4]`; may be empty.
        frame: a frame of the format and colour space.
        corner: (row, column) of the picture in the frame, even numbers.
        opacity: in [0, 1], of opaque pixels.
    """

    def __init__(
        self,
        rgba: np.ndarray,
        frame: av.VideoFrame,
        corner: Sequence[int] = (0, 0),
        opacity: float = 1.0,
    ):
        self._corner = corner
        self._layers: list[tuple] = []
        if not rgba.size:
            return
        rgba = np.ascontiguousarray(rgba)
        colour = av.VideoFrame.from_ndarray(rgba, "rgba").reformat(
            format=frame.format.name, dst_colorspace=space_of(frame), threads=1
        )
        shares = np.rint(np.arange(256) * opacity * ONE / 255).astype(np.uint8)
        share = look_up(rgba[..., 3], shares)
        self._layers = [
            (pixels(plane), _shrunk(share, (plane.height, plane.width)))
            for plane in colour.planes
        ]

    def lay_on(self, frame: av.VideoFrame) -> None:
        """Draws the picture on a frame, which changes."""
        for plane, (colour, share) in zip(
            frame.planes, self._layers, strict=bool(self._layers)
        ):
            row, column = (
                place * length // whole
                for place, length, whole in zip(
                    self._corner,
                    (plane.height, plane.width),
                    size_of(frame),
                    strict=True,
                )
            )
            height, width = share.shape
            area = pixels(plane)[row : row + height, column : column + width]
            blend(area, colour, share, out=area)


def _shrunk(share: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns shares in the resolution of a plane, the same or half of it."""
    if share.shape == size:
        return share
    rows = np.add(share[::2], share[1::2], dtype=np.uint16)
    return ((rows[:, ::2] + rows[:, 1::2]) >> 2).astype(np.uint8)
