"""Draws densities as heat and fixations as rings.

Pictures are uint8 `[H, W, 3]`, RGB. Maps are float `[H, W]`, 0 or more, of any
scale. Fixations are float `[n, 2]`, (x, y) in [0, 1].
"""

from collections.abc import Sequence

import matplotlib
import numpy as np

from rmdn_tf.video.colours import COLORMAP, RING_RGB
from rmdn_tf.video.lines import Line, circle, draw_lines, line_width

# Radius of rings: a 60th of the picture's shorter side, at least 3 pixels.
_LEAST_RADIUS, _SIDE_TO_RADIUS = 3.0, 60


def overlay(
    frame: np.ndarray, saliency_map: np.ndarray, opacity: float = 0.7
) -> np.ndarray:
    """Blends a density over a frame: the higher, the more opaque.

    Args:
        frame: uint8 `[H, W, 3]`, RGB.
        saliency_map: float `[H, W]`, 0 or more, of any scale.
        opacity: opacity at the map's peak, in [0, 1].

    Returns:
        uint8 `[H, W, 3]`, a new picture.
    """
    heat, colour = _heat(saliency_map)
    share = opacity * np.sqrt(heat)[..., None]
    return np.rint(frame * (1 - share) + colour * share).astype(np.uint8)


def colour_mapped(saliency_map: np.ndarray) -> np.ndarray:
    """Turns a density into colours, the top colour at its peak."""
    _, colour = _heat(saliency_map)
    return np.rint(colour).astype(np.uint8)


def _heat(saliency_map: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns heat `[H, W]` in [0, 1], colours `[H, W, 3]` in [0, 255]."""
    heat = saliency_map / max(saliency_map.max(), np.finfo(np.float64).tiny)
    return heat, matplotlib.colormaps[COLORMAP](heat)[..., :3] * 255


def draw_fixations(frame: np.ndarray, fixations: np.ndarray) -> np.ndarray:
    """Draws a ring around every fixation.

    Args:
        frame: uint8 `[H, W, 3]`, RGB.
        fixations: float `[n, 2]`, (x, y) in [0, 1].

    Returns:
        uint8 `[H, W, 3]`, a new picture.
    """
    size = frame.shape[0], frame.shape[1]
    rgba, (row, column) = draw_rings(fixations, size)
    drawn = frame.copy()
    height, width, _ = rgba.shape
    area = drawn[row : row + height, column : column + width]
    share = rgba[..., 3:] / 255
    area[:] = np.rint(area * (1 - share) + rgba[..., :3] * share)
    return drawn


def draw_rings(
    points: Sequence | np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, tuple[int, int]]:
    """Draws a ring around every point on a transparent picture.

    Args:
        points: float `[n, 2]`, (x, y) in [0, 1].
        size: (height, width) in pixels.

    Returns:
        The part of the picture that holds the rings, uint8 RGBA `[h, w, 4]`,
        and the (row, column) of its corner, as `lines.draw_lines` does.
    """
    radius = max(_LEAST_RADIUS, min(size) / _SIDE_TO_RADIUS)
    rings = [
        Line(circle(x, y, radius), RING_RGB)
        for x, y in np.asarray(points) * size[::-1]
    ]
    return draw_lines(rings, size, min(line_width(size), radius / 2.5))
