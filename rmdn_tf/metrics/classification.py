"""Scores of action recognition: accuracy and mean average precision (mAP).

The accuracy is for one class per video (UCF Sports), the mAP for several
(Hollywood2). Shapes: V videos, A classes.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import stats

from rmdn_tf.metrics.intervals import (
    Difference,
    Interval,
    chunks,
    mean_interval,
    paired_difference,
)
from rmdn_tf.metrics.score_ranges import SHARE, Range, bounds

# Bootstrap resamples, and permutations, of average precisions.
NUM_RESAMPLES = 1000

# Bounds the memory of resamples: 8 MB per array.
NUMBERS_AT_ONCE = 2**20

CONFIDENCE = 0.95


def accuracy_of(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Returns whether the highest score is of a true class, bool `[V]`."""
    rows = np.arange(len(scores))
    return truth[rows, scores.argmax(1)]


def average_precisions(
    scores: np.ndarray, truth: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Computes the average precision (AP) of each class, `[..., A]`.

        AP = sum_i w_i y_i P_i / sum_i w_i y_i

    P_i is the precision among the videos that score at least as much as video
    i. AP is NaN for a class without videos. It equals
    `sklearn.metrics.average_precision_score`, a thousand times as fast in a
    bootstrap.

    Args:
        scores: float `[..., V, A]`, higher for likelier classes.
        truth: bool `[V, A]`, True for the classes of a video.
        weights: `[..., V]`, how often each resample has each video; default 1.

    Returns:
        float64 `[..., A]`, in [0, 1]; NaN for a class without videos.
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
    with np.errstate(invalid="ignore"):  # 0 / 0 without a video.
        precision = hits.cumsum(-2) / counts.cumsum(-2)
        precision = np.take_along_axis(
            precision, np.broadcast_to(_ends_of_ties(ranked), hits.shape), -2
        )
        return np.where(hits > 0, hits * precision, 0).sum(-2) / hits.sum(-2)


def _ends_of_ties(ranked: np.ndarray) -> np.ndarray:
    """Finds the last index of each tie in sorted scores `[..., V, A]`."""
    num_videos = ranked.shape[-2]
    place = np.arange(num_videos)[:, None]
    differs = np.diff(ranked, axis=-2) != 0
    last = np.ones_like(ranked[..., :1, :], bool)
    ends = np.where(np.concatenate([differs, last], -2), place, num_videos)
    return np.flip(np.minimum.accumulate(np.flip(ends, -2), -2), -2)


def score(scores: np.ndarray, truth: np.ndarray, multi_label: bool) -> float:
    """Computes the accuracy, or the mean average precision (mAP).

    The mAP ignores classes without videos.

    Args:
        scores: float `[V, A]`, higher for likelier classes.
        truth: bool `[V, A]`, True for the classes of a video.
        multi_label: False: one class per video, scored by accuracy. True:
            several, scored by mAP.

    Returns:
        The score in [0, 1]; NaN if no class has a video.
    """
    if not multi_label:
        return float(accuracy_of(scores, truth).mean())
    return float(_mean_known(average_precisions(scores, truth)))


def _mean_known(precisions: np.ndarray) -> np.ndarray:
    """Averages the last axis without its NaN; NaN if all are NaN."""
    known = ~np.isnan(precisions)
    with np.errstate(invalid="ignore"):
        total = np.where(known, precisions, 0).sum(-1)
        return total / known.sum(-1)


@dataclasses.dataclass(frozen=True)
class Predictions:
    """The scores of a classifier for V test videos of one partition.

    Attributes:
        video_ids: names of the V videos.
        scores: float64 `[V, A]`.
        truth: bool `[V, A]`.
        groups: the recording that each video was cut from, the unit of
            resampling; None if every video has its own.
    """

    video_ids: tuple[str, ...]
    scores: np.ndarray
    truth: np.ndarray
    groups: tuple[str, ...] | None = None

    def group_numbers(self) -> np.ndarray:
        """Returns the number of each video's recording, from 0, int64 `[V]`."""
        names = self.video_ids if self.groups is None else self.groups
        return np.unique(names, return_inverse=True)[1].reshape(-1)


def interval(tests: Sequence[Predictions], multi_label: bool) -> Interval:
    """Computes the mean score over partitions, with a 95 % interval.

    Recordings are resampled. The standard error of the mAP is the standard
    deviation over resamples.

    Args:
        tests: predictions for the test videos of each partition.
        multi_label: False: one class per video, scored by accuracy. True:
            several, scored by mAP.

    Returns:
        The mean and its bounds; the bounds are NaN with only one recording.
    """
    if not multi_label:
        return mean_interval(*_sums_of_groups(tests), ranges=SHARE)
    mean = float(np.mean([score(one.scores, one.truth, True) for one in tests]))
    drawn = np.mean([_resampled(*item) for item in enumerate(tests)], 0)
    return Interval(mean, *_bounds(mean, drawn, tests, SHARE))


def difference(
    tests: Sequence[Predictions],
    others: Sequence[Predictions],
    multi_label: bool,
) -> Difference:
    """Computes the score of a classifier minus that of another.

    The two-sided p-value comes from swapping the classifiers in random
    recordings; for the mAP their ranks are swapped, since their scales may
    differ.

    Args:
        tests: predictions for the test videos of each partition.
        others: predictions of the other classifier for the same videos of the
            same partitions.
        multi_label: False: one class per video, scored by accuracy. True:
            several, scored by mAP.

    Returns:
        The difference, its 95 % bounds and its p-value.
    """
    if not multi_label:
        sums, counts = _sums_of_groups(tests)
        other_sums, _ = _sums_of_groups(others)
        return paired_difference(sums, other_sums, counts, ranges=SHARE)
    pairs = list(zip(tests, others, strict=True))
    one, other = (
        [score(p.scores, p.truth, True) for p in of] for of in (tests, others)
    )
    mean = np.mean(np.subtract(one, other))
    drawn, swapped = (
        np.mean([draw(seed, *pair) for seed, pair in enumerate(pairs)], 0)
        for draw in (_resampled_difference, _swapped)
    )
    # Counts the observed difference too, so that p is never 0.
    num_extreme = 1 + (abs(swapped) >= abs(mean) - 1e-12).sum()
    p_value = float(num_extreme / (NUM_RESAMPLES + 1))
    low, high = _bounds(mean, drawn, tests, SHARE.of_differences())
    return Difference(float(mean), low, high, p_value)


def confusion(tests: Sequence[Predictions]) -> np.ndarray:
    """Counts videos by their class and by the predicted class.

    Args:
        tests: predictions of classifiers with one class per video.

    Returns:
        int `[A, A]`, whose rows are classes and whose columns are predictions.
    """
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
    num_videos = sum(len(one.video_ids) for one in tests)
    sums, counts = [], []
    # Weighted so that the mean is that of the partitions' means.
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
    """Bounds an mAP, or a difference, from its resamples."""
    known = drawn[~np.isnan(drawn)]
    num_groups = sum(one.group_numbers().max() + 1 for one in tests)
    if num_groups < 2 or len(known) < 2:
        return np.nan, np.nan
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, num_groups - 1)
    margin = quantile * known.std(ddof=1)
    share = quantile**2 / _fewest_of_a_class(tests)
    low, high = bounds(np.array([mean]), np.array([margin]), share, [limits])
    return float(low[0]), float(high[0])


