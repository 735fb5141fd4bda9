"""The MSU benchmark's scores are those of its own code, on made-up frames.

`experiments.protocols.goldens` ran the code.
"""

import numpy as np
import pytest

from experiments.protocols.msu import UNFITTED, centre_map, msu_cases
from rmdn_tf.metrics import msu_challenge
from rmdn_tf.metrics.letterbox import letterbox_fixations, letterbox_maps
from rmdn_tf.metrics.remapping import RemappingSums, fit_remapping
from tests.helpers.golden_values import golden_rows

pytestmark = pytest.mark.slow

FRAME = (360, 640)
METRICS = ("cc", "sim", "nss", "auc_judd", "kl")


def framed(image):
    return letterbox_maps(image[None] / 255, FRAME)


@pytest.fixture(scope="module")
def frames():
    """Name -> saliency, truth and fixations, each `[1, 360, 640]`."""
    return {
        case.name: (
            framed(case.saliency),
            framed(case.truth),
            letterbox_fixations(case.counts[None], FRAME),
        )
        for case in msu_cases()
    }


@pytest.fixture(scope="module")
def centre():
    return framed(centre_map())[0]


@pytest.fixture(scope="module")
def sums(frames, centre):
    parts = [
        RemappingSums.of_maps(maps, truth, centre)
        for name, (maps, truth, _) in frames.items()
        if name != UNFITTED
    ]
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


@pytest.fixture(scope="module")
def remapping(sums):
    return fit_remapping(sums)


def compare(frames, remap, suffix, tolerance, tolerance_of_auc):
    """Compares all scores; returns how many there were."""
    compared = 0
    rows = golden_rows("msu")
    assert list(rows) == [*frames, "fit"]
    for name, (maps, truth, fixated) in frames.items():
        maps = remap(maps)
        scores = {
            "cc": msu_challenge.cc(maps, truth),
            "sim": msu_challenge.sim(maps, truth),
            "nss": msu_challenge.nss(maps, fixated),
            "auc_judd": msu_challenge.auc_judd(maps, fixated, True),
            "kl": msu_challenge.kl(maps, truth),
        }
        for metric in METRICS:
            expected = rows[name].get(metric + suffix, np.nan)
            compared += not np.isnan(expected)
            np.testing.assert_allclose(
                scores[metric],
                expected,
                rtol=0,
                atol=tolerance_of_auc if metric == "auc_judd" else tolerance,
                err_msg=f"{metric}{suffix} of {name}",
            )
    return compared


def test_scores_without_the_remapping_are_those_of_the_code(frames):
    number = compare(frames, lambda maps: maps, "", 1e-9, 1e-9)
    # All but the KL of the black map, where the code stops.
    assert number == 5 * len(frames) - 1


def test_remapped_scores_are_those_of_the_code_with_an_exact_solver(
    frames, remapping, centre
):
    number = compare(
        frames,
        lambda maps: remapping.apply(maps, centre),
        "_fitted",
        1e-9,
        # The order of greys in flat parts of the table is the solver's noise.
        1e-4,
    )
    assert number == 5 * len(frames)


def test_remapped_scores_are_near_those_of_the_code_as_it_is(
    frames, remapping, centre
):
    # Its solver stops early.
    compare(
        frames,
        lambda maps: remapping.apply(maps, centre),
        "_fitted_as_is",
        1e-4,
        1e-4,
    )


def test_the_fit_has_the_error_of_the_codes_exact_solution(sums, remapping):
    row = golden_rows("msu")["fit"]
    error = remapping.error(sums)
    assert error == pytest.approx(row["error_fitted"], rel=1e-12)
    assert error < row["error_fitted_as_is"]
    assert remapping.centre_weight == pytest.approx(
        row["weight_fitted"], abs=1e-9
    )
