"""Several comparisons, and how small a difference videos find."""

import itertools

import numpy as np
import pytest
import scipy.stats

from rmdn_tf.metrics import intervals
from rmdn_tf.metrics.comparisons import (
    LEAST_VIDEOS,
    holm,
    round_below,
    smallest_difference,
    spread_of_videos,
    videos_needed,
)
from rmdn_tf.metrics.intervals import paired_difference


def test_holm_gives_known_values():
    corrected = holm([0.01, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(corrected, [0.03, 0.06, 0.06, 0.02], rtol=1e-12)
    np.testing.assert_array_equal(holm([0.02]), [0.02])
    np.testing.assert_array_equal(holm([0.9, 0.8]), [1, 1])
    assert len(holm([])) == 0


def test_holm_never_lowers_a_p_value_nor_changes_the_order():
    rng = np.random.default_rng(0)
    for k in range(1, 9):
        p = rng.random(k).round(1)
        corrected = holm(p)
        assert (corrected >= p).all() and (corrected <= 1).all()
        # Bonferroni's correction is never smaller.
        assert (corrected <= np.minimum(k * p, 1) + 1e-12).all()
        for i, j in itertools.combinations(range(k), 2):
            if p[i] <= p[j]:
                assert corrected[i] <= corrected[j]


def test_holm_by_its_definition():
    # The smallest p at which the stepwise test of level p rejects.
    rng = np.random.default_rng(1)
    p = rng.random(6) ** 3
    corrected = holm(p)
    for level in (0.01, 0.05, 0.2, 0.5):
        rejected = np.zeros(6, bool)
        for step, index in enumerate(np.argsort(p)):
            if p[index] > level / (6 - step):
                break
            rejected[index] = True
        np.testing.assert_array_equal(rejected, corrected <= level)


def test_a_score_without_p_value_is_no_comparison():
    corrected = holm([0.01, np.nan, 0.04])
    np.testing.assert_allclose(corrected, [0.02, np.nan, 0.04])


@pytest.mark.parametrize("p", [[-0.1], [1.1], [[0.1]]])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match="Invalid `p_values`"):
        holm(p)


def test_the_spread_is_the_standard_deviation_of_equal_videos():
    means = np.random.default_rng(0).normal(size=20)
    expected = means.std(ddof=1)
    assert spread_of_videos(means, np.ones(20)) == pytest.approx(expected)
    assert spread_of_videos(30 * means, np.full(20, 30)) == pytest.approx(
        expected
    )
    with_unscored = spread_of_videos([*means, 0], [*np.ones(20), 0])
    assert with_unscored == pytest.approx(expected)


def test_the_spread_gives_the_error_of_a_mean_over_frames():
    rng = np.random.default_rng(0)
    counts = rng.integers(20, 200, (1000, 30))
    sums = counts * rng.normal(0.3, 0.5, counts.shape)
    means = sums.sum(1) / counts.sum(1)
    spreads = [spread_of_videos(*row) for row in zip(sums, counts, strict=True)]
    error = np.mean(spreads) / np.sqrt(30)
    assert error == pytest.approx(means.std(), rel=0.08)


@pytest.mark.parametrize("sums", [[1.0], [1.0, np.inf], []])
def test_without_two_finite_videos_there_is_no_spread(sums):
    assert np.isnan(spread_of_videos(sums, np.ones(len(sums))))


@pytest.mark.parametrize("num_videos", [6, 10, 23, 100, 1000])
def test_the_smallest_difference_has_a_power_of_four_fifths(num_videos):
    difference = smallest_difference(2.0, num_videos)
    critical = scipy.stats.t.ppf(0.975, num_videos - 1)
    shift = difference / 2 * np.sqrt(num_videos)
    power = scipy.stats.nct.sf(critical, num_videos - 1, shift)
    assert power == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize("num_videos", [8, 12, 23, 60])
@pytest.mark.parametrize("is_frames", [False, True])
def test_the_test_of_the_report_finds_it_in_four_fifths_of_datasets(
    num_videos, is_frames
):
    rng = np.random.default_rng(num_videos)
    counts = (
        rng.integers(50, 150, num_videos) if is_frames else [1] * num_videos
    )
    counts = np.array(counts)
    # The spread of these videos: equal videos have 1.
    spread = np.sqrt((counts**2).mean()) / counts.mean()
    difference = smallest_difference(spread, num_videos)
    datasets = rng.normal(difference, 1, (1000, num_videos)) * counts
    # That of `paired_difference`, without its intervals. A row is a metric:
    # all datasets share the flips.
    p = intervals._p_value(datasets, 1000, seed=0)
    # Three standard errors are 0.038; signs have few flips at 8 videos.
    assert np.mean(p <= 0.05) == pytest.approx(0.8, abs=0.05)


def test_six_videos_are_the_fewest_that_can_find_anything():
    differences = np.ones([LEAST_VIDEOS])
    test = paired_difference(differences, 0 * differences, differences)
    assert test.p_value < 0.05
    fewer = differences[1:]
    assert paired_difference(fewer, 0 * fewer, fewer).p_value > 0.05
    assert smallest_difference(1.0, LEAST_VIDEOS - 1) == np.inf
    assert videos_needed(1.0, 1000.0) == LEAST_VIDEOS


def test_the_number_of_videos_is_the_smallest_that_finds_the_difference():
    for difference in (2.0, 0.5, 0.1, 0.02):
        number = videos_needed(1.0, difference)
        assert smallest_difference(1.0, number) <= difference
        assert number == LEAST_VIDEOS or (
            smallest_difference(1.0, number - 1) > difference
        )
    # The rule of thumb for many videos: 7.85 spreads squared.
    assert videos_needed(1.0, 0.02) == pytest.approx(7.85 / 0.02**2, rel=1e-3)


@pytest.mark.parametrize("spread", [np.nan, 1e9])
def test_no_number_is_better_than_a_wrong_one(spread):
    assert videos_needed(spread, 0.1) is None


def test_stated_differences_are_round():
    assert round_below(0.137) == [0.1, 0.05, 0.02]
    assert round_below(0.05) == [0.02, 0.01, 0.005]
    assert round_below(30.0) == [20.0, 10.0, 5.0]
