"""Blurs maps by the Gaussian by which `true_density` blurs fixations."""

import functools
from collections.abc import Iterator

import numpy as np

from rmdn_tf.metrics.true_density import blur_radius, gaussian_lines

# Pixels of a line that are computed at once. Pixels beyond the reach of the
# Gaussian are left out of the product.
_NUM_PIXELS = 32


class Blurred:
    """Sums of Gaussians around the pixels of a map, each 1 at its centre.

    Beyond the borders of the frame a map is 0.

    Args:
        sigma: standard deviation, in pixels, positive.
        power: to which the Gaussians are raised; 2 sums their squares.

    Call arguments:
        maps: float32 or float64 `[..., H, W]`. The result has the same shape
            and type.
    """

    def __init__(self, sigma: float, power: int = 1):
        self._sigma = sigma
        self._power = power

    def __call__(self, maps: np.ndarray) -> np.ndarray:
        return self._down(self._across(maps))

    def of_ones(self, height: int, width: int) -> np.ndarray:
        """Blurs a map of ones.

        Args:
            height: H, rows of the map.
            width: W, columns of the map.

        Returns:
            float64 `[H, W]`: the part of each pixel's Gaussian in the frame.
        """
        down = self._down(np.ones([height, 1]))
        return down * self._across(np.ones([1, width]))

    def _across(self, maps: np.ndarray) -> np.ndarray:
        blurred = np.empty_like(maps)
        for at, near, lines in self._blocks(maps.shape[-1], maps.dtype):
            blurred[..., at] = maps[..., near] @ lines
        return blurred

    def _down(self, maps: np.ndarray) -> np.ndarray:
        blurred = np.empty_like(maps)
        for at, near, lines in self._blocks(maps.shape[-2], maps.dtype):
            blurred[..., at, :] = lines.T @ maps[..., near, :]
        return blurred

    def _blocks(
        self, size: int, dtype: np.dtype
    ) -> Iterator[tuple[slice, slice, np.ndarray]]:
        """Cuts a line into blocks of pixels.

        Yields:
            A block, the pixels that reach it, and their Gaussians, `[near,
            block]`.
        """
        radius = min(blur_radius(self._sigma), size)
        every = _lines(self._sigma, self._power, radius, dtype)
        for begin in range(0, size, _NUM_PIXELS):
            end = min(begin + _NUM_PIXELS, size)
            near = slice(max(0, begin - radius), min(end + radius, size))
            first = near.start - begin + radius
            lines = every[first : first + near.stop - near.start]
            yield slice(begin, end), near, lines[:, : end - begin]


@functools.lru_cache(maxsize=16)
def _lines(
    sigma: float, power: int, radius: int, dtype: np.dtype
) -> np.ndarray:
    """The Gaussians around a block and `radius` pixels on both sides of it.

    Returns:
        float `[radius + block + radius, block]`.
    """
    centres = np.arange(radius, radius + _NUM_PIXELS)
    lines = gaussian_lines(centres, 2 * radius + _NUM_PIXELS, sigma)
    return (lines.T**power).astype(dtype, order="C")
