"""Maps against the mixture's own density at the centres of the pixels."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model import mixture
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.model.saliency_maps import (
    log_density,
    log_density_in_blocks,
    saliency_map,
)

HEIGHT, WIDTH = 12, 20


def pixel_centres(height, width):
    row, column = np.mgrid[:height, :width]
    return np.stack([(column + 0.5) / width, (row + 0.5) / height], -1)


def exact_log_density(parameters, height, width):
    """The same by `MixtureSameFamily`, in float64."""
    parameters = np.asarray(parameters, np.float64)
    density = mixture.distribution(
        tf.constant(parameters[..., None, None, :, :])
    )
    return density.log_prob(pixel_centres(height, width)).numpy()


def random_parameters(seed, *shape, log_scale=-1.5, r=0.0):
    rng = np.random.default_rng(seed)
    parameters = rng.normal(0, 0.5, (*shape, 6))
    parameters[..., 1:3] = rng.random((*shape, 2))
    parameters[..., 3:5] += log_scale
    parameters[..., 5] += r
    return parameters.astype(np.float32)


def one_component(x, y, scale=0.05, correlation=0.0):
    return parameters_from_moments(
        np.array([[1.0, x, y, scale, scale, correlation]])
    )


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 20)])
def test_log_density_is_the_mixtures_log_prob_at_the_pixel_centres(shape):
    parameters = random_parameters(0, *shape)
    actual = log_density(parameters, HEIGHT, WIDTH)
    assert actual.dtype == tf.float32
    assert actual.shape == (*shape[:-1], HEIGHT, WIDTH)
    # log p crosses 0; its summands are of the order of 10.
    np.testing.assert_allclose(
        actual,
        exact_log_density(parameters, HEIGHT, WIDTH),
        rtol=1e-5,
        atol=1e-5,
    )


@pytest.mark.parametrize("r", [0.0, 2.5, -2.5, 6.0, -6.0])
def test_log_density_is_exact_for_narrow_and_correlated_components(r):
    parameters = random_parameters(1, 5, 3, log_scale=np.log(1e-3), r=r)
    # On the grid, so that some pixels lie at the centre of a component.
    parameters[:, 0, 1:3] = [10.5 / WIDTH, 6.5 / HEIGHT]
    # Distances of a thousand scales, squared; exp of an atanh that float32
    # rounds: 2e-4 of a log-density of -1e6 and beyond is nothing.
    np.testing.assert_allclose(
        log_density(parameters, HEIGHT, WIDTH),
        exact_log_density(parameters, HEIGHT, WIDTH),
        rtol=2e-4,
        atol=2e-4,
    )


@pytest.mark.parametrize("r", [5.0, -5.0, 7.0])
def test_a_ridge_of_strong_correlation_keeps_its_height(r):
    parameters = np.array([[0, 0.5, 0.5, -1.5, -1.5, r]], np.float32)
    exact = exact_log_density(parameters, HEIGHT, HEIGHT)
    ridge = exact > exact.max() - 10
    assert ridge.sum() >= HEIGHT
    # log p crosses 0.
    np.testing.assert_allclose(
        log_density(parameters, HEIGHT, HEIGHT).numpy()[ridge],
        exact[ridge],
        rtol=1e-5,
        atol=2e-4,
    )


@pytest.mark.parametrize("log_scale", [-6.9, -1.5, 2.0])
def test_a_map_sums_to_1(log_scale):
    parameters = random_parameters(2, 2, 3, 4, log_scale=log_scale)
    density = saliency_map(parameters, HEIGHT, WIDTH).numpy()
    assert density.shape == (2, 3, HEIGHT, WIDTH)
    assert np.all(density >= 0)
    np.testing.assert_allclose(density.sum((-2, -1)), 1, rtol=1e-5)


def test_a_map_is_the_density_normalised():
    parameters = random_parameters(3, 4)
    density = np.exp(exact_log_density(parameters, HEIGHT, WIDTH))
    np.testing.assert_allclose(
        saliency_map(parameters, HEIGHT, WIDTH),
        density / density.sum(),
        rtol=2e-5,  # exp of a float32 of the order of 10
    )


def test_components_far_outside_the_frame_give_a_map_all_the_same():
    parameters = np.stack(
        [one_component(100.0, -50.0, 1e-3), one_component(1e6, 0.5, 1e-3)]
    )
    density = saliency_map(parameters, HEIGHT, WIDTH).numpy()
    np.testing.assert_allclose(density.sum((-2, -1)), 1, rtol=1e-5)
    # The mass lies at the pixel closest to the component: top right.
    assert density[0, 0, -1] > 0.999


def test_a_far_component_does_not_disturb_a_near_one():
    near = one_component(0.5, 0.5)
    both = np.concatenate([near, one_component(1e6, 1e6, 1e-3)])
    np.testing.assert_allclose(
        saliency_map(both, HEIGHT, WIDTH),
        saliency_map(near, HEIGHT, WIDTH),
        rtol=1e-5,
    )


def narrow_components(seed, spread):
    """A component in each of 12x12 cells, as wide as a cell."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:12, :12]
    parameters = rng.normal(0, 0.3, (144, 6))
    parameters[:, 0] *= spread
    parameters[:, 1] += (columns.ravel() + 0.5) / 12
    parameters[:, 2] += (rows.ravel() + 0.5) / 12
    parameters[:, 3:5] -= np.log(12)
    return parameters.astype(np.float32)


@pytest.mark.parametrize("spread", [0, 10])
@pytest.mark.parametrize("offset", [0, 5])
def test_what_is_left_out_of_a_map_is_a_rounding_of_its_peak(spread, offset):
    parameters = narrow_components(0, spread)
    parameters[:, 1:3] += offset  # Far outside of the frame.
    whole = log_density_in_blocks(parameters, 90, 160)
    visible = log_density_in_blocks(parameters, 90, 160, visible=True)
    assert not np.array_equal(whole, visible)
    peak = tf.reduce_max(whole)
    np.testing.assert_allclose(
        tf.exp(visible - peak), tf.exp(whole - peak), rtol=0, atol=5e-7
    )
    np.testing.assert_allclose(
        whole, log_density(parameters, 90, 160), rtol=1e-5, atol=1e-5
    )
