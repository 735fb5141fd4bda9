"""Laws of the exact metrics, on random maps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import softmax

from rmdn_tf.metrics import exact as metrics
from rmdn_tf.metrics.exact_batch import exact_scores
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.metrics.ground_truth import GroundTruth

SHAPE = [2, 4, 5]
# Few distinct values, so that ties are common.
LEVELS = hnp.arrays(np.float64, SHAPE, elements=st.integers(-3, 3))
COUNTS = hnp.arrays(np.int64, SHAPE, elements=st.integers(0, 2))
MASSES = hnp.arrays(np.float64, SHAPE, elements=st.floats(0.01, 1.0))
# Some of them too peaked for `exp`.
LOGS = hnp.arrays(
    np.float32, SHAPE, elements=st.floats(-2000, 30, width=32)
) | hnp.arrays(np.float32, SHAPE, elements=st.integers(-3, 3))
OTHERS = hnp.arrays(
    np.int64, SHAPE[1:], elements=st.sampled_from([0, 1, 3_000_000])
)
law = settings(max_examples=50, deadline=None)


def aucs(maps, counts, others):
    return np.array(
        [
            metrics.auc_judd(maps, counts),
            metrics.auc_borji(maps, counts),
            metrics.auc_shuffled(maps, counts, others),
        ]
    )


@given(LEVELS, COUNTS, COUNTS)
@law
def test_auc_does_not_change_under_an_increasing_function(maps, counts, others):
    expected = aucs(maps, counts, others)
    for changed in (np.exp(maps) - 7, maps**3, 1e-3 * maps, 1e200 * maps):
        np.testing.assert_array_equal(aucs(changed, counts, others), expected)


@given(LEVELS, COUNTS, COUNTS)
@law
def test_auc_of_the_negative_map_is_the_complement(maps, counts, others):
    np.testing.assert_allclose(
        aucs(-maps, counts, others),
        1 - aucs(maps, counts, others),
        rtol=1e-12,
        atol=1e-12,
    )


@given(LEVELS, COUNTS, MASSES, st.floats(0.01, 100), st.floats(-100, 100))
@law
def test_nss_and_cc_do_not_change_under_a_positive_affine_function(
    maps, counts, truth, scale, offset
):
    changed = scale * maps + offset
    # Both may be 0, hence an absolute tolerance.
    close = {"rtol": 1e-8, "atol": 1e-8}
    np.testing.assert_allclose(
        metrics.nss(changed, counts), metrics.nss(maps, counts), **close
    )
    np.testing.assert_allclose(
        metrics.cc(changed, truth), metrics.cc(maps, truth), **close
    )


@given(MASSES, MASSES)
@law
def test_sim_and_kl_are_extreme_where_the_maps_are_equal(maps, truth):
    np.testing.assert_allclose(metrics.sim(3 * truth, truth), 1, rtol=1e-12)
    np.testing.assert_allclose(metrics.kl(3 * truth, truth), 0, atol=1e-14)
    np.testing.assert_allclose(
        metrics.cc(3 * truth + 1, truth)[np.ptp(truth, axis=(1, 2)) > 1e-3],
        1,
        rtol=1e-9,
    )
    sim = metrics.sim(maps, truth)
    assert (sim > 0).all() and (sim <= 1 + 1e-12).all()
    # Pinsker: kl >= 2 (total variation)^2, which is 1 - sim.
    assert (metrics.kl(maps, truth) >= 2 * (1 - sim) ** 2 - 1e-12).all()


@given(
    st.one_of(st.floats(-1e3, 1e3), st.floats(-1e-300, 1e-300)),
    COUNTS,
    MASSES,
)
@law
def test_a_constant_map_scores_as_chance(value, counts, truth):
    maps = np.full(SHAPE, value)
    chance = np.where(counts.any((1, 2)), 0.5, np.nan)
    not_all = np.where((counts > 0).all((1, 2)), np.nan, chance)
    np.testing.assert_array_equal(metrics.auc_judd(maps, counts), not_all)
    np.testing.assert_array_equal(metrics.auc_borji(maps, counts), chance)
    np.testing.assert_array_equal(metrics.nss(maps, counts), chance * 0)
    np.testing.assert_array_equal(metrics.cc(maps, truth), 0)
    scores = exact_scores(maps, GroundTruth.of_maps(counts, truth))
    np.testing.assert_array_equal(scores["auc_judd"], not_all)
    for name in ("nss", "cc"):
        np.testing.assert_array_equal(scores[name], chance * 0)


@given(hnp.arrays(np.float64, SHAPE, elements=st.floats(-1e-8, 1e-8)), MASSES)
@law
def test_rounding_of_a_constant_map_is_not_blown_up(ripple, other):
    """As in a blurred constant: it is neither above nor below chance."""
    counts = np.ones(SHAPE, np.int64)
    counts[:, 0, 0] = 9
    for level in (1, 1e-200, 1e200):
        maps = level * (1 + ripple)
        np.testing.assert_array_equal(metrics.nss(maps, counts), 0)
        np.testing.assert_array_equal(metrics.cc(maps, other), 0)
        np.testing.assert_array_equal(metrics.cc(other, maps), 0)
        scores = exact_scores(np.log(maps), GroundTruth.of_maps(counts, other))
        np.testing.assert_array_equal(scores["nss"], 0)
        np.testing.assert_array_equal(scores["cc"], 0)
        truth = GroundTruth.of_maps(counts, maps)
        np.testing.assert_array_equal(
            exact_scores(np.log(other), truth)["cc"], 0
        )


def test_a_small_peak_in_a_large_even_map_counts():
    maps = np.ones([1, 500, 2000])
    maps[0, 3, 4] += 1e-6
    counts = np.int64(maps > 1)
    expected = np.sqrt(maps.size - 1)
    np.testing.assert_allclose(metrics.nss(maps, counts), expected, rtol=1e-6)
    scores = exact_scores(np.log(maps), GroundTruth.of_maps(counts, maps))
    np.testing.assert_allclose(scores["nss"], expected, rtol=1e-6)
    np.testing.assert_allclose(scores["cc"], 1, rtol=1e-6)


def test_shuffled_auc_sees_nothing_in_the_centre_bias():
    rng = np.random.default_rng(0)
    points = np.clip(0.5 + 0.15 * rng.normal(size=(2, 1, 4000, 2)), 0, 1)
    mask = np.ones([1, 4000], bool)
    counts, others = (count_fixations(p, mask, 48, 64) for p in points)
    rows, columns = ((np.arange(size) + 0.5) / size - 0.5 for size in (48, 64))
    centre = -(rows[:, None] ** 2 + columns**2)[None]
    assert metrics.auc_judd(centre, counts) > 0.8
    # Its deviation is about sqrt(1/12 (1/4000 + 1/4000)) = 0.0065.
    assert metrics.auc_shuffled(centre, counts, others) == pytest.approx(
        0.5, abs=0.02
    )


@given(LOGS, COUNTS, MASSES, OTHERS, LOGS)
@law
def test_all_scores_at_once_are_those_of_the_single_metrics(
    logs, counts, truth, others, baseline
):
    logs64 = logs.astype(np.float64)
    maps = softmax(logs64, axis=(1, 2))
    scores = exact_scores(
        logs, GroundTruth.of_maps(counts, truth), others, baseline
    )
    has_score = counts.any((1, 2))
    fixated = np.where(has_score, 1.0, np.nan)
    num_pixels = counts[0].size
    expected = {
        "auc_judd": metrics.auc_judd(logs, counts),
        "auc_borji": metrics.auc_borji(logs, counts),
        "auc_shuffled": metrics.auc_shuffled(
            logs, counts, np.broadcast_to(others, counts.shape)
        ),
        "nss": metrics.nss(maps, counts),
        "cc": metrics.cc(maps, truth) * fixated,
        "sim": metrics.sim(maps, truth) * fixated,
    }
    # These leave the single metrics where `exp` underflows.
    for name, values in {
        "log_likelihood": metrics.log_likelihood(maps, counts),
        "bits": metrics.log_likelihood(maps * num_pixels, counts),
        "kl": metrics.kl(maps, truth) * fixated,
    }.items():
        if (maps > 1e-300).all():
            expected[name] = values
        assert np.isfinite(scores[name][has_score]).all()
    if "bits" in expected:
        expected["bits"] += np.log(num_pixels)
        expected["bits"] /= np.log(2)
    of_baseline = exact_scores(baseline, GroundTruth.of_maps(counts, truth))
    expected["information_gain"] = scores["bits"] - of_baseline["bits"]
    for name, values in expected.items():
        # A nearly constant map divides rounding by its small deviation.
        np.testing.assert_allclose(
            scores[name], values, rtol=1e-7, atol=1e-6, err_msg=name
        )
    assert scores.keys() >= expected.keys()
