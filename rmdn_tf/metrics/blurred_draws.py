"""The blur of fixations that are drawn from a density: its mean and spread."""

import functools

import numpy as np

from rmdn_tf.metrics.blurred_maps import Blurred
from rmdn_tf.metrics.ground_truth import STEADY

# Smaller shares of the peak slow processors down in float32, and add nothing.
_LEAST_SHARE = 1e-30


class BlurredDraws:
    """The blur g of N independent fixations from a density p.

    g is the sum of N Gaussians K, divided by their sum over the frame, in
    which the part of each Gaussian inside the frame counts.

    Args:
        density: float64 `[H, W]`, which sums to 1.
        num_fixations: N, at least 1.
        sigma: standard deviation of K, in pixels, positive.
    """

    def __init__(self, density: np.ndarray, num_fixations: int, sigma: float):
        self._density = density
        self._number = num_fixations
        self._others = num_fixations - 1
        self._blurred = Blurred(sigma)
        self._squared = Blurred(sigma, power=2)
        inside = self._blurred.of_ones(*density.shape)
        # Sum of all Gaussians, if one of the fixations lies on a pixel.
        self._total = inside + self._others * self._mean(inside)

    def _mean(self, values: np.ndarray) -> float:
        return float((self._density * values).sum())

    @functools.cached_property
    def mean(self) -> np.ndarray:
        """The mean of g, float64 `[H, W]`, which sums to 1."""
        blurred = self._blurred(self._density / self._total)
        blurred /= blurred.sum()
        return blurred

    @property
    def shape(self) -> np.ndarray:
        """Squared mean of g over its variance, float64 `[H, W]`."""
        squared_mean = np.square(self.mean)
        variance = self._squared(self._density / np.square(self._total))
        variance *= self._number
        variance -= squared_mean / self._number
        # Rounding may leave nothing, or less, of equal numbers.
        np.maximum(variance, np.finfo(float).tiny, out=variance)
        squared_mean /= variance
        return squared_mean

    @property
    def standardized(self) -> np.ndarray:
        """The mean of g / std of g, float `[H, W]`, at any scale.

        Each fixation x is weighed by 1 over the std of the sum of Gaussians, of
        which one lies at x.
        """
        density = self._density.astype(np.float32)
        density *= density >= _LEAST_SHARE * density.max()
        squared_mean = np.square(self._total / density.size)
        variance = self._moment(density) - squared_mean
        # A difference of numbers that are nearly equal takes float64.
        if (variance < STEADY[density.dtype] * squared_mean).any():
            density = self._density
            variance = self._moment(density) - squared_mean
        # Gaussians as wide as the frame hardly vary: they weigh alike.
        squared_mean *= np.finfo(np.float32).eps
        variance += squared_mean
        # Weights of 1 or less do not overflow.
        variance /= variance.min()
        return self._blurred(density / np.sqrt(variance.astype(density.dtype)))

    def _moment(self, density: np.ndarray) -> np.ndarray:
        """Computes the mean square of the sum of Gaussians, if one is at x.

        It is a sum over pairs of fixations, float64 `[H, W]`, as precise as the
        type of the density.
        """
        moment = self._squared.of_ones(*density.shape)
        if self._others:
            moment += self._others * self._mean(moment)
            once = self._blurred(density)
            pairs = self._others * (self._others - 1)
            moment += pairs * np.square(once).sum(dtype=np.float64)
            twice = self._blurred(once)
            twice *= 2 * self._others
            moment += twice
        moment /= density.size
        return moment
