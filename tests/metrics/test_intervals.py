"""Intervals and p-values: coverage, values by hand, SciPy, laws, edges."""

import dataclasses
import tracemalloc
import warnings

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import interval_coverage
from rmdn_tf.metrics import intervals
from rmdn_tf.metrics.intervals import mean_interval, paired_difference

pytestmark = pytest.mark.slow

NAN = float("nan")


@pytest.fixture(autouse=True)
def _no_warning_leaks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def made_up(num_videos, seed=0, num_metrics=None):
    """Sums of videos of different lengths, and their counts."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(20, 400, num_videos)
    shape = [num_videos] if num_metrics is None else [num_metrics, num_videos]
    return counts * rng.gamma(2, 0.5, shape), counts


def fields(result):
    return np.stack(list(dataclasses.astuple(result)))


def assert_close(result, expected, rtol=1e-5, atol=0.0):
    np.testing.assert_allclose(fields(result), expected, rtol, atol)


# What intervals are for.


@pytest.mark.parametrize("num_videos", [10, 23, 40])
def test_of_500_skewed_datasets_nearly_95_percent_hold_the_true_mean(
    num_videos,
):
    share = interval_coverage.share(
        interval_coverage.mean_is_held, 500, "skewed", num_videos
    )
    assert 0.92 <= share <= 0.98


def test_of_500_datasets_nearly_95_percent_hold_the_true_difference():
    share = interval_coverage.share(
        interval_coverage.difference_is_held, 500, "heavy", 23
    )
    assert 0.92 <= share <= 0.98


def test_the_true_mean_of_every_simulated_law_is_1():
    for law in interval_coverage.LAWS:
        rng, z, counts = interval_coverage.videos(0, 100_000)
        scores = interval_coverage.LAWS[law](rng, z)
        # Its standard error is below .006.
        assert abs(np.average(scores, weights=counts) - 1) < 0.02, law


def test_the_p_value_is_uniform_between_predictors_that_are_alike():
    p_values = []
    for seed in range(500):
        sums, counts = made_up(15, [seed, 0])
        others = counts * np.random.default_rng([seed, 1]).gamma(2, 0.5, 15)
        difference = paired_difference(sums, others, counts, seed=seed)
        p_values.append(difference.p_value)
    assert scipy.stats.kstest(p_values, "uniform").pvalue > 0.01


def test_the_p_value_is_small_where_one_predictor_is_clearly_better():
    sums, counts = made_up(30)
    noise = np.random.default_rng(1).normal(scale=0.1, size=30)
    difference = paired_difference(sums + counts * (0.2 + noise), sums, counts)
    assert difference.p_value == 1 / (intervals.NUM_RESAMPLES + 1)
    assert 0 < difference.low < 0.2 < difference.high


# Values worked by hand, and slow references.


def test_the_p_value_of_four_videos_is_worked_by_hand():
    # The 8 sums of +-1 +-2 +-3 + 4; the other 8 mirror them. 1 + 2 - 3 + 4 = 4.
    distances = [10, 8, 6, 4, 4, 2, 2, 0]
    expected = sum(distance >= 4 for distance in distances) / len(distances)
    difference = paired_difference(
        np.array([1.0, 2.0, -3.0, 4.0]), np.zeros(4), np.full(4, 5)
    )
    assert difference.mean == 4 / 20
    assert difference.p_value == expected == 5 / 8


def test_flips_that_tie_count_however_they_are_rounded():
    # .1 + .2 - .3 is no exact 0; all 8 flips are as far from 0 or farther.
    difference = paired_difference(
        np.array([0.1, 0.2, -0.3]), np.zeros(3), np.ones(3)
    )
    assert difference.p_value == 1


def test_the_interval_of_two_videos_is_worked_by_hand():
    # A resample is one video, without any spread, so c is twice Student's of
    # one degree, 12.70620. Leaving one out of 0 and 2 moves the mean by 1.
    interval = mean_interval(np.array([0.0, 2.0]), np.ones(2))
    assert_close(interval, [1, 1 - 2 * 12.70620, 1 + 2 * 12.70620])


def slow_margin(sums, counts, confidence, num_resamples, seed):
    num_videos, mean = len(counts), sums.sum() / counts.sum()
    moves = [
        np.delete(sums, v).sum() / np.delete(counts, v).sum() - mean
        for v in range(num_videos)
    ]
    error = np.sqrt((num_videos - 1) * np.mean(np.square(moves)))
    rng = np.random.default_rng(seed)
    t = []
    for _ in range(num_resamples):
        drawn = rng.integers(num_videos, size=num_videos - 1)
        resampled = sums[drawn].sum() / counts[drawn].sum()
        residuals = (sums - resampled * counts)[drawn]
        spread = np.std(residuals, ddof=1) * np.sqrt(len(drawn))
        t.append(abs(resampled - mean) * counts[drawn].sum() / spread)
    return np.quantile(t, confidence) * error


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_the_interval_equals_a_slow_reference(confidence):
    sums, counts = made_up(23)
    margin = slow_margin(sums, counts, confidence, 300, seed=5)
    interval = mean_interval(
        sums, counts, confidence=confidence, num_resamples=300, seed=5
    )
    mean = sums.sum() / counts.sum()
    assert_close(interval, [mean, mean - margin, mean + margin])


def test_exact_p_values_equal_those_of_scipy():
    sums, counts = made_up(9)
    others = made_up(9, seed=1)[0]
    expected = scipy.stats.permutation_test(
        (sums - others,), np.sum, permutation_type="samples"
    )
    difference = paired_difference(sums, others, counts)
    np.testing.assert_allclose(difference.p_value, expected.pvalue, rtol=1e-9)


# Laws.


def test_the_same_seed_gives_the_same_and_another_nearly():
    sums, counts = made_up(40)
    once, again = (mean_interval(sums, counts, seed=3) for _ in range(2))
    other = mean_interval(sums, counts, seed=4)
    assert once == again
    assert once.low != other.low
    assert_close(other, fields(once), rtol=0, atol=0.1 * (once.high - once.low))


def test_swapped_predictors_give_the_negative():
    sums, counts = made_up(23)
    others = made_up(23, seed=1)[0]
    one = paired_difference(sums, others, counts)
    other = paired_difference(others, sums, counts)
    expected = [-one.mean, -one.high, -one.low, one.p_value]
    assert_close(other, expected, rtol=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(2, 30))
def test_a_change_of_unit_changes_all_bounds_alike(shift, factor, num_videos):
    sums, counts = made_up(num_videos)
    one = mean_interval(sums, counts)
    other = mean_interval(factor * sums + shift * counts, counts)
    expected = factor * fields(one) + shift
    # A shift of 1e3 leaves factors of 1e-3 their digits down to 1e-13.
    assert_close(other, expected, rtol=1e-6, atol=1e-9)


def test_long_and_short_units_neither_overflow_nor_vanish():
    sums, counts = made_up(10)
    one = mean_interval(sums, counts)
    for factor in (1e-250, 1e250):
        other = mean_interval(factor * sums, counts)
        assert_close(other, factor * fields(one), rtol=1e-9)


def test_more_confidence_takes_a_wider_interval():
    sums, counts = made_up(23)
    widths = [
        np.ptp(fields(mean_interval(sums, counts, confidence=confidence)))
        for confidence in (0.5, 0.9, 0.99)
    ]
    assert widths == sorted(widths) and len(set(widths)) == 3


def test_videos_without_frames_change_nothing():
    sums, counts = made_up(12)
    more_sums = np.insert(sums, [0, 5, 12], [0.0, NAN, 0.0])
    more_counts = np.insert(counts, [0, 5, 12], 0)
    assert mean_interval(more_sums, more_counts) == mean_interval(sums, counts)
    assert paired_difference(
        more_sums, np.zeros(15), more_counts
    ) == paired_difference(sums, np.zeros(12), counts)


def test_many_metrics_at_once_equal_one_after_the_other():
    sums, counts = made_up(17, num_metrics=3)
    others = made_up(17, seed=1, num_metrics=3)[0]
    sums[1, 4] = -np.inf  # Must not reach its neighbours.
    together = mean_interval(sums, counts)
    differences = paired_difference(sums, others, counts)
    for row in range(3):
        alone = mean_interval(sums[row], counts)
        assert_close(alone, fields(together)[:, row], 1e-9)
        alone = paired_difference(sums[row], others[row], counts)
        assert_close(alone, fields(differences)[:, row], 1e-9)


def test_chunks_change_nothing_but_memory(monkeypatch):
    sums, counts = made_up(13)
    whole = mean_interval(sums, counts)
    exact = paired_difference(sums[:9], np.ones(9), counts[:9]).p_value
    monkeypatch.setattr(intervals, "DRAWS_AT_ONCE", 100)
    assert_close(mean_interval(sums, counts), fields(whole), 1e-9)
    again = paired_difference(sums[:9], np.ones(9), counts[:9]).p_value
    assert again == exact


def test_memory_does_not_grow_with_the_number_of_resamples():
    sums, counts = made_up(3000)

    def largest(num_resamples):
        tracemalloc.start()
        paired_difference(sums, -sums, counts, num_resamples=num_resamples)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    # A few numbers a resample remain: 3000 videos would be 24 kB of them.
    assert largest(1000) - largest(100) < 900 * 500


# Edges.


def test_one_video_has_a_mean_but_no_bounds():
    interval = mean_interval(np.array([6.0, 0.0]), np.array([3, 0]))
    assert_close(interval, [2, NAN, NAN])
    difference = paired_difference(np.array([6.0]), np.array([3.0]), [3])
    assert_close(difference, [1, NAN, NAN, 1])


@pytest.mark.parametrize("num_videos", [0, 1, 4])
def test_without_a_scored_frame_there_is_no_mean(num_videos):
    nothing = np.zeros(num_videos)
    assert_close(mean_interval(nothing, nothing), [NAN] * 3)
    assert_close(paired_difference(nothing, nothing, nothing), [NAN] * 4)


def test_videos_that_are_all_equal_leave_no_doubt():
    counts = np.array([3, 5, 9, 20])
    assert_close(mean_interval(0.5 * counts, counts), [0.5] * 3, rtol=0)
    # .1 is rounded, and the last digit of the mean with it.
    assert_close(mean_interval(0.1 * counts, counts), [0.1] * 3, rtol=1e-12)


def test_predictors_that_are_equal_do_not_differ():
    sums, counts = made_up(12)
    assert_close(paired_difference(sums, sums, counts), [0, 0, 0, 1])


def test_one_far_video_leaves_the_bounds_finite():
    sums = np.append(np.zeros(20), 1.0)
    interval = mean_interval(sums, np.ones(21))
    largest = 2 * scipy.stats.t.ppf(0.975, 20) / 21
    assert_close(interval, [1 / 21, 1 / 21 - largest, 1 / 21 + largest])


def test_an_infinite_score_makes_the_mean_infinite_without_bounds():
    sums, counts = made_up(12)
    sums[3] = -np.inf
    assert_close(mean_interval(sums, counts), [-np.inf, NAN, NAN])
    difference = paired_difference(np.zeros(12), sums, counts)
    assert_close(difference, [np.inf, NAN, NAN, NAN])
    assert_close(paired_difference(sums, sums, counts), [NAN] * 4)


def test_results_are_numbers_for_one_metric_and_arrays_for_many():
    sums, counts = made_up(5, num_metrics=2)
    for value in dataclasses.astuple(paired_difference(sums, sums, counts)):
        assert value.shape == (2,) and value.dtype == np.float64
    one = paired_difference(sums[0], sums[1], counts)
    assert all(isinstance(value, float) for value in dataclasses.astuple(one))


@pytest.mark.parametrize(
    "name, changes",
    [
        ("counts", {"counts": [3, -1]}),
        ("counts", {"counts": [3, NAN]}),
        ("counts", {"counts": [[3, 1]]}),
        ("sums", {"counts": [3, 1, 2]}),
        ("sums", {"sums": 2.0, "other_sums": 1.0}),
        ("other_sums", {"other_sums": [1.0]}),
        ("confidence", {"confidence": 95}),
        ("num_resamples", {"num_resamples": 0}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name, changes):
    good = {"sums": [1.0, 2.0], "other_sums": [2.0, 2.0], "counts": [3, 1]}
    paired_difference(**good)
    with pytest.raises(
        ValueError, match=rf"^Invalid `{name}`\. Expected .*\. Received: "
    ):
        paired_difference(**(good | changes))
