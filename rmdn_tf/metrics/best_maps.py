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
from collections.abc import Collection

import numpy as np

from rmdn_tf.metrics.blurred_draws import BlurredDraws
from rmdn_tf.metrics.gamma_quantiles import equal_quantiles
from rmdn_tf.metrics.pixel_order import rising_order
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


def maps_of_blurs(
    metrics: Collection[str], log_densities: np.ndarray, truth: Truth
) -> dict[str, np.ndarray]:
    """Makes the maps of several metrics at once: they share blurs.

    Args:
        metrics: some of "kl", "cc" and "sim".
        log_densities: as in `kl_map`.
        truth: how g is made of fixations.

    Returns:
        Metric -> its map, as of `kl_map`, `cc_map` or `sim_map`.

    Raises:
        ValueError: as `kl_map`.
    """
    maps = np.asarray(log_densities, np.float64)
    numbers = np.asarray(truth.num_fixations)
    if maps.ndim != 3 or len(maps) not in (1, len(numbers)):
        raise ValueError(
            "Invalid `log_densities`. Expected shape [n, H, W] or [1, H, W], "
            f"n={len(numbers)} as in `num_fixations`. Received: {maps.shape}."
        )
    which: np.ndarray | slice = slice(None)
    if len(maps) == 1:  # Equal frames have the same maps.
        numbers, which = np.unique(numbers, return_inverse=True)
        maps = np.broadcast_to(maps, (len(numbers), *maps.shape[1:]))
    made = {metric: np.empty(maps.shape) for metric in metrics}
    for place, (one, number) in enumerate(zip(maps, numbers, strict=True)):
        draws = BlurredDraws(_density(one), int(number), truth.sigma)
        for metric, of in made.items():
            of[place] = _OF_FRAME[metric](one, draws, truth.uniform_share)
    return {metric: of[which] for metric, of in made.items()}


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

    return maps_of_blurs(["kl"], log_densities, truth)["kl"]


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

    return maps_of_blurs(["cc"], log_densities, truth)["cc"]


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

    return maps_of_blurs(["sim"], log_densities, truth)["sim"]


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
    ratios = log_densities = np.asarray(log_densities)
    negatives = np.full(ratios.shape[1:], 1 / ratios[0].size)
    if log_negatives is not None:
        ratios = shuffled_auc_map(log_densities, log_negatives)
        ratios = ratios.astype(log_densities.dtype)
        negatives = _density(log_negatives)
    values = [
        _ranked(ratio, _density(one) + negatives)
        for ratio, one in zip(ratios, log_densities, strict=True)
    ]
    return np.log(values)


def _ranked(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Returns the share of the weights whose values are not above; `[H, W]`."""
    order = rising_order(values)
    ordered = values.ravel()[order]
    shares = np.cumsum(weights.ravel()[order])
    # Equal pixels have the share of the last of them.
    shares[:-1][ordered[1:] == ordered[:-1]] = np.inf
    shares = np.minimum.accumulate(shares[::-1])[::-1]
    ranked = np.empty(values.size)
    ranked[order] = shares / shares[-1]
    return ranked.reshape(values.shape)


def _kl_of_frame(
    log_density: np.ndarray, draws: BlurredDraws, uniform_share: float
) -> np.ndarray:
    with np.errstate(divide="ignore"):
        logs = np.log(_with_share(draws.mean, uniform_share))
    # A map of 0 where people look has an infinite KL. Where the blur is too
    # small for a float, the logarithm of the density is still finite.
    is_lost = np.isneginf(logs)
    logs[is_lost] = log_density[is_lost] - log_density.max()
    return logs


def _cc_of_frame(
    log_density: np.ndarray, draws: BlurredDraws, uniform_share: float
) -> np.ndarray:
    return _log_of(draws.standardized)


def _sim_of_frame(
    log_density: np.ndarray, draws: BlurredDraws, uniform_share: float
) -> np.ndarray:
    quantiles = equal_quantiles(draws.mean, draws.shape)
    return _log_of(_with_share(quantiles, uniform_share))


_OF_FRAME = {"kl": _kl_of_frame, "cc": _cc_of_frame, "sim": _sim_of_frame}


def _density(log_density: np.ndarray) -> np.ndarray:
    """Returns the density, which sums to 1, float64 `[H, W]`."""
    peak = log_density.max()
    if not np.isfinite(peak):
        raise ValueError(
            "Invalid log-densities. Expected finite numbers, or -inf for a "
            f"density of zero in some pixels. Received: a maximum of {peak}."
        )
    density = np.subtract(log_density, peak, dtype=np.float64)
    np.exp(density, out=density)
    density /= density.sum()
    return density


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
        return np.log(positive) - np.log(positive.sum())
