"""Intervals stay in the range of their score, and are not too narrow."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import interval_coverage
from rmdn_tf.action_recognition.report import format_actions
from rmdn_tf.evaluation.protocols import PROTOCOLS
from rmdn_tf.metrics.classification import (
    Predictions,
    difference,
    interval,
)
from rmdn_tf.metrics.intervals import mean_interval, paired_difference
from rmdn_tf.metrics.score_ranges import (
    ANY,
    POSITIVE,
    RANGES,
    SHARE,
    Range,
    bounds,
)
from rmdn_tf.metrics.score_texts import (
    format_interval,
    json_interval,
)

CORRELATION = Range(-1.0, 1.0)


def right_and_wrong(num_right, num_wrong, num_copies=1):
    """Videos of two classes; `num_copies` are of one recording."""
    is_right = np.repeat([True] * num_right + [False] * num_wrong, num_copies)
    truth = np.eye(2, dtype=bool)[np.arange(len(is_right)) % 2]
    scores = np.where(is_right[:, None] == truth, 1.0, 0.0)
    names = tuple(f"video_{number}" for number in range(len(truth)))
    groups = tuple(f"of_{number // num_copies}" for number in range(len(truth)))
    return Predictions(names, scores, truth, groups)


def test_every_metric_of_every_protocol_knows_its_range():
    metrics = {m for protocol in PROTOCOLS.values() for m in protocol.metrics}
    assert metrics <= RANGES.keys()


def test_the_accuracy_of_four_videos_has_an_interval_in_0_to_1():
    """It was printed as 0.250 ±1.591."""
    found = interval([right_and_wrong(1, 3)], False)
    assert found.mean == 0.25
    assert 0 < found.low < 0.1 and 0.7 < found.high < 1
    score = json_interval(found)
    text = format_actions(
        {
            "metric": "accuracy",
            "classes": ["a", "b"],
            "num_videos": 4,
            "results": {"one": {"score": score, "partitions": []}},
            "differences": {},
        }
    )
    assert text.endswith(f"0.250 {format_interval(score)}")
    assert "±" not in text


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("num_right", [0, 1, 4, 9, 10])
def test_intervals_of_recognition_stay_in_the_range(multi_label, num_right):
    tests = [right_and_wrong(num_right, 10 - num_right)]
    other = [right_and_wrong(10 - num_right, num_right)]
    found = interval(tests, multi_label)
    assert 0 <= found.low <= found.mean <= found.high <= 1
    found = difference(tests, other, multi_label)
    assert -1 <= found.low <= found.mean <= found.high <= 1


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("num_right", [0, 6])
def test_a_few_answers_that_are_all_alike_leave_doubt(multi_label, num_right):
    """Six right answers of six do not prove that all are right."""
    found = interval([right_and_wrong(num_right, 6 - num_right)], multi_label)
    assert found.high - found.low > 0.25


@pytest.mark.parametrize("multi_label", [False, True])
def test_one_recording_is_too_few_for_an_interval(multi_label):
    tests = [right_and_wrong(1, 0, num_copies=6)]
    found = interval(tests, multi_label)
    assert found.mean == 1 and np.isnan([found.low, found.high]).all()
    assert format_interval(json_interval(found)) == "n too small"
    found = difference(tests, tests, multi_label)
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize("num_right", range(11))
def test_bounds_of_a_proportion_are_those_of_wilson(num_right):
    expected = scipy.stats.binomtest(num_right, 10).proportion_ci(
        method="wilson"
    )
    share = scipy.stats.norm.ppf(0.975) ** 2 / 10
    low, high = bounds([num_right / 10], [1.0], share, [SHARE])
    np.testing.assert_allclose([*low, *high], expected, rtol=1e-9, atol=1e-15)


def test_far_from_the_ends_the_bounds_are_mean_and_margin():
    low, high = bounds([0.4, 0.4], [1e-4, 1e-4], 1.0, [SHARE, ANY])
    np.testing.assert_allclose(low, 0.4 - 1e-4, rtol=1e-6)
    np.testing.assert_allclose(high, 0.4 + 1e-4, rtol=1e-6)


def test_a_bound_below_the_only_end_is_moved_to_it():
    low, high = bounds([0.5, 5.0], [2.0, 2.0], 1.0, [POSITIVE, POSITIVE])
    assert low.tolist() == [0, 3] and high.tolist() == [2.5, 7]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=9),
    st.sampled_from([SHARE, CORRELATION, POSITIVE]),
    st.integers(0, 99),
)
@example([0.0, 1.0], SHARE, 0)
@example([1.0, 1.0, 1.0], CORRELATION, 0)
def test_any_scores_in_a_range_have_an_interval_in_it(scores, limits, seed):
    width = min(limits.high - limits.low, 100.0)
    scores = limits.low + width * np.array(scores)
    counts = np.random.default_rng(seed).integers(1, 500, len(scores))
    found = mean_interval(scores * counts, counts, ranges=limits)
    assert limits.low <= found.low <= found.high <= limits.high
    assert found.low - 1e-9 <= found.mean <= found.high + 1e-9
    others = scores[::-1] * counts
    apart = paired_difference(scores * counts, others, counts, ranges=limits)
    of_both = limits.of_differences()
    assert of_both.low <= apart.low <= apart.high <= of_both.high


def test_a_mean_outside_of_its_range_is_an_error():
    with pytest.raises(ValueError, match=r"mean in \[0.0, 1.0\].*: 1.5"):
        mean_interval([1.0, 2.0], [1, 1], ranges=SHARE)


@pytest.mark.parametrize("law", ["right or wrong", "AUC"])
@pytest.mark.parametrize("num_videos", [3, 10, 40])
def test_95_percent_or_more_of_bounded_datasets_hold_the_true_mean(
    law, num_videos
):
    share = interval_coverage.share(
        interval_coverage.bounded_mean_is_held, 200, law, num_videos
    )
    assert share >= 0.92
