"""Scores of actions against the truth: accuracy, average precision, errors.

A task whose videos are of one class each is scored by accuracy, one whose
videos may be of several by the mean average precision (mAP), as UCF101 and
Hollywood2 are.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from scipy import stats

from rmdn_tf.metrics.intervals import (
    Difference,
    Interval,
    mean_interval,
    paired_difference,
)
from rmdn_tf.metrics.score_ranges import SHARE, Range, bounds

NUM_RESAMPLES = 1000
"""Of a bootstrap of average precisions, and of its permutations."""

NUMBERS_AT_ONCE = 2**20
"""Bounds the memory of resamples, some 8 MB an array."""

CONFIDENCE = 0.95


def accuracy_of(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Says of each video whether its class has the highest score.

    Args:
        scores: float `[V, A]`.
        truth: bool `[V, A]`, one class a video; of several any one is right.

    Returns:
        bool `[V]`.
    """
    rows = np.arange(len(scores))
    return truth[rows, scores.argmax(1)]


def average_precisions(
    scores: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Returns the average precision of each class, of many resamples at once.

        AP = sum_i w_i y_i P_i / sum_i w_i y_i

    with P_i the precision among the videos that score no less than video i. It
    is that of `sklearn.metrics.average_precision_score`, ties included, which
    takes a thousand times as long for a bootstrap.

    Args:
        scores: float `[..., V, A]`.
        truth: bool `[V, A]`.
        weights: `[..., V]`, how often each video counts; None for once.

    Returns:
        float64 `[..., A]`; NaN of a class that no video is of.
    """
    if weights is None:
        weights = np.ones(len(truth))
    order = np.argsort(-scores, axis=-2, kind="stable")
    ranked = np.take_along_axis(scores, order, -2)
    truth, weights, order = np.broadcast_arrays(
        truth, weights[..., None], order
    )
    counts = np.take_along_axis(weights, order, -2).astype(np.float64)
    hits = counts * np.take_along_axis(truth, order, -2)
    with np.errstate(invalid="ignore"):  # Of no video, 0 / 0.
        precision = hits.cumsum(-2) / counts.cumsum(-2)
        precision = np.take_along_axis(
            precision, np.broadcast_to(_ends_of_ties(ranked), hits.shape), -2
        )
        return np.where(hits > 0, hits * precision, 0).sum(-2) / hits.sum(-2)


def _ends_of_ties(ranked: np.ndarray) -> np.ndarray:
    """Of each place in sorted scores `[..., V, A]` the last that scores so."""
    num_videos = ranked.shape[-2]
    place = np.arange(num_videos)[:, None]
    differs = np.diff(ranked, axis=-2) != 0
    last = np.ones_like(ranked[..., :1, :], bool)
    ends = np.where(np.concatenate([differs, last], -2), place, num_videos)
    return np.flip(np.minimum.accumulate(np.flip(ends, -2), -2), -2)


def score(scores: np.ndarray, truth: np.ndarray, multi_label: bool) -> float:
    """Returns the accuracy, or the mAP, in [0, 1]; see the module.

    Classes that no video is of do not count in the mAP; NaN if there are none.
    """
    if not multi_label:
        return float(accuracy_of(scores, truth).mean())
    return float(_mean_known(average_precisions(scores, truth)))


def _mean_known(precisions: np.ndarray) -> np.ndarray:
    """Mean over the last axis of what is no NaN; NaN where nothing is."""
    known = ~np.isnan(precisions)
    with np.errstate(invalid="ignore"):
        total = np.where(known, precisions, 0).sum(-1)
        return total / known.sum(-1)


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What a classifier says of the test videos of one partition.

    Attributes:
        video_ids: V of them.
        scores: float64 `[V, A]`.
        truth: bool `[V, A]`.
        groups: V names of recordings; videos that were cut from one go
            together where videos are drawn. None: each is one of its own.
    """

    video_ids: tuple[str, ...]
    scores: np.ndarray
    truth: np.ndarray
    groups: tuple[str, ...] | None = None

    def group_numbers(self) -> np.ndarray:
        """Numbers the recordings, int64 `[V]`, from 0."""
        names = self.video_ids if self.groups is None else self.groups
        return np.unique(names, return_inverse=True)[1].reshape(-1)


def interval(tests: Sequence[Predictions], multi_label: bool) -> Interval:
    """Mean score over partitions, with an interval over the videos.

    The interval of the accuracy is that of
    `rmdn_tf.metrics.intervals.mean_interval`. The mAP is no mean over videos:
    its error is the standard deviation over resampled videos, and its bounds,
    too, are those of `rmdn_tf.metrics.score_ranges`. Videos of one recording
    are drawn together. The bounds are NaN where there is one recording only.
    """
    if not multi_label:
        return mean_interval(*_sums_of_groups(tests), ranges=SHARE)
    mean = np.mean([score(one.scores, one.truth, True) for one in tests])
    drawn = np.mean([_resampled(*item) for item in enumerate(tests)], 0)
    return Interval(float(mean), *_bounds(mean, drawn, tests, SHARE))


def difference(
    tests: Sequence[Predictions],
    others: Sequence[Predictions],
    multi_label: bool,
) -> Difference:
    """How much more the first score than the others, on the same videos.

    With an interval as that of `interval`, and a two-sided p-value of swapping
    the two in whole recordings. An average precision knows only ranks: so ranks
    are swapped, whatever the scale of the two.

    Args:
        tests, others: of the same partitions, the same videos in each.
        multi_label: see `score`.
    """
    if not multi_label:
        sums, counts = _sums_of_groups(tests)
        other_sums, _ = _sums_of_groups(others)
        return paired_difference(sums, other_sums, counts, ranges=SHARE)
    pairs = list(zip(tests, others, strict=True))
    mean = np.mean(
        [
            score(one.scores, one.truth, True)
            - score(other.scores, other.truth, True)
            for one, other in pairs
        ]
    )
    drawn = np.mean(
        [
            _resampled(seed, one) - _resampled(seed, other)
            for seed, (one, other) in enumerate(pairs)
        ],
        0,
    )
    swapped = np.mean(
        [_swapped(seed, *pair) for seed, pair in enumerate(pairs)], 0
    )
    # The one observed is one more, so that p is never 0.
    num_extreme = 1 + (abs(swapped) >= abs(mean) - 1e-12).sum()
    p_value = float(num_extreme / (NUM_RESAMPLES + 1))
    low, high = _bounds(mean, drawn, tests, SHARE.of_differences())
    return Difference(float(mean), low, high, p_value)


def confusion(tests: Sequence[Predictions]) -> np.ndarray:
    """Counts videos by their class (rows) and the one predicted (columns)."""
    truth = np.concatenate([one.truth.argmax(1) for one in tests])
    predicted = np.concatenate([one.scores.argmax(1) for one in tests])
    num_classes = tests[0].truth.shape[1]
    counts = np.bincount(
        truth * num_classes + predicted, minlength=num_classes**2
    )
    return counts.reshape(num_classes, num_classes)


def _sums_of_groups(
    tests: Sequence[Predictions],
) -> tuple[np.ndarray, np.ndarray]:
    """Sums over the recordings, and how many videos each has.

    What a video adds is such that the mean is that of the partitions' means.
    """
    num_videos = sum(len(one.video_ids) for one in tests)
    sums, counts = [], []
    for one in tests:
        share = num_videos / (len(tests) * len(one.video_ids))
        right = accuracy_of(one.scores, one.truth) * share
        numbers = one.group_numbers()
        sums.append(np.bincount(numbers, right))
        counts.append(np.bincount(numbers))
    return np.concatenate(sums), np.concatenate(counts)


def _bounds(
    mean: float,
    drawn: np.ndarray,
    tests: Sequence[Predictions],
    limits: Range,
) -> tuple[float, float]:
    """Bounds an mAP, or a difference of two, by resampled ones."""
    known = drawn[~np.isnan(drawn)]
    num_groups = sum(one.group_numbers().max() + 1 for one in tests)
    if num_groups < 2 or len(known) < 2:
        return np.nan, np.nan
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, num_groups - 1)
    margin = quantile * known.std(ddof=1)
    share = quantile**2 / _fewest_of_a_class(tests)
    low, high = bounds([mean], [margin], share, [limits])
    return float(low[0]), float(high[0])


