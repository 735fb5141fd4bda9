"""Saliency metrics, exact: AUC, NSS, CC, SIM, KL and information gain.

Every metric returns one value per frame; the caller says which mean. A frame
without fixations has no score: it gets NaN, never 0 or 1. Benchmarks compute
other numbers under the same names: see `rmdn_tf.mit_metrics`.

Three kinds of maps, all `[F, H, W]`, F frames of H x W pixels:

- `saliency_maps`: finite numbers, higher means looked at more. Pass floats:
  rounding to 8 bits destroys the ranks in the tails.
- `fixation_maps`: integers, how many fixations fall in each pixel, as from
  `count_fixations`. A pixel fixated twice counts twice.
- `densities`: the ground truth; all zero in a frame without fixations.

All is computed in float64, in arrays a few times the size of the input: pass
some hundred frames at a time.
"""

import numpy as np

_PIXELS = (1, 2)


def count_fixations(
    fixations: np.ndarray, mask: np.ndarray, height: int, width: int
) -> np.ndarray:
    """Counts the fixations that fall in each pixel.

    Args:
        fixations: float `[F, N, 2]`, (x, y) of each fixation in [0, 1] of the
            full frame, x to the right, y down.
        mask: bool `[F, N]`, False where `fixations` is padding.
        height, width: size of the maps, in pixels.

    Returns:
        int64 `[F, H, W]`, number of fixations in each pixel. The pixel at
        column j holds j/W <= x < (j + 1)/W, the last one x = 1 too.

    Raises:
        ValueError: a fixation that `mask` keeps lies outside [0, 1], or the
            shapes do not fit.
    """
    fixations = np.asarray(fixations, np.float64)
    mask = np.asarray(mask)
    fits = mask.ndim == 2 and fixations.shape == (*mask.shape, 2)
    if not fits or mask.dtype != bool:
        raise ValueError(
            "Invalid `fixations` or `mask`. Expected shapes [F, N, 2] and "
            f"[F, N], the mask boolean. Received: {fixations.shape}, "
            f"{mask.shape} of {mask.dtype}."
        )
    frame, _ = np.nonzero(mask)
    points = fixations[mask]  # [n, 2]
    # Written so that NaN is outside too.
    outside = ~((points >= 0) & (points <= 1)).all(axis=-1)
    if outside.any():
        raise ValueError(
            "Invalid `fixations`. Expected x and y in [0, 1]. Received: "
            f"(x, y)={tuple(points[outside][0])} in frame {frame[outside][0]}."
        )
    column, row = np.minimum(
        np.floor(points * (width, height)).astype(np.int64),
        (width - 1, height - 1),
    ).T
    pixel = (frame * height + row) * width + column
    shape = (len(mask), height, width)
    return np.bincount(pixel, minlength=np.prod(shape)).reshape(shape)


def auc_judd(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    negatives: str = "unfixated",
) -> np.ndarray:
    """Computes the area under the ROC curve of fixations against pixels.

    It is the chance that a fixation lies on a higher value than a random
    negative pixel, ties counting half (Mann-Whitney).

    Args:
        saliency_maps: float `[F, H, W]`, any finite numbers.
        fixation_maps: int `[F, H, W]`, fixations in each pixel.
        negatives: "unfixated", the pixels without a fixation, or "all" pixels,
            as in pysaliency's `AUC`.

    Returns:
        float64 `[F]`, in [0, 1]; 0.5 for a constant map, NaN for a frame
        without fixations or without negatives.

    Raises:
        ValueError: maps or `negatives` that are not as said above.
    """
    if negatives not in ("unfixated", "all"):
        raise ValueError(
            "Invalid `negatives`. Expected 'unfixated' or 'all'. Received: "
            f"negatives={negatives!r}."
        )
    maps = check_maps(saliency_maps, "saliency_maps")
    counts = check_counts(fixation_maps, maps.shape)
    is_negative = (counts == 0) | (negatives == "all")
    return _mann_whitney(maps, counts, is_negative)


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
    maps = check_maps(saliency_maps, "saliency_maps")
    counts = check_counts(fixation_maps, maps.shape)
    others = check_counts(
        other_fixation_maps, maps.shape, "other_fixation_maps"
    )
    return _mann_whitney(maps, counts, others)


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
    return (_standardize(maps) * _standardize(truth)).mean(axis=_PIXELS)


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
    return np.minimum(maps, truth).sum(axis=_PIXELS)


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
    return terms.sum(axis=_PIXELS, where=truth != 0)


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


