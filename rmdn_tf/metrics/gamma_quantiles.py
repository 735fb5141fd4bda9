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
    length = len(_LOG_SHAPES)
    first, step = _LOG_SHAPES[0], _LOG_SHAPES[1] - _LOG_SHAPES[0]
    with np.errstate(divide="ignore"):  # A mean that underflows has shape 0.
        place = (np.log(shape) - first) / step
    np.clip(place, 0, length - 1, out=place)
    lower = np.minimum(place.astype(np.intp), length - 2)
    share = np.subtract(place, lower, out=place)
    # The means of the pixels, dealt to the two nearest shapes.
    above = (share * mean).ravel()
    dealt = np.bincount(lower.ravel(), mean.ravel() - above, length)
    dealt[1:] += np.bincount(lower.ravel(), above, length)[:-1]
    table = _gamma_quantiles()
    sums = table @ dealt  # They fall as the probability rises.
    row = int(np.clip(np.searchsorted(-sums, -1.0), 1, len(sums) - 1))
    high, low = sums[row - 1], sums[row]
    weight = np.clip((1.0 - low) / (high - low), 0, 1) if high > low else 0.0
    quantiles = weight * table[row - 1] + (1 - weight) * table[row]
    steps = np.diff(quantiles).take(lower)
    steps *= share
    steps += quantiles.take(lower)
    steps *= mean
    return steps
