"""Confidence intervals and p-values of mean scores, by resampling whole videos.

The frames of one video are not independent. Each video gives two numbers: the
sum of a metric over its scored frames, and their number. For a mean over
videos, pass their means as sums, and ones as counts.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import stdtrit

from rmdn_tf.metrics.score_ranges import ANY, Range, bounds

# Another seed moves the bounds by about 2 % of the width.
NUM_RESAMPLES = 2000

# Bounds memory: 256 kB of float64 fit the cache; more takes twice the time.
DRAWS_AT_ONCE = 2**15


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean and its bounds, in the unit of the metric.

    Each is a float, or float64 `[M]` of M metrics.

    Attributes:
        mean: NaN without scores.
        low: lower bound; NaN with fewer than two videos, or if a sum is not
            finite.
        high: upper bound; NaN as `low`.
    """

    mean: float | np.ndarray
    low: float | np.ndarray
    high: float | np.ndarray


@dataclasses.dataclass(frozen=True)
class Difference(Interval):
    """The `Interval` of one predictor's score minus another's.

    Attributes:
        p_value: in (0, 1], the probability that equal predictors differ at
            least as much; NaN if the mean is not finite.
    """

    p_value: float | np.ndarray


def mean_interval(
    sums: np.ndarray,
    counts: np.ndarray,
    *,
    ranges: Range | Sequence[Range] = ANY,
    confidence: float = 0.95,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Computes the mean over frames, with an interval over videos.

    The interval is mean -+ c standard errors of the jackknife, which leaves out
    one video at a time. c is the `confidence` quantile of |t|, t = (resampled
    mean - mean) / (linearised error of the resample): the symmetric bootstrap-t
    [1] of a ratio, with V - 1 videos a resample as in surveys [2].

    Scores are skewed and videos few: intervals by percentiles or BCa hold the
    true mean too rarely (`benchmarks/interval_coverage.py --compare`).
    Resamples of very few videos may hardly vary, so c is at most twice
    Student's quantile.

    Args:
        sums: float `[V]`, or `[M, V]` of M metrics, which share the resamples.
        counts: float or int `[V]`, numbers of scored frames; a video with 0 is
            ignored.
        ranges: of the metric, or of each metric; they limit the bounds.
        confidence: in (0, 1).
        num_resamples: number of resamples, positive.
        seed: seed of the resamples; the same seed gives the same bounds.

    Returns:
        The mean and its bounds, floats for `[V]`, float64 `[M]` for `[M, V]`.

    Raises:
        ValueError: shapes do not fit, or a value is out of range.

    References:
        1. Hall, "On symmetric bootstrap confidence intervals", J. R. Statist.
           Soc. B 50, 1988.
        2. Rao and Wu, "Resampling inference with complex survey data", J. Am.
           Statist. Assoc. 83, 1988.
    """
    _check(sums, counts, confidence, num_resamples)
    rows, scored = _of_scored_videos(sums, counts)
    with np.errstate(invalid="ignore"):  # 0 / 0 without frames; inf - inf.
        mean = rows.sum(1) / scored.sum()  # [M]
    margin = _margin(rows, scored, mean, confidence, num_resamples, seed)
    if isinstance(ranges, Range):
        ranges = [ranges] * len(rows)
    share = _largest_share(scored, confidence)
    numbers = (mean, *bounds(mean, margin, share, ranges))
    # An array of no dimension becomes a number.
    shape = np.shape(sums)[:-1]
    return Interval(*(number.reshape(shape)[()] for number in numbers))


def paired_difference(
    sums: np.ndarray,
    other_sums: np.ndarray,
    counts: np.ndarray,
    *,
    ranges: Range | Sequence[Range] = ANY,
    confidence: float = 0.95,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> Difference:
    """Computes the score of one predictor minus that of another.

    The interval is `mean_interval` of the videos' differences. The p-value is
    that of the two-sided permutation test that flips their signs: all flips if
    they are at most `num_resamples` (10 videos), otherwise random ones and the
    observed signs, so that p is never 0. It equals
    `scipy.stats.permutation_test`, 40 times as fast.

    Args:
        sums: float `[V]` or `[M, V]`, of the first predictor.
        other_sums: of the second predictor, with the shape of `sums`.
        counts: float or int `[V]`, numbers of scored frames, the same for both;
            a video with 0 is ignored.
        ranges: of the metric, or of each metric, not of the differences; they
            limit the bounds.
        confidence: in (0, 1).
        num_resamples: number of resamples and of random flips, positive.
        seed: seed of both.

    Returns:
        The difference, its bounds and its p-value, floats for `[V]`, float64
        `[M]` for `[M, V]`.

    Raises:
        ValueError: shapes do not fit, or a value is out of range.
    """
    if np.shape(other_sums) != np.shape(sums):
        raise ValueError(
            "Invalid `other_sums`. Expected the shape of `sums`, "
            f"{np.shape(sums)}. Received: shape {np.shape(other_sums)}."
        )
    with np.errstate(invalid="ignore"):  # Both may be infinite.
        differences = np.subtract(sums, other_sums)
    if isinstance(ranges, Range):
        ranges = [ranges] * len(np.atleast_2d(sums))
    interval = mean_interval(
        differences,
        counts,
        ranges=[one.of_differences() for one in ranges],
        confidence=confidence,
        num_resamples=num_resamples,
        seed=seed,
    )
    rows, _ = _of_scored_videos(differences, counts)
    p_value = _p_value(rows, num_resamples, seed)
    p_value = p_value.reshape(np.shape(interval.mean))
    p_value = np.where(np.isfinite(interval.mean), p_value, np.nan)[()]
    return Difference(**vars(interval), p_value=p_value)


def _largest_share(counts: np.ndarray, confidence: float) -> float:
    """Computes `largest_share` of `rmdn_tf.metrics.score_ranges.bounds`."""
    if len(counts) < 2:
        return np.nan
    # So many videos of equal length would have the same error.
    num_units = counts.sum() ** 2 / (counts**2).sum()
    return stdtrit(len(counts) - 1, (1 + confidence) / 2) ** 2 / num_units


def _check(
    sums: np.ndarray, counts: np.ndarray, confidence: float, num_resamples: int
) -> None:
    counts = np.asarray(counts)
    if counts.ndim != 1 or not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError(
            "Invalid `counts`. Expected the number of scored frames of each "
            f"video, [V], at least 0. Received: {counts!r}."
        )
    shape = np.shape(sums)
    if len(shape) not in (1, 2) or shape[-1] != len(counts):
        raise ValueError(
            f"Invalid `sums`. Expected shape [V] or [M, V], V={len(counts)} as "
            f"of `counts`. Received: shape {shape}."
        )
    if not 0 < confidence < 1:
        raise ValueError(
            "Invalid `confidence`. Expected a number between 0 and 1. "
            f"Received: confidence={confidence}."
        )
    if num_resamples < 1:
        raise ValueError(
            "Invalid `num_resamples`. Expected a positive integer. "
            f"Received: num_resamples={num_resamples}."
        )


def _of_scored_videos(
    sums: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns sums `[M, V]` and counts `[V]` of the videos with scores."""
    counts = np.asarray(counts, np.float64)
    sums = np.atleast_2d(np.asarray(sums, np.float64))
    return sums[:, counts > 0], counts[counts > 0]


@np.errstate(invalid="ignore", over="ignore")  # Infinite sums become NaN.
def _margin(
    sums: np.ndarray,
    counts: np.ndarray,
    mean: np.ndarray,
    confidence: float,
    num_resamples: int,
    seed: int,
) -> np.ndarray:
    """Computes half the width of the interval, `[M]`."""
    num_videos = len(counts)
    if num_videos < 2:
        return np.full(len(sums), np.nan)
    residuals = sums - mean[:, None] * counts
    # Without units, so that no square under- or overflows.
    scale = abs(residuals).max(1)
    residuals /= np.where(scale > 0, scale, 1)[:, None]
    left_out = residuals / (counts.sum() - counts)
    error = np.sqrt((left_out**2).sum(1) * (num_videos - 1) / num_videos)
    rng = np.random.default_rng(seed)
    t = _absolute_t(residuals, counts, num_resamples, rng)
    largest = 2 * stdtrit(num_videos - 1, (1 + confidence) / 2)
    quantile = np.quantile(t, confidence, axis=0)
    return np.minimum(quantile, largest) * error * scale


def _absolute_t(
    residuals: np.ndarray,
    counts: np.ndarray,
    num_resamples: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Computes |t| of resampled videos, `[num_resamples, M]`."""
    # |t| depends on sums of products: one matrix product for all metrics.
    num_videos, num_metrics = len(counts), len(residuals)
    num_drawn = num_videos - 1
    products = np.concatenate(
        [[counts, counts**2], residuals, residuals * counts, residuals**2]
    ).T  # [V, 2 + 3M]
    resampled = [
        _draw(rows, num_drawn, num_videos, rng) @ products
        for rows in chunks(num_resamples, num_videos, DRAWS_AT_ONCE)
    ]
    count, squared_count, *others = np.concatenate(resampled).T
    residual, times_count, squared = np.reshape(
        others, [3, num_metrics, num_resamples]
    )
    shift = residual / count  # Shift of the mean.
    variance = squared - 2 * shift * times_count + shift**2 * squared_count
    variance *= num_drawn / max(1, num_drawn - 1)
    # If all drawn videos are alike it is 0, or negative by rounding.
    variance = np.maximum(variance, np.finfo(np.float64).tiny)
    return (abs(residual) / np.sqrt(variance)).T


def _draw(
    num_rows: int, num_drawn: int, num_videos: int, rng: np.random.Generator
) -> np.ndarray:
    """Counts each video in each resample, float64 `[num_rows, V]`."""
    drawn = rng.integers(num_videos, size=[num_rows, num_drawn])
    drawn += num_videos * np.arange(num_rows)[:, None]
    times = np.bincount(drawn.ravel(), minlength=num_rows * num_videos)
    return times.reshape(num_rows, num_videos).astype(np.float64)


def chunks(total: int, size: int, at_once: int) -> Iterator[int]:
    """Splits `total` rows of `size` numbers; yields the rows of each chunk.

    A chunk has at most `at_once` numbers, but at least one row.
    """
    num_rows = max(1, at_once // max(1, size))
    for begin in range(0, total, num_rows):
        yield min(num_rows, total - begin)


@np.errstate(invalid="ignore")  # The caller handles infinite sums.
def _p_value(differences: np.ndarray, num_flips: int, seed: int) -> np.ndarray:
    """Computes the two-sided p-value `[M]` of sign flips of `[M, V]`."""
    num_videos = differences.shape[1]
    is_exact = 2**num_videos <= num_flips
    total = differences.sum(1)
    # Ties count in spite of rounding.
    limit = abs(total) - 1e-12 * abs(differences).sum(1)
    num_extreme = sum(
        (abs(total - 2 * (flips @ differences.T)) >= limit).sum(0)
        for flips in (
            _all_flips(num_videos)
            if is_exact
            else _random_flips(num_videos, num_flips, seed)
        )
    )
    if is_exact:
        return num_extreme / 2**num_videos
    return (num_extreme + 1) / (num_flips + 1)


def _all_flips(num_videos: int) -> Iterator[np.ndarray]:
    begin = 0
    for rows in chunks(2**num_videos, num_videos, DRAWS_AT_ONCE):
        numbers = np.arange(begin, begin + rows)[:, None]
        yield numbers >> np.arange(num_videos) & 1
        begin += rows


def _random_flips(
    num_videos: int, num_flips: int, seed: int
) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(seed)
    for rows in chunks(num_flips, num_videos, DRAWS_AT_ONCE):
        yield rng.integers(2, size=[rows, num_videos], dtype=bool)