def check_maps(
    maps: np.ndarray, name: str, shape: tuple[int, ...] | None = None
) -> np.ndarray:
    """Returns maps as float64 `[F, H, W]`, checked.

    Args:
        maps: finite numbers, `[F, H, W]`.
        name: what to call them in a message.
        shape: the shape they must have, if known.

    Raises:
        ValueError: wrong shape, no pixel, or a number that is not finite.
    """
    maps = np.asarray(maps, np.float64)
    fits = maps.ndim == 3 if shape is None else maps.shape == shape
    if not fits or 0 in maps.shape[1:]:
        raise ValueError(
            f"Invalid `{name}`. Expected shape {shape or '[F, H, W]'}. "
            f"Received: {maps.shape}."
        )
    if not np.isfinite(maps).all():
        raise ValueError(
            f"Invalid `{name}`. Expected finite numbers. Received: NaN or "
            "infinity."
        )
    return maps


def check_counts(
    counts: np.ndarray, shape: tuple[int, ...], name: str = "fixation_maps"
) -> np.ndarray:
    """Returns counts of fixations as an array `[F, H, W]`, checked.

    Args:
        counts: integers or booleans `[F, H, W]`, >= 0.
        shape: the shape they must have.
        name: what to call them in a message.

    Raises:
        ValueError: wrong shape, not integers, or negative.
    """
    counts = np.asarray(counts)
    if counts.shape != shape:
        raise ValueError(
            f"Invalid `{name}`. Expected shape {shape}. Received: "
            f"{counts.shape}."
        )
    if counts.dtype.kind not in "biu" or (counts < 0).any():
        raise ValueError(
            f"Invalid `{name}`. Expected non-negative integers, the fixations "
            f"in each pixel. Received: {counts.dtype} from {counts.min()}."
        )
    return counts


def normalize(
    maps: np.ndarray,
    name: str,
    shape: tuple[int, ...] | None = None,
    may_be_empty: bool = False,
) -> np.ndarray:
    """Divides each map by its sum.

    Args:
        maps: non-negative numbers, `[F, H, W]`.
        name: what to call them in a message.
        shape: the shape they must have, if known.
        may_be_empty: whether a map may be zero all over; it becomes NaN.

    Returns:
        float64 `[F, H, W]`, >= 0, each map summing to 1 or all NaN.

    Raises:
        ValueError: not maps, a negative number, or an empty map.
    """
    maps = check_maps(maps, name, shape)
    if (maps < 0).any():
        raise ValueError(
            f"Invalid `{name}`. Expected densities, no negative numbers. "
            f"Received: {maps.min()}."
        )
    total = maps.sum(axis=_PIXELS, keepdims=True)
    if not may_be_empty and (total == 0).any():
        raise ValueError(
            f"Invalid `{name}`. Expected maps with a positive sum. Received: "
            f"zero all over in frame {np.nonzero(total == 0)[0][0]}."
        )
    with np.errstate(invalid="ignore"):
        return maps / total


def mean_over_fixations(
    values: np.ndarray, fixated: tuple[np.ndarray, ...], counts: np.ndarray
) -> np.ndarray:
    """Averages values at fixated pixels, each pixel as often as it was fixated.

    Args:
        values: float `[n]`, one value for each fixated pixel.
        fixated: `np.nonzero(counts)`, three integer arrays `[n]`.
        counts: int `[F, H, W]`, fixations in each pixel.

    Returns:
        float64 `[F]`; NaN for a frame without fixations.
    """
    frame, weights = fixated[0], counts[fixated]
    total = np.bincount(frame, weights * values, minlength=len(counts))
    num_fixations = np.bincount(frame, weights, minlength=len(counts))
    with np.errstate(invalid="ignore"):
        return total / num_fixations


def _standardize(maps: np.ndarray) -> np.ndarray:
    # A constant map becomes all zero: the rounding of its mean must not be
    # blown up, hence an infinite range. Dividing by the range first keeps the
    # squares of very small numbers from vanishing.
    spread = np.ptp(maps, axis=_PIXELS, keepdims=True)
    spread[spread == 0] = np.inf
    maps = (maps - maps.mean(axis=_PIXELS, keepdims=True)) / spread
    variance = np.square(maps).mean(axis=_PIXELS, keepdims=True)
    return maps / np.sqrt(np.where(variance == 0, 1, variance))


def _mann_whitney(
    maps: np.ndarray, positives: np.ndarray, negatives: np.ndarray
) -> np.ndarray:
    # A loop over frames: their numbers of fixations differ.
    scores = np.full(len(maps), np.nan)  # [F]
    for frame, pixels in enumerate(maps):
        high = _values_at(pixels, positives[frame])  # [n]
        low = np.sort(_values_at(pixels, negatives[frame]))  # [m]
        if len(high) and len(low):
            below = np.searchsorted(low, high, side="left").mean()
            up_to = np.searchsorted(low, high, side="right").mean()
            scores[frame] = (below + up_to) / (2 * len(low))
    return scores


def _values_at(pixels: np.ndarray, counts: np.ndarray) -> np.ndarray:
    if counts.dtype == bool:
        return pixels[counts]
    fixated = counts > 0
    return np.repeat(pixels[fixated], counts[fixated])
