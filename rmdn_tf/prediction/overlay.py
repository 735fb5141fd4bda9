"""Draws a density over a decoded frame.

Frames stay in the decoder's planes of brightness and colour, without a
conversion to RGB and back. Pixels outside the drawing keep their values.
"""

import collections
from collections.abc import Iterator

import av
import contourpy
import matplotlib
import numpy as np
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from PIL import Image, ImageDraw

from rmdn_tf.prediction.density import Density
from rmdn_tf.video.decoding import copy_time
from rmdn_tf.video.drawing import COLORMAP, RING_RGB

STYLES = ("heat", "contours", "ellipses")
# Shares of the density inside the contours; the last is the brightest.
CONTOUR_SHARES = (0.9, 0.5)

# Number of strongest components, drawn at two standard deviations.
MAX_ELLIPSES = 5

# Rows of the map, which is smooth and is enlarged to the frame.
MAP_ROWS = 64

# Opacity 1 as an integer. Its product with a difference fits in 16 bits.
_ONE = 1 << 7

# FFmpeg's numbers for colour spaces.
_BT709, _BT601, _BT2020 = 1, 6, 9

# Square root of the density over its peak, for each value of a byte.
_ROOTS = np.arange(256) / 255


class Overlay:
    """Draws densities over the frames of a video.

    The result has the frame's time and size, or twice the width if side by
    side, in `yuv420p`, or `yuv444p` if the size is odd.

    Args:
        style: "heat" colours the frame; "contours" outlines the smallest
            regions that hold half and nine tenths of the density; "ellipses"
            draws the strongest components.
        colormap: name of a colormap of matplotlib.
        opacity: opacity of the strongest colour, in [0, 1].
        side_by_side: draw on a copy beside the plain frame.

    Call arguments:
        points: float `[n, 2]`, x and y in [0, 1], to draw rings around.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        style: str = "heat",
        colormap: str = COLORMAP,
        opacity: float = 0.7,
        side_by_side: bool = False,
    ):
        _require(style in STYLES, f"one of {STYLES}", style=style)
        _require(
            colormap in matplotlib.colormaps,
            "a colormap of matplotlib",
            colormap=colormap,
        )
        _require(0 <= opacity <= 1, "a number in [0, 1]", opacity=opacity)
        self._draw = getattr(self, f"_{style}")
        levels = matplotlib.colormaps[colormap](np.arange(256), bytes=True)
        self._colours = np.ascontiguousarray(levels[:, :3])
        self._opacity = opacity
        self._shares = np.rint(opacity * _ROOTS * _ONE).astype(np.uint8)
        self._tables = {}
        self._reformatters = collections.defaultdict(VideoReformatter)
        self._side_by_side = side_by_side

    def __call__(
        self, frame: av.VideoFrame, density: Density, points=()
    ) -> av.VideoFrame:
        plain = self._in_planes(frame)
        drawn = self._draw(plain, density)
        if len(points):
            drawn = self._lay(drawn, _rings(points, _size(plain)), 1.0)
        return _beside(plain, drawn) if self._side_by_side else drawn

    def blank(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Returns a frame without a drawing, in the form of a drawn one."""
        plain = self._in_planes(frame)
        return _beside(plain, plain) if self._side_by_side else plain

    def _heat(self, frame, density):
        grid = density.saliency_map(*_grid(_size(frame)))
        # The root makes small densities visible, with smooth borders.
        level = _level(np.sqrt(grid / grid.max()))
        level = av.VideoFrame.from_ndarray(level, "gray")
        layers = []
        for plane, colour in zip(
            frame.planes, self._colour_tables(frame), strict=True
        ):
            enlarged = self._resize(level, plane.width, plane.height, "gray")
            enlarged = _pixels(enlarged.planes[0])
            layers.append(
                (_look_up(enlarged, colour), _look_up(enlarged, self._shares))
            )
        return _blend(frame, layers)

    def _colour_tables(self, frame) -> list[np.ndarray]:
        """Returns the colours of `_ROOTS` in each plane, uint8 `[256]`."""
        key = frame.format.name, _space(frame)
        if key not in self._tables:
            colours = self._colours[_level(_ROOTS**2)]
            # Twice as large, since a plane may have half the resolution.
            doubled = np.repeat(colours[None], 2, 0).repeat(2, 1)
            converted = av.VideoFrame.from_ndarray(doubled, "rgb24").reformat(
                format=frame.format.name, dst_colorspace=_space(frame)
            )
            self._tables[key] = [
                _pixels(plane)[0, :: plane.width // 256].copy()
                for plane in converted.planes
            ]
        return self._tables[key]

    def _lay(self, frame, picture, opacity: float):
        """Lays a picture with alpha over the frame."""
        rgba = np.asarray(picture)
        colour = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(rgba[..., :3]), "rgb24"
        ).reformat(format=frame.format.name, dst_colorspace=_space(frame))
        alpha = np.ascontiguousarray(rgba[..., 3])
        alpha = av.VideoFrame.from_ndarray(alpha, "gray")
        layers = []
        for plane in colour.planes:
            share = self._resize(alpha, plane.width, plane.height, "gray")
            share = _pixels(share.planes[0]) * (opacity * _ONE / 255)
            layers.append((_pixels(plane), np.rint(share).astype(np.uint8)))
        return _blend(frame, layers)

    def _resize(self, frame, width, height, form) -> av.VideoFrame:
        """Resizes smoothly, with tables that are made once."""
        return self._reformatters[width, height, form].reformat(
            frame,
            width,
            height,
            form,
            interpolation=Interpolation.BILINEAR,
            threads=1,
        )

    def _in_planes(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Converts a frame to 8-bit planes of brightness and colour."""
        # Colour at half the resolution needs an even size.
        is_odd = frame.width % 2 or frame.height % 2
        form = "yuv444p" if is_odd else "yuv420p"
        planes = self._reformatters[frame.format.name, form].reformat(
            frame, format=form, threads=1
        )
        copy_time(frame, planes)
        if frame.format.is_rgb:
            planes.colorspace = _BT601
        return planes

    def _contours(self, frame, density):
        size = _size(frame)
        grid = density.saliency_map(*_grid(size))
        scale = np.array(size[::-1]) / grid.shape[::-1]
        # A cell's value is that at its centre: + 0.5 below.
        lines = contourpy.contour_generator(z=grid)
        falling = np.sort(grid, axis=None)[::-1]
        held = np.cumsum(falling)
        picture, draw = _canvas(size)
        for number, share in enumerate(CONTOUR_SHARES, start=1):
            level = falling[np.searchsorted(held, share * held[-1])]
            colour = self._colour(number / len(CONTOUR_SHARES))
            for line in lines.lines(level):
                draw.line(
                    [tuple(p) for p in (line + 0.5) * scale], colour, _pen(size)
                )
        return self._lay(frame, picture, self._opacity)

    def _ellipses(self, frame, density):
        size = _size(frame)
        picture, draw = _canvas(size)
        for weight, outline in _strongest(density.parameters):
            corners = [tuple(p) for p in outline * size[::-1]]
            draw.line(corners, self._colour(weight), _pen(size), joint="curve")
        return self._lay(frame, picture, self._opacity)

    def _colour(self, strength: float) -> tuple[int, ...]:
        """Returns a line's colour, from the brighter half of the colormap."""
        rgb = self._colours[_level(np.float64(0.5 + strength / 2))]
        return (*map(int, rgb), 255)


def _require(is_valid: bool, expected: str, **option) -> None:
    if not is_valid:
        ((name, value),) = option.items()
        raise ValueError(
            f"Invalid `{name}`. Expected {expected}. Received: {name}={value}."
        )


def _size(frame: av.VideoFrame) -> tuple[int, int]:
    return frame.height, frame.width


def _level(heat):
    return np.rint(heat * 255).astype(np.uint8)


def _grid(size: tuple[int, int]) -> tuple[int, int]:
    return MAP_ROWS, max(1, round(MAP_ROWS * size[1] / size[0]))


def _pen(size: tuple[int, int]) -> int:
    return max(1, round(min(size) / 180))


def _canvas(size: tuple[int, int]):
    picture = Image.new("RGBA", size[::-1])
    return picture, ImageDraw.Draw(picture)


def _strongest(parameters: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Yields relative weights and outlines of the strongest components."""
    order = np.argsort(-parameters[:, 0])[:MAX_ELLIPSES]
    logit, x, y, log_scale_x, log_scale_y, r = parameters[order].T
    angle = np.linspace(0, 2 * np.pi, 65)
    for k, weight in enumerate(np.exp(logit - logit[0])):
        u, v = 2 * np.cos(angle), 2 * np.sin(angle)
        v = np.tanh(r[k]) * u + v / np.cosh(r[k])
        across = x[k] + np.exp(log_scale_x[k]) * u
        down = y[k] + np.exp(log_scale_y[k]) * v
        yield weight, np.stack([across, down], -1)


def _rings(points: np.ndarray, size: tuple[int, int]):
    picture, draw = _canvas(size)
    radius = max(2, min(size) / 60)
    for x, y in np.asarray(points) * size[::-1]:
        box = [x - radius, y - radius, x + radius, y + radius]
        draw.ellipse(box, outline=(*RING_RGB, 255), width=_pen(size))
    return picture


def _blend(frame: av.VideoFrame, layers) -> av.VideoFrame:
    """Mixes colours into each plane; shares are multiples of 1 / `_ONE`."""
    blended = _like(frame, frame.width)
    for below, (colour, share), target in zip(
        frame.planes, layers, blended.planes, strict=True
    ):
        old = _pixels(below)
        change = np.subtract(colour, old, dtype=np.int16)
        change *= share
        change >>= 7
        np.add(old, change, out=_pixels(target), casting="unsafe")
    return blended


def _look_up(values: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Returns `table[values]` of bytes, in a fifth of NumPy's time."""
    found = values.tobytes().translate(table.tobytes())
    return np.frombuffer(found, np.uint8).reshape(values.shape)


def _space(frame: av.VideoFrame) -> int:
    """Returns the frame's colour space, as the conversion names it."""
    known = {_BT709: Colorspace.ITU709, _BT2020: Colorspace.BT2020}
    return known.get(frame.colorspace, Colorspace.ITU601)


def _beside(left: av.VideoFrame, right: av.VideoFrame) -> av.VideoFrame:
    both = _like(left, 2 * left.width)
    for one, other, target in zip(
        left.planes, right.planes, both.planes, strict=True
    ):
        np.concatenate(
            [_pixels(one), _pixels(other)], axis=1, out=_pixels(target)
        )
    return both


def _like(frame: av.VideoFrame, width: int) -> av.VideoFrame:
    new = av.VideoFrame(width, frame.height, frame.format.name)
    copy_time(frame, new)
    for name in ("color_range", "colorspace", "color_primaries", "color_trc"):
        setattr(new, name, getattr(frame, name))
    return new


def _pixels(plane) -> np.ndarray:
    """Returns a view of a plane, `[height, width]`, without padding."""
    pixels = np.frombuffer(plane, np.uint8)
    rows = pixels.reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
