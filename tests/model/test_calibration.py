"""The layer of a calibrated network: identity, its formula, its file."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.calibration import Calibration
from rmdn_tf.model.mixture import distribution
from rmdn_tf.model.moments import moments, parameters_from_moments
from tests.helpers.scipy_mixtures import scipy_density

OWN = np.array(
    [[0.7, 0.3, 0.4, 0.05, 0.1, 0.5], [0.3, 0.8, 0.6, 0.2, 0.1, -0.9]]
)
CENTRE = np.array(
    [[0.25, 0.5, 0.5, 0.3, 0.2, 0.0], [0.75, 0.4, 0.5, 0.1, 0.2, 0.3]]
)
POINTS = np.random.default_rng(0).uniform(0, 1, (500, 2)).astype(np.float32)


@pytest.fixture
def layer():
    layer = Calibration(2)
    layer.build((None, None, 2, 6))
    return layer


def calibrated(layer):
    own = parameters_from_moments(OWN)
    return layer(tf.constant(own[None, None]))[0, 0]


def test_the_first_numbers_leave_the_density_as_it_was(layer):
    expected = distribution(parameters_from_moments(OWN)).log_prob(POINTS)
    after = distribution(calibrated(layer)).log_prob(POINTS)
    np.testing.assert_allclose(after, expected, rtol=1e-6, atol=1e-6)
    layer.set_numbers(1, 1, 0, parameters_from_moments(CENTRE))
    after = distribution(calibrated(layer)).log_prob(POINTS)
    np.testing.assert_allclose(after, expected, rtol=1e-6, atol=1e-6)


def test_the_numbers_mean_what_their_names_say(layer):
    layer.set_numbers(2, 1.5, 0.3, parameters_from_moments(CENTRE))
    own = OWN.copy()
    own[:, 0] = OWN[:, 0] ** 2 / (OWN[:, 0] ** 2).sum()
    own[:, 3:5] *= 1.5
    expected = 0.7 * scipy_density(own, POINTS)
    expected += 0.3 * scipy_density(CENTRE, POINTS)
    density = distribution(calibrated(layer)).prob(POINTS)
    np.testing.assert_allclose(density, expected, rtol=1e-4)
    weights = moments(calibrated(layer)).weight.numpy()
    np.testing.assert_allclose(weights[:2], 0.7 * own[:, 0], rtol=1e-5)
    np.testing.assert_allclose(weights[2:], 0.3 * CENTRE[:, 0], rtol=1e-5)


def test_training_leaves_the_numbers_as_they_are(layer):
    assert layer.weights and not layer.trainable_variables
    again = Calibration.from_config(layer.get_config())
    assert again.num_components == 2


def test_a_network_that_is_not_calibrated_keeps_its_file(tiny_model):
    from rmdn_tf.model.config_json import config_from_json, config_to_json

    assert "calibrated_components" not in config_to_json(tiny_model)
    config = dataclasses.replace(tiny_model, calibrated_components=3)
    values = config_to_json(config)
    assert values["calibrated_components"] == 3
    assert config_from_json(values) == config


def test_fewer_components_than_none_are_refused(tiny_model):
    with pytest.raises(ValueError, match="Invalid `calibrated_components`"):
        dataclasses.replace(tiny_model, calibrated_components=-1)
