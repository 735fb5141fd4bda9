"""The AUCs of UNISAL's evaluation, which differ from those of `mit`.

Its other scores are `mit.nss`, and `kl`, `cc` and `sim` of `exact`. A pixel
counts once, however often it is fixated. Maps are scaled to [0, 1] in float32,
as in its code.
"""

import numpy as np

from rmdn_tf.metrics import exact
from rmdn_tf.metrics.map_checks import PIXELS, check_counts, check_maps
from rmdn_tf.metrics.mit import area_under, count_reaching

_DIGITS = 4
_STEP = 0.1


def auc_judd(
    saliency_maps: np.ndarray, fixation_maps: np.ndarray
) -> np.ndarray:
    """Computes AUC-Judd at the distinct fixated values, in four digits.

    The share of fixated pixels that reach a threshold is drawn against the
    share of the other pixels that do, both rounded to four digits, and joined
    by trapezoids.

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.

    Returns:
        float64 `[F]`, in [0, 1]; NaN for a frame without fixations or a
        constant map, or if every pixel is fixated.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = _rescale(saliency_maps)
    counts = check_counts(fixation_maps, maps.shape)
    return np.array(
        [
            _area_of_frame(pixels.ravel(), np.flatnonzero(count))
            for pixels, count in zip(maps, counts, strict=True)
        ],
        np.float64,
    )


def auc_shuffled(
    saliency_maps: np.ndarray,
    fixation_maps: np.ndarray,
    other_fixation_maps: np.ndarray,
) -> np.ndarray:
    """Computes the shuffled AUC, with thresholds 0, 0.1 to 0.9.

    The code averages 100 random draws of as many other pixels as there are
    fixated ones; this is the limit of that average. A threshold of 1, which
    `mit` has, is missing: the peak ties with 0.9. (The code also leaves out
    0.5 in a draw whose largest value is 0.5 exactly; here it stays.)

    Args:
        saliency_maps: float `[F, H, W]`, finite, higher where people look more.
        fixation_maps: int `[F, H, W]`, number of fixations in each pixel.
        other_fixation_maps: int `[F, H, W]`, those of other frames.

    Returns:
        float64 `[F]`, in [0, 1]; NaN for a frame without fixations or without
        other ones, and for a constant map.

    Raises:
        ValueError: a map is invalid, or shapes differ.
    """
    maps = _rescale(saliency_maps)
    counts = check_counts(fixation_maps, maps.shape)
    others = check_counts(
        other_fixation_maps, maps.shape, "other_fixation_maps"
    )
    # The thresholds are float64: 0.7 and 0.9 in float32 do not reach them.
    levels = np.searchsorted(
        np.arange(0, 1, _STEP), maps.astype(np.float64), "right"
    )
    areas = exact.auc_shuffled(levels, counts > 0, others > 0)
    return np.where(np.isnan(maps).any(axis=PIXELS), np.nan, areas)


def _rescale(saliency_maps: np.ndarray) -> np.ndarray:
    """Scales maps to [0, 1], float32; NaN for a constant map."""
    single = np.asarray(saliency_maps, np.float32)
    maps = check_maps(single, "saliency_maps", dtypes=(np.float32,))
    low = maps.min(axis=PIXELS, keepdims=True)
    with np.errstate(invalid="ignore"):
        return (maps - low) / (maps.max(axis=PIXELS, keepdims=True) - low)


def _area_of_frame(pixels: np.ndarray, fixated: np.ndarray) -> float:
    num_negatives = len(pixels) - len(fixated)
    if not len(fixated) or not num_negatives or np.isnan(pixels[0]):
        return np.nan
    values = pixels[fixated]
    thresholds = np.unique(values)
    num_hits, num_passed = (
        count_reaching(of, thresholds) for of in (values, pixels)
    )
    hits = np.round(num_hits / len(fixated), _DIGITS)
    false_alarms = np.round((num_passed - num_hits) / num_negatives, _DIGITS)
    # Its order where rounding made hits equal.
    order = np.argsort(hits, kind="stable")
    return area_under(hits[order], false_alarms[order])
