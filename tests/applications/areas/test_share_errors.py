"""Intervals of shares, and their file."""

import json

import numpy as np
import pytest
from scipy.stats import beta

from rmdn_tf.applications.areas.share_errors import (
    FILE,
    ShareErrors,
    read_share_errors,
    share_errors_json,
)

ERRORS = ShareErrors((0.1, 1.1, 5.0), (0.1, 0.06, 0.02), 0.05)


def test_an_interval_holds_nine_tenths_of_a_beta_distribution():
    low, high = ERRORS.interval(np.array([0.02, 0.4]), 1.1)
    for share, a, b in zip((0.02, 0.4), low, high, strict=True):
        true = beta(share * (1 / 0.06 - 1), (1 - share) * (1 / 0.06 - 1))
        assert true.mean() == pytest.approx(share)
        assert true.var() == pytest.approx(0.06 * share * (1 - share))
        assert true.cdf([a, b]) == pytest.approx([0.05, 0.95])


@pytest.mark.parametrize(
    ("seconds", "scatter"),
    [(0, 0.1), (0.1, 0.1), (0.6, 0.08), (99, 0.02), (None, 0.05)],
)
def test_the_scatter_depends_on_the_time(seconds, scatter):
    constant = ShareErrors((1.0,), (scatter,), scatter)
    assert ERRORS.interval(np.array(0.3), seconds) == constant.interval(
        np.array(0.3), 1
    )


def test_shares_of_nothing_and_of_all_have_intervals():
    low, high = ERRORS.interval(np.array([0.0, 1.0]), 0)
    assert low == pytest.approx([0, 1], abs=1e-4)
    assert high == pytest.approx([0, 1], abs=1e-4)


@pytest.mark.parametrize("seconds", [0, 1.1, None])
def test_an_interval_holds_its_share(seconds):
    share = np.array([0, 1e-12, 1e-7, 1.5e-4, 1e-3, 0.5, 1 - 1.5e-4, 1])
    low, high = ERRORS.interval(share, seconds)
    assert (low <= share).all()
    assert (share <= high).all()


def test_an_unknown_share_has_no_interval():
    low, high = ERRORS.interval(np.array([np.nan]), 0)
    assert np.isnan([low, high]).all()


def test_the_file_lies_in_the_directory_of_the_model(tmp_path):
    assert read_share_errors(tmp_path) is None
    text = json.dumps(share_errors_json(ERRORS))
    (tmp_path / FILE).write_text(text)
    assert read_share_errors(tmp_path) == ERRORS


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"version": 2}, "Expected version 1"),
        ({"scatter": [0.1, 0.2]}, "as many scatters"),
        ({"scatter": [0.1, 0.2, 1.0]}, "between 0 and 1"),
        ({"seconds": [1, 1, 2]}, "increasing"),
        ({"seconds": [], "scatter": []}, "increasing"),
        ({"surplus": 1}, "keys that this release knows"),
        ({"picture_scatter": None}, "picture_scatter"),
    ],
)
def test_an_invalid_file_is_refused(tmp_path, change, cause):
    document = share_errors_json(ERRORS) | change
    (tmp_path / FILE).write_text(json.dumps(document))
    with pytest.raises(ValueError, match=f"(?s){FILE}.*{cause}"):
        read_share_errors(tmp_path)


def test_the_model_of_the_package_has_intervals():
    low, high = read_share_errors("default").interval(np.array(0.5), 5.0)
    assert 0.1 < low < 0.5 < high < 0.9
