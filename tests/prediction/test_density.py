"""What users ask of a density, and of one between two."""

import tracemalloc

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model import mixture
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.prediction.density import Density, DensityBetween
from rmdn_tf.prediction.grids import relative_to_peak

SIZE = (12, 16)


def made(seed, num_components=3):
    rng = np.random.default_rng(seed)
    parameters = rng.normal(size=(num_components, 6))
    parameters[:, 1:3] = rng.uniform(0.2, 0.8, (num_components, 2))
    parameters[:, 3:5] -= 2
    return Density(parameters.astype(np.float32))


def probability(density, points):
    log = mixture.distribution(tf.constant(density.parameters)).log_prob(points)
    return np.exp(log.numpy())


def test_a_map_is_that_of_the_mixture_at_any_size():
    density = made(0)
    for size in (SIZE, (5, 7), SIZE):
        expected = saliency_map(density.parameters, *size)
        np.testing.assert_allclose(
            density.saliency_map(*size), expected, rtol=1e-5
        )


@pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
def test_between_two_densities_lies_their_weighted_sum(share):
    first, second = made(0), made(1, 5)
    between = DensityBetween(first, second, share)
    points = np.random.default_rng(2).uniform(size=(50, 2)).astype(np.float32)
    expected = (1 - share) * probability(first, points)
    expected += share * probability(second, points)
    np.testing.assert_allclose(
        probability(between, points), expected, rtol=1e-4
    )
    # The map has a way of its own: through the maps of the two.
    np.testing.assert_allclose(
        between.saliency_map(*SIZE),
        saliency_map(between.parameters, *SIZE),
        rtol=1e-4,
    )
    assert between.saliency_map(*SIZE).sum() == pytest.approx(1, rel=1e-5)


def test_between_far_densities_that_underflow_the_map_still_sums_to_1():
    first, second = made(0), made(1)
    first.parameters[:, 1:3] += 300  # Far outside the frame.
    between = DensityBetween(first, second, 0.5)
    np.testing.assert_allclose(
        between.saliency_map(*SIZE), second.saliency_map(*SIZE), rtol=1e-4
    )
    both = DensityBetween(first, first, 0.5)
    np.testing.assert_allclose(
        both.saliency_map(*SIZE), first.saliency_map(*SIZE), rtol=1e-4
    )


def test_samples_follow_the_density_and_the_seed():
    density = made(0)
    points = density.sample(20_000, seed=1)
    np.testing.assert_array_equal(points, density.sample(20_000, seed=1))
    assert np.any(points != density.sample(20_000, seed=2))
    weights = tf.nn.softmax(density.parameters[:, 0]).numpy()
    mean = weights @ density.parameters[:, 1:3]
    error = points.std(0) / np.sqrt(len(points))
    np.testing.assert_array_less(np.abs(points.mean(0) - mean), 4 * error)


def test_a_map_of_a_photo_takes_no_array_of_all_pixels_and_components():
    height, width = 600, 800
    parameters = np.zeros([392, 6], np.float32)
    relative_to_peak(parameters, 600, 10)  # Its threads begin.
    tracemalloc.start()
    relative_to_peak(parameters, height, width)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 4 * height * width


def test_absent_components_change_nothing():
    """Files and `Prediction.parameters` fill up rows with them."""
    density = made(4)
    padding = np.zeros((2, 6), np.float32)
    padding[:, 0] = -np.inf
    padded = Density(np.concatenate([density.parameters, padding]))
    area = [(0.1, 0.2), (0.7, 0.3), (0.4, 0.9)]
    assert padded.mass(area) == pytest.approx(density.mass(area), abs=1e-12)
    assert padded.entropy() == pytest.approx(density.entropy(), abs=1e-6)
    for one, other in (
        (padded.mean(), density.mean()),
        (padded.covariance(), density.covariance()),
        (padded.saliency_map(*SIZE), density.saliency_map(*SIZE)),
        (padded.peaks(), density.peaks()),
        (padded.moments().weight[:3], density.moments().weight),
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-7)
    between = DensityBetween(padded, density, 0.3)
    assert between.mass(area) == pytest.approx(density.mass(area), abs=1e-9)
    assert np.isfinite(padded.sample(9, seed=0)).all()
    with pytest.raises(ValueError, match="finite parameters"):
        Density(padding)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_parameters_that_are_not_finite_are_refused(value):
    parameters = np.zeros((3, 6), np.float32)
    parameters[1, 2] = value
    with pytest.raises(ValueError, match="Expected finite parameters"):
        Density(parameters)
