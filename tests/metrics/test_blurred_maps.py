"""Blurred maps are those of SciPy's filter, at the scale of the Gaussians."""

import numpy as np
import pytest
import scipy.ndimage

from rmdn_tf.metrics.blurred_maps import Blurred
from rmdn_tf.metrics.true_density import gaussian_lines

# One block of pixels and many; Gaussians that reach beyond the frame.
CASES = [((5, 6), 0.3), ((7, 90), 3.0), ((70, 100), 2.0), ((12, 70), 50.0)]


@pytest.mark.parametrize("size, sigma", CASES)
def test_a_blur_is_a_filter_with_nothing_beyond_the_frame(size, sigma):
    maps = np.random.default_rng(0).random((2, *size))
    peak = gaussian_lines(np.array([300]), 601, sigma).sum() ** -2
    for found, one in zip(Blurred(sigma)(maps), maps, strict=True):
        expected = scipy.ndimage.gaussian_filter(one, sigma, mode="constant")
        np.testing.assert_allclose(found * peak, expected, rtol=1e-12)


@pytest.mark.parametrize("size, sigma", CASES)
def test_ones_and_squares_are_sums_over_all_gaussians(size, sigma):
    down, across = (gaussian_lines(np.arange(n), n, sigma) for n in size)
    one = np.random.default_rng(0).random(size)
    for power in (1, 2):
        blurred = Blurred(sigma, power)
        expected = down**power @ one @ across**power
        np.testing.assert_allclose(blurred(one), expected, rtol=1e-12)
        np.testing.assert_allclose(
            blurred.of_ones(*size), blurred(np.ones(size)), rtol=1e-12
        )


def test_float32_stays_float32():
    one = np.random.default_rng(0).random((40, 50))
    found = Blurred(4.0)(one.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, Blurred(4.0)(one), rtol=1e-5)
