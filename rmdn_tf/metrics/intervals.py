"""How far the scores of a dataset can be trusted: error bars over its videos.

Frames of one video show one scene to one group of observers, so their scores
go together, and what was drawn at random is the videos. These, whole, are what
is resampled. A video is known here by two numbers: the sum of a metric over its
scored frames, and how many those are. The mean of the dataset is the sum of
the sums over the sum of the counts, a mean over frames. For a mean over videos
pass the videos' means as sums, and ones as counts.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import stdtrit

from rmdn_tf.metrics.score_ranges import ANY, Range, bounds

NUM_RESAMPLES = 2000
"""Enough for bounds that move by some 2 % of the width with another seed."""

DRAWS_AT_ONCE = 2**15
"""Bounds memory. 256 kB as float64 stay in the processor's cache; larger arrays
took twice the time."""


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean over the frames of a dataset, in the unit of the metric.

    Attributes:
        mean: float, or float64 `[M]` of M metrics. NaN where nothing was
            scored.
        low: like `mean`, the lower bound. NaN where one cannot be told: of
            fewer than two videos, or where a sum is infinite or NaN.
        high: like `low`, the upper bound.
    """

    mean: float | np.ndarray
    low: float | np.ndarray
    high: float | np.ndarray


@dataclasses.dataclass(frozen=True)
class Difference(Interval):
    """An `Interval` of how much more one predictor scores than another.

    Attributes:
        p_value: like `mean`, in (0, 1]: how probable a difference as far from
            0 is if the two predictors are alike. NaN where the mean is not
            finite.
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
    """Mean over frames, with an interval from a bootstrap over videos.

    The interval is the mean -+ c standard errors, those of the jackknife, which
    leaves every video out in turn. c is the `confidence` quantile of |t|, t =
    (resampled mean - mean) / (linearised error of the resample): the symmetric
    bootstrap-t [1] of a ratio, of V - 1 videos a resample as is done for
    surveys [2]. The bounds of a score of a range are moved into it, see
    `rmdn_tf.metrics.score_ranges`.

    Why this one: datasets have few videos, and scores are skewed. Of simulated
    datasets of 10 videos with skewed scores, 95 % intervals hold the true mean
    in 88 % by percentiles, 87 % by BCa, 95 % by this; of 40 videos in 92, 91
    and 94 %. Student's t lies between; bootstrap-t with equal tails covers no
    better. SciPy studentizes no bootstrap. Nor is this one magic: if, besides,
    long videos score higher, it covers 93 % with 10 videos, and heavier skew
    costs as much. Most figures are from 2000 datasets each of
    `benchmarks/interval_coverage.py`.

    The trap of bootstrap-t: of very few videos, or with one far from all
    others, some resamples hardly vary, and their t has no bound. So c is at
    most twice Student's of V - 1 degrees. 2 to 5 videos are held by that; from
    10 videos' coverage it takes .1 %.

    Args:
        sums: float `[V]`, or `[M, V]` of M metrics, which share the resamples:
            over the scored frames of each of V videos.
        counts: `[V]`, the frames that were scored. Videos without any carry no
            information and are left out.
        ranges: that the mean of the metric lies in, or one of each metric.
        confidence: in how many of many datasets the interval should hold the
            true mean, in (0, 1).
        num_resamples: of the bootstrap.
        seed: of the resamples; the same gives the same bounds.

    Returns:
        The `Interval`.

    Raises:
        ValueError: shapes do not fit, counts are negative or not finite, a
            mean, `confidence` or `num_resamples` are out of range.

    References:
        1. Hall, "On symmetric bootstrap confidence intervals", J. R. Statist.
           Soc. B 50, 1988.
        2. Rao and Wu, "Resampling inference with complex survey data", J. Am.
           Statist. Assoc. 83, 1988.
    """
    _check(sums, counts, confidence, num_resamples)
    rows, scored = _of_scored_videos(sums, counts)
    with np.errstate(invalid="ignore"):  # No frame, 0 / 0; inf - inf.
        mean = rows.sum(1) / scored.sum()  # [M]
    margin = _margin(rows, scored, mean, confidence, num_resamples, seed)
    if isinstance(ranges, Range):
        ranges = [ranges] * len(rows)
    share = _largest_share(scored, confidence)
    numbers = (mean, *bounds(mean, margin, share, ranges))
    # Numbers of no dimension leave as numbers.
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
    """How much more one predictor scores than another on the same frames.

    The interval is `mean_interval` of the videos' differences. The p-value is
    two-sided, of the permutation test that swaps the predictors in whole
    videos, which flips the signs of their differences. All flips are tried if
    they are no more than the resamples (10 videos), else random ones, to which
    the observed counts as one more, so that p is never 0. It is the test of
    `scipy.stats.permutation_test`, some forty times as fast.

    Args:
        sums: float `[V]` or `[M, V]`, as for `mean_interval`.
        other_sums: like `sums`, of the other predictor.
        counts: `[V]`, as for `mean_interval`.
        ranges: likewise, of the metric; a difference may be twice as far.
        confidence: as for `mean_interval`.
        num_resamples: of the bootstrap, and of the random flips.
        seed: of both.

    Returns:
        The `Difference`, positive where the first predictor scores more.

    Raises:
        ValueError: as for `mean_interval`, or the two sums differ in shape.
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
    """See `rmdn_tf.metrics.score_ranges.bounds`.

    Long videos weigh more, so there are as many independent ones as would have
    the same error if their lengths were alike, (sum c)^2 / sum c^2.
    """
    if len(counts) < 2:
        return np.nan
    num_units = counts.sum() ** 2 / (counts**2).sum()
    return stdtrit(len(counts) - 1, (1 + confidence) / 2) ** 2 / num_units


