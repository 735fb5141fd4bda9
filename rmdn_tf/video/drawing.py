"""Draws densities as heat and fixations as rings.

Pictures are uint8 `[H, W, 3]`, RGB. Maps are float `[H, W]`, 0 or more, of any
scale. Fixations are float `[n, 2]`, (x, y) in [0, 1].
"""

import matplotlib
import numpy as np

COLORMAP = "inferno"
RING_RGB = (0, 255, 160)


def overlay(
    frame: np.ndarray, saliency_map: np.ndarray, opacity: float = 0.7
) -> np.ndarray:
    """Blends a density over a frame: the higher, the more opaque.

    Args:
        opacity: opacity at the map's peak, in [0, 1].
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


def draw_fixations(
    frame: np.ndarray, fixations: np.ndarray, radius: float = 3.0
) -> np.ndarray:
    """Draws a ring around every fixation on a copy; the radius is in pixels."""
    height, width = frame.shape[:2]
    rows, columns = np.mgrid[:height, :width] + 0.5
    drawn = frame.copy()
    for x, y in fixations:
        distance = np.hypot(columns - x * width, rows - y * height)
        drawn[np.abs(distance - radius) < 0.7] = RING_RGB
    return drawn


def strip(
    frames: np.ndarray,
    saliency_maps: np.ndarray,
    fixations: list[np.ndarray],
    true_maps: np.ndarray,
) -> np.ndarray:
    """Lays n frames of a video side by side, `[4 H, n W, 3]`.

    The rows are: frame, density, fixations, true density.
    """
    rows = (
        frames,
        map(colour_mapped, saliency_maps),
        map(draw_fixations, frames, fixations),
        map(colour_mapped, true_maps),
    )
    return np.concatenate(
        [np.concatenate(list(row), axis=1) for row in rows], axis=0
    )
