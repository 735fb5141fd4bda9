"""Densities on grids in NumPy against TensorFlow's, and against float64."""

import warnings

import numpy as np
import pytest
import scipy.special

from rmdn_tf.model.moments import moments, parameters_from_moments
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.grids import log_density, relative_to_peak
from rmdn_tf.prediction.integrals import component_masses, covariance_roots

SIZES = ((12, 16), (48, 64), (150, 400))


def random_mixture(rng, num_components):
    parameters = rng.normal(0, 2, (num_components, 6))
    parameters[:, 1:3] = rng.uniform(-0.2, 1.2, (num_components, 2))
    parameters[:, 3:5] = rng.uniform(-5, 0, (num_components, 2))
    parameters[:, 5] = rng.normal(size=num_components)
    return parameters.astype(np.float32)


def exact_log_density(parameters, height, width):
    """The formula of the normal distribution, in float64."""
    logit, x, y, log_x, log_y, r = parameters.astype(np.float64).T[..., None]
    columns = ((np.arange(width) + 0.5) / width - x) * np.exp(-log_x)
    rows = ((np.arange(height) + 0.5) / height - y) * np.exp(-log_y)
    constant = scipy.special.log_softmax(logit, 0) - np.log(2 * np.pi)
    constant = constant - log_x - log_y + np.log(np.cosh(r))
    across = (
        np.cosh(r)[..., None] * columns[:, None]
        - np.sinh(r)[..., None] * rows[..., None]
    )
    logs = constant[..., None] - (across**2 + rows[..., None] ** 2) / 2
    return scipy.special.logsumexp(logs, 0)


@pytest.mark.parametrize("seed", range(4))
def test_a_density_is_that_of_tensorflow(seed):
    rng = np.random.default_rng(seed)
    parameters = random_mixture(rng, rng.integers(1, 50))
    parameters[rng.random(len(parameters)) < 0.2, 0] = -np.inf
    parameters[0, 0] = 1
    for size in SIZES:
        expected = saliency_map(parameters, *size).numpy()
        relative, log_peak = relative_to_peak(parameters, *size)
        np.testing.assert_allclose(relative, expected / expected.max(), 0, 1e-5)
        exact = exact_log_density(parameters, *size).max()
        assert log_peak == pytest.approx(exact, abs=1e-4)


def changed(**columns):
    """A mixture in which numbers of all components are replaced."""
    parameters = random_mixture(np.random.default_rng(7), 5)
    names = ("logit", "x", "y", "scale_x", "scale_y", "r")
    for name, value in columns.items():
        parameters[:, names.index(name)] = value
    return parameters


EXTREME = {
    "between pixels": changed(scale_x=-12, scale_y=-12),
    "a point": changed(scale_x=-45, scale_y=-45),
    "wide": changed(scale_x=20, scale_y=60),
    "outside": changed(x=50),
    "far outside": changed(x=-1e4, y=-1e4, scale_x=-3, scale_y=-3),
    "farther outside": changed(x=1e6, y=1e6, scale_x=-10, scale_y=-10),
    "a ridge": changed(r=8),
    "a thin ridge": changed(r=-20),
    "a line": changed(r=50),
    "one of all": changed(logit=[9e9, -9e9, -np.inf, 0, 0]),
}


@pytest.mark.parametrize("name", EXTREME)
def test_a_density_at_the_limits_is_right(name):
    parameters = EXTREME[name]
    for size in SIZES:
        exact = exact_log_density(parameters, *size)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            relative, log_peak = relative_to_peak(parameters, *size)
            density = Density(parameters).saliency_map(*size)
        assert log_peak == pytest.approx(exact.max(), rel=5e-5, abs=1e-3)
        expected = np.exp(exact - exact.max())
        np.testing.assert_allclose(relative, expected, 0, 2e-3)
        assert density.sum() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("name", EXTREME)
def test_a_logarithm_at_the_limits_is_a_number(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not np.isnan(log_density(EXTREME[name], 64)).any()


def test_numbers_beyond_float64_are_an_error():
    parameters = changed(r=900)
    with pytest.raises(ValueError, match="training has diverged"):
        relative_to_peak(parameters, 12, 16)


def results(parameters):
    """All that is computed of the numbers of components."""
    wide = parameters.astype(np.float64)
    yield relative_to_peak(parameters, 2, 2)[0]
    yield from moments(parameters)
    yield from moments(wide)
    yield covariance_roots(wide)
    yield component_masses(wide, np.array([[0, 0], [1, 0], [1, 1]]))
    yield parameters_from_moments(np.stack(moments(wide), -1))


@pytest.mark.parametrize("num_components", [20, 784])
def test_where_in_memory_numbers_lie_changes_nothing(num_components):
    rng = np.random.default_rng(0)
    parameters = random_mixture(rng, num_components)
    expected = [array.tobytes() for array in results(parameters)]
    places = []  # Memory of other sizes in use, so that results move.
    for _ in range(300):
        places = [*places[-20:], np.empty(rng.integers(1, 30_000), np.uint8)]
        found = [array.tobytes() for array in results(parameters.copy())]
        assert found == expected
