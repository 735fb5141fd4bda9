"""Draws smooth lines that stand out from any picture.

A line is bright in a dark rim, or dark in a bright one: one of the two stands
out from the picture below, be it white, black or busy.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

# Width of a line: a 270th of the picture's shorter side, at least 2 pixels. So
# it is 2 at 640x360, 4 at 1920x1080, 8 at 3840x2160.
_LEAST_WIDTH, _SIDE_TO_WIDTH = 2.0, 270

# Width of line and rim together, over that of the line.
_WITH_RIM = 2.0

# Straight parts of a rounded corner.
_PARTS = 4

_DOTS_PER_POINT = 72  # A point is a pixel.


class Line(NamedTuple):
    """A line through points.

    Attributes:
        points: float `[n, 2]`, x and y in pixels from the upper left corner. If
            the last equals the first, the line is closed.
        rgb: its colour, 0 to 255.
    """

    points: np.ndarray
    rgb: Sequence[int]


def line_width(size: Sequence[int]) -> float:
    """Returns the width of lines on a picture of (height, width) pixels."""
    return max(_LEAST_WIDTH, min(size) / _SIDE_TO_WIDTH)


def circle(x: float, y: float, radius: float) -> np.ndarray:
    """Returns the points of a closed circle."""
    angle = np.linspace(0, 2 * np.pi, 33)[:-1]
    ring = np.stack([np.cos(angle), np.sin(angle)], -1)
    return np.array([x, y]) + radius * np.concatenate([ring, ring[:1]])


def draw_lines(
    lines: Iterable[Line], size: Sequence[int], width: float
) -> tuple[np.ndarray, tuple[int, int]]:
    """Draws lines with their rims, antialiased, on a transparent picture.

    Args:
        size: (height, width) of the whole picture.
        width: of the lines without their rims, in pixels.

    Returns:
        The part of the picture that holds the lines, uint8 RGBA `[h, w, 4]`,
        and the (row, column) of its corner. Both are even if the size is. h and
        w are 0 if no line crosses the picture.
    """
    lines = list(lines)
    corner, part = _bounds(lines, size, _WITH_RIM * width)
    if not min(part):
        return np.zeros((0, 0, 4), np.uint8), corner
    renderer = RendererAgg(part[1], part[0], _DOTS_PER_POINT)
    # Agg counts y from below.
    place = Affine2D().translate(-corner[1], -corner[0])
    place.scale(1, -1).translate(0, part[0])
    paths = [Path(_smooth(line.points)) for line in lines]
    for stroke, colour in ((_WITH_RIM * width, rim_of), (width, tuple)):
        for line, path in zip(lines, paths, strict=True):
            renderer.draw_path(_pen(stroke, colour(line.rgb)), path, place)
    return np.asarray(renderer.buffer_rgba()), corner


def rim_of(rgb: Sequence[int]) -> tuple[int, int, int]:
    """Returns black or white, the one that contrasts more with a colour."""
    light = luminance(rgb) + 0.05
    return (0, 0, 0) if light / 0.05 > 1.05 / light else (255, 255, 255)


def luminance(rgb: Sequence[int] | np.ndarray) -> np.ndarray:
    """Returns the relative luminance of sRGB colours `[..., 3]`, 0 to 1.

    References:
        1. Web Content Accessibility Guidelines 2.1, "relative luminance".
    """
    level = np.asarray(rgb) / 255
    linear = np.where(
        level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4
    )
    return linear @ [0.2126, 0.7152, 0.0722]


def _bounds(
    lines: list[Line], size: Sequence[int], width: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Returns corner and size of the part of a picture that holds lines."""
    parts = [line.points for line in lines if len(line.points)]
    if not parts:
        return (0, 0), (0, 0)
    points = np.concatenate(parts)
    margin = width / 2 + 1
    whole = np.array(size)
    low = np.floor(points.min(0) - margin)[::-1].astype(int)
    high = np.ceil(points.max(0) + margin)[::-1].astype(int)
    low = np.clip(low, 0, whole) // 2 * 2
    high = np.minimum(-(-np.clip(high, 0, whole) // 2) * 2, whole)
    part = np.maximum(high - low, 0)
    return (int(low[0]), int(low[1])), (int(part[0]), int(part[1]))


def _pen(width: float, rgb: Sequence[int]) -> GraphicsContextBase:
    pen = GraphicsContextBase()
    pen.set_linewidth(width)
    pen.set_foreground((rgb[0] / 255, rgb[1] / 255, rgb[2] / 255))
    pen.set_joinstyle("round")
    pen.set_capstyle("round")
    pen.set_snap(False)  # Else upright lines would jump to whole pixels.
    return pen


def _smooth(points: np.ndarray) -> np.ndarray:
    """Rounds the corners of a line: a quadratic B-spline of its points."""
    if len(points) < 3:
        return points
    is_closed = np.array_equal(points[0], points[-1])
    if is_closed:
        points = np.concatenate([points, points[1:2]])
    middles = (points[:-1] + points[1:]) / 2
    begin, corner, end = middles[:-1], points[1:-1], middles[1:]
    t = np.linspace(0, 1, _PARTS, endpoint=False)[:, None, None]
    curves = (1 - t) ** 2 * begin + 2 * t * (1 - t) * corner + t**2 * end
    rounded = [curves.swapaxes(0, 1).reshape(-1, 2), middles[-1:]]
    if not is_closed:
        rounded = [points[:1], *rounded, points[-1:]]
    return np.concatenate(rounded)
