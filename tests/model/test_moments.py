"""Moments say in plain numbers what parameters say."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.mixture import distribution
from rmdn_tf.model.moments import (
    COMPONENT,
    LARGEST_CORRELATION,
    Moments,
    moments,
    parameters_from_moments,
)
from tests.helpers.scipy_mixtures import scipy_density


def random_parameters(*shape):
    """Mixtures, float32 `[*shape, 6]`, some strongly correlated."""
    rng = np.random.default_rng(0)
    parameters = rng.normal(0, 1, (*shape, 6))
    parameters[..., 1:3] = rng.uniform(0, 1, (*shape, 2))
    return parameters.astype(np.float32)


def test_the_density_of_the_moments_is_that_of_the_parameters():
    parameters = random_parameters(2, 5, 3)
    found = np.stack(moments(parameters), -1)
    points = np.random.default_rng(1).random((7, 2)).astype(np.float32)
    expected = np.exp(distribution(parameters).log_prob(points[:, None, None]))
    actual = [[scipy_density(one, points) for one in row] for row in found]
    np.testing.assert_allclose(
        np.moveaxis(actual, -1, 0), expected, rtol=1e-4, atol=0
    )


def test_moments_have_the_shape_and_type_of_the_parameters():
    for dtype in (np.float32, np.float64):
        found = moments(random_parameters(2, 3).astype(dtype))
        assert {part.shape for part in found} == {(2, 3)}
        assert {part.dtype for part in found} == {np.dtype(dtype)}
        np.testing.assert_allclose(found.weight.sum(-1), 1, rtol=1e-6, atol=0)


def test_tensors_and_arrays_have_the_same_moments():
    parameters = random_parameters(2, 3)
    for one, other in zip(
        moments(parameters), moments(tf.constant(parameters)), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=2e-6, atol=0)


def test_parameters_of_moments_give_the_moments_back():
    rng = np.random.default_rng(4)
    wanted = rng.uniform(0.1, 0.9, (2, 3, 6))
    wanted[..., 0] /= wanted[..., 0].sum(-1, keepdims=True)
    parameters = parameters_from_moments(wanted)
    assert parameters.dtype == np.float32
    found = np.stack(moments(parameters), -1)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=0)


@pytest.mark.parametrize("r", [20.0, -20.0, 1e6])
def test_a_correlation_never_reaches_1(r):
    parameters = np.array([[0, 0.5, 0.5, -1, -1, r]], np.float32)
    (correlation,) = moments(parameters).correlation
    assert abs(correlation) == LARGEST_CORRELATION < 1
    parameters_from_moments(np.stack(moments(parameters), -1))


def test_each_number_of_a_component_has_a_formula_that_is_true():
    """Evaluates the formulas as they stand, with NumPy's functions."""
    parameters = random_parameters(4).astype(np.float64)
    names = [one.parameter for one in COMPONENT]
    values = dict(zip(names, parameters.T, strict=True))
    found = moments(parameters)
    assert [one.moment for one in COMPONENT] == list(Moments._fields)
    for number in COMPONENT:
        formula = number.formula.replace(
            "sum of exp(logit) over the components", "sum(exp(logit))"
        )
        actual = eval(formula, {"sum": np.sum, **vars(np)}, values)
        np.testing.assert_allclose(
            actual, getattr(found, number.moment), rtol=1e-12, atol=0
        )


def test_a_component_of_probability_0_does_not_count():
    two = np.array(
        [[1.0, 0.5, 0.5, 0.1, 0.1, 0.0], [0.0, 0.1, 0.1, 1e-3, 1e-3, 0.0]]
    )
    both = distribution(parameters_from_moments(two))
    one = distribution(parameters_from_moments(two[:1]))
    points = np.array([[0.1, 0.1], [0.5, 0.5]], np.float32)
    np.testing.assert_allclose(
        both.log_prob(points), one.log_prob(points), rtol=1e-5, atol=0
    )


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, -0.1, "smallest probability -0.1"),
        (3, 0.0, "smallest scale 0.0"),
        (4, -0.2, "smallest scale -0.2"),
        (5, 1.0, "largest absolute correlation 1.0"),
        (5, -1.5, "largest absolute correlation 1.5"),
    ],
)
def test_impossible_moments_are_an_error(column, value, message):
    impossible = np.array([[1.0, 0.5, 0.5, 0.1, 0.1, 0.0]])
    impossible[0, column] = value
    with pytest.raises(ValueError, match=message):
        parameters_from_moments(impossible)
