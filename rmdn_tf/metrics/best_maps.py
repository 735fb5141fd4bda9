"""The saliency map that scores best by each metric, from one density.

No map is the best for every metric [1]. A metric compares a map with fixations,
or with the true map g, which is their blur. If the fixations are drawn from a
density p, the map that scores best on average is

- p itself for bits, log-likelihood, information gain, NSS and AUC;
- `shuffled_auc_map`, p over the density of the negatives, for shuffled AUC;
- `kl_map`, the mean of g, for KL;
- `cc_map`, the mean of g with mean 0 and standard deviation 1, for CC;
- `sim_map`, the same upper quantile of g in every pixel, for SIM.

AUC sees only the order of the pixels. `ordered_map` keeps it, and spreads the
values evenly, for code that rounds values.

The means and quantiles are over all sets of N independent fixations. Nothing is
drawn at random. Instead, `kl_map` and `cc_map` approximate the mean of a
quotient by the quotient of the means, and `sim_map` approximates the
distribution of g by a gamma distribution. All maps are given and returned as
logarithms, float `[n, H, W]`, in nats.

References:
    1. Kuemmerer, Wallis and Bethge, "Saliency benchmarking made easy:
       separating models, maps and metrics", ECCV 2018.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from rmdn_tf.metrics.blurred_maps import Blurred
from rmdn_tf.metrics.gamma_quantiles import equal_quantiles
from rmdn_tf.metrics.true_density import check_blur


@dataclasses.dataclass(frozen=True)
class Truth:
    """How a benchmark makes the true maps g: it blurs fixations.

    Attributes:
        num_fixations: int `[n]`, number of fixations on each of n frames, at
            least 1.
        sigma: standard deviation of the blur, in pixels, positive.
        uniform_share: of a uniform density in g, in [0, 1].

    Raises:
        ValueError: an attribute is out of range.
    """

    num_fixations: np.ndarray
    sigma: float
    uniform_share: float = 0.0

    def __post_init__(self) -> None:
        check_blur(self.sigma, self.uniform_share)
        numbers = np.asarray(self.num_fixations)
        is_valid = numbers.ndim == 1 and numbers.dtype.kind in "iu"
        if not is_valid or not (numbers >= 1).all():
            raise ValueError(
                "Invalid `num_fixations`. Expected integers of 1 or more, one "
                f"for each frame. Received: num_fixations={numbers}."
            )


def kl_map(log_densities: np.ndarray, truth: Truth) -> np.ndarray:
    """Makes the map with the smallest expected KL: the mean of g.

    Args:
        log_densities: float `[n, H, W]`, or `[1, H, W]` for all frames; nats,
            up to a constant for each frame.
        truth: how g is made of fixations.

    Returns:
        Logarithm of the map, which sums to 1; float64 `[n, H, W]`.

    Raises:
        ValueError: the shapes do not fit, or a density has no finite maximum.
    """

    def make(log_density: np.ndarray, num_fixations: int) -> np.ndarray:
        blurred = _Gaussians(_density(log_density), num_fixations, truth).mean
        with np.errstate(divide="ignore"):
            logs = np.log(_with_share(blurred, truth.uniform_share))
        # A map of 0 where people look has an infinite KL. Where the blur is too
        # small for a float, the logarithm of the density is still finite.
        return np.where(
            np.isneginf(logs), log_density - log_density.max(), logs
        )

    return _of_frames(log_densities, truth, make)


def cc_map(log_densities: np.ndarray, truth: Truth) -> np.ndarray:
    """Makes the map with the largest expected CC.

    It is the mean of (g - mean of g) / std of g, shifted to be positive. A set
    of fixations that lie close together has a larger std, so it weighs less.

    Args:
        log_densities: as in `kl_map`.
        truth: how g is made of fixations.

    Returns:
        Logarithm of the map, which sums to 1, -inf for 0; float64 `[n, H, W]`.

    Raises:
        ValueError: as `kl_map`.
    """

    def make(log_density: np.ndarray, num_fixations: int) -> np.ndarray:
        gaussians = _Gaussians(_density(log_density), num_fixations, truth)
        return _log_of(gaussians.standardized)

    return _of_frames(log_densities, truth, make)


def sim_map(log_densities: np.ndarray, truth: Truth) -> np.ndarray:
    """Makes the map with the largest expected SIM.

    The sum of min(s, g) is largest, on average, if g exceeds s with the same
    probability in every pixel. So a pixel that is rarely near a fixation gets
    nothing. g is taken to have a gamma distribution in each pixel, of its true
    mean and variance.

    Args:
        log_densities: as in `kl_map`.
        truth: how g is made of fixations.

    Returns:
        Logarithm of the map, which sums to 1, -inf for 0; float64 `[n, H, W]`.

    Raises:
        ValueError: as `kl_map`.
    """

    def make(log_density: np.ndarray, num_fixations: int) -> np.ndarray:
        gaussians = _Gaussians(_density(log_density), num_fixations, truth)
        quantiles = equal_quantiles(gaussians.mean, gaussians.shape)
        return _log_of(_with_share(quantiles, truth.uniform_share))

    return _of_frames(log_densities, truth, make)


def shuffled_auc_map(
    log_densities: np.ndarray, log_negatives: np.ndarray
) -> np.ndarray:
    """Makes the map with the largest expected shuffled AUC.

    Args:
        log_densities: as in `kl_map`.
        log_negatives: finite float `[H, W]`, logarithm of the density of the
            negatives, the fixations on other videos; at any scale.

    Returns:
        log p - log of the negatives' density, float64 `[n, H, W]`.

    Raises:
        ValueError: the shapes do not fit, or the negatives are not finite.
    """
    _check_negatives(log_densities, log_negatives)
    return np.asarray(log_densities, np.float64) - log_negatives


def ordered_map(
    log_densities: np.ndarray, log_negatives: np.ndarray | None = None
) -> np.ndarray:
    """Makes a map with the same order of pixels, and evenly spread values.

    The value of a pixel is the mean of two shares of the pixels that are not
    above it: their share of the negatives, and their share of the density.
    Equal pixels stay equal. So evenly spaced thresholds lie evenly spaced along
    the ROC curve, and 8 or 16 bits keep the order.

    Args:
        log_densities: as in `kl_map`.
        log_negatives: as in `shuffled_auc_map`, to order by p over their
            density; None for pixels as negatives, and the order of p.

    Returns:
        Logarithm of values in (0, 1], float64, of the shape of `log_densities`.

    Raises:
        ValueError: as `shuffled_auc_map`.
    """
    ratios = np.asarray(log_densities, np.float64)
    negatives = np.full(ratios.shape[1:], 1 / ratios[0].size)
    if log_negatives is not None:
        ratios = shuffled_auc_map(log_densities, log_negatives)
        negatives = _density(log_negatives)
    densities = (_density(one) for one in np.asarray(log_densities))
    values = [
        _ranked(ratio, (density + negatives) / 2)
        for ratio, density in zip(ratios, densities, strict=True)
    ]
    return np.log(values)


def _ranked(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Returns the share of the weights whose values are not above; `[H, W]`."""
    order = np.argsort(values, axis=None)
    ordered = values.ravel()[order]
    is_last = np.append(ordered[1:] != ordered[:-1], True)
    shares = np.cumsum(weights.ravel()[order])[is_last]
    place = np.cumsum(is_last) - is_last
    ranked = np.empty(values.size)
    ranked[order] = shares[place] / shares[-1]
    return ranked.reshape(values.shape)


