"""Mixture densities against SciPy and the paper's equations in NumPy."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from rmdn_tf.model import mixture
from rmdn_tf.model.mixture import BivariateNormal, MixtureDensity
from rmdn_tf.model.moments import parameters_from_moments


def covariance(scale, correlation):
    off_diagonal = correlation * scale[0] * scale[1]
    return np.array(
        [[scale[0] ** 2, off_diagonal], [off_diagonal, scale[1] ** 2]]
    )


def scipy_log_prob(points, loc, scale, correlation):
    normal = scipy.stats.multivariate_normal(
        loc, covariance(np.asarray(scale), correlation)
    )
    return normal.logpdf(points)


def paper_log_prob(parameters, points):
    """log p of `[..., 2]` points, by the equations, in float64."""
    parameters = np.asarray(parameters, np.float64)
    exponent = np.exp(parameters[..., 0])
    weights = exponent / exponent.sum(-1, keepdims=True)
    scale = np.exp(parameters[..., 3:5])
    rho = np.tanh(parameters[..., 5])
    dx, dy = np.moveaxis(
        (np.asarray(points)[..., None, :] - parameters[..., 1:3]) / scale, -1, 0
    )
    z = dx**2 + dy**2 - 2 * rho * dx * dy
    normal = np.exp(-z / (2 * (1 - rho**2))) / (
        2 * np.pi * scale[..., 0] * scale[..., 1] * np.sqrt(1 - rho**2)
    )
    return np.log((weights * normal).sum(-1))


def random_parameters(seed, *shape):
    parameters = np.random.default_rng(seed).normal(0, 0.5, (*shape, 6))
    parameters[..., 1:3] += 0.5
    parameters[..., 3:5] -= 1.0
    return parameters.astype(np.float32)


def random_moments(seed, *shape):
    rng = np.random.default_rng(seed)
    moments = rng.uniform(0.1, 0.9, (*shape, 6))
    moments[..., 0] /= moments[..., 0].sum(-1, keepdims=True)
    moments[..., 5] = rng.uniform(-0.95, 0.95, shape)
    return moments


@pytest.mark.parametrize("correlation", [0.0, 0.99, -0.99])
@pytest.mark.parametrize("scale", [(1e-3, 1e-3), (1e-3, 0.5), (0.3, 0.2)])
def test_float32_is_enough_for_a_narrow_and_correlated_normal(
    scale, correlation
):
    rng = np.random.default_rng(0)
    loc = rng.random(2).astype(np.float32)
    near = loc + scale * rng.normal(0, 1, (50, 2))
    points = np.concatenate([near, rng.random((20, 2))]).astype(np.float32)
    log_scale = np.log(scale).astype(np.float32)
    r = np.arctanh(correlation).astype(np.float32)
    expected = scipy_log_prob(
        points,
        loc.astype(np.float64),
        np.exp(log_scale, dtype=np.float64),
        np.tanh(r, dtype=np.float64),
    )
    actual = BivariateNormal(loc, log_scale, r).log_prob(points)
    assert actual.dtype == tf.float32
    # log p crosses 0; its summands are of the order of 10.
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("r", [-40.0, -10.0, 10.0, 40.0])
def test_a_correlation_that_rounds_to_1_leaves_a_finite_density(r):
    points = tf.constant([[0.5, 0.5], [0.4, 0.6], [0.0, 0.0], [1.0, 0.3]])
    r = tf.constant(r)
    with tf.GradientTape() as tape:
        tape.watch(r)
        normal = BivariateNormal([0.5, 0.5], [-1.0, -2.0], r)
        log_prob = normal.log_prob(points)
    assert np.isfinite(log_prob).all()
    assert np.isfinite(tape.gradient(log_prob, r))
    # At the centre: -log(2 pi s_x s_y) - log(1 - rho^2) / 2, the latter
    # |r| - log 2 for a strong correlation.
    expected = -np.log(2 * np.pi) + 3 + abs(float(r)) - np.log(2)
    np.testing.assert_allclose(log_prob[0], expected, rtol=1e-5)


def test_batch_shapes_broadcast():
    loc = np.random.default_rng(0).random((4, 1, 2))
    log_scale = np.full([3, 2], -1.0)
    normal = BivariateNormal(loc, log_scale, np.float64(0.3))
    assert normal.batch_shape == [4, 3]
    assert normal.event_shape == [2]
    point = np.array([0.2, 0.7])
    log_prob = normal.log_prob(point)
    assert log_prob.shape == [4, 3]
    assert normal.mean().shape == [4, 3, 2]
    assert normal.covariance().shape == [4, 3, 2, 2]
    assert normal.sample(5, seed=0).shape == [5, 4, 3, 2]
    for row, (mean,) in zip(log_prob, loc, strict=True):
        expected = scipy_log_prob(point, mean, np.exp([-1, -1]), np.tanh(0.3))
        np.testing.assert_allclose(row, [expected] * 3, rtol=1e-5)


def test_moments_are_those_of_scipy():
    loc = np.array([[0.2, 0.7], [0.5, 0.1]])
    scale = np.array([[0.1, 0.3], [0.2, 0.05]])
    correlation = np.array([0.8, -0.3])
    normal = BivariateNormal(loc, np.log(scale), np.arctanh(correlation))
    expected = [
        scipy.stats.multivariate_normal(mean, covariance(*row))
        for mean, *row in zip(loc, scale, correlation, strict=True)
    ]
    for found, name in (
        (normal.mean(), "mean"),
        (normal.mode(), "mean"),
        (normal.covariance(), "cov"),
    ):
        wanted = [getattr(one, name) for one in expected]
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    np.testing.assert_allclose(normal.stddev(), scale, rtol=1e-5)
    np.testing.assert_allclose(normal.variance(), scale**2, rtol=1e-5)


def test_the_spread_of_a_mixture_is_that_of_its_samples():
    moments = random_moments(5, 2, 3)
    density = mixture.distribution(parameters_from_moments(moments))
    # The law of total variance.
    weight, loc, scale = np.split(moments[..., :5], [1, 3], -1)
    mean = (weight * loc).sum(1)
    variance = (weight * (scale**2 + loc**2)).sum(1) - mean**2
    np.testing.assert_allclose(density.mean(), mean, rtol=1e-5)
    np.testing.assert_allclose(density.variance(), variance, rtol=1e-4)
    np.testing.assert_allclose(density.stddev(), variance**0.5, rtol=1e-4)
    samples = density.sample(40_000, seed=1).numpy()
    np.testing.assert_allclose(samples.std(0), variance**0.5, rtol=0.03)


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.6])
def test_samples_have_the_mean_and_the_covariance(correlation):
    loc, scale = np.array([0.3, 0.6]), np.array([0.2, 0.05])
    normal = BivariateNormal(loc, np.log(scale), np.arctanh(correlation))
    samples = normal.sample(40_000, seed=1).numpy() / scale
    # The standard error of each is about 1 / sqrt(40,000) = .005.
    np.testing.assert_allclose(samples.mean(0), loc / scale, rtol=0, atol=0.03)
    expected = [[1, correlation], [correlation, 1]]
    np.testing.assert_allclose(np.cov(samples.T), expected, rtol=0, atol=0.04)


def test_the_layer_is_linear_in_the_hidden_state():
    layer = MixtureDensity(2)
    hidden = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    parameters = layer(hidden)
    kernel, bias = layer.get_weights()
    expected = (hidden.astype(np.float64) @ kernel + bias).reshape(5, 2, 6)
    # Sums of four products may cancel.
    np.testing.assert_allclose(parameters, expected, rtol=1e-5, atol=1e-6)


def test_the_configuration_of_the_layer_makes_the_same_layer():
    layer = MixtureDensity(7, name="density")
    layer.build((None, 4))
    again = MixtureDensity.from_config(layer.get_config())
    again.build((None, 4))
    assert again.name == "density"
    assert again.num_components == 7
    again.set_weights(layer.get_weights())
    hidden = np.ones([2, 4], np.float32)
    np.testing.assert_array_equal(again(hidden), layer(hidden))


@pytest.mark.parametrize("num_components", [1, 2, 5, 20])
def test_initial_components_cover_the_frame_from_different_places(
    num_components,
):
    parameters = MixtureDensity(num_components)(np.zeros([1, 4], np.float32))
    loc, scale = parameters[0, :, 1:3], np.exp(parameters[0, :, 3:5])
    assert np.all((loc > 0) & (loc < 1))
    assert len(np.unique(loc, axis=0)) == num_components
    assert np.all((scale > 0.1) & (scale <= 1))
    np.testing.assert_array_equal(parameters[0, :, 0], 0)
    np.testing.assert_array_equal(parameters[0, :, 5], 0)


def test_no_component_is_an_error():
    with pytest.raises(ValueError, match=r"Received: num_components=0\."):
        MixtureDensity(0)


def test_parameters_stay_float32_under_a_half_precision_policy():
    layer = MixtureDensity(3, dtype="mixed_float16")
    parameters = layer(np.full([2, 4], 0.3, np.float32))
    assert layer.compute_dtype == "float16"
    assert parameters.dtype == tf.float32
    assert layer.linear.kernel.dtype == "float32"
    # 1/3 is no half-precision number: had the bias been rounded, this fails.
    layer.linear.kernel.assign(tf.zeros_like(layer.linear.kernel))
    layer.linear.bias.assign(tf.fill([18], 1 / 3))
    np.testing.assert_allclose(
        layer(np.ones([1, 4], np.float32)), 1 / 3, rtol=1e-6, atol=0
    )


def test_the_density_is_the_papers():
    parameters = random_parameters(0, 2, 5, 4)
    points = np.random.default_rng(1).random((2, 5, 2)).astype(np.float32)
    log_prob = mixture.distribution(parameters).log_prob(points)
    assert log_prob.shape == [2, 5]
    # log p crosses 0; its summands are of the order of 10.
    np.testing.assert_allclose(
        log_prob, paper_log_prob(parameters, points), rtol=1e-5, atol=1e-5
    )
