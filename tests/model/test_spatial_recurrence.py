"""The recurrence in cells: its rate and its resets."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.spatial_recurrence import LEAK, SpatialRecurrence

GRID, UNITS = (2, 3), 4
IS_FIRST = tf.constant([True])


def features_of(num_steps, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(1, num_steps, *GRID, UNITS)).astype(np.float32)


def with_cuts(features, cuts):
    """Appends the cut of each step to the features of all cells."""
    cuts = np.float32(cuts)[None, :, None, None, None]
    last = np.broadcast_to(cuts, (*features.shape[:-1], 1))
    return np.concatenate([features, last], -1)


def run(layer, features):
    mask = tf.fill(features.shape[:2], True)
    return layer(features, layer.initial_state(1), IS_FIRST, mask)


@pytest.fixture(params=["leaky", "gru"])
def pair(request):
    """A layer that knows no cuts, and one with its weights that does."""
    plain = SpatialRecurrence(GRID, UNITS, request.param)
    run(plain, features_of(1))
    resetting = SpatialRecurrence(GRID, UNITS, request.param, True)
    run(resetting, with_cuts(features_of(1), [0]))
    resetting.set_weights(plain.get_weights())
    return plain, resetting


def test_after_a_cut_all_is_as_in_a_video_that_starts_there(pair):
    plain, resetting = pair
    features = features_of(6)
    outputs, state = run(resetting, with_cuts(features, [0, 0, 0, 1, 0, 0]))
    expected, expected_state = run(plain, features[:, 3:])
    np.testing.assert_array_equal(outputs[:, 3:], expected)
    if "weight" in state:
        np.testing.assert_array_equal(state["weight"], expected_state["weight"])
    np.testing.assert_array_equal(
        outputs[:, :3], run(plain, features[:, :3])[0]
    )


def test_without_a_cut_nothing_changes(pair):
    plain, resetting = pair
    features = features_of(5)
    outputs, _ = run(resetting, with_cuts(features, [0] * 5))
    np.testing.assert_array_equal(outputs, run(plain, features)[0])


def test_half_a_cut_halves_the_weight_of_the_memory():
    layer = SpatialRecurrence(GRID, UNITS, "leaky", True)
    features = features_of(2)
    outputs, _ = run(layer, with_cuts(features, [0, 0.5]))
    before = 0.5 * LEAK
    share = LEAK / (before + LEAK * (1 - before))
    expected = features[:, 0] + share * (features[:, 1] - features[:, 0])
    np.testing.assert_allclose(outputs[:, 1], expected, rtol=1e-5, atol=1e-6)


def test_the_rate_learns_nothing_of_single_clips():
    layer = SpatialRecurrence(GRID, UNITS, "leaky")
    with tf.GradientTape(persistent=True) as tape:
        single = tf.reduce_sum(run(layer, features_of(1))[0] ** 2)
        several = tf.reduce_sum(run(layer, features_of(3))[0] ** 2)
    np.testing.assert_allclose(tf.sigmoid(layer.rate), LEAK, rtol=1e-6)
    np.testing.assert_array_equal(tape.gradient(single, layer.rate), 0)
    assert np.abs(tape.gradient(several, layer.rate)).min() > 0


@pytest.mark.parametrize("kind", ["leaky", "gru"])
def test_a_first_row_forgets_and_a_masked_step_holds_the_state(kind):
    rng = np.random.default_rng(0)
    layer = SpatialRecurrence((2, 3), 4, kind)
    features = rng.normal(size=(2, 5, 2, 3, 4)).astype(np.float32)
    fresh = layer.initial_state(2)
    all_valid = tf.fill([2, 5], True)
    none_first = tf.constant([False, False])
    outputs, state = layer(features, fresh, none_first, all_valid)
    again, _ = layer(features, state, tf.constant([True, False]), all_valid)
    np.testing.assert_allclose(again[0], outputs[0], rtol=1e-6)
    assert np.abs(again[1] - outputs[1]).max() > 1e-3
    mask = tf.constant([[True] * 3 + [False] * 2] * 2)
    _, held = layer(features, fresh, none_first, mask)
    _, short = layer(features[:, :3], fresh, none_first, all_valid[:, :3])
    for name in held:
        np.testing.assert_allclose(held[name], short[name], rtol=1e-6)


def test_the_leaky_mean_begins_with_the_first_features_and_keeps_constants():
    layer = SpatialRecurrence((1, 1), 2, "leaky")
    features = np.array([[3.0, -1.0], [5.0, -1.0]], np.float32)
    features = features.reshape(1, 2, 1, 1, 2)
    is_first, mask = tf.constant([True]), tf.fill([1, 2], True)
    outputs, _ = layer(features, layer.initial_state(1), is_first, mask)
    # At a rate of 0.4 the weights of two steps are 0.6 * 0.4 and 0.4.
    expected = [[3.0, -1.0], [(0.24 * 3 + 0.4 * 5) / 0.64, -1.0]]
    np.testing.assert_allclose(outputs[0, :, 0, 0], expected, rtol=1e-6)
