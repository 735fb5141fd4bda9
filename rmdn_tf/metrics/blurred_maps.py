"""Blurs maps by the Gaussian by which `true_density` blurs fixations."""

import functools

import numpy as np

from rmdn_tf.metrics.true_density import blur_radius, gaussian_lines

# Columns that are computed at once. Pixels beyond the reach of the Gaussian are
# left out of the product.
_COLUMNS = 64


class Blurred:
    """Sums of Gaussians around the pixels of a map, each 1 at its centre.

    Beyond the borders of the frame a map is 0.

    Args:
        sigma: standard deviation, in pixels, positive.
        power: to which the Gaussians are raised; 2 sums their squares.

    Call arguments:
        maps: float64 `[..., H, W]`. The result has the same shape.
    """

    def __init__(self, sigma: float, power: int = 1):
        self._sigma = sigma
        self._power = power

    def __call__(self, maps: np.ndarray) -> np.ndarray:
        across = self._along_the_last(maps)
        down = self._along_the_last(np.swapaxes(across, -1, -2))
        return np.swapaxes(down, -1, -2)

    def of_ones(self, height: int, width: int) -> np.ndarray:
        """Blurs a map of ones.

        Args:
            height: H, rows of the map.
            width: W, columns of the map.

        Returns:
            float64 `[H, W]`: the part of each pixel's Gaussian in the frame.
        """
        down, across = (
            _lines(size, self._sigma, self._power).sum(0)
            for size in (height, width)
        )
        return np.outer(down, across)

    def _along_the_last(self, maps: np.ndarray) -> np.ndarray:
        size = maps.shape[-1]
        lines = _lines(size, self._sigma, self._power)
        radius = blur_radius(self._sigma)
        blurred = np.empty(maps.shape)
        for begin in range(0, size, _COLUMNS):
            end = min(begin + _COLUMNS, size)
            near = slice(max(0, begin - radius), min(end + radius, size))
            blurred[..., begin:end] = maps[..., near] @ lines[near, begin:end]
        return blurred


@functools.lru_cache(maxsize=8)
def _lines(size: int, sigma: float, power: int) -> np.ndarray:
    """The Gaussian around each pixel of a line, float64 `[size, size]`."""
    return gaussian_lines(np.arange(size), size, sigma) ** power