def _of_frames(
    log_densities: np.ndarray,
    truth: Truth,
    make: Callable[[np.ndarray, int], np.ndarray],
) -> np.ndarray:
    """Makes the map of each frame; maps of equal frames only once."""
    maps = np.asarray(log_densities, np.float64)
    numbers = np.asarray(truth.num_fixations)
    if maps.ndim != 3 or len(maps) not in (1, len(numbers)):
        raise ValueError(
            "Invalid `log_densities`. Expected shape [n, H, W] or [1, H, W], "
            f"n={len(numbers)} as in `num_fixations`. Received: {maps.shape}."
        )
    if len(maps) == 1:
        different, which = np.unique(numbers, return_inverse=True)
        return np.array([make(maps[0], int(n)) for n in different])[which]
    pairs = zip(maps, numbers, strict=True)
    return np.array([make(one, int(number)) for one, number in pairs])


def _density(log_density: np.ndarray) -> np.ndarray:
    """Returns the density, which sums to 1, float64 `[H, W]`."""
    peak = log_density.max()
    if not np.isfinite(peak):
        raise ValueError(
            "Invalid log-densities. Expected finite numbers, or -inf for a "
            f"density of zero in some pixels. Received: a maximum of {peak}."
        )
    density = np.exp(log_density.astype(np.float64) - peak)
    return density / density.sum()


