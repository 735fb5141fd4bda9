"""The least movement of a camera."""

import numpy as np
import pytest

from rmdn_tf.applications.reframe.optimal_path import Losses, optimal_path

NONE = np.zeros(0)
WEIGHTS = (0.5, 1.0, 5.0)


def around(targets, price=1.0):
    """Losses that grow with the distance to a target."""
    targets = np.asarray(targets, float)[:, None]
    prices = np.full(targets.shape, price)
    return Losses(targets, prices, targets, prices)


def wide(number):
    return np.tile([0.0, 1.0], (number, 1))


def cost_of(path, losses, weights=WEIGHTS):
    place = path[:, None]
    lost = losses.left * np.maximum(0, losses.low - place)
    lost += losses.right * np.maximum(0, place - losses.high)
    moved = sum(
        weight * np.abs(np.diff(path, order)).sum()
        for order, weight in enumerate(weights, 1)
    )
    return lost.sum() + moved


def test_a_still_target_gives_a_still_path():
    path = optimal_path(around([0.4] * 30), wide(30), WEIGHTS, 1, NONE)
    np.testing.assert_allclose(path, 0.4, atol=1e-9)


def test_without_weights_the_path_is_the_target():
    targets = np.random.default_rng(0).random(20)
    path = optimal_path(around(targets), wide(20), (0, 0, 0), 1, NONE)
    np.testing.assert_allclose(path, targets, atol=1e-9)


def test_jitter_gives_a_path_that_rests_at_the_median():
    targets = 0.5 + 0.02 * np.random.default_rng(0).standard_normal(41)
    path = optimal_path(around(targets, 0.02), wide(41), WEIGHTS, 1, NONE)
    np.testing.assert_allclose(path, np.median(targets), atol=1e-9)


def test_a_jump_is_crossed_without_a_jump_of_speed():
    targets = np.repeat([0.2, 0.8], 50)
    path = optimal_path(around(targets, 0.1), wide(100), WEIGHTS, 1, NONE)
    np.testing.assert_allclose(path[[0, -1]], [0.2, 0.8], atol=1e-6)
    assert (np.diff(path) > -1e-9).all()
    assert np.abs(np.diff(path, 2)).max() < 0.1 * 0.6


def test_no_path_near_by_costs_less():
    rng = np.random.default_rng(0)
    losses = around(rng.random(15), 0.3)
    path = optimal_path(losses, wide(15), WEIGHTS, 1, NONE)
    best = cost_of(path, losses)
    for size in (1e-4, 1e-2, 0.3):
        for _ in range(300):
            step = rng.standard_normal(15) * rng.integers(0, 2, 15)
            other = np.clip(path + size * step, 0, 1)
            assert cost_of(other, losses) >= best - 1e-9


def test_the_path_keeps_to_its_bounds_and_to_the_longest_step():
    targets = np.repeat([-1.0, 2.0], 20)
    bounds = np.tile([0.3, 0.9], (40, 1))
    path = optimal_path(around(targets), bounds, (0, 0, 0), 0.05, NONE)
    assert path.min() == pytest.approx(0.3)
    assert path.max() == pytest.approx(0.9)
    assert np.abs(np.diff(path)).max() <= 0.05 + 1e-9


def test_the_path_goes_on_from_the_places_before():
    before = np.array([0.2, 0.22, 0.24])
    path = optimal_path(around([0.5] * 40), wide(40), WEIGHTS, 0.02, before)
    assert path[0] == pytest.approx(0.26)
    whole = np.concatenate([before, path])
    assert np.abs(np.diff(whole)).max() <= 0.02 + 1e-9


@pytest.mark.parametrize("number", [1, 2, 3])
def test_short_shots_have_a_path(number):
    path = optimal_path(around([0.4] * number), wide(number), WEIGHTS, 1, NONE)
    np.testing.assert_allclose(path, 0.4, atol=1e-9)


def test_what_no_path_can_do_is_an_error():
    bounds = np.array([[0.0, 0.1], [0.8, 0.9]])
    with pytest.raises(RuntimeError, match="No path of the camera"):
        optimal_path(around([0, 1]), bounds, WEIGHTS, 0.1, NONE)
