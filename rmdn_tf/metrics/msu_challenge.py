"""Saliency metrics as the challenges of the MSU video group compute them.

These are the formulas of the AIM 2024 and NTIRE 2026 challenges on video
saliency, of CrowdSAL, and, with `EPSILON`, of the MSU benchmark. Their code
adds a small number to each divisor: `EPSILON` in the challenges, `EPSILON_32`
in CrowdSAL. So nothing is undefined, and a constant map scores 0.

Both maps are brought to [0, 1] by `scale` first; the other functions take them
as they are. Every fixation counts, also two in one pixel. Computations are in
float64; `scale` keeps float32, in which CrowdSAL ranks the pixels.
"""

import numpy as np

from rmdn_tf.metrics.map_checks import (
    PIXELS,
    check_counts,
    check_maps,
    mean_over_fixations,
)
from rmdn_tf.metrics.mit import area_of_frame, area_under

# What the code of the challenges adds to divisors, and that of CrowdSAL.
EPSILON = 1e-7
EPSILON_32 = float(np.finfo(np.float32).eps)

# What the MSU benchmark adds inside the logarithm of KL.
_EPSILON_KL = 2.2204e-16

# CrowdSAL rounds a map to so many steps before it ranks the pixels.
_STEPS = 65535


def scale(maps: np.ndarray) -> np.ndarray:
    """Scales maps to [0, 1]: (s - min) / (max - min + 1.2e-7).

    Args:
        maps: float `[F, H, W]`, finite. Scale maps with a small range to a peak
            of 1 first: those of the challenges have hundreds or thousands of
            levels, beside which 1.2e-7 is negligible.

    Returns:
        float32 `[F, H, W]` of float32 maps, float64 of others; zero all over
        for a constant map.

    Raises:
        ValueError: a map is invalid.
    """
    maps = check_maps(maps, "maps", dtypes=(np.float32, np.float64))
    low = maps.min(axis=PIXELS, keepdims=True)
    high = maps.max(axis=PIXELS, keepdims=True)
    return (maps - low) / (high - low + EPSILON_32)


def sim(
    saliency_maps: np.ndarray, densities: np.ndarray, epsilon: float = EPSILON
) -> np.ndarray:
    """Computes SIM: the sum of min(s, g), of maps divided by sum + epsilon.

    Args:
        saliency_maps: float `[F, H, W]`, of `scale`.
        densities: float `[F, H, W]`, the true density, of `scale`.
        epsilon: added to the divisors.

    Returns:
        float64 `[F]`, in [0, 1]; 0 if either map is zero all over.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps, truth = _both(saliency_maps, densities)
    shares = (
        of / (of.sum(PIXELS, keepdims=True) + epsilon) for of in (maps, truth)
    )
    return np.minimum(*shares).sum(axis=PIXELS)


def cc(
    saliency_maps: np.ndarray, densities: np.ndarray, epsilon: float = EPSILON
) -> np.ndarray:
    """Computes CC of maps standardized with std + epsilon.

    It is sum ab / sqrt(sum a^2 sum b^2 + epsilon), of the standardized maps.

    Args:
        saliency_maps: float `[F, H, W]`, of `scale`.
        densities: float `[F, H, W]`, the true density, of `scale`.
        epsilon: added to the divisors.

    Returns:
        float64 `[F]`, in (-1, 1); 0 if either map is constant.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    a, b = (_standardize(of, epsilon) for of in _both(saliency_maps, densities))
    powers = np.square(a).sum(axis=PIXELS) * np.square(b).sum(axis=PIXELS)
    return (a * b).sum(axis=PIXELS) / np.sqrt(powers + epsilon)