def _fewest_of_a_class(tests: Sequence[Predictions]) -> int:
    """Recordings of the rarest class: so many decide its precision."""
    num_groups = sum(
        np.array([len(np.unique(numbers[of])) for of in one.truth.T])
        for one in tests
        for numbers in [one.group_numbers()]
    )
    return num_groups[num_groups > 0].min()


def _resampled(seed: int, one: Predictions) -> np.ndarray:
    """The mAP of resampled recordings, `[NUM_RESAMPLES]`.

    The same seed draws the same of the same recordings.
    """
    rng = np.random.default_rng(seed)
    numbers = one.group_numbers()
    num_groups = numbers.max() + 1
    drawn = []
    for size in _chunks(one):
        share = np.full(num_groups, 1 / num_groups)
        times = rng.multinomial(num_groups, share, size)[:, numbers]
        drawn.append(average_precisions(one.scores, one.truth, times))
    return _mean_known(np.concatenate(drawn))


def _swapped(seed: int, one: Predictions, other: Predictions) -> np.ndarray:
    """Differences where recordings are swapped, `[NUM_RESAMPLES]`."""
    rng = np.random.default_rng(seed)
    numbers = one.group_numbers()
    own, others = (stats.rankdata(p.scores, axis=0) for p in (one, other))
    drawn = []
    for size in _chunks(one):
        flips = rng.integers(2, size=[size, numbers.max() + 1], dtype=bool)
        swap = flips[:, numbers, None]
        first, second = (
            _mean_known(average_precisions(ranks, one.truth))
            for ranks in (
                np.where(swap, others, own),
                np.where(swap, own, others),
            )
        )
        drawn.append(first - second)
    return np.concatenate(drawn)


def _chunks(one: Predictions) -> Iterator[int]:
    """Numbers of resamples that add up to all, each in bounded memory."""
    at_once = max(1, NUMBERS_AT_ONCE // max(1, one.truth.size))
    for begin in range(0, NUM_RESAMPLES, at_once):
        yield min(at_once, NUM_RESAMPLES - begin)
