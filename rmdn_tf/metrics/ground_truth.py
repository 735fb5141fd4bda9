"""The ground truth of frames: fixations and true densities, prepared once."""

import dataclasses
import math

import numpy as np

from rmdn_tf.metrics.fixation_maps import fixated_pixels
from rmdn_tf.metrics.map_checks import check_counts
from rmdn_tf.metrics.true_density import fixation_densities

# A map whose range is at most this part of its mean counts as constant: it
# varies as little as the rounding of float32, such as that of a blurred
# constant. Scores divide by the deviation, and would blow it up.
FLAT = 1e-7


@dataclasses.dataclass(frozen=True)
class FrameTruth:
    """The ground truth of one frame with k fixated pixels.

    Attributes:
        fixated: int64 `[k]`, these pixels, numbered row by row.
        weights: int64 `[k]`, number of fixations in each of them.
        density: float64 `[HW]`, at any scale; zero everywhere if unknown.
        total: sum of the density.
        negative_entropy: sum of g ln g, nats, with g = density / total.
        std: standard deviation of the density.
    """

    fixated: np.ndarray
    weights: np.ndarray
    density: np.ndarray
    total: float
    negative_entropy: float
    std: float


@dataclasses.dataclass(frozen=True)
class GroundTruth:
    """The ground truth of n frames, for every predictor.

    Made by `of_maps` or `of_fixations`.

    Attributes:
        densities: float64 `[n, H, W]`, the true densities, zero everywhere
            where unknown.
        frames: the ground truth of each frame.
    """

    densities: np.ndarray
    frames: list[FrameTruth]

    @classmethod
    def of_maps(
        cls, counts: np.ndarray, densities: np.ndarray
    ) -> "GroundTruth":
        """Prepares counts of fixations and densities.

        Args:
            counts: int `[n, H, W]`, number of fixations in each pixel.
            densities: float `[n, H, W]`, the true densities, 0 or more, at any
                scale.

        Returns:
            The ground truth of the n frames.

        Raises:
            ValueError: a map is invalid, or shapes differ.
        """
        densities = np.ascontiguousarray(densities, np.float64)
        counts = check_counts(counts, densities.shape, "counts")
        # `flatnonzero` is five times as fast for booleans.
        fixated = [np.flatnonzero(count > 0) for count in counts]
        weights = [
            count.ravel()[pixels].astype(np.int64)
            for count, pixels in zip(counts, fixated, strict=True)
        ]
        return cls(densities, _frames(fixated, weights, densities))

    @classmethod
    def of_fixations(
        cls,
        fixations: np.ndarray,
        mask: np.ndarray,
        height: int,
        width: int,
        sigma: float,
        uniform_share: float = 0.0,
    ) -> "GroundTruth":
        """Counts and blurs fixations, as `fixation_densities` does.

        Args:
            fixations: float `[n, N, 2]`, (x, y) in [0, 1] of the whole frame.
            mask: bool `[n, N]`, False where `fixations` is padding.
            height: H, rows of the maps, in pixels.
            width: W, columns of the maps, in pixels.
            sigma: standard deviation of the blur, in pixels, positive.
            uniform_share: share of a uniform density, in [0, 1].

        Returns:
            The ground truth of the n frames.

        Raises:
            ValueError: an argument is invalid; see `fixation_densities`.
        """
        densities = fixation_densities(
            fixations, mask, height, width, sigma, uniform_share
        )
        number, pixels = fixated_pixels(fixations, mask, height, width)
        ends = np.searchsorted(number, np.arange(len(mask) + 1))
        fixated, weights = [], []
        for begin, end in zip(ends, ends[1:], strict=False):
            unique, counts = np.unique(pixels[begin:end], return_counts=True)
            fixated.append(unique)
            weights.append(counts)
        return cls(densities, _frames(fixated, weights, densities))


def _frames(
    fixated: list[np.ndarray], weights: list[np.ndarray], densities: np.ndarray
) -> list[FrameTruth]:
    num_pixels = math.prod(densities.shape[1:])
    scratch, is_positive = np.zeros(num_pixels), np.empty(num_pixels, bool)
    frames: list[FrameTruth] = []
    for pixels, weight, density in zip(
        fixated, weights, densities, strict=True
    ):
        density, total = _checked(density.reshape(num_pixels), len(frames))
        # Logarithms left from other frames are multiplied by a density of 0.
        np.greater(density, 0, out=is_positive)
        np.log(density, out=scratch, where=is_positive)
        negative_entropy = math.nan
        if total:
            sum_of_logs = float(density @ scratch)
            negative_entropy = sum_of_logs / total - math.log(total)
        std = center(density, total, scratch)
        frames.append(
            FrameTruth(pixels, weight, density, total, negative_entropy, std)
        )
    return frames


def _checked(density: np.ndarray, frame: int) -> tuple[np.ndarray, float]:
    """Scales a density `[HW]` so that squares fit; returns it and its sum."""
    total = density.sum()
    if not (density.min() >= 0 and total < math.inf):
        raise ValueError(
            "Invalid `densities`. Expected non-negative, finite numbers. "
            f"Received: {density.min()} to {density.max()} in frame {frame}."
        )
    if total and not 1e-100 < total < 1e100:
        density = density / total
        total = density.sum()
    return density, total


def center(numbers: np.ndarray, total: float, deviations: np.ndarray) -> float:
    """Writes `numbers` minus their mean; returns the standard deviation.

    Arrays are `[P]`. The standard deviation divides by P. It is exactly 0 if
    the range of the numbers is at most `FLAT` times the mean.
    """
    mean = total / len(numbers)
    np.subtract(numbers, mean, out=deviations)
    std = math.sqrt(deviations @ deviations / len(numbers))
    flat = FLAT * mean
    # The deviation is at most half of the range, which takes longer to find.
    return 0.0 if 2 * std <= flat and np.ptp(numbers) <= flat else std
