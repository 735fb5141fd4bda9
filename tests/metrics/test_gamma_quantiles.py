"""Quantiles of a gamma distribution in every pixel."""

import numpy as np
import pytest
import scipy.stats

from rmdn_tf.metrics.gamma_quantiles import equal_quantiles


def test_all_quantiles_are_exceeded_with_one_probability_and_sum_to_one():
    means = np.full((1, 400), 1 / 400)
    shapes = np.geomspace(1e-3, 1e3, 400)[None]
    found = equal_quantiles(means, shapes)
    assert found.sum() == pytest.approx(1, abs=1e-9)
    exceeded = scipy.stats.gamma.sf(found * 400 * shapes, shapes)
    is_there = found > 1e-6 / 400
    assert np.ptp(exceeded[is_there]) < 0.005
