"""Peaks of a density, and the share of the gaze that belongs to each."""

from typing import NamedTuple

import numpy as np

# A bump is a peak of its own if every way to a higher bump leads through places
# below this part of its density.
SADDLE = 0.9

# How much higher than the highest pixel the density may be between pixels, in
# nats, where the grid is fine enough for the components.
_BETWEEN_PIXELS = 0.12

# The same on the finest grid, which may be too coarse for a narrow component.
_MOST_GAIN = 2.0

# To the neighbours of a pixel, rows and columns.
_STEPS = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]


class Peak(NamedTuple):
    """A place that draws more gaze than the places around it.

    Attributes:
        x: in widths of the frame from its left edge.
        y: in heights of the frame from its top edge.
        density: density at the peak; 1 is that of gaze which is spread evenly
            over the frame.
        share: probability that gaze falls on the slopes of the peak. Each place
            belongs to the peak that the steepest way up leads to, so the shares
            of all peaks sum to 1.
    """

    x: float
    y: float
    density: float
    share: float


def find_peaks(log_density: np.ndarray) -> list[Peak]:
    """Finds the peaks of a density on a grid of pixels.

    Args:
        log_density: float64 `[H, W]`, nats, finite, up to a constant.

    Returns:
        All peaks, that of the largest share first. Their places are exact to a
        fraction of a pixel, at the border to half a pixel.
    """
    relative = log_density - log_density.max()
    density = np.exp(relative)
    density /= density.mean()
    tops, basins = np.unique(_climb(relative), return_inverse=True)
    basins = basins.reshape(relative.shape)
    basins = _merged(relative.flat[tops], relative, basins)[basins]
    shares = np.bincount(basins.ravel(), density.ravel()) / density.size
    # Reflected, so that a summit at the border has no slope across it.
    padded, size = np.pad(relative, 1, "reflect"), relative.shape
    peaks = []
    for number in np.unique(basins):
        row, column = divmod(tops[number], size[1])
        around = padded[row : row + 3, column : column + 3]
        (right, down), gain = _summit(around)
        if not _is_as_high(relative, row + down, column + right, tops[number]):
            right = down = gain = 0.0
        x = float((column + 0.5 + right) / size[1])
        y = float((row + 0.5 + down) / size[0])
        top = float(density.flat[tops[number]] * np.exp(gain))
        peaks.append(Peak(x, y, top, float(shares[number])))
    return sorted(peaks, key=lambda peak: -peak.share)


def _climb(heights: np.ndarray) -> np.ndarray:
    """Returns the pixel at the end of the steepest way up from each pixel."""
    height, width = heights.shape
    padded = np.pad(heights, 1, constant_values=-np.inf)
    around = np.stack(
        [padded[1 + i :, 1 + j :][:height, :width] for i, j in _STEPS]
    )
    steps = np.array([i * width + j for i, j in _STEPS])
    goal = steps[around.argmax(0)].ravel() + np.arange(heights.size)
    while (goal[goal] != goal).any():
        goal = goal[goal]
    return goal


def _merged(
    tops: np.ndarray, heights: np.ndarray, basins: np.ndarray
) -> np.ndarray:
    """Returns the basin that each basin is a part of, over high saddles."""
    into = np.arange(len(tops))
    for saddle, *pair in _saddles(heights, basins):
        first, second = into[pair]
        low, high = sorted((first, second), key=lambda number: tops[number])
        if saddle - tops[low] > np.log(SADDLE):
            into[into == low] = high
    return into


def _saddles(
    heights: np.ndarray, basins: np.ndarray
) -> list[tuple[float, int, int]]:
    """Returns the highest saddle of touching basins, the highest first."""
    height, width = heights.shape
    found: dict[tuple[int, int], float] = {}
    for i, j in _STEPS[5:]:
        here = np.s_[: height - i, max(-j, 0) : width - max(j, 0)]
        there = np.s_[i:, max(j, 0) : width - max(-j, 0)]
        border = basins[here] != basins[there]
        pairs = np.sort([basins[here][border], basins[there][border]], 0)
        lower = np.minimum(heights[here][border], heights[there][border])
        for first, second, saddle in zip(*pairs, lower, strict=True):
            pair = int(first), int(second)
            found[pair] = max(found.get(pair, -np.inf), float(saddle))
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return [(saddle, *pair) for pair, saddle in ordered]


def _summit(around: np.ndarray) -> tuple[np.ndarray, float]:
    """Fits a paraboloid to a highest pixel and those around it, `[3, 3]`.

    Returns the way from the pixel to the summit, right and down, and how much
    higher the summit is.
    """
    slope = np.array([around[1, 2] - around[1, 0], around[2, 1] - around[0, 1]])
    bends = np.diff(around, 2, 1)[1, 0], np.diff(around, 2, 0)[0, 1]
    twist = (around[2, 2] - around[2, 0] - around[0, 2] + around[0, 0]) / 4
    hessian = np.array([[bends[0], twist], [twist, bends[1]]])
    way = -np.linalg.pinv(hessian) @ slope / 2
    gain = float(way @ slope / 4)
    # On a narrow tilted ridge the highest pixel may lie far from the summit.
    is_far = np.abs(way).max() > 1 and gain > _BETWEEN_PIXELS
    if np.linalg.eigvalsh(hessian).max() > 0 or is_far:
        return np.zeros(2), 0.0
    return way, min(gain, _MOST_GAIN)


def _is_as_high(
    heights: np.ndarray, row: float, column: float, top: int
) -> bool:
    """Tells whether a place far from the highest pixel is nearly as high."""
    near = round(row), round(column)
    if max(abs(np.subtract(near, divmod(top, heights.shape[1])))) <= 1:
        return True
    is_inside = all(
        0 <= i < n for i, n in zip(near, heights.shape, strict=True)
    )
    return is_inside and bool(
        heights[near] >= heights.flat[top] - _BETWEEN_PIXELS
    )
