"""Mean and spread of blurred fixations, over all sets of two fixations."""

import itertools

import numpy as np
import pytest

from rmdn_tf.metrics.blurred_draws import BlurredDraws
from rmdn_tf.metrics.true_density import gaussian_lines

SIZE = (5, 6)


@pytest.fixture
def density():
    density = np.random.default_rng(0).random(SIZE) ** 4
    return density / density.sum()


def _gaussians(sigma):
    """The Gaussian around each pixel, `[pixels, H, W]`."""
    down, across = (gaussian_lines(np.arange(n), n, sigma) for n in SIZE)
    every = np.einsum("ij,kl->ikjl", down, across)
    return every.reshape(-1, *SIZE)


@pytest.mark.parametrize("sigma", [0.4, 1.0, 3.0, 40.0])
def test_fixations_weigh_by_the_spread_of_the_sums_that_they_are_in(
    density, sigma
):
    gaussians, shares = _gaussians(sigma), density.ravel()
    spread = np.zeros(len(shares))
    for first, second in itertools.product(range(len(shares)), repeat=2):
        total = gaussians[first] + gaussians[second]
        spread[first] += shares[second] * np.square(total).mean()
    mean = gaussians.mean((1, 2))
    squared_mean = np.square(mean + shares @ mean)
    # What keeps the weights of very wide Gaussians alike.
    squared_mean *= 1 - np.finfo(np.float32).eps
    weights = shares / np.sqrt(spread - squared_mean)
    expected = np.tensordot(weights, gaussians, 1).ravel()
    found = BlurredDraws(density, 2, sigma).standardized.ravel()
    np.testing.assert_allclose(
        found / found.sum(), expected / expected.sum(), rtol=1e-5
    )
    # The correlation is precise also of maps that hardly vary.
    correlation = np.corrcoef(found.astype(float), expected)[0, 1]
    assert correlation == pytest.approx(1, abs=1e-9)


def test_of_one_fixation_mean_and_spread_are_those_over_all_pixels(density):
    gaussians, shares = _gaussians(1.0), density.ravel()
    every = gaussians / gaussians.sum((1, 2), keepdims=True)
    mean = np.tensordot(shares, every, 1)
    variance = np.tensordot(shares, np.square(every - mean), 1)
    draws = BlurredDraws(density, 1, 1.0)
    np.testing.assert_allclose(draws.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(draws.shape, mean**2 / variance, rtol=1e-9)


def test_numbers_too_small_for_float32_change_nothing(density):
    density[0] = 1e-42
    found = BlurredDraws(density, 5, 1.0).standardized
    density[0] = 0
    np.testing.assert_array_equal(
        found, BlurredDraws(density, 5, 1.0).standardized
    )
