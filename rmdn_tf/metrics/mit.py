"""Saliency metrics as the code of the MIT and DHF1K benchmarks computes them.

Use these to compare with published tables, and `rmdn_tf.metrics.exact`, with
the same names and arguments, to compare models. CC is the same in both: see
`exact`. Only `kl` needs non-negative maps.

A pixel counts once, however often it is fixated. Every function returns float64
`[F]`: NaN for a frame without fixations, and for a constant map (min-max
scaling divides 0 by 0), except in `nss` and `kl`.

The benchmarks average the AUC over draws of random negatives; these functions
return the limit of that average: the Mann-Whitney statistic of the values,
rounded down to the thresholds, against all negatives.
"""

import numpy as np

from rmdn_tf.metrics import exact as metrics
from rmdn_tf.metrics.map_checks import (
    PIXELS,
    check_counts,
    check_maps,
    mean_over_fixations,
    normalize,
)

# The benchmarks add it in logarithms, 2.2204e-16.
EPSILON = np.finfo(np.float64).eps

_JITTER = 1e-7


def auc_judd(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    jitter: np.random.Generator | None = None,
) -> np.ndarray:
    """Computes AUC-Judd: thresholds at the fixated values, then trapezoids.

    Trapezoids between n fixations give up to 1/(2n) more than the exact AUC.
    Ties do not count half: 0.23 instead of 0.40 on a map with 11 levels. The
    benchmarks break ties by uniform noise in [0, 1e-7) on the scaled map, which
    reorders most of a map with one sharp peak.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.
        jitter: source of the noise; None adds no noise.

    Returns:
        float64 `[F]`, in [0, 1]; NaN for a frame without fixations or a
        constant map, or if every pixel is fixated.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = _rescale(saliency_maps, "saliency_maps")
    counts = check_counts(fixation_maps, maps.shape)
    if jitter is not None:
        maps = maps + _JITTER * jitter.random(maps.shape)
    return np.array(
        [
            area_of_frame(pixels, pixels[fixated], pixels.size - fixated.sum())
            for pixels, fixated in zip(maps, counts > 0, strict=True)
        ],
        np.float64,
    )


def auc_borji(
    saliency_maps: np.ndarray, fixation_maps: np.ndarray, step: float = 0.1
) -> np.ndarray:
    """Computes AUC-Borji: random pixels as negatives, thresholds in steps.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.
        step: distance of the thresholds, in (0, 1] of the range of the map.

    Returns:
        float64 `[F]`, in [0, 1]; NaN for a frame without fixations or a
        constant map.

    Raises:
        ValueError: a map or `step` is invalid, or shapes differ.
    """
    levels, empty = _round_down(saliency_maps, step)
    counts = check_counts(fixation_maps, levels.shape)
    score = metrics.auc_borji(levels, counts > 0)
    return np.where(empty, np.nan, score)


def auc_shuffled(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    other_fixation_maps: np.ndarray,
    step: float = 0.1,
) -> np.ndarray:
    """Computes shuffled AUC: other fixations as negatives, thresholds in steps.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.
        other_fixation_maps: int `[F, H, W]`, number of fixations of other
            videos in each pixel. The benchmarks take them from 10 random
            frames.
        step: distance of the thresholds, in (0, 1] of the range of the map.
            Most of a peaked map lies below the first step and is lost.

    Returns:
        float64 `[F]`, in [0, 1]; NaN for a frame without fixations or a
        constant map.

    Raises:
        ValueError: a map or `step` is invalid, or shapes differ.
    """
    levels, empty = _round_down(saliency_maps, step)
    counts = check_counts(fixation_maps, levels.shape)
    others = check_counts(
        other_fixation_maps, levels.shape, "other_fixation_maps"
    )
    score = metrics.auc_shuffled(levels, counts > 0, others > 0)
    return np.where(empty, np.nan, score)


def nss(saliency_maps: np.ndarray, fixation_maps: np.ndarray) -> np.ndarray:
    """Computes NSS; the variance divides by the number of pixels minus one.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.

    Returns:
        float64 `[F]`, in standard deviations; 0 for a constant map; NaN for a
        frame without fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = check_maps(saliency_maps, "saliency_maps")
    counts = check_counts(fixation_maps, maps.shape)
    num_pixels = maps[0].size if len(maps) else 1
    return np.sqrt(1 - 1 / num_pixels) * metrics.nss(maps, counts > 0)


