"""The ground truth of frames: fixations and true densities, prepared once."""

import dataclasses
import functools
import math

import numpy as np

from rmdn_tf.metrics.bands import bands, sum_of, sum_of_products
from rmdn_tf.metrics.fixation_maps import fixated_pixels
from rmdn_tf.metrics.map_checks import check_counts
from rmdn_tf.metrics.true_density import fixation_densities

# A map whose range is at most this part of its mean counts as constant: it
# varies as little as the rounding of float32, such as that of a blurred
# constant. Scores divide by the deviation, and would blow it up.
FLAT = 1e-7


# By the type of the numbers: a variance from a sum of squares is precise (to
# about 1e-7 or 1e-11) above this part of the squared mean.
STEADY = {np.dtype(np.float32): 1 / 16, np.dtype(np.float64): 1e-4}


@dataclasses.dataclass(frozen=True)
class FrameTruth:
    """The ground truth of one frame with k fixated pixels.

    Attributes:
        fixated: int64 `[k]`, these pixels, numbered row by row.
        weights: int64 `[k]`, number of fixations in each of them.
        density: float32 or float64 `[H, W]`, of a sum near 1; zero everywhere
            if unknown.
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

    @property
    def mean(self) -> float:
        return self.total / self.density.size

    @functools.cached_property
    def shares(self) -> np.ndarray:
        """Share of the fixations in each fixated pixel, float64 `[k]`."""
        return self.weights / self.weights.sum()


@dataclasses.dataclass(frozen=True)
class GroundTruth:
    """The ground truth of n frames, for every predictor.

    Made by `of_maps` or `of_fixations`.

    Attributes:
        densities: float32 or float64 `[n, H, W]`, the true densities, zero
            everywhere where unknown.
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
                scale. float32 stays float32, other types become float64.

        Returns:
            The ground truth of the n frames.

        Raises:
            ValueError: a map is invalid, or shapes differ.
        """
        densities = np.ascontiguousarray(densities)
        if densities.dtype != np.float32:
            densities = densities.astype(np.float64, copy=False)
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
        dtype: type[np.floating] = np.float64,
    ) -> "GroundTruth":
        """Counts and blurs fixations, as `fixation_densities` does.

        Args:
            fixations: float `[n, N, 2]`, (x, y) in [0, 1] of the whole frame.
            mask: bool `[n, N]`, False where `fixations` is padding.
            height: H, rows of the maps, in pixels.
            width: W, columns of the maps, in pixels.
            sigma: standard deviation of the blur, in pixels, positive.
            uniform_share: share of a uniform density, in [0, 1].
            dtype: float32 or float64, of the densities. float32 takes half the
                time, and is as precise as maps in float32.

        Returns:
            The ground truth of the n frames.

        Raises:
            ValueError: an argument is invalid; see `fixation_densities`.
        """
        densities = fixation_densities(
            fixations, mask, height, width, sigma, uniform_share, dtype=dtype
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
    return [
        FrameTruth(pixels, weight, *_of_density(density, frame))
        for frame, (pixels, weight, density) in enumerate(
            zip(fixated, weights, densities, strict=True)
        )
    ]


def _of_density(
    density: np.ndarray, frame: int
) -> tuple[np.ndarray, float, float, float]:
    """Computes the attributes of a `FrameTruth` from `density` on."""
    lowest = total = squares = sum_of_logs = 0.0
    tiny = np.finfo(density.dtype).tiny
    with np.errstate(over="ignore"):  # Computed again below.
        for band in bands(density.shape):
            part = density[band]
            lowest = np.minimum(lowest, part.min())  # Keeps NaN.
            total += sum_of(part)
            squares += sum_of_products(part, part)
            logs = np.maximum(part, tiny)
            sum_of_logs += sum_of_products(np.log(logs, out=logs), part)
    if not (lowest == 0 and total < math.inf):
        raise ValueError(
            "Invalid `densities`. Expected non-negative, finite numbers. "
            f"Received: {density.min()} to {density.max()} in frame {frame}."
        )
    if total == 0:
        return density, 0.0, math.nan, 0.0
    if not 0.5 < total < 2:
        return _of_density(density / total, frame)
    negative_entropy = sum_of_logs / total - math.log(total)
    std = deviation(density, total, squares)
    limit = STEADY[density.dtype] * (total / density.size) ** 2
    if density.dtype == np.float32 and std**2 <= limit:
        return _of_density(density.astype(np.float64), frame)
    return density, total, negative_entropy, std


def deviation(numbers: np.ndarray, total: float, squares: float) -> float:
    """Computes the standard deviation of a map `[H, W]` from its sums.

    It divides by the number of pixels. It is exactly 0 if the range of the
    numbers is at most `FLAT` times the mean.
    """
    mean = total / numbers.size
    variance = squares / numbers.size - mean**2
    if variance > STEADY[numbers.dtype] * mean**2:
        return math.sqrt(variance)
    std = math.sqrt(np.square(numbers - mean).mean())
    flat = FLAT * mean
    # The deviation is at most half of the range, which takes longer to find.
    return 0.0 if 2 * std <= flat and np.ptp(numbers) <= flat else std
