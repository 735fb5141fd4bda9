"""Dropout: what it drops, what it scales, and the same on any devices."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.dropout import Dropout

ONES = np.ones([4, 3, 5], np.float32)


def seeded(rate=0.5):
    keras.utils.set_random_seed(0)
    return Dropout(rate)


def test_inference_is_the_identity():
    layer = Dropout(0.5)
    values = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    np.testing.assert_array_equal(layer(values), values)
    np.testing.assert_array_equal(layer(values, training=False), values)
    np.testing.assert_array_equal(Dropout(0.0)(values, training=True), values)


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.75])
def test_the_share_left_is_kept_and_scaled_to_the_same_mean(rate):
    values = np.full([100, 20, 50], 3.0, np.float32)
    outputs = seeded(rate)(values, training=True).numpy()
    kept = outputs[outputs != 0]
    np.testing.assert_allclose(kept, 3 / (1 - rate), rtol=1e-5)
    # 100,000 draws: five standard deviations are under 0.008.
    assert abs(kept.size / values.size - (1 - rate)) < 0.008


def test_a_dropped_value_is_zero_even_if_it_is_not_a_number():
    outputs = seeded()(np.full([50, 2], np.nan, np.float32), training=True)
    share = np.mean(np.asarray(outputs) == 0)
    assert 0.3 < share < 0.7


def test_every_row_step_and_call_is_drawn_anew():
    layer = seeded()
    first, second = (layer(ONES, training=True).numpy() for _ in range(2))
    assert not np.array_equal(first, second)
    assert len(np.unique(first.reshape(12, 5), axis=0)) > 6


def test_two_replicas_drop_what_one_device_drops_of_the_joint_batch(
    two_devices,
):
    one, strategy = seeded(), two_devices
    with strategy.scope():
        two = seeded()
    halves = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(
            np.split(ONES, 2)[context.replica_id_in_sync_group]
        )
    )

    @tf.function(jit_compile=False)
    def run(values):
        return strategy.run(lambda v: two(v, training=True), (values,))

    for _ in range(3):
        expected = one(ONES, training=True).numpy()
        parts = strategy.experimental_local_results(run(halves))
        np.testing.assert_array_equal(np.concatenate(parts), expected)
        assert not np.array_equal(parts[0], parts[1])


def test_a_checkpoint_brings_the_next_draw_back(tmp_path):
    layer = seeded()
    layer(ONES, training=True)
    inputs = keras.Input((3, 5))
    model = keras.Model(inputs, layer(inputs))
    path = tf.train.Checkpoint(model=model).save(str(tmp_path / "ckpt"))
    expected = [layer(ONES, training=True).numpy() for _ in range(2)]
    other = Dropout(0.5)
    again = keras.Model(inputs, other(inputs))
    assert not np.array_equal(other(ONES, training=True), expected[0])
    tf.train.Checkpoint(model=again).restore(path).assert_consumed()
    for values in expected:
        np.testing.assert_array_equal(other(ONES, training=True), values)


def test_the_gradient_passes_where_something_was_kept():
    layer = seeded(0.75)
    values = tf.constant(ONES)
    with tf.GradientTape() as tape:
        tape.watch(values)
        outputs = layer(values, training=True)
    gradient = tape.gradient(outputs, values)
    np.testing.assert_array_equal(gradient, np.where(outputs != 0, 4, 0))


def test_the_configuration_makes_the_same_layer():
    layer = Dropout(0.3, name="dropout")
    again = Dropout.from_config(layer.get_config())
    assert (again.rate, again.name) == (0.3, "dropout")
    assert layer.compute_output_shape((None, None, 5)) == (None, None, 5)


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_an_impossible_rate_is_an_error(rate):
    with pytest.raises(ValueError, match=f"Received: rate={rate}"):
        Dropout(rate)
