"""The AUCs of UNISAL: values of its code, and how they differ from `mit`."""

import numpy as np
import pytest

from rmdn_tf.metrics import exact, mit, unisal
from tests.helpers.golden_values import goldens
from tests.helpers.metric_cases import random_case


def scores_of(case):
    """Scores a frame as the protocol does."""
    maps = case.saliency[None] + 1.0
    counts, others = case.counts[None], case.others[None]
    truth = case.truth[None] if case.truth.any() else np.ones_like(maps)
    return {
        "kl": exact.kl(maps, truth),
        "nss": mit.nss(maps, counts),
        "cc": exact.cc(maps, truth),
        "sim": exact.sim(maps, truth),
        "aucj": unisal.auc_judd(maps, counts),
        "aucs": unisal.auc_shuffled(maps, counts, others),
    }


def test_metrics_equal_the_values_of_its_code():
    compared = 0
    for case, expected in goldens("unisal"):
        error = expected.pop("aucs_standard_error", 0.0)
        actual = scores_of(case)
        if case.name == "constant map":
            expected.pop("nss")  # Rounding, divided by rounding.
        if case.name == "no fixation":  # The protocol says 1, as the code.
            assert expected.pop("nss") == 1
        for name, value in expected.items():
            # Its sums are in float32; the shuffled AUC is a mean of draws.
            np.testing.assert_allclose(
                actual[name],
                value,
                rtol=2e-6,
                atol=4 * error if name == "aucs" else 2e-7,
                err_msg=f"{name} of {case.name}",
            )
            compared += 1
        for name in actual.keys() - expected.keys() - {"nss"}:
            assert np.isnan(actual[name]), f"{name} of {case.name}"
    assert compared == 16 * 3 + 14 + 13 + 14


def test_ties_of_fixations_pass_at_once():
    maps = np.array([[[2.0, 1.0, 1.0, 0.0]]])
    fixations = np.array([[[0, 1, 1, 0]]])
    # One threshold: both fixations against one of two pixels.
    np.testing.assert_allclose(
        unisal.auc_judd(maps, fixations), 1 / 2 / 2 + 1 / 2
    )
    # `mit` passes one fixation after the other, with the tie as a false alarm.
    assert mit.auc_judd(maps, fixations) < unisal.auc_judd(maps, fixations)


def test_areas_are_computed_of_four_digits():
    maps, _, _, counts = random_case(0, height=40, width=70)
    expected = mit.auc_judd(maps, counts)
    actual = unisal.auc_judd(maps, counts)
    np.testing.assert_allclose(actual, expected, atol=1e-4)
    assert (actual != expected).all()


def test_the_peak_ties_with_nine_tenths():
    maps = np.array([[[0.0, 0.95, 1.0]]])
    fixations = np.array([[[0, 0, 1]]])
    others = np.array([[[0, 1, 0]]])
    assert unisal.auc_shuffled(maps, fixations, others) == 0.5
    assert mit.auc_shuffled(maps, fixations, others) == 1


@pytest.mark.parametrize("gain", [1e-6, 1.0, 1e6])
def test_scores_do_not_change_with_the_range_of_a_map(gain):
    maps, _, _, counts = random_case(1)
    others = random_case(2)[3]
    np.testing.assert_allclose(
        unisal.auc_judd(gain * maps, counts), unisal.auc_judd(maps, counts)
    )
    np.testing.assert_allclose(
        unisal.auc_shuffled(gain * maps, counts, others),
        unisal.auc_shuffled(maps, counts, others),
    )


def test_there_is_no_auc_without_fixations_or_of_a_constant_map():
    maps, _, _, counts = random_case(3)
    others = np.ones_like(counts)
    maps[0], counts[1] = 4.0, 0
    for area in (
        unisal.auc_judd(maps, counts),
        unisal.auc_shuffled(maps, counts, others),
    ):
        assert np.isnan(area).tolist() == [True, True, False]
    assert np.isnan(unisal.auc_judd(maps, others)).all()
    assert np.isnan(unisal.auc_shuffled(maps, counts, 0 * others)).all()