def _fewest_of_a_class(tests: Sequence[Predictions]) -> int:
    num_groups = np.sum(
        [
            [len(np.unique(numbers[of])) for of in one.truth.T]
            for one in tests
            for numbers in [one.group_numbers()]
        ],
        axis=0,
    )
    return int(num_groups[num_groups > 0].min())


def _resampled(seed: int, one: Predictions) -> np.ndarray:
    rng = np.random.default_rng(seed)
    numbers = one.group_numbers()
    num_groups = numbers.max() + 1
    drawn = []
    for size in chunks(NUM_RESAMPLES, one.truth.size, NUMBERS_AT_ONCE):
        share = np.full(num_groups, 1 / num_groups)
        times = rng.multinomial(num_groups, share, size)[:, numbers]
        drawn.append(average_precisions(one.scores, one.truth, times))
    return _mean_known(np.concatenate(drawn))


def _resampled_difference(
    seed: int, one: Predictions, other: Predictions
) -> np.ndarray:
    return _resampled(seed, one) - _resampled(seed, other)


def _swapped(seed: int, one: Predictions, other: Predictions) -> np.ndarray:
    rng = np.random.default_rng(seed)
    numbers = one.group_numbers()
    own, others = (stats.rankdata(p.scores, axis=0) for p in (one, other))
    drawn = []
    for size in chunks(NUM_RESAMPLES, one.truth.size, NUMBERS_AT_ONCE):
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