def _check(sums, counts, confidence: float, num_resamples: int) -> None:
    counts = np.asarray(counts)
    if counts.ndim != 1 or not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError(
            "Invalid `counts`. Expected the number of scored frames of each "
            f"video, [V], none negative. Received: {counts!r}."
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


def _of_scored_videos(sums, counts) -> tuple[np.ndarray, np.ndarray]:
    """Float64 sums `[M, V]` and counts `[V]` of the videos with frames."""
    counts = np.asarray(counts, np.float64)
    sums = np.atleast_2d(np.asarray(sums, np.float64))
    return sums[:, counts > 0], counts[counts > 0]


@np.errstate(invalid="ignore", over="ignore")  # Infinite sums turn into NaN.
def _margin(
    sums: np.ndarray,
    counts: np.ndarray,
    mean: np.ndarray,
    confidence: float,
    num_resamples: int,
    seed: int,
) -> np.ndarray:
    """Half the width of the interval, `[M]`."""
    num_videos = len(counts)
    if num_videos < 2:
        return np.full(len(sums), np.nan)
    residuals = sums - mean[:, None] * counts
    # Free of units, so that no square under- or overflows.
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
    """|t| of resampled videos, `[num_resamples, M]`.

    All that a resample tells are sums of products, so that one product of
    matrices does for all metrics.
    """
    num_videos, num_metrics = len(counts), len(residuals)
    num_drawn = num_videos - 1
    products = np.concatenate(
        [[counts, counts**2], residuals, residuals * counts, residuals**2]
    ).T  # [V, 2 + 3M]
    resampled = [
        _draw(rows, num_drawn, num_videos, rng) @ products
        for rows in _chunks(num_resamples, num_videos)
    ]
    count, squared_count, *others = np.concatenate(resampled).T
    residual, times_count, squared = np.reshape(
        others, [3, num_metrics, num_resamples]
    )
    shift = residual / count  # Of the mean.
    variance = squared - 2 * shift * times_count + shift**2 * squared_count
    variance *= num_drawn / max(1, num_drawn - 1)
    # Where all drawn videos are alike it is 0, or just below by rounding.
    variance = np.maximum(variance, np.finfo(np.float64).tiny)
    return (abs(residual) / np.sqrt(variance)).T


def _draw(
    num_rows: int, num_drawn: int, num_videos: int, rng: np.random.Generator
) -> np.ndarray:
    """How often each resample has each video, float64 `[num_rows, V]`."""
    drawn = rng.integers(num_videos, size=[num_rows, num_drawn])
    drawn += num_videos * np.arange(num_rows)[:, None]
    times = np.bincount(drawn.ravel(), minlength=num_rows * num_videos)
    return times.reshape(num_rows, num_videos).astype(np.float64)


def _chunks(num_rows: int, num_videos: int) -> Iterator[int]:
    """Numbers of rows that add up, each of about `DRAWS_AT_ONCE` draws."""
    at_once = max(1, DRAWS_AT_ONCE // max(1, num_videos))
    for begin in range(0, num_rows, at_once):
        yield min(at_once, num_rows - begin)


@np.errstate(invalid="ignore")  # Infinite sums: the caller sees to them.
def _p_value(differences: np.ndarray, num_flips: int, seed: int) -> np.ndarray:
    """Two-sided p-value `[M]` of sign flips of differences `[M, V]`."""
    num_videos = differences.shape[1]
    is_exact = 2**num_videos <= num_flips
    total = differences.sum(1)
    # Flips that tie count, however their sums were rounded.
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
    """Yields which videos to flip, 0 or 1, `[rows, V]`: the binary numbers."""
    begin = 0
    for rows in _chunks(2**num_videos, num_videos):
        numbers = np.arange(begin, begin + rows)[:, None]
        yield numbers >> np.arange(num_videos) & 1
        begin += rows


def _random_flips(
    num_videos: int, num_flips: int, seed: int
) -> Iterator[np.ndarray]:
    """Yields which videos to flip, bool `[rows, V]`."""
    rng = np.random.default_rng(seed)
    for rows in _chunks(num_flips, num_videos):
        yield rng.integers(2, size=[rows, num_videos], dtype=bool)
