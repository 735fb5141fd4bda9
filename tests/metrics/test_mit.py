"""The benchmarks' metrics: values by hand, limits, values of their code."""

import numpy as np
import pytest

from rmdn_tf.metrics import exact as metrics
from rmdn_tf.metrics import mit
from tests.helpers.metric_cases import random_case, reference_cases


def test_auc_judd_of_a_map_worked_out_by_hand():
    maps = np.array([[[5.0, 4.0, 3.0, 2.0, 1.0, 0.0]]])
    fixations = np.array([[[1, 0, 0, 1, 0, 0]]])
    # ROC points (0, 0), (0, 1/2), (2/4, 1), (1, 1).
    np.testing.assert_allclose(
        mit.auc_judd(maps, fixations), [0.5 * 0.75 + 0.5]
    )


def test_a_value_on_a_threshold_passes_it():
    maps = np.array([[[0.0, 0.49, 0.5, 1.0]]])
    fixations = np.array([[[0, 0, 1, 0]]])
    # Thresholds 0, 0.5, 1: the fixation beats two pixels and ties with itself.
    np.testing.assert_allclose(
        mit.auc_borji(maps, fixations, step=0.5), [2.5 / 4]
    )


def test_auc_judd_exceeds_the_exact_auc_by_its_trapezoids():
    maps, _, _, counts = random_case(0)
    once = (counts > 0).astype(int)
    for pixels, fixated, judd, exact in zip(
        maps,
        counts > 0,
        mit.auc_judd(maps, counts),
        metrics.auc_judd(maps, once),
        strict=True,
    ):
        last_false_alarms = (pixels[~fixated] > pixels[fixated].min()).mean()
        excess = last_false_alarms / (2 * fixated.sum())
        np.testing.assert_allclose(judd, exact + excess, rtol=1e-12)


def test_jitter_breaks_ties_and_is_repeatable():
    levels = np.floor(random_case(1)[0] * 3)
    counts = random_case(1)[3]

    def score(seed):
        rng = np.random.default_rng(seed)
        return mit.auc_judd(levels, counts, jitter=rng)

    np.testing.assert_array_equal(score(0), score(0))
    assert (score(0) != score(1)).all()
    # With ties broken at random the mean is the exact AUC, or a little more.
    once = (counts > 0).astype(int)
    mean = np.mean([score(seed) for seed in range(200)], axis=0)
    exact = metrics.auc_judd(levels, once)
    assert (mean > exact - 0.01).all()
    assert (mean < exact + 0.51 / once.sum(axis=(1, 2)) + 0.01).all()


def test_sim_of_a_map_worked_out_by_hand():
    # Scaled (0, 1/2, 1)/1.5 and (1, 0, 0).
    maps = np.array([[[1.0, 2.0, 3.0]]])
    truth = np.array([[[9.0, 1.0, 1.0]]])
    np.testing.assert_array_equal(mit.sim(maps, truth), [0])
    np.testing.assert_allclose(mit.sim(maps, maps + 4), [1])


def test_information_gain_of_a_map_worked_out_by_hand():
    maps = np.array([[[0.0, 1.0, 3.0]]])
    baseline = np.array([[[0.0, 2.0, 2.0]]])
    fixations = np.array([[[0, 7, 1]]])
    # 1/4 and 3/4 against 1/2, each pixel once.
    np.testing.assert_allclose(
        mit.information_gain(maps, baseline, fixations),
        [(-1 + np.log2(1.5)) / 2],
        rtol=1e-12,
    )


def test_a_pixel_counts_once_and_the_std_divides_by_one_less():
    maps, _, _, counts = random_case(2)
    for pixels, fixated, score in zip(
        maps, counts > 0, mit.nss(maps, counts), strict=True
    ):
        expected = (pixels[fixated].mean() - pixels.mean()) / pixels.std(ddof=1)
        np.testing.assert_allclose(score, expected, rtol=1e-9)


def test_kl_stays_finite_where_the_map_is_zero_and_tends_to_the_exact_one():
    maps, truth, _, _ = random_case(3)
    np.testing.assert_allclose(
        mit.kl(maps, truth), metrics.kl(maps, truth), rtol=1e-9
    )
    maps[:, 0, 0] = 0
    assert np.isfinite(mit.kl(maps, truth)).all()
    assert np.isinf(metrics.kl(maps, truth)).all()