def sim(saliency_maps: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Computes SIM of min-max scaled maps; it ignores a floor.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        densities: float `[F, H, W]`, the true density, 0 or more; zero
            everywhere in a frame without fixations.

    Returns:
        float64 `[F]`, in [0, 1]; NaN for a frame without fixations or a
        constant map.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = _rescale_to_density(saliency_maps, "saliency_maps")
    truth = _rescale_to_density(densities, "densities", maps.shape)
    return np.minimum(maps, truth).sum(axis=PIXELS)


def kl(saliency_maps: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Computes KL kept finite: sum g ln(eps + g/(s + eps)).

    Maps are divided by their sum.

    Args:
        saliency_maps: float `[F, H, W]`, 0 or more, not all zero in a frame.
        densities: float `[F, H, W]`, the true density, 0 or more; zero
            everywhere in a frame without fixations.

    Returns:
        float64 `[F]`, in nats, finite; NaN for a frame without fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = normalize(saliency_maps, "saliency_maps")
    truth = normalize(densities, "densities", maps.shape, may_be_empty=True)
    terms = truth * np.log(EPSILON + truth / (maps + EPSILON))
    return terms.sum(axis=PIXELS)


def information_gain(
    saliency_maps: np.ndarray,
    baseline_maps: np.ndarray,
    fixation_maps: np.ndarray,
) -> np.ndarray:
    """Computes information gain of min-max scaled maps, kept finite.

    It is the mean over the fixated pixels of log2(eps + s) - log2(eps + b), of
    scaled maps divided by their sum.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        baseline_maps: float `[F, H, W]`, like `saliency_maps`.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.

    Returns:
        float64 `[F]`, in bits per fixated pixel, finite; NaN for a frame
        without fixations or a constant map.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = _rescale_to_density(saliency_maps, "saliency_maps")
    baselines = _rescale_to_density(baseline_maps, "baseline_maps", maps.shape)
    counts = check_counts(fixation_maps, maps.shape) > 0
    fixated = np.nonzero(counts)
    gain = np.log2(EPSILON + maps[fixated])  # [n]
    gain -= np.log2(EPSILON + baselines[fixated])
    return mean_over_fixations(gain, fixated, counts)


def _rescale(
    maps: np.ndarray, name: str, shape: tuple[int, ...] | None = None
) -> np.ndarray:
    maps = check_maps(maps, name, shape)
    low = maps.min(axis=PIXELS, keepdims=True)
    spread = np.ptp(maps, axis=PIXELS, keepdims=True)
    with np.errstate(invalid="ignore"):
        return (maps - low) / spread


def _rescale_to_density(
    maps: np.ndarray, name: str, shape: tuple[int, ...] | None = None
) -> np.ndarray:
    maps = _rescale(maps, name, shape)
    return maps / maps.sum(axis=PIXELS, keepdims=True)


def _round_down(
    saliency_maps: np.ndarray, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Replaces values by thresholds passed; finds constant maps, bool `[F]`."""
    if not 0 < step <= 1:
        raise ValueError(
            f"Invalid `step`. Expected a number in (0, 1]. Received: {step}."
        )
    maps = _rescale(saliency_maps, "saliency_maps")
    thresholds = np.arange(0, 1 + step / 2, step)
    levels = np.searchsorted(thresholds, maps, side="right")
    return levels, np.isnan(maps).any(axis=PIXELS)


def area_of_frame(
    pixels: np.ndarray, positives: np.ndarray, num_negatives: int
) -> float:
    """Computes the area by trapezoids between the fixated values.

    Args:
        pixels: float `[H, W]`.
        positives: float `[n]`, the values of the map at the fixations.
        num_negatives: number of negatives, which divides the false alarms:
            the i-th highest value has i fewer than pixels that reach it.

    Returns:
        The area; NaN if `pixels` has a NaN, or without positives or negatives.
    """
    if not len(positives) or not num_negatives or np.isnan(pixels).any():
        return np.nan
    hits = np.arange(1, len(positives) + 1)
    num_reaching = count_reaching(pixels, np.sort(positives))[::-1]
    false_alarms = (num_reaching - hits) / num_negatives
    return area_under(hits / len(positives), false_alarms)


def count_reaching(pixels: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Counts the pixels that reach each threshold.

    Args:
        pixels: float, of any shape, without NaN.
        thresholds: float `[n]`, rising.

    Returns:
        int64 `[n]`.
    """
    # A search in few thresholds is faster than a sort of many pixels.
    num_passed = np.searchsorted(thresholds, pixels.ravel(), side="right")
    counts = np.bincount(num_passed, minlength=len(thresholds) + 1)
    return np.cumsum(counts[:0:-1])[::-1]


def area_under(hits: np.ndarray, false_alarms: np.ndarray) -> float:
    """Computes the area under a curve by trapezoids.

    Args:
        hits: float `[n]`, the share of fixations that pass each threshold.
        false_alarms: float `[n]`, the share of negatives that do. The points
            (0, 0) and (1, 1) are added at the ends.

    Returns:
        The area; NaN if a share is NaN.
    """
    heights = np.concatenate([[0], hits, [1]])
    widths = np.diff([0, *false_alarms, 1])
    return float(widths @ (heights[1:] + heights[:-1]) / 2)
