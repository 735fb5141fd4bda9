"""The LSTM against Keras' own, and what its state promises."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.recurrent import RecurrentCore

UNITS, NUM_FEATURES = 4, 3


@pytest.fixture
def core():
    layer = RecurrentCore(UNITS)
    layer.build((None, None, NUM_FEATURES))
    rng = np.random.default_rng(0)
    layer.set_weights(
        [rng.normal(0, 0.7, weight.shape) for weight in layer.weights]
    )
    return layer


def random_inputs(batch_size=2, num_steps=5, seed=1):
    rng = np.random.default_rng(seed)
    shapes = [(batch_size, num_steps, NUM_FEATURES), *[(batch_size, UNITS)] * 2]
    features, hidden, cell = (
        rng.normal(size=shape).astype(np.float32) for shape in shapes
    )
    is_first = np.zeros([batch_size], bool)
    mask = np.ones([batch_size, num_steps], bool)
    return features, hidden, cell, is_first, mask


def assert_close(actual, expected):
    for one, other in zip(actual, expected, strict=True):
        # Hidden states lie in (-1, 1) around 0.
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_the_core_is_keras_lstm(core):
    features, hidden, cell, is_first, mask = random_inputs()
    lstm = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
    lstm.build(features.shape)
    lstm.set_weights(core.get_weights())
    assert_close(
        core(features, hidden, cell, is_first, mask),
        lstm(features, initial_state=[hidden, cell]),
    )


def test_a_new_core_starts_with_forget_bias_1():
    layer = RecurrentCore(2)
    layer.build((None, None, 3))
    np.testing.assert_array_equal(layer.bias, [0, 0, 1, 1, 0, 0, 0, 0])


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_two_halves_with_the_state_carried_over_are_the_whole(core, cut):
    features, hidden, cell, is_first, mask = random_inputs()
    whole = core(features, hidden, cell, is_first, mask)
    first, *state = core(
        features[:, :cut], hidden, cell, is_first, mask[:, :cut]
    )
    second, *state = core(features[:, cut:], *state, is_first, mask[:, cut:])
    assert_close([np.concatenate([first, second], 1), *state], whole)


def test_a_row_that_begins_a_video_forgets_its_state_and_no_other_row(core):
    features, hidden, cell, is_first, mask = random_inputs()
    carried = core(features, hidden, cell, is_first, mask)
    zeros = core.initial_state(2)
    fresh = core(features, *zeros, is_first, mask)
    assert np.abs(fresh[0] - carried[0]).max() > 1e-2
    is_first[1] = True
    mixed = core(features, hidden, cell, is_first, mask)
    for value, old, new in zip(mixed, carried, fresh, strict=True):
        np.testing.assert_array_equal(value[0], old[0])
        np.testing.assert_array_equal(value[1], new[1])


def test_the_initial_state_is_zero(core):
    for state in core.initial_state(3):
        assert state.shape == (3, UNITS)
        np.testing.assert_array_equal(state, 0)


def test_a_masked_step_leaves_the_state_alone(core):
    features, hidden, cell, is_first, mask = random_inputs()
    mask[0, 3:] = False
    hiddens, *state = core(features, hidden, cell, is_first, mask)
    short = core(features[:, :3], hidden, cell, is_first, mask[:, :3])
    full = core(features, hidden, cell, is_first, np.ones_like(mask))
    assert_close([value[0] for value in state], [v[0] for v in short[1:]])
    assert_close([value[1] for value in state], [v[1] for v in full[1:]])
    assert np.abs(state[0][0] - full[1][0]).max() > 1e-2


def test_a_masked_step_in_the_middle_is_skipped(core):
    features, hidden, cell, is_first, mask = random_inputs()
    mask[:, 2] = False
    left = [0, 1, 3, 4]
    hiddens, *state = core(features, hidden, cell, is_first, mask)
    expected = core(features[:, left], hidden, cell, is_first, mask[:, left])
    assert_close([np.take(hiddens, left, 1), *state], expected)


@pytest.mark.parametrize("padding", [0.0, 1e6, np.nan])
def test_what_a_masked_step_holds_does_not_matter(core, padding):
    features, hidden, cell, is_first, mask = random_inputs()
    mask[0, 3:] = False
    expected = core(features, hidden, cell, is_first, mask)
    features[0, 3:] = padding
    actual = core(features, hidden, cell, is_first, mask)
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_row_of_masked_steps_alone_passes_its_state_on(core):
    features, hidden, cell, is_first, mask = random_inputs()
    mask[1] = False
    _, *state = core(features, hidden, cell, is_first, mask)
    np.testing.assert_array_equal(state[0][1], hidden[1])
    np.testing.assert_array_equal(state[1][1], cell[1])


def test_rows_do_not_see_each_other(core):
    features, hidden, cell, is_first, mask = random_inputs()
    together = core(features, hidden, cell, is_first, mask)
    for row in range(2):
        alone = core(
            *(
                value[row : row + 1]
                for value in (features, hidden, cell, is_first, mask)
            )
        )
        assert_close(
            [value[0] for value in alone], [value[row] for value in together]
        )


def test_the_core_takes_an_unknown_batch_and_an_unknown_length():
    inputs = [
        keras.Input((None, NUM_FEATURES)),
        keras.Input((UNITS,)),
        keras.Input((UNITS,)),
        keras.Input((), dtype="bool"),
        keras.Input((None,), dtype="bool"),
    ]
    outputs = RecurrentCore(UNITS)(*inputs)
    assert [value.shape for value in outputs] == [
        (None, None, UNITS),
        (None, UNITS),
        (None, UNITS),
    ]
    model = keras.Model(inputs, outputs)
    for batch_size, num_steps in [(1, 1), (3, 4)]:
        hiddens, hidden, _ = model(list(random_inputs(batch_size, num_steps)))
        assert hiddens.shape == (batch_size, num_steps, UNITS)
        np.testing.assert_array_equal(hiddens[:, -1], hidden)


def test_the_gradient_reaches_the_first_step_and_every_weight(core):
    features, hidden, cell, is_first, mask = random_inputs()
    mask[0, 3:] = False
    features = tf.constant(features)
    with tf.GradientTape() as tape:
        tape.watch(features)
        _, last, _ = core(features, hidden, cell, is_first, mask)
        loss = tf.reduce_sum(last**2)
    of_features, *of_weights = tape.gradient(loss, [features, *core.weights])
    assert np.all(np.abs(of_features[:, 0]) > 0)
    np.testing.assert_array_equal(of_features[0, 3:], 0)
    for gradient in of_weights:
        assert np.isfinite(gradient).all()
        assert np.all(np.abs(gradient) > 0)


def test_the_configuration_of_the_core_makes_the_same_core(core):
    again = RecurrentCore.from_config(core.get_config())
    assert (again.units, again.name) == (UNITS, core.name)
    again.build((None, None, NUM_FEATURES))
    again.set_weights(core.get_weights())
    inputs = random_inputs()
    for one, other in zip(again(*inputs), core(*inputs), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("units", [0, -3])
def test_no_unit_is_an_error(units):
    with pytest.raises(ValueError, match=f"Received: units={units}"):
        RecurrentCore(units)
