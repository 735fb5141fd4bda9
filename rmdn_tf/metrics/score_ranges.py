"""The range of each score, and bounds of a mean that stay in it.

A mean -+ its margin may leave the range: four videos give an accuracy of 0.25
-+ 1.59. In a range with two ends, the bounds are those of Wilson's score
interval [1], made for proportions. It holds every p with

    |mean - p| <= margin * sqrt(variance(p) / variance(mean))

where variance(p) = (p - low) (high - p): a score varies less near an end. In a
range with one end, a bound beyond the end moves to it.

References:
    1. Wilson, "Probable inference, the law of succession, and statistical
       inference", J. Am. Statist. Assoc. 22, 1927.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

# Rounding may put a mean outside its range by this share of its scale.
ROUNDING = 1e-9


@dataclasses.dataclass(frozen=True)
class Range:
    """The smallest and the largest value of a score.

    Attributes:
        low: the smallest value; minus infinity if there is no limit.
        high: the largest value; infinity if there is no limit.
    """

    low: float = -math.inf
    high: float = math.inf

    def of_differences(self) -> "Range":
        width = self.high - self.low
        return Range(-width, width)


# Ends the name of a score whose maps were first fitted on the truth; see
# `rmdn_tf.metrics.remapping`.
FITTED = "_fitted"

ANY = Range()
SHARE = Range(0.0, 1.0)
POSITIVE = Range(0.0)

_RANGES: Mapping[str, Range] = {
    "bits": ANY,
    "log_likelihood": ANY,
    "information_gain": ANY,
    "nss": ANY,
    "auc_judd": SHARE,
    "auc_judd_points": ANY,  # Fixations that share a pixel give more than 1.
    "auc_borji": SHARE,
    "auc_shuffled": SHARE,
    "sim": SHARE,
    "cc": Range(-1.0, 1.0),
    "kl": POSITIVE,
}

# Ranges of the metrics of `evaluation.protocols`, and of the accuracy.
RANGES: Mapping[str, Range] = {
    **_RANGES,
    **{metric + FITTED: limits for metric, limits in _RANGES.items()},
    "accuracy": SHARE,
}


def range_of(metric: str) -> Range:
    """Returns the range of a metric, or `ANY` if it is unknown."""
    return RANGES.get(metric, ANY)


def bounds(
    mean: np.ndarray,
    margin: np.ndarray,
    largest_share: float,
    ranges: Sequence[Range],
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds the means of M scores, within the ranges of the scores.

    The margin is at most that of a score that is always at either end, like a
    right or wrong answer. If all scores lie at one end it is that margin: four
    right answers of four do not prove that wrong ones never occur.

    Args:
        mean: float `[M]`; NaN and infinite means get NaN bounds.
        margin: float `[M]`, half the width of an interval without a range.
        largest_share: squared margin of a score that is always at either end,
            divided by its variance: t^2 / n for n units, t Student's quantile.

    Returns:
        The lower and the upper bounds, float64 `[M]`. A mean outside its range
        raises ValueError.
    """
    pairs = [
        _bounds(*one, largest_share)
        for one in zip(mean, margin, ranges, strict=True)
    ]
    low, high = np.array(pairs, np.float64).reshape(-1, 2).T
    return low, high


def _bounds(
    mean: float, margin: float, limits: Range, largest_share: float
) -> tuple[float, float]:
    if not (math.isfinite(mean) and math.isfinite(margin)):
        return math.nan, math.nan
    mean = _within(mean, limits)
    if math.isinf(limits.high):
        return max(limits.low, mean - margin), mean + margin
    width = limits.high - limits.low
    low, high = _between(
        (mean - limits.low) / width, margin / width, largest_share
    )
    return limits.low + width * low, limits.low + width * high


def _within(mean: float, limits: Range) -> float:
    """Moves a mean into its range, if rounding put it outside."""
    nearest = min(max(mean, limits.low), limits.high)
    if abs(mean - nearest) > ROUNDING * max(1.0, abs(nearest)):
        raise ValueError(
            f"Invalid `sums`. Expected a mean in [{limits.low}, {limits.high}],"
            f" the range of the score. Received: {mean}."
        )
    return nearest


def _between(
    mean: float, margin: float, largest_share: float
) -> tuple[float, float]:
    """Bounds a mean in [0, 1]."""
    variance = mean * (1 - mean)
    share = largest_share
    if variance:
        share = min(share, margin**2 / variance)
    shift = share / 2
    root = math.sqrt(share * variance + shift**2)
    low, high = ((mean + shift + r) / (1 + share) for r in (-root, root))
    # Rounding may leave the range, or exclude the mean.
    return min(max(0.0, low), mean), max(min(1.0, high), mean)
