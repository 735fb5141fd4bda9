"""Draws a density over a decoded frame.

Frames stay in the decoder's planes of brightness and colour, without a
conversion to RGB and back. Pixels outside the drawing keep their values.
"""

import collections
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import av
import contourpy
import matplotlib
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from rmdn_tf.model.columns import columns_of
from rmdn_tf.video import planes
from rmdn_tf.video.colours import COLORMAP, RING_RGB, STYLES
from rmdn_tf.video.drawing import draw_rings
from rmdn_tf.video.legend import Sample, draw_legend
from rmdn_tf.video.lines import Line, draw_lines, line_width

if TYPE_CHECKING:
    from rmdn_tf.prediction.density import Density

# Shares of the density inside the contours; the last is the brightest.
CONTOUR_SHARES = (0.9, 0.5)

# Largest number of ellipses, and their size in standard deviations.
MAX_ELLIPSES, ELLIPSE_DEVIATIONS = 5, 2

# Rows of the map, which is smooth and enlarged to the frame; its most columns.
MAP_ROWS, MAX_MAP_COLUMNS = 64, 1024

# Part of the colormap for lines: its bright end.
_FAINTEST_LINE = 0.65

# Square root of the density over its peak, for each value of a byte.
_ROOTS = np.arange(256) / 255