def test_fine_steps_tend_to_the_exact_auc_and_coarse_steps_do_not():
    maps, _, _, counts = random_case(4)
    others = random_case(5)[3]
    once, others_once = (counts > 0) * 1, (others > 0) * 1
    shuffled = metrics.auc_shuffled(maps, once, others_once)
    np.testing.assert_allclose(
        mit.auc_shuffled(maps, counts, others, step=1e-6), shuffled
    )
    np.testing.assert_allclose(
        mit.auc_borji(maps, counts, step=1e-6),
        metrics.auc_borji(maps, once),
    )
    # A peak in one unfixated corner puts all else below the first threshold.
    maps[:, 0, 0] = 1e3
    counts[:, 0, 0], others[:, 0, 0] = 0, 0
    np.testing.assert_array_equal(mit.auc_shuffled(maps, counts, others), 0.5)


def test_constant_maps_and_frames_without_fixations_have_no_score():
    maps, truth, baseline, counts = random_case(6)
    maps[0], counts[2] = 4.0, 0
    for score in (
        mit.auc_judd(maps, counts),
        mit.auc_borji(maps, counts),
        mit.auc_shuffled(maps, counts, counts + 1),
        mit.information_gain(maps, baseline, counts),
    ):
        np.testing.assert_array_equal(np.isnan(score), [1, 0, 1])
    truth[2] = 0
    np.testing.assert_array_equal(np.isnan(mit.sim(maps, truth)), [1, 0, 1])
    np.testing.assert_array_equal(np.isnan(mit.kl(maps, truth)), [0, 0, 1])
    score = mit.nss(maps, counts)
    np.testing.assert_array_equal(np.isnan(score), [0, 0, 1])
    assert score[0] == 0


def test_a_wrong_step_is_an_error():
    maps, _, _, counts = random_case(7)
    with pytest.raises(ValueError, match="`step`"):
        mit.auc_borji(maps, counts, step=0)


@pytest.fixture(scope="module")
def cases(real_data):
    """Maps and values of the benchmarks' code."""
    return list(reference_cases(real_data, "mit"))


def test_metrics_equal_the_values_of_the_benchmarks_own_code(cases, real_data):
    pysaliency = reference_cases(real_data, "pysaliency")
    for (maps, row), (_, other) in zip(cases, pysaliency, strict=True):
        maps, truth, baseline, fixations, _ = maps
        kl = mit.kl(maps, truth)
        actual = {
            "auc_judd_nojitter": mit.auc_judd(maps, fixations),
            "nss": mit.nss(maps, fixations),
            "cc": metrics.cc(maps, truth),
            "sim": mit.sim(maps, truth),
            "kl": kl,
            "ig": mit.information_gain(maps, baseline, fixations),
        }
        for name, score in actual.items():
            # The table has nine to ten digits.
            np.testing.assert_allclose(
                score, [row[name]], rtol=2e-9, err_msg=name
            )
        # Its epsilon is rounded to 2.2204e-16.
        np.testing.assert_allclose(kl, [other["kl_mit"]], rtol=1e-6)


def test_jittered_auc_judd_lies_among_the_draws(cases):
    # The reference is one draw of the noise, hence a bound in deviations.
    for (maps, _, _, fixations, _), row in cases:
        draws = [
            mit.auc_judd(maps, fixations, np.random.default_rng(seed))
            for seed in range(30)
        ]
        np.testing.assert_allclose(
            row["auc_judd_jitter_scaled"],
            np.mean(draws),
            rtol=2e-9,
            atol=3 * np.std(draws),
        )


def test_sampled_aucs_lie_within_three_standard_errors(cases):
    compared = 0
    for (maps, _, _, fixations, others), row in cases:
        scores = {
            "auc_borji": mit.auc_borji(maps, fixations, step=1e-3),
            "auc_shuffled": mit.auc_shuffled(
                maps, fixations, others, step=1e-3
            ),
        }
        pools = {"auc_borji": maps[0] > -1, "auc_shuffled": others[0]}
        for name, score in scores.items():
            if np.isnan(row[name]):  # the code fails on a single fixation
                continue
            error = standard_error(maps[0], fixations[0], pools[name])
            # The table has six digits.
            np.testing.assert_allclose(
                row[name], score[0], atol=3 * error + 1e-6, rtol=0
            )
            compared += 1
    assert compared == 15


def standard_error(pixels, fixated, pool, num_splits=1000):
    """Standard error of the mean AUC over random splits of the benchmark."""
    levels = np.floor(1000 * (pixels - pixels.min()) / np.ptp(pixels))
    negatives = levels[pool][:, np.newaxis]
    positives = levels[fixated]
    ties = negatives == positives
    placements = np.mean((negatives < positives) + 0.5 * ties, axis=1)
    return placements.std() / np.sqrt(fixated.sum() * num_splits)
