"""Saliency metrics, exact: AUC, NSS, CC, SIM, KL and information gain.

Every metric returns one value per frame; the caller says which mean. A frame
without fixations has no score: it gets NaN, never 0 or 1. Benchmarks compute
other numbers under the same names: see `rmdn_tf.metrics.mit`. All of them at
once, from log-densities, and much faster: see `rmdn_tf.metrics.exact_batch`.

The maps, `saliency_maps`, `fixation_maps` and `densities`, are those that
`rmdn_tf.metrics.map_checks` describes. All is computed in float64, but that
float32 maps are ranked as they are; arrays are a few times the size of the
input: pass some hundred frames at a time.
"""

import math

import numpy as np

from rmdn_tf.metrics.auc import Areas, FixationsAbove, areas
from rmdn_tf.metrics.map_checks import (
    PIXELS,
    check_counts,
    check_maps,
    mean_over_fixations,
    normalize,
)


def auc_judd(
    saliency_maps: np.ndarray, fixation_maps: np.ndarray
) -> np.ndarray:
    """Computes the area under the ROC curve of fixations against pixels.

    It is the chance that a fixation lies on a higher value than a random pixel
    without a fixation, ties counting half (Mann-Whitney).

    Args:
        saliency_maps: float `[F, H, W]`, any finite numbers.
        fixation_maps: int `[F, H, W]`, fixations in each pixel.

    Returns:
        float64 `[F]`, in [0, 1]; 0.5 for a constant map, NaN for a frame
        without fixations or without negatives.

    Raises:
        ValueError: maps that are not as said above.
    """
    return _field("judd", _areas(saliency_maps, fixation_maps))


def auc_borji(
    saliency_maps: np.ndarray, fixation_maps: np.ndarray
) -> np.ndarray:
    """Computes the area under the ROC curve of fixations against all pixels.

    The metric of that name draws its negatives from all pixels, fixated ones
    included; this is the mean over all draws, without drawing. It is also
    pysaliency's `AUC`.

    Args:
        saliency_maps: float `[F, H, W]`, any finite numbers.
        fixation_maps: int `[F, H, W]`, fixations in each pixel.

    Returns:
        float64 `[F]`, in [0, 1]; 0.5 for a constant map, NaN for a frame
        without fixations.

    Raises:
        ValueError: maps that are not as said above.
    """
    return _field("borji", _areas(saliency_maps, fixation_maps))


def auc_shuffled(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    other_fixation_maps: np.ndarray,
) -> np.ndarray:
    """Computes the AUC of the fixations against fixations of other videos.

    Negatives are all the other fixations, without drawing; ties count half. A
    map that only knows the centre bias scores about 0.5.

    Args:
        saliency_maps: float `[F, H, W]`, any finite numbers.
        fixation_maps: int `[F, H, W]`, fixations in each pixel.
        other_fixation_maps: int `[F, H, W]`, fixations of other videos in each
            pixel, the negatives.

    Returns:
        float64 `[F]`, in [0, 1]; 0.5 for a constant map, NaN for a frame
        without fixations or without other fixations.

    Raises:
        ValueError: maps that are not as said above.
    """
    others = check_counts(
        other_fixation_maps, np.shape(saliency_maps), "other_fixation_maps"
    )
    return _field("shuffled", _areas(saliency_maps, fixation_maps, others))


def nss(saliency_maps: np.ndarray, fixation_maps: np.ndarray) -> np.ndarray:
    """Computes the normalized scanpath saliency.

    It is the mean over the fixations of (s - mean)/std, with mean and std of
    the frame's map, std dividing by the number of pixels.

    Args:
        saliency_maps: float `[F, H, W]`, any finite numbers.
        fixation_maps: int `[F, H, W]`, fixations in each pixel.

    Returns:
        float64 `[F]`, in standard deviations; 0 for a constant map, NaN for a
        frame without fixations.

    Raises:
        ValueError: maps that are not as said above.
    """
    maps = check_maps(saliency_maps, "saliency_maps")
    counts = check_counts(fixation_maps, maps.shape)
    fixated = np.nonzero(counts)
    return mean_over_fixations(_standardize(maps)[fixated], fixated, counts)


