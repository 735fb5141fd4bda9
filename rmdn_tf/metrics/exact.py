"""Saliency metrics by their exact definition: AUC, NSS, CC, SIM, KL, gain.

Maps are `[F, H, W]`, F frames of H x W pixels:

- `saliency_maps`: finite numbers, higher where people look more. Pass floats: 8
  bits destroy the ranks in the tails. Metrics that divide a map by its sum need
  non-negative numbers, not all zero.
- `fixation_maps`: int, number of fixations in each pixel, of
  `rmdn_tf.metrics.fixation_maps.count_fixations`.
- `densities`: the true density, non-negative; zero everywhere in a frame
  without fixations.

Every function returns float64 `[F]`: NaN for a frame without fixations. Invalid
maps raise ValueError. Computations are in float64, but float32 maps are ranked
as they are. They take a few times the memory of the maps: pass some hundred
frames at a time.

`rmdn_tf.metrics.mit` has the formulas of the benchmarks,
`rmdn_tf.metrics.exact_batch` all metrics at once, much faster.
"""

import numpy as np

from rmdn_tf.metrics.auc import Areas, areas
from rmdn_tf.metrics.ground_truth import FLAT
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
    without a fixation; ties count half (Mann-Whitney).

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.

    Returns:
        float64 `[F]`, in [0, 1]; 0.5 for a constant map; NaN for a frame
        without fixations, or if every pixel is fixated.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    return _field("judd", _areas(saliency_maps, fixation_maps))


def auc_borji(
    saliency_maps: np.ndarray, fixation_maps: np.ndarray
) -> np.ndarray:
    """Computes the area under the ROC curve of fixations against all pixels.

    It is the mean of AUC-Borji over all random draws, which pysaliency calls
    `AUC`.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.

    Returns:
        float64 `[F]`, in [0, 1]; 0.5 for a constant map; NaN for a frame
        without fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    return _field("borji", _areas(saliency_maps, fixation_maps))


def auc_shuffled(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    other_fixation_maps: np.ndarray,
) -> np.ndarray:
    """Computes the AUC of the fixations against fixations of other videos.

    Ties count half.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.
        other_fixation_maps: int `[F, H, W]`, number of fixations of other
            videos in each pixel.

    Returns:
        float64 `[F]`, in [0, 1]; 0.5 for a constant map, about 0.5 for a map
        that only knows the centre bias; NaN for a frame without fixations or
        without fixations of other videos.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    others = check_counts(
        other_fixation_maps, np.shape(saliency_maps), "other_fixation_maps"
    )
    return _field("shuffled", _areas(saliency_maps, fixation_maps, others))


def nss(saliency_maps: np.ndarray, fixation_maps: np.ndarray) -> np.ndarray:
    """Computes the normalized scanpath saliency.

    It is the mean over the fixations of (s - mean)/std, with mean and std over
    all pixels of the map.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.

    Returns:
        float64 `[F]`, in standard deviations; 0 for a constant map, 1 if people
        look at values one standard deviation above the mean; NaN for a frame
        without fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = check_maps(saliency_maps, "saliency_maps")
    counts = check_counts(fixation_maps, maps.shape)
    fixated = np.nonzero(counts)
    return mean_over_fixations(_standardize(maps)[fixated], fixated, counts)


def cc(saliency_maps: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Computes Pearson's correlation of saliency map and true density.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        densities: float `[F, H, W]`, the true density, 0 or more; zero
            everywhere in a frame without fixations.

    Returns:
        float64 `[F]`, in [-1, 1] up to rounding; 0 if either map is constant;
        NaN for a frame without fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = check_maps(saliency_maps, "saliency_maps")
    truth = normalize(densities, "densities", maps.shape, may_be_empty=True)
    return (_standardize(maps) * _standardize(truth)).mean(axis=PIXELS)


def sim(saliency_maps: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Computes the similarity: the sum over pixels of min(s, g).

    Both maps are divided by their sum.

    Args:
        saliency_maps: float `[F, H, W]`, 0 or more, not all zero in a frame.
        densities: float `[F, H, W]`, the true density, 0 or more; zero
            everywhere in a frame without fixations.

    Returns:
        float64 `[F]`, in [0, 1]; 1 for equal maps; NaN for a frame without
        fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = normalize(saliency_maps, "saliency_maps")
    truth = normalize(densities, "densities", maps.shape, may_be_empty=True)
    return np.minimum(maps, truth).sum(axis=PIXELS)


def kl(saliency_maps: np.ndarray, densities: np.ndarray) -> np.ndarray:
    """Computes the Kullback-Leibler divergence, sum g ln(g/s).

    Both maps are divided by their sum.

    Args:
        saliency_maps: float `[F, H, W]`, 0 or more, not all zero in a frame.
        densities: float `[F, H, W]`, the true density, 0 or more; zero
            everywhere in a frame without fixations.

    Returns:
        float64 `[F]`, in nats, at least 0 up to rounding; 0 for equal maps,
        infinite if s is zero where g is not; NaN for a frame without fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
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
    """Computes the mean of ln p over the fixations.

    p is the map divided by its sum.

    Args:
        saliency_maps: float `[F, H, W]`, 0 or more, not all zero in a frame.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.

    Returns:
        float64 `[F]`, in nats per fixation; minus infinity if p is zero at a
        fixation; NaN for a frame without fixations.

    Raises:
        ValueError: a map is invalid, or shapes differ.
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

    The gain is the mean over the fixations of log2 s - log2 b, of maps divided
    by their sum.

    Args:
        saliency_maps: float `[F, H, W]`, 0 or more, not all zero in a frame.
        baseline_maps: float `[F, H, W]`, like `saliency_maps`, positive at
            every fixation.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.

    Returns:
        float64 `[F]`, in bits per fixation; minus infinity if s is zero at a
        fixation; NaN for a frame without fixations.

    Raises:
        ValueError: a map is invalid, shapes differ, or the baseline is zero at
            a fixation.
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
    # An infinite range turns a constant map into zeros. Dividing by the range
    # first keeps the squares of tiny numbers from vanishing.
    mean = maps.mean(axis=PIXELS, keepdims=True)
    spread = np.ptp(maps, axis=PIXELS, keepdims=True)
    spread[spread <= FLAT * np.abs(mean)] = np.inf
    maps = (maps - mean) / spread
    variance = np.square(maps).mean(axis=PIXELS, keepdims=True)
    return maps / np.sqrt(np.where(variance == 0, 1, variance))


def _areas(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    others: np.ndarray | None = None,
) -> list[Areas | None]:
    maps = check_maps(
        saliency_maps, "saliency_maps", dtypes=(np.float32, np.float64)
    )
    counts = check_counts(fixation_maps, maps.shape)
    found: list[Areas | None] = []
    # A loop over frames: their numbers of fixations differ.
    for frame, (pixels, count) in enumerate(zip(maps, counts, strict=True)):
        fixated = np.flatnonzero(count > 0)
        if not len(fixated):
            found.append(None)
            continue
        negatives, num_others = None, 0.0
        if others is not None:
            negatives = others[frame].astype(np.float64)
            num_others = negatives.sum()
        weights = count.ravel()[fixated]
        extremes = pixels.min(), pixels.max()
        found.append(
            areas(pixels, extremes, fixated, weights, negatives, num_others)
        )
    return found


def _field(name: str, found: list[Areas | None]) -> np.ndarray:
    return np.array(
        [np.nan if area is None else getattr(area, name) for area in found],
        np.float64,
    )
