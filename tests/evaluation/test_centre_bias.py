"""Baselines that do not look at the video."""

import numpy as np
import pytest
import scipy.stats

from rmdn_tf.evaluation import centre_bias
from rmdn_tf.model import mixture
from rmdn_tf.model.moments import parameters_from_moments


def test_the_centre_is_one_normal_at_the_centre():
    parameters = centre_bias.centre(0.2)
    assert parameters.shape == (1, 6)
    assert parameters.dtype == np.float32
    points = np.random.default_rng(0).random((20, 2)).astype(np.float32)
    expected = scipy.stats.multivariate_normal([0.5, 0.5], 0.2**2)
    np.testing.assert_allclose(
        mixture.distribution(parameters).log_prob(points),
        expected.logpdf(points),
        rtol=1e-5,
        atol=1e-6,  # log p crosses 0
    )


def draw(moments, num_points, seed=0):
    rng = np.random.default_rng(seed)
    component = rng.choice(len(moments), num_points, p=moments[:, 0])
    chosen = moments[component]
    noise = rng.normal(size=(num_points, 2))
    rho = chosen[:, 5]
    noise[:, 1] = rho * noise[:, 0] + np.sqrt(1 - rho**2) * noise[:, 1]
    return chosen[:, 1:3] + chosen[:, 3:5] * noise


def moments_again(parameters):
    weights = np.exp(parameters[:, :1])
    return np.concatenate(
        [
            weights / weights.sum(),
            parameters[:, 1:3],
            np.exp(parameters[:, 3:5]),
            np.tanh(parameters[:, 5:]),
        ],
        -1,
    )


def test_the_trained_centre_recovers_a_known_mixture(monkeypatch):
    monkeypatch.setattr(centre_bias, "DEFAULT_NUM_COMPONENTS", 2)
    truth = np.array(
        [
            [0.3, 0.2, 0.3, 0.05, 0.1, 0.6],
            [0.7, 0.7, 0.6, 0.1, 0.08, -0.5],
        ]
    )
    parameters = centre_bias.trained_centre(draw(truth, 20_000))
    assert parameters.dtype == np.float32
    fitted = moments_again(parameters)
    fitted = fitted[np.argsort(fitted[:, 1])]
    # Standard errors are below .01; the regulariser adds 1e-4 to variances.
    np.testing.assert_allclose(fitted[:, :5], truth[:, :5], rtol=0, atol=0.015)
    np.testing.assert_allclose(fitted[:, 5], truth[:, 5], rtol=0, atol=0.05)


def test_the_trained_centre_scores_its_own_fixations_above_the_centre():
    truth = np.array([[1.0, 0.3, 0.6, 0.1, 0.05, 0.7]])
    fixations = draw(truth, 1000).astype(np.float32)
    trained, centre = (
        mixture.distribution(parameters).log_prob(fixations).numpy().mean()
        for parameters in (
            centre_bias.trained_centre(fixations),
            centre_bias.centre(),
        )
    )
    best = mixture.distribution(parameters_from_moments(truth))
    assert trained > centre + 1
    assert abs(trained - best.log_prob(fixations).numpy().mean()) < 0.05


def test_the_trained_centre_is_the_same_for_the_same_seed(monkeypatch):
    monkeypatch.setattr(centre_bias, "MAX_FIXATIONS", 200)
    fixations = np.random.default_rng(0).random((1000, 2))
    first = centre_bias.trained_centre(fixations, seed=1)
    np.testing.assert_array_equal(
        centre_bias.trained_centre(fixations, seed=1), first
    )
    assert not np.array_equal(
        centre_bias.trained_centre(fixations, seed=2), first
    )


def test_the_trained_centre_draws_no_more_fixations_than_it_needs(monkeypatch):
    monkeypatch.setattr(centre_bias, "MAX_FIXATIONS", 3)
    fixations = np.random.default_rng(0).random((50, 2))
    # As many components as fixations, and not as many as asked for.
    assert centre_bias.trained_centre(fixations).shape == (3, 6)


def test_as_many_components_are_taken_as_held_out_fixations_ask_for(
    monkeypatch,
):
    monkeypatch.setattr(centre_bias, "NUM_COMPONENTS", (1, 4, 30))
    corners = np.array(np.meshgrid([0.2, 0.8], [0.2, 0.8])).reshape(2, 4).T
    truth = np.column_stack(
        [np.full(4, 0.25), corners, np.full((4, 2), 0.05), np.zeros(4)]
    )
    held_out = draw(truth, 1000, seed=1)
    # Thirty components fit the noise of sixty fixations.
    parameters = centre_bias.trained_centre(draw(truth, 60), held_out)
    assert parameters.shape == (4, 6)
    centre = draw(np.array([[1, 0.5, 0.5, 0.2, 0.2, 0]]), 60)
    assert centre_bias.trained_centre(centre, centre[:0]).shape == (5, 6)


def test_two_fixations_at_one_place_are_enough(monkeypatch):
    monkeypatch.setattr(centre_bias, "DEFAULT_NUM_COMPONENTS", 1)
    parameters = centre_bias.trained_centre(np.full([2, 2], 0.25))
    np.testing.assert_allclose(
        moments_again(parameters),
        [[1, 0.25, 0.25, 0.01, 0.01, 0]],
        rtol=1e-5,
        atol=1e-9,  # the correlation
    )


@pytest.mark.parametrize("num_fixations", [0, 1])
def test_too_few_fixations_are_an_error(num_fixations):
    with pytest.raises(ValueError, match=f"Received: {num_fixations}"):
        centre_bias.trained_centre(np.zeros([num_fixations, 2]))


@pytest.mark.parametrize(("places", "expected"), [([0.5], 1), ([0.2, 0.8], 2)])
def test_cross_validation_finds_how_many_places_people_look_at(
    places, expected
):
    rng = np.random.default_rng(0)
    groups = [
        rng.normal(rng.choice(places, 300)[:, None], 0.03, (300, 2))
        for _ in range(3)
    ]
    fitted = centre_bias.cross_validated_centre(groups)
    assert len(fitted) == expected
    centres = np.sort(fitted[:, 1])
    np.testing.assert_allclose(centres, places, atol=0.01)