def cc(saliency_maps: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Computes Pearson's correlation of saliency map and ground truth.

    Args:
        saliency_maps: float `[F, H, W]`, any finite numbers.
        densities: float `[F, H, W]`, ground truth, non-negative.

    Returns:
        float64 `[F]`, in [-1, 1] up to rounding; 0 if either map is constant,
        NaN if `densities` is zero all over the frame.

    Raises:
        ValueError: maps that are not as said above.
    """
    maps = check_maps(saliency_maps, "saliency_maps")
    truth = normalize(densities, "densities", maps.shape, may_be_empty=True)
    return (_standardize(maps) * _standardize(truth)).mean(axis=PIXELS)


def sim(saliency_maps: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Computes the similarity: the sum of the minima of the two densities.

    Args:
        saliency_maps: float `[F, H, W]`, non-negative, divided by their sum.
        densities: float `[F, H, W]`, ground truth, likewise.

    Returns:
        float64 `[F]`, in [0, 1], 1 for equal maps; NaN if `densities` is zero
        all over the frame.

    Raises:
        ValueError: maps not as said above, or a saliency map all zero.
    """
    maps = normalize(saliency_maps, "saliency_maps")
    truth = normalize(densities, "densities", maps.shape, may_be_empty=True)
    return np.minimum(maps, truth).sum(axis=PIXELS)


def kl(saliency_maps: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Computes the Kullback-Leibler divergence, sum g ln(g/s).

    Args:
        saliency_maps: float `[F, H, W]`, non-negative, divided by their sum.
        densities: float `[F, H, W]`, ground truth, likewise.

    Returns:
        float64 `[F]`, in nats, >= 0 up to rounding, 0 for equal maps; +inf if
        the map is zero where the ground truth is not, NaN if `densities` is
        zero all over the frame.

    Raises:
        ValueError: maps not as said above, or a saliency map all zero.
    """
    maps = normalize(saliency_maps, "saliency_maps")
    truth = normalize(densities, "densities", maps.shape, may_be_empty=True)
    # A difference of logs: the ratio itself may overflow on peaked maps.
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = truth * (np.log(truth) - np.log(maps))
    return terms.sum(axis=PIXELS, where=truth != 0)


def log_likelihood(
    saliency_maps: np.ndarray, fixation_maps: np.ndarray
) -> np.ndarray:
    """Computes the mean over the fixations of ln p, p summing to 1.

    Args:
        saliency_maps: float `[F, H, W]`, non-negative, divided by their sum.
        fixation_maps: int `[F, H, W]`, fixations in each pixel.

    Returns:
        float64 `[F]`, in nats per fixation, p being the chance of a pixel;
        -inf if the map is zero at a fixation, NaN for a frame without
        fixations.

    Raises:
        ValueError: maps not as said above, or a saliency map all zero.
    """
    maps = normalize(saliency_maps, "saliency_maps")
    counts = check_counts(fixation_maps, maps.shape)
    fixated = np.nonzero(counts)
    with np.errstate(divide="ignore"):
        logs = np.log(maps[fixated])  # [n]
    return mean_over_fixations(logs, fixated, counts)


def information_gain(
    saliency_maps: np.ndarray,
    baseline_maps: np.ndarray,
    fixation_maps: np.ndarray,
) -> np.ndarray:
    """Computes how much better than a baseline a map predicts fixations.

    It is the mean over the fixations of log2 s - log2 b. With a uniform
    baseline it is the log-likelihood per fixation relative to uniform.

    Args:
        saliency_maps: float `[F, H, W]`, non-negative, divided by their sum.
        baseline_maps: float `[F, H, W]`, non-negative, divided by their sum.
        fixation_maps: int `[F, H, W]`, fixations in each pixel.

    Returns:
        float64 `[F]`, in bits per fixation; -inf if the map is zero at a
        fixation, NaN for a frame without fixations.

    Raises:
        ValueError: maps not as said above, a saliency or baseline map all
            zero, or a baseline that is zero at a fixation.
    """
    maps = normalize(saliency_maps, "saliency_maps")
    baselines = normalize(baseline_maps, "baseline_maps", maps.shape)
    counts = check_counts(fixation_maps, maps.shape)
    fixated = np.nonzero(counts)
    baseline = baselines[fixated]  # [n]
    if (baseline == 0).any():
        raise ValueError(
            "Invalid `baseline_maps`. Expected a positive density at every "
            f"fixation. Received: 0 in frame {fixated[0][baseline == 0][0]}."
        )
    with np.errstate(divide="ignore"):
        gain = np.log2(maps[fixated]) - np.log2(baseline)  # [n]
    return mean_over_fixations(gain, fixated, counts)


def _standardize(maps: np.ndarray) -> np.ndarray:
    # A constant map becomes all zero: the rounding of its mean must not be
    # blown up, hence an infinite range. Dividing by the range first keeps the
    # squares of very small numbers from vanishing.
    spread = np.ptp(maps, axis=PIXELS, keepdims=True)
    spread[spread == 0] = np.inf
    maps = (maps - maps.mean(axis=PIXELS, keepdims=True)) / spread
    variance = np.square(maps).mean(axis=PIXELS, keepdims=True)
    return maps / np.sqrt(np.where(variance == 0, 1, variance))


def _areas(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    others: np.ndarray | None = None,
) -> list[Areas | None]:
    """The areas of every frame, None for one without fixations."""
    maps = check_maps(
        saliency_maps, "saliency_maps", dtypes=(np.float32, np.float64)
    )
    counts = check_counts(fixation_maps, maps.shape)
    count_above = FixationsAbove(math.prod(maps.shape[1:]))
    found = []
    # A loop over frames: their numbers of fixations differ.
    for frame, (pixels, count) in enumerate(zip(maps, counts, strict=True)):
        fixated = np.flatnonzero(count > 0)
        if not len(fixated):
            found.append(None)
            continue
        values = np.repeat(pixels.ravel()[fixated], count.ravel()[fixated])
        above = count_above(pixels.ravel(), values)
        negatives = None
        if others is not None:
            negatives = others[frame].ravel().astype(np.float64)
        found.append(areas(above, fixated, len(values), negatives))
    return found


def _field(name: str, found: list[Areas | None]) -> np.ndarray:
    return np.array(
        [np.nan if area is None else getattr(area, name) for area in found],
        np.float64,
    )
