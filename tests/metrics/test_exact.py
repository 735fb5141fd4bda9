"""Exact metrics: values by hand, slow references, laws, pysaliency."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rmdn_tf.metrics import exact
from tests.helpers.metric_cases import random_case, reference_cases

# Few distinct values, so that ties are common.
LEVELS = hnp.arrays(np.float64, [2, 4, 5], elements=st.integers(-3, 3))
COUNTS = hnp.arrays(np.int64, [2, 4, 5], elements=st.integers(0, 2))


def frames(*rows):
    """One frame `[1, H, W]` from its rows."""
    return np.array([rows])


def slow_auc(positives, negatives):
    pairs = [
        1.0 if p > n else 0.5 if p == n else 0.0
        for p in positives
        for n in negatives
    ]
    return np.mean(pairs) if pairs else np.nan


def test_auc_shuffled_of_a_map_worked_out_by_hand():
    maps = frames([1.0, 2.0], [2.0, 3.0])
    fixations = frames([0, 1], [0, 0])
    others = frames([3, 0], [1, 4])
    # 2 against 1, 1, 1, 2, 3, 3, 3, 3: three wins, a tie.
    np.testing.assert_allclose(
        exact.auc_shuffled(maps, fixations, others), [3.5 / 8]
    )


def test_nss_of_a_map_worked_out_by_hand():
    maps = frames([1.0, 1.0], [3.0, 3.0])  # mean 2, std 1
    np.testing.assert_allclose(exact.nss(maps, frames([1, 0], [0, 3])), [0.5])


def test_densities_worked_out_by_hand():
    maps = frames([3.0, 1.0, 0.0])
    truth = frames([2.0, 2.0, 4.0])
    np.testing.assert_allclose(exact.sim(maps, truth), [0.25 + 0.25])
    np.testing.assert_array_equal(exact.kl(maps, truth), [np.inf])
    # 3/4 ln(3/4 / (1/4)) + 1/4 ln(1) + 0.
    np.testing.assert_allclose(exact.kl(truth, maps), [0.75 * np.log(3)])
    # Deviations (5, -1, -4)/3 and (-2, -2, 4)/3.
    np.testing.assert_allclose(exact.cc(maps, truth), [-24 / np.sqrt(42 * 24)])


def test_information_gain_worked_out_by_hand():
    maps = frames([4.0, 2.0, 2.0, 0.0])
    uniform = np.ones_like(maps)
    # Densities 1/2 and 1/4 against 1/4: one bit once, none three times.
    np.testing.assert_allclose(
        exact.information_gain(maps, uniform, frames([1, 3, 0, 0])), [0.25]
    )
    np.testing.assert_array_equal(
        exact.information_gain(maps, uniform, frames([1, 0, 0, 1])), [-np.inf]
    )


@given(LEVELS, COUNTS, COUNTS)
@settings(max_examples=50, deadline=None)
def test_auc_equals_the_count_over_all_pairs(maps, counts, others):
    judd = exact.auc_judd(maps, counts)
    everywhere = exact.auc_borji(maps, counts)
    shuffled = exact.auc_shuffled(maps, counts, others)
    for frame, (pixels, n, other) in enumerate(
        zip(maps, counts, others, strict=True)
    ):
        positives = np.repeat(pixels.ravel(), n.ravel())
        for actual, negatives in (
            (judd, pixels[n == 0]),
            (everywhere, pixels.ravel()),
            (shuffled, np.repeat(pixels.ravel(), other.ravel())),
        ):
            np.testing.assert_allclose(
                actual[frame], slow_auc(positives, negatives), rtol=1e-12
            )


def test_metrics_equal_scipy_and_loops_over_fixations():
    maps, truth, baseline, counts = random_case(0)
    gain = exact.information_gain(maps, baseline, counts)
    for f in range(len(maps)):
        s, g, b = (m[f] / m[f].sum() for m in (maps, truth, baseline))
        cells = [
            (i, j)
            for i, j in np.ndindex(s.shape)
            for _ in range(counts[f][i, j])
        ]
        scores = scipy.stats.zscore(maps[f], axis=None)
        expected = {
            "nss": np.mean([scores[c] for c in cells]),
            "cc": scipy.stats.pearsonr(s.ravel(), g.ravel()).statistic,
            "kl": scipy.stats.entropy(g.ravel(), s.ravel()),
            "gain": np.mean([np.log2(s[c] / b[c]) for c in cells]),
            # The other way to write the sum of minima.
            "sim": 1 - np.abs(s - g).sum() / 2,
        }
        actual = {
            "nss": exact.nss(maps, counts)[f],
            "cc": exact.cc(maps, truth)[f],
            "kl": exact.kl(maps, truth)[f],
            "gain": gain[f],
            "sim": exact.sim(maps, truth)[f],
        }
        assert actual == pytest.approx(expected, rel=1e-9, abs=0)


def test_a_frame_without_fixations_is_nan_and_leaves_the_others_alone():
    maps, truth, baseline, counts = random_case(2)
    with_gap, truth_with_gap = counts.copy(), truth.copy()
    with_gap[1], truth_with_gap[1] = 0, 0
    for score, score_with_gap in (
        (exact.auc_judd(maps, counts), exact.auc_judd(maps, with_gap)),
        (exact.nss(maps, counts), exact.nss(maps, with_gap)),
        (
            exact.auc_shuffled(maps, counts, counts),
            exact.auc_shuffled(maps, with_gap, counts),
        ),
        (
            exact.information_gain(maps, baseline, counts),
            exact.information_gain(maps, baseline, with_gap),
        ),
        (exact.cc(maps, truth), exact.cc(maps, truth_with_gap)),
        (exact.sim(maps, truth), exact.sim(maps, truth_with_gap)),
        (exact.kl(maps, truth), exact.kl(maps, truth_with_gap)),
    ):
        assert np.isfinite(score).all()
        np.testing.assert_array_equal(np.isnan(score_with_gap), [0, 1, 0])
        np.testing.assert_array_equal(score_with_gap[[0, 2]], score[[0, 2]])


def test_tiny_and_peaked_maps_lose_nothing():
    maps = frames([1e-200, 2e-200], [3e-200, 5e-200])
    truth = frames([2.0, 1.0], [4.0, 1.0])
    np.testing.assert_allclose(
        exact.cc(maps, truth), exact.cc(1e200 * maps, truth), rtol=1e-9
    )
    peaked = frames([1.0, 1e-320])
    expected = 0.5 * np.log(0.5) + 0.5 * (np.log(0.5) - np.log(1e-320))
    np.testing.assert_allclose(
        exact.kl(peaked, frames([1.0, 1.0])), [expected], rtol=1e-12
    )


def test_float32_maps_are_scored_in_float64():
    maps, truth, _, counts = random_case(3)
    single = maps.astype(np.float32)
    score = exact.kl(single, truth)
    assert score.dtype == np.float64
    np.testing.assert_array_equal(score, exact.kl(single * 1.0, truth))
    np.testing.assert_array_equal(
        exact.nss(single, counts), exact.nss(np.float64(single), counts)
    )


def test_no_frames_give_no_scores():
    maps, counts = np.zeros([0, 4, 5]), np.zeros([0, 4, 5], int)
    for score in (
        exact.auc_judd(maps, counts),
        exact.auc_shuffled(maps, counts, counts),
        exact.nss(maps, counts),
        exact.cc(maps, maps),
        exact.sim(maps, maps),
        exact.kl(maps, maps),
        exact.information_gain(maps, maps, counts),
    ):
        assert score.shape == (0,)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda m, c: exact.sim(-m, m), "`saliency_maps`. Expected dens"),
        (lambda m, c: exact.kl(m, -m), "`densities`. Expected densities"),
        (lambda m, c: exact.cc(m, -m), "`densities`. Expected densities"),
        (lambda m, c: exact.kl(0 * m, m), "positive sum"),
        (lambda m, c: exact.information_gain(m, 0 * m, c), "positive sum"),
        (
            lambda m, c: exact.information_gain(m, m * (c == 0), c),
            "positive density at every fixation",
        ),
        (lambda m, c: exact.nss(m, m), "non-negative integers"),
        (lambda m, c: exact.nss(m, -c), "non-negative integers"),
        (lambda m, c: exact.nss(m[0], c[0]), "Expected shape"),
        (lambda m, c: exact.nss(m, c[:1]), "Expected shape"),
        (lambda m, c: exact.cc(m, m[:1]), "Expected shape"),
        (lambda m, c: exact.nss(m / 0, c), "finite numbers"),
        (lambda m, c: exact.auc_shuffled(m, c, m), "`other_fixation_maps`"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_wrong_maps_are_an_error_that_names_them(call, message):
    maps, _, _, counts = random_case(4)
    with pytest.raises(ValueError, match=message):
        call(maps, counts)


def test_exact_metrics_equal_pysaliency(real_data):
    for maps, row in reference_cases(real_data, "pysaliency"):
        maps, truth, baseline, counts, _ = maps
        uniform = np.ones_like(maps)
        actual = {
            "auc_exact_all_pixels": exact.auc_borji(maps, counts),
            "nss": exact.nss(maps, counts),
            "cc": exact.cc(maps, truth),
            "sim": exact.sim(maps, truth),
            "ll_bits_per_fixation": exact.information_gain(
                maps, uniform, counts
            ),
            "ig_bits_vs_baseline": exact.information_gain(
                maps, baseline, counts
            ),
        }
        for name, score in actual.items():
            # Double precision on both sides; sums of 22k terms, one of which
            # nearly cancels.
            np.testing.assert_allclose(
                score, [row[name]], rtol=1e-11, err_msg=name
            )
