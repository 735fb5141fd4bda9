"""Several comparisons at once, and how small a difference one can find."""

from collections.abc import Sequence

import numpy as np
from scipy.special import nctdtrinc, stdtrit

# Of a two-sided test.
LEVEL = 0.05

# Share of the tests of a true difference that find it.
POWER = 0.8

# Fewer videos have too few flips of signs for a p-value below `LEVEL`.
LEAST_VIDEOS = 6

MOST_VIDEOS = 10**7


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Corrects p-values for the number of comparisons, by Holm's method [1].

    If none of the differences were true, the smallest of the results would be
    at most 0.05 in at most 5 % of the cases.

    Args:
        p_values: float `[k]`, of the comparisons made at once; a NaN is no
            comparison and stays.

    Returns:
        float64 `[k]`, each at least its p-value and at most 1, in the same
        order of size.

    Raises:
        ValueError: a value is not in [0, 1].

    References:
        1. Holm, "A simple sequentially rejective multiple test procedure",
           Scand. J. Statist. 6, 1979.
    """
    p = np.asarray(p_values, np.float64)
    there = ~np.isnan(p)
    if p.ndim != 1 or not ((p[there] >= 0) & (p[there] <= 1)).all():
        raise ValueError(
            "Invalid `p_values`. Expected numbers from 0 to 1, [k]. Received: "
            f"{p_values!r}."
        )
    found = p[there]
    order = np.argsort(found, kind="stable")
    raised = found[order] * np.arange(len(found), 0, -1)
    corrected = np.empty_like(found)
    corrected[order] = np.minimum(np.maximum.accumulate(raised), 1)
    result = np.full_like(p, np.nan)
    result[there] = corrected
    return result


def spread_of_videos(differences: np.ndarray, counts: np.ndarray) -> float:
    """Computes how much a difference varies from video to video.

    Args:
        differences: float `[V]`, sums of the difference over the scored frames
            of each video.
        counts: float or int `[V]`, numbers of these frames; a video with 0 is
            ignored. Ones if `differences` are means and videos weigh alike.

    Returns:
        The standard deviation of a video's part in the mean, in the unit of the
        metric: the standard error of the mean is it over sqrt(V). With equal
        counts, the standard deviation of the videos' means. NaN with fewer than
        two videos, or if a sum is not finite.
    """
    counts = np.asarray(counts, np.float64)
    sums = np.asarray(differences, np.float64)[counts > 0]
    counts = counts[counts > 0]
    if len(counts) < 2 or not np.isfinite(sums).all():
        return np.nan
    residuals = (sums - counts * sums.sum() / counts.sum()) / counts.mean()
    return float(np.sqrt((residuals**2).sum() / (len(counts) - 1)))


def smallest_difference(spread: float, num_videos: int) -> float:
    """Computes the smallest difference that so many videos find.

    A two-sided paired t-test at `LEVEL` finds it with a probability of `POWER`;
    the test of `rmdn_tf.metrics.intervals` agrees (`tests`). It flips signs,
    and fewer than `LEAST_VIDEOS` have too few flips to find anything.

    Args:
        spread: of `spread_of_videos`.
        num_videos: number of videos, at least 1.

    Returns:
        The difference, positive, in the unit of `spread`; infinite with too few
        videos.
    """
    if num_videos < LEAST_VIDEOS:
        return np.inf
    degrees = num_videos - 1
    critical = stdtrit(degrees, 1 - LEVEL / 2)
    # The noncentrality that leaves a share of 1 - POWER below the critical t.
    shift = nctdtrinc(degrees, 1 - POWER, critical)
    return float(shift * spread / np.sqrt(num_videos))


def videos_needed(spread: float, difference: float) -> int | None:
    """Computes how many videos find a difference; see `smallest_difference`.

    Args:
        spread: of `spread_of_videos`.
        difference: in the unit of `spread`, positive.

    Returns:
        The number of videos, at least `LEAST_VIDEOS`; None above `MOST_VIDEOS`,
        or if `spread` is NaN.
    """
    if not smallest_difference(spread, MOST_VIDEOS) <= difference:
        return None
    low, high = LEAST_VIDEOS - 1, MOST_VIDEOS
    while high - low > 1:
        middle = (low + high) // 2
        if smallest_difference(spread, middle) <= difference:
            high = middle
        else:
            low = middle
    return high


def round_below(value: float) -> list[float]:
    """Lists the three largest of the numbers 1, 2, 5, 10 ... below a value.

    Args:
        value: positive and finite.

    Returns:
        Such as 0.1, 0.05 and 0.02 for 0.137.
    """
    exponent = int(np.floor(np.log10(value)))
    numbers = [
        float(f"{digit}e{power}")
        for power in range(exponent, exponent - 3, -1)
        for digit in (5, 2, 1)
    ]
    return [number for number in numbers if number < value][:3]