class Overlay:
    """Draws densities over the frames of a video.

    The result has the frame's time and size, or twice the width if side by
    side, in `yuv420p`, or `yuv444p` if the size is odd.

    Args:
        style: "heat" colours the frame; "contours" outlines the smallest
            regions that hold half and nine tenths of the density; "ellipses"
            draws the strongest components, at two standard deviations.
        colormap: name of a matplotlib colormap. Lines take colours from its
            end.
        opacity: opacity of the strongest colour or of lines, in [0, 1]; None
            for that of `rmdn_tf.video.colours.STYLES`.
        side_by_side: draw on a copy beside the plain frame.
        legend: explain colours and lines in the lower left corner.
        in_rgb: return frames in `gbrp`, for a picture: its pixels outside of
            the drawing keep their values.

    Call arguments:
        points: float `[n, 2]`, x and y in [0, 1], to draw rings around.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        style: str = "heat",
        colormap: str = COLORMAP,
        opacity: float | None = None,
        side_by_side: bool = False,
        legend: bool = False,
        in_rgb: bool = False,
    ):
        _require(style in STYLES, f"one of {', '.join(STYLES)}", style=style)
        _require(
            colormap in matplotlib.colormaps,
            "a colormap of matplotlib",
            colormap=colormap,
        )
        opacity = STYLES[style] if opacity is None else opacity
        _require(0 <= opacity <= 1, "a number in [0, 1]", opacity=opacity)
        self._style = style
        self._draw = getattr(self, f"_{style}")
        levels = matplotlib.colormaps[colormap](np.arange(256), bytes=True)
        self._colours = np.ascontiguousarray(levels[:, :3])
        self._opacity = opacity
        self._shares = np.rint(opacity * _ROOTS * planes.ONE).astype(np.uint8)
        self._tables: dict[tuple, list[np.ndarray]] = {}
        self._has_legend = legend
        self._legends: dict[tuple, planes.Picture] = {}
        self._reformatters: dict[tuple, VideoReformatter] = (
            collections.defaultdict(VideoReformatter)
        )
        self._side_by_side = side_by_side
        self._in_rgb = in_rgb

    def __call__(
        self,
        frame: av.VideoFrame,
        density: "Density",
        points: Sequence | np.ndarray = (),
    ) -> av.VideoFrame:
        plain = self._in_planes(frame)
        drawn = self._draw(plain, density)
        if len(points):
            _lay(draw_rings(points, planes.size_of(plain)), drawn)
        if self._has_legend:
            self._legend_for(drawn, len(points) > 0).lay_on(drawn)
        return planes.beside(plain, drawn) if self._side_by_side else drawn

    def blank(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Makes a frame without a drawing.

        Args:
            frame: a frame of the video.

        Returns:
            A new frame, in the form of a drawn one.
        """
        plain = self._in_planes(frame)
        return planes.beside(plain, plain) if self._side_by_side else plain

    def _heat(self, frame, density) -> av.VideoFrame:
        grid = density.saliency_map(*_grid(planes.size_of(frame)))
        # The root makes small densities visible, with smooth borders.
        level = _level(np.sqrt(grid / grid.max()))
        level = av.VideoFrame.from_ndarray(level, "gray")
        heated = planes.like(frame, frame.width)
        for below, colour, target in zip(
            frame.planes,
            self._colour_tables(frame),
            heated.planes,
            strict=True,
        ):
            enlarged = self._resize(level, below.width, below.height, "gray")
            planes.blend_by_level(
                planes.pixels(below),
                planes.pixels(enlarged.planes[0]),
                colour,
                self._shares,
                out=planes.pixels(target),
            )
        return heated

    def _colour_tables(self, frame) -> list[np.ndarray]:
        """Returns the colours of `_ROOTS` in each plane, uint8 `[256]`."""
        key = frame.format.name, planes.space_of(frame)
        if key not in self._tables:
            colours = self._colours[_level(_ROOTS**2)]
            # Twice as large, since a plane may have half the resolution.
            doubled = np.repeat(colours[None], 2, 0).repeat(2, 1)
            converted = av.VideoFrame.from_ndarray(doubled, "rgb24").reformat(
                format=frame.format.name, dst_colorspace=planes.space_of(frame)
            )
            self._tables[key] = [
                planes.pixels(plane)[0, :: plane.width // 256].copy()
                for plane in converted.planes
            ]
        return self._tables[key]

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
        """Converts a frame to planes of 8 bits."""
        # Colour at half the resolution needs an even size.
        is_odd = frame.width % 2 or frame.height % 2
        form = "yuv444p" if is_odd else "yuv420p"
        form = "gbrp" if self._in_rgb else form
        reformatter = self._reformatters[frame.format.name, form]
        return planes.in_format(frame, form, reformatter)

    def _contours(self, frame, density) -> av.VideoFrame:
        size = planes.size_of(frame)
        grid = density.saliency_map(*_grid(size))
        scale = np.array(size[::-1]) / grid.shape[::-1]
        falling = np.sort(grid, axis=None)[::-1]
        held = np.cumsum(falling)
        # The edge is repeated: lines go on to the edge of the frame.
        contours = contourpy.contour_generator(z=np.pad(grid, 1, mode="edge"))
        lines = []
        for share, rgb in zip(CONTOUR_SHARES, self.contour_rgb, strict=True):
            least = falling[np.searchsorted(held, share * held[-1])]
            # Below the least value inside, which may be that of the peak alone.
            outside = falling[falling < least][:1]
            level = np.append(outside, least).mean()
            # A cell's value is that at its centre.
            lines += [
                Line((np.asarray(points) - 0.5) * scale, rgb)
                for points in contours.lines(level)
            ]
        return self._with_lines(frame, lines)

    def _ellipses(self, frame, density) -> av.VideoFrame:
        scale = np.array(planes.size_of(frame)[::-1])
        lines = [
            Line(outline * scale, self._line_rgb(weight))
            for weight, outline in _strongest(density.parameters)
        ]
        return self._with_lines(frame, lines)

    def _with_lines(self, frame, lines) -> av.VideoFrame:
        drawn, size = planes.copied(frame), planes.size_of(frame)
        _lay(draw_lines(lines, size, line_width(size)), drawn, self._opacity)
        return drawn

    def _legend_for(self, frame, has_points: bool) -> planes.Picture:
        """Returns the legend for frames like this one; draws it once."""
        size, space = planes.size_of(frame), planes.space_of(frame)
        key = size, frame.format.name, space, has_points
        if key not in self._legends:
            rows = self._legend_rows()
            if has_points:
                rows.append((("ring", RING_RGB), "sampled point of gaze"))
            drawn = draw_legend(rows, size)[: size[0]]
            corner = size[0] - len(drawn), 0
            self._legends[key] = planes.Picture(drawn, frame, corner)
        return self._legends[key]

    def _legend_rows(self) -> list[tuple[Sample, str]]:
        if self._style == "heat":
            return [(("bar", self._colours), "density, 0 to the frame's peak")]
        if self._style == "contours":
            return [
                (("line", rgb), f"holds {share:.0%} of the gaze")
                for share, rgb in zip(
                    CONTOUR_SHARES, self.contour_rgb, strict=True
                )
            ]
        strongest, weakest = map(self._line_rgb, (1, 0))
        deviations = f"{ELLIPSE_DEVIATIONS} standard deviations"
        return [
            (("line", strongest), f"strongest component, {deviations}"),
            (
                ("line", weakest),
                f"weaker component, {MAX_ELLIPSES} in all at most",
            ),
        ]

    @property
    def contour_rgb(self) -> list[tuple[int, ...]]:
        """The colours of the contours, in the order of `CONTOUR_SHARES`."""
        number = len(CONTOUR_SHARES)
        return [self._line_rgb((n + 1) / number) for n in range(number)]

    def _line_rgb(self, strength: float) -> tuple[int, ...]:
        """Returns a line's colour, from the end of the colormap."""
        place = _FAINTEST_LINE + strength * (1 - _FAINTEST_LINE)
        return tuple(self._colours[_level(np.float64(place))].tolist())


def _require(is_valid: bool, expected: str, **option) -> None:
    if not is_valid:
        ((name, value),) = option.items()
        raise ValueError(
            f"Invalid `{name}`. Expected {expected}. Received: {name}={value}."
        )


def _lay(drawn, frame: av.VideoFrame, opacity: float = 1.0) -> None:
    """Lays what `draw_lines` or `draw_rings` returns on a frame."""
    rgba, corner = drawn
    planes.Picture(rgba, frame, corner, opacity).lay_on(frame)


def _level(heat):
    return np.rint(heat * 255).astype(np.uint8)


def _grid(size: tuple[int, int]) -> tuple[int, int]:
    columns = round(MAP_ROWS * size[1] / size[0])
    return MAP_ROWS, min(max(1, columns), MAX_MAP_COLUMNS)


def _strongest(parameters: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Yields relative weights and outlines of the strongest components."""
    order = np.argsort(-parameters[:, 0])[:MAX_ELLIPSES]
    logit, x, y, log_scale_x, log_scale_y, r = columns_of(parameters[order])
    angle = np.linspace(0, 2 * np.pi, 65)
    for k, weight in enumerate(np.exp(logit - logit[0])):
        u, v = ELLIPSE_DEVIATIONS * np.array([np.cos(angle), np.sin(angle)])
        v = np.tanh(r[k]) * u + v / np.cosh(r[k])
        across = x[k] + np.exp(log_scale_x[k]) * u
        down = y[k] + np.exp(log_scale_y[k]) * v
        outline = np.stack([across, down], -1)
        outline[-1] = outline[0]  # Exactly closed.
        yield weight, outline
