"""What densities are scored against, made once for every predictor."""

import dataclasses
import math

import numpy as np

from rmdn_tf.metrics.fixation_maps import fixated_pixels
from rmdn_tf.metrics.map_checks import check_counts
from rmdn_tf.metrics.true_density import fixation_densities


@dataclasses.dataclass(frozen=True)
class FrameTruth:
    """What the density of one frame is scored against.

    Attributes:
        fixated: int64 `[k]`, the pixels with a fixation, numbered row by row,
            each once.
        weights: int64 `[k]`, fixations in each of them.
        density: float64 `[HW]`, of any scale; all zero if it is unknown.
        total: its sum.
        negative_entropy: sum g ln g, in nats, once its sum is 1.
        std: its standard deviation.
    """

    fixated: np.ndarray
    weights: np.ndarray
    density: np.ndarray
    total: float
    negative_entropy: float
    std: float


@dataclasses.dataclass(frozen=True)
class GroundTruth:
    """What densities are scored against, made once for every predictor.

    Attributes:
        densities: float64 `[n, H, W]`, true densities, of any scale; all zero
            where unknown.
        frames: the `FrameTruth` of each frame.
    """

    densities: np.ndarray
    frames: list[FrameTruth]

    @classmethod
    def of_maps(
        cls, counts: np.ndarray, densities: np.ndarray
    ) -> "GroundTruth":
        """Takes maps.

        Args:
            counts: int `[n, H, W]`, the fixations in each pixel.
            densities: float `[n, H, W]`, true densities, non-negative, of any
                scale; all zero where unknown, in frames without fixations.

        Raises:
            ValueError: maps that are not as said above.
        """
        densities = np.ascontiguousarray(densities, np.float64)
        counts = check_counts(counts, densities.shape, "counts")
        # Of booleans it takes a fifth of the time.
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
        """Counts and blurs fixations.

        Args:
            fixations: float `[n, N, 2]`, (x, y) in [0, 1].
            mask: bool `[n, N]`, False where padded.
            height, width: size of the maps, in pixels.
            sigma: of the blur, in pixels; see `fixation_densities`.
            uniform_share: likewise.

        Raises:
            ValueError: as said at `fixation_densities`.
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

    @property
    def num_fixations(self) -> np.ndarray:
        """int64 `[n]`, with repetitions."""
        return np.array([f.weights.sum() for f in self.frames], np.int64)


def _frames(
    fixated: list[np.ndarray], weights: list[np.ndarray], densities: np.ndarray
) -> list[FrameTruth]:
    """Computes of each density `[n, H, W]` what is computed once."""
    num_pixels = math.prod(densities.shape[1:])
    scratch, is_positive = np.zeros(num_pixels), np.empty(num_pixels, bool)
    frames = []
    for pixels, weight, density in zip(
        fixated, weights, densities, strict=True
    ):
        density, total = _checked(density.reshape(num_pixels), len(frames))
        # Where the density is zero, old logarithms do no harm.
        np.greater(density, 0, out=is_positive)
        np.log(density, out=scratch, where=is_positive)
        negative_entropy = math.nan
        if total:
            negative_entropy = density @ scratch / total - math.log(total)
        std = center(density, total, scratch)
        frames.append(
            FrameTruth(pixels, weight, density, total, negative_entropy, std)
        )
    return frames


def _checked(density: np.ndarray, frame: int) -> tuple[np.ndarray, float]:
    """Returns a density `[HW]` whose squares are in range, and its sum."""
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
    """Fills the deviations from the mean; returns the standard deviation.

    Args:
        numbers: float64 `[P]`, non-negative.
        total: their sum.
        deviations: float64 `[P]`, to be filled.

    Returns:
        The standard deviation, dividing by P; exactly 0 of equal numbers.
    """
    mean = total / len(numbers)
    np.subtract(numbers, mean, out=deviations)
    std = math.sqrt(deviations @ deviations / len(numbers))
    # The rounding of the mean of equal numbers must not be blown up.
    is_constant = std < 1e-9 * mean and not np.ptp(numbers)
    return 0.0 if is_constant else std
