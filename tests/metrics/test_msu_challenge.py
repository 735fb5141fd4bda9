"""The formulas of the MSU challenges: values of their code, laws, ends."""

import numpy as np
import pytest

from rmdn_tf.metrics import exact, mit, msu_challenge
from tests.helpers.golden_values import goldens
from tests.helpers.metric_cases import random_case


def test_metrics_equal_the_values_of_the_challenges_code():
    compared = 0
    for case, expected in goldens("ntire2026"):
        maps, truth = scaled(case, np.float64)
        counts = case.counts[None]
        actual = {
            "sim_score": msu_challenge.sim(maps, truth),
            "cc_score": msu_challenge.cc(maps, truth),
            "nss_score": msu_challenge.nss(maps, counts),
            "auc_judd_score": msu_challenge.auc_judd(maps, counts),
        }
        compared += compare(case, actual, expected, 1e-12)
    assert compared == 15 * 4


def test_metrics_equal_the_values_of_crowdsals_code():
    compared = 0
    epsilon = msu_challenge.EPSILON_32
    for case, expected in goldens("crowdsal"):
        maps, truth = scaled(case, np.float32)
        counts = case.counts[None]
        actual = {
            "sim": msu_challenge.sim(maps, truth, epsilon),
            "cc": msu_challenge.cc(maps, truth, epsilon),
            "nss": msu_challenge.nss(maps, counts, epsilon),
        }
        # Its sums are in float32.
        compared += compare(case, actual, expected, 5e-7)
        area = msu_challenge.auc_judd_of_levels(maps, counts)
        compared += compare(case, {"auc_judd": area}, expected, 1e-12)
    assert compared == 15 * 4


def scaled(case, dtype):
    return (
        msu_challenge.scale(of.astype(dtype)[None])
        for of in (case.saliency, case.truth)
    )


def compare(case, actual, expected, tolerance):
    """Compares values; returns how many the other code has."""
    there = actual.keys() & expected.keys()
    for name in there:
        np.testing.assert_allclose(
            actual[name],
            expected[name],
            rtol=0,
            atol=tolerance,
            err_msg=f"{name} of {case.name}",
        )
    return len(there)


def test_equal_columns_of_the_table_are_dropped_in_place_of_equal_points():
    maps = np.array([[[5.0, 4.0, 3.0], [2.0, 1.0, 0.0]]])
    fixations = np.array([[[1, 0, 0], [1, 0, 1]]])
    # Passed by 0, 2 - ... pixels: after the hits, 0, 2 and 3 of 6 - U.
    for count_points, negatives in ((False, 4), (True, 3)):
        expected = (2 * 1 / 2 + 1 * 5 / 6) / negatives + 1 - 3 / negatives
        np.testing.assert_allclose(
            msu_challenge.auc_judd(maps, fixations, count_points), expected
        )
    # Both columns of the points (0, 0) and (1, 1) are (0, 1).
    fixations = np.array([[[1, 0, 0], [0, 1, 0]]])
    expected = 3 / 5 * 3 / 4 + 1 - 3 / 5
    np.testing.assert_allclose(
        msu_challenge.auc_judd(maps, fixations), expected
    )


def test_counting_points_gives_the_auc_of_mit_where_no_pixel_is_shared():
    maps, _, _, counts = random_case(0)
    once = (counts > 0).astype(int)
    np.testing.assert_allclose(
        msu_challenge.auc_judd(maps, once, count_points=True),
        mit.auc_judd(maps, once),
    )


def test_fixations_that_share_the_peak_give_more_than_1():
    maps = np.arange(20.0).reshape(1, 4, 5)
    counts = np.zeros(maps.shape, int)
    counts[0, 3, 4] = 3
    assert msu_challenge.auc_judd(maps, counts, count_points=True) > 1


def test_scores_do_not_change_with_the_range_of_a_map():
    maps, truth, _, counts = random_case(1)
    truth = msu_challenge.scale(truth)
    scores = [
        (
            msu_challenge.sim(of, truth),
            msu_challenge.cc(of, truth),
            msu_challenge.nss(of, counts),
            msu_challenge.auc_judd(of, counts),
        )
        for of in map(msu_challenge.scale, (maps, 1000 * maps - 300))
    ]
    np.testing.assert_allclose(*scores, rtol=1e-6)


def test_without_their_small_numbers_cc_and_nss_are_the_exact_ones():
    maps, truth, _, counts = random_case(2)
    np.testing.assert_allclose(
        msu_challenge.cc(maps, truth, 0), exact.cc(maps, truth)
    )
    np.testing.assert_allclose(
        msu_challenge.nss(maps, counts, 0), exact.nss(maps, counts)
    )


def test_a_constant_map_scores_0_and_equal_maps_1():
    _, truth, _, counts = random_case(3)
    truth = msu_challenge.scale(truth)
    flat = msu_challenge.scale(np.full(truth.shape, 0.3))
    np.testing.assert_array_equal(msu_challenge.sim(flat, truth), 0)
    np.testing.assert_array_equal(msu_challenge.cc(flat, truth), 0)
    np.testing.assert_array_equal(msu_challenge.nss(flat, counts), 0)
    area = msu_challenge.auc_judd_of_levels(flat, counts)
    np.testing.assert_array_equal(area, 0.5)
    np.testing.assert_allclose(msu_challenge.sim(truth, truth), 1, rtol=1e-6)
    np.testing.assert_allclose(msu_challenge.cc(truth, truth), 1, rtol=1e-6)


def test_levels_finer_than_16_bits_are_ties():
    maps = np.array([[[0.0, 0.5, 0.500001, 1.0]]])
    counts = np.array([[[0, 1, 0, 0]]])
    # Both levels pass at once: 1 hit against 2 of 3 pixels.
    np.testing.assert_allclose(
        msu_challenge.auc_judd_of_levels(maps, counts), 2 / 6 + 1 / 3
    )


@pytest.mark.parametrize(
    "score", [msu_challenge.auc_judd, msu_challenge.auc_judd_of_levels]
)
def test_a_frame_without_fixations_has_no_auc(score):
    maps, _, _, counts = random_case(4)
    counts[1] = 0
    assert np.isnan(score(maps, counts)).tolist() == [False, True, False]


def test_frames_score_as_each_alone():
    maps, truth, _, counts = random_case(5)
    for score, other in (
        (msu_challenge.sim, truth),
        (msu_challenge.cc, truth),
        (msu_challenge.nss, counts),
        (msu_challenge.auc_judd, counts),
        (msu_challenge.auc_judd_of_levels, counts),
    ):
        alone = [
            score(maps[n : n + 1], other[n : n + 1])[0]
            for n in range(len(maps))
        ]
        np.testing.assert_allclose(score(maps, other), alone, rtol=1e-12)
