"""Accuracy and mAP: values by hand, those of scikit-learn, and intervals."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from rmdn_tf.metrics.classification import (
    Predictions,
    accuracy_of,
    average_precisions,
    confusion,
    difference,
    interval,
    score,
)
from rmdn_tf.metrics.score_texts import json_interval


def drawn(num_videos, num_classes, seed=0, signal=0.0, multi_label=False):
    rng = np.random.default_rng(seed)
    truth = np.eye(num_classes, dtype=bool)[np.arange(num_videos) % num_classes]
    if multi_label:
        truth |= rng.random(truth.shape) < 0.2
    scores = rng.normal(size=truth.shape) + signal * truth
    return Predictions(tuple(map(str, range(num_videos))), scores, truth)


def test_average_precision_of_a_case_worked_by_hand():
    # Right at the ranks 1 and 3: (1/1 + 2/3) / 2.
    scores = np.array([[4.0], [3.0], [2.0], [1.0]])
    truth = np.array([[True], [False], [True], [False]])
    np.testing.assert_allclose(average_precisions(scores, truth), [5 / 6])


def test_average_precisions_are_those_of_scikit_learn():
    tested = drawn(50, 4, signal=1, multi_label=True)
    expected = average_precision_score(
        tested.truth, tested.scores, average=None
    )
    found = average_precisions(tested.scores, tested.truth)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    mean = score(tested.scores, tested.truth, True)
    np.testing.assert_allclose(mean, expected.mean(), rtol=1e-12)


def test_ties_and_weights_count_as_in_scikit_learn():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 4, [30, 3]).astype(float)
    truth = rng.random([30, 3]) < 0.4
    times = rng.integers(0, 3, [5, 30])
    found = average_precisions(scores, truth, times)
    for row, weights in zip(found, times, strict=True):
        expected = average_precision_score(
            truth, scores, average=None, sample_weight=weights
        )
        np.testing.assert_allclose(row, expected, rtol=1e-12)


def test_a_class_of_no_video_does_not_count():
    truth = np.array([[True, False], [False, False]])
    scores = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert np.isnan(average_precisions(scores, truth)[1])
    assert score(scores, truth, True) == 1.0
    assert np.isnan(score(scores, np.zeros_like(truth), True))


def test_accuracy_and_confusion_of_a_case_worked_by_hand():
    truth = np.eye(2, dtype=bool)[[0, 0, 1]]
    scores = np.array([[2.0, 1.0], [0.0, 1.0], [0.0, 3.0]])
    assert accuracy_of(scores, truth).tolist() == [True, False, True]
    tested = Predictions(("a", "b", "c"), scores, truth)
    assert confusion([tested]).tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_mean_is_that_of_the_partitions(multi_label):
    """Partitions of different size have the same weight."""
    tests = [drawn(12, 3, seed, 1.0, multi_label) for seed in range(2)]
    tests.append(drawn(30, 3, 5, 2.0, multi_label))
    each = [score(one.scores, one.truth, multi_label) for one in tests]
    found = interval(tests, multi_label)
    np.testing.assert_allclose(found.mean, np.mean(each), rtol=1e-12)
    assert found.low < found.mean < found.high


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_predictor_does_not_differ_from_itself(multi_label):
    tests = [drawn(20, 3, 0, 1.0, multi_label)]
    found = difference(tests, tests, multi_label)
    assert (found.mean, found.low, found.high) == (0, 0, 0)
    assert found.p_value == 1


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_clear_difference_is_significant_and_chance_is_not(multi_label):
    informed = drawn(60, 3, 0, 3.0, multi_label)
    good, bad, other = (
        [Predictions(informed.video_ids, scores, informed.truth)]
        for scores in (
            informed.scores,
            drawn(60, 3, 1).scores,
            drawn(60, 3, 2).scores,
        )
    )
    found = difference(good, bad, multi_label)
    assert found.p_value < 0.01
    assert 0 < found.low < found.mean < found.high
    assert difference(bad, good, multi_label).mean == -found.mean
    assert difference(bad, other, multi_label).p_value > 0.05


def test_the_p_value_does_not_depend_on_the_scale_of_the_scores():
    informed = drawn(40, 3, 0, 1.5, True)
    other = drawn(40, 3, 1).scores
    p_values = {
        difference(
            [informed],
            [Predictions(informed.video_ids, scores, informed.truth)],
            True,
        ).p_value
        for scores in (other, 0.01 * other - 3)
    }
    assert len(p_values) == 1


@pytest.mark.parametrize("multi_label", [False, True])
def test_videos_of_one_recording_are_one_draw(multi_label):
    """Four copies of each video give the same interval as one."""
    once = drawn(20, 2, 0, 1.0, multi_label)
    four = Predictions(
        tuple(f"{name}-{copy}" for name in once.video_ids for copy in range(4)),
        np.repeat(once.scores, 4, 0),
        np.repeat(once.truth, 4, 0),
        tuple(name for name in once.video_ids for _ in range(4)),
    )
    first, second = (interval([one], multi_label) for one in (once, four))
    width = first.high - first.low
    np.testing.assert_allclose(second.mean, first.mean, rtol=1e-9)
    # Recordings are numbered in another order, so other ones are drawn.
    np.testing.assert_allclose(second.high - second.low, width, rtol=0.1)
    alone = interval([dataclasses.replace(four, groups=None)], multi_label)
    assert alone.high - alone.low < 0.7 * width


def test_what_cannot_be_told_is_null():
    one = Predictions(("a",), np.array([[1.0, 0]]), np.array([[True, False]]))
    assert json_interval(interval([one], False)) == {
        "mean": 1.0,
        "low": None,
        "high": None,
    }


def test_intervals_of_average_precision_hold_the_true_one():
    """95 % are expected; percentiles of 40 videos hold a little less."""
    large = drawn(50_000, 2, 99, 1.0)
    true = score(large.scores, large.truth, True)
    held = 0
    for seed in range(100):
        found = interval([drawn(40, 2, seed, 1.0)], True)
        held += found.low <= true <= found.high
    assert 88 <= held <= 99