def _check_negatives(
    log_densities: np.ndarray, log_negatives: np.ndarray
) -> None:
    expected, shape = np.shape(log_densities)[1:], np.shape(log_negatives)
    if shape != expected or not np.isfinite(log_negatives).all():
        raise ValueError(
            "Invalid `log_negatives`. Expected finite numbers of shape "
            f"{expected}. Received: numbers from {np.min(log_negatives)} to "
            f"{np.max(log_negatives)}, of shape {shape}."
        )


def _with_share(density: np.ndarray, uniform_share: float) -> np.ndarray:
    return (1 - uniform_share) * density + uniform_share / density.size


def _log_of(positive: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(positive / positive.sum())


class _Gaussians:
    """The blur of N independent fixations from a density p `[H, W]`.

    g is the sum of N Gaussians K, divided by their sum over the frame, in
    which the part of each Gaussian inside the frame counts.
    """

    def __init__(self, density: np.ndarray, num_fixations: int, truth: Truth):
        self._density = density
        self._number = num_fixations
        self._blurred = Blurred(truth.sigma)
        self._squared = Blurred(truth.sigma, power=2)
        self._inside = self._blurred.of_ones(*density.shape)
        self._others = num_fixations - 1
        # Sum of all Gaussians, if one of the fixations lies on a pixel.
        self._total = self._inside + self._others * self._mean(self._inside)

    def _mean(self, values: np.ndarray) -> float:
        return float((self._density * values).sum())

    @functools.cached_property
    def mean(self) -> np.ndarray:
        """The mean of g, float64 `[H, W]`, which sums to 1."""
        blurred = self._blurred(self._density / self._total)
        return blurred / blurred.sum()

    @property
    def shape(self) -> np.ndarray:
        """Squared mean of g over its variance, float64 `[H, W]`."""
        squares = self._squared(self._density / np.square(self._total))
        variance = self._number * squares - np.square(self.mean) / self._number
        # Rounding may leave nothing, or less, of equal numbers.
        variance = np.maximum(variance, np.finfo(float).tiny)
        return np.square(self.mean) / variance

    @property
    def standardized(self) -> np.ndarray:
        """The mean of g / std of g, float64 `[H, W]`, at any scale.

        Each fixation x is weighed by 1 over the std of the sum of Gaussians, of
        which one lies at x. Its variance is a mean over pairs of fixations.
        """
        once = self._blurred(self._density)
        own = self._squared.of_ones(*once.shape)
        pairs = (
            own
            + self._others * self._mean(own)
            + 2 * self._others * self._blurred(once)
            + self._others * (self._others - 1) * np.square(once).sum()
        )
        mean = self._total / once.size
        variance = pairs / once.size - np.square(mean)
        # Gaussians as wide as the frame hardly vary: they weigh alike.
        least = np.finfo(np.float32).eps * np.square(mean)
        return self._blurred(self._density / np.sqrt(variance + least))
