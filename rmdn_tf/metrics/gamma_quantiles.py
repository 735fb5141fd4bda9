"""Quantiles of gamma distributions, one in each pixel, that sum to 1."""

import functools

import numpy as np
import scipy.special

# Logits of the probability to exceed a quantile, and shapes of the gamma
# distribution. Beyond these shapes the quantile is about 0, or about the mean.
_LOGITS = np.linspace(-20.0, 10.0, 301)
_LOG_SHAPES = np.linspace(np.log(1e-5), np.log(1e6), 301)


@functools.lru_cache(maxsize=1)
def _gamma_quantiles() -> np.ndarray:
    """Quantiles of gamma distributions with mean 1, `[logits, shapes]`."""
    shapes = np.exp(_LOG_SHAPES)
    exceeded = scipy.special.expit(_LOGITS)[:, None]
    return scipy.special.gammainccinv(shapes, exceeded) / shapes


def equal_quantiles(mean: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Finds the probability at which the quantiles of all pixels sum to 1.

    Args:
        mean: float64 `[H, W]`, the mean in each pixel; they sum to 1.
        shape: float64 `[H, W]`, squared mean over variance.

    Returns:
        float64 `[H, W]`, the quantiles: each is exceeded with this probability.
    """
    with np.errstate(divide="ignore"):  # A mean that underflows has shape 0.
        place = np.interp(
            np.log(shape), _LOG_SHAPES, np.arange(len(_LOG_SHAPES))
        )
    lower = np.minimum(place.astype(int), len(_LOG_SHAPES) - 2)
    share = place - lower
    # The means of the pixels, dealt to the two nearest shapes.
    length = len(_LOG_SHAPES)
    dealt = np.zeros(length)
    for part, index in ((1 - share, lower), (share, lower + 1)):
        dealt += np.bincount(
            index.ravel(), (part * mean).ravel(), minlength=length
        )
    table = _gamma_quantiles()
    sums = table @ dealt  # They fall as the probability rises.
    row = int(np.clip(np.searchsorted(-sums, -1.0), 1, len(sums) - 1))
    high, low = sums[row - 1], sums[row]
    weight = np.clip((1.0 - low) / (high - low), 0, 1) if high > low else 0.0
    quantiles = weight * table[row - 1] + (1 - weight) * table[row]
    return mean * (
        (1 - share) * quantiles[lower] + share * quantiles[lower + 1]
    )