def nss(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    epsilon: float = EPSILON,
) -> np.ndarray:
    """Computes NSS: the mean over all fixations of (s - mean)/(std + epsilon).

    Args:
        saliency_maps: float `[F, H, W]`, of `scale`.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.
        epsilon: added to the std, which divides by the number of pixels.

    Returns:
        float64 `[F]`, in standard deviations; 0 for a constant map; NaN for a
        frame without fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = check_maps(saliency_maps, "saliency_maps")
    counts = check_counts(fixation_maps, maps.shape)
    fixated = np.nonzero(counts)
    values = _standardize(maps, epsilon)[fixated]
    return mean_over_fixations(values, fixated, counts)


def kl(saliency_maps: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Computes the KL of the MSU benchmark: sum g ln(eps + g/(s + eps)).

    Maps are divided by their sum; eps is 2.2204e-16.

    Args:
        saliency_maps: float `[F, H, W]`, 0 or more.
        densities: float `[F, H, W]`, the true density, 0 or more.

    Returns:
        float64 `[F]`, in nats; NaN if either map is zero all over, where the
        benchmark's code stops.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    with np.errstate(invalid="ignore"):
        maps, truth = (
            of / of.sum(PIXELS, keepdims=True)
            for of in _both(saliency_maps, densities)
        )
    terms = truth * np.log(_EPSILON_KL + truth / (maps + _EPSILON_KL))
    return terms.sum(axis=PIXELS)


def auc_judd(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    count_points: bool = False,
) -> np.ndarray:
    """Computes the AUC-Judd of the challenges.

    The thresholds are the N fixated values. At the i-th highest one, the share
    of fixations that reach it, i / N, is drawn against (pixels that reach it -
    i) / (HW - U), and joined by trapezoids. U is meant to be the number of
    fixated pixels. But the code drops equal columns of its table of points
    (row, column), not equal points: U is 2, or 1 if every point has its row
    equal to its column.

    Where fixations share a pixel, (pixels - i) is too small and may be
    negative: a map with its peak there has more than 1.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.
        count_points: whether U is the number of fixated pixels, as meant.

    Returns:
        float64 `[F]`, about in [0, 1]; NaN for a frame without fixations, or
        if HW = U.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = check_maps(
        saliency_maps, "saliency_maps", dtypes=(np.float32, np.float64)
    )
    counts = check_counts(fixation_maps, maps.shape)
    areas = np.full(len(maps), np.nan)
    for frame, (pixels, count) in enumerate(zip(maps, counts, strict=True)):
        points = np.argwhere(count > 0)  # [U, 2]
        num_points = len(points)
        if not count_points:
            num_points = 1 if (points[:, 0] == points[:, 1]).all() else 2
        values = np.repeat(pixels[count > 0], count[count > 0])
        areas[frame] = area_of_frame(pixels, values, pixels.size - num_points)
    return areas


def auc_judd_of_levels(
    saliency_maps: np.ndarray, fixation_maps: np.ndarray
) -> np.ndarray:
    """Computes the AUC-Judd of CrowdSAL, of maps rounded to 16 bits.

    Thresholds are the distinct fixated levels. The share of fixations that
    reach a threshold is drawn against the share of pixels without a fixation
    that do, and joined by trapezoids.

    Args:
        saliency_maps: float `[F, H, W]`, of `scale`; float32 as in the code.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.

    Returns:
        float64 `[F]`, in [0, 1]; 1 if every pixel is fixated; NaN for a frame
        without fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = check_maps(
        saliency_maps, "saliency_maps", dtypes=(np.float32, np.float64)
    )
    counts = check_counts(fixation_maps, maps.shape)
    levels = np.rint(np.clip(maps, 0, 1) * _STEPS).astype(np.int64)
    return np.array(
        [_area_of_levels(*one) for one in zip(levels, counts, strict=True)],
        np.float64,
    )


def _area_of_levels(levels: np.ndarray, counts: np.ndarray) -> float:
    levels, counts = levels.ravel(), counts.ravel()
    fixated = np.flatnonzero(counts)
    num_negatives = len(levels) - len(fixated)
    if not len(fixated):
        return np.nan
    if not num_negatives:
        return 1.0
    of_pixels = np.bincount(levels, minlength=_STEPS + 1)
    unique = np.bincount(levels[fixated], minlength=_STEPS + 1)
    events = np.bincount(levels[fixated], counts[fixated], minlength=_STEPS + 1)
    passed = np.flatnonzero(unique)[::-1]
    hits, false_alarms = (
        np.cumsum(of[::-1])[_STEPS - passed] / of.sum()
        for of in (events, of_pixels - unique)
    )
    return area_under(hits, false_alarms)


def _both(
    saliency_maps: np.ndarray, densities: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    maps = check_maps(saliency_maps, "saliency_maps")
    return maps, check_maps(densities, "densities", maps.shape)


def _standardize(maps: np.ndarray, epsilon: float) -> np.ndarray:
    deviations = maps - maps.mean(axis=PIXELS, keepdims=True)
    return deviations / (maps.std(axis=PIXELS, keepdims=True) + epsilon)
