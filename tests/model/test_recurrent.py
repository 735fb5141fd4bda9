"""The recurrences against Keras' own, and what their state promises."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.recurrent import RECURRENCES, RecurrentCore

pytestmark = pytest.mark.slow

UNITS, NUM_FEATURES = 4, 3


def build(recurrent):
    layer = RecurrentCore(UNITS, recurrent)
    layer.build((None, None, NUM_FEATURES))
    rng = np.random.default_rng(0)
    layer.set_weights(
        [rng.normal(0, 0.7, weight.shape) for weight in layer.weights]
    )
    return layer


@pytest.fixture(params=["lstm", "rnn"])
def core(request):
    return build(request.param)


@pytest.fixture(params=RECURRENCES)
def any_core(request):
    return build(request.param)


def random_inputs(core, batch_size=2, num_steps=5, seed=1):
    rng = np.random.default_rng(seed)

    def draw(*shape):
        return rng.normal(size=(batch_size, *shape)).astype(np.float32)

    features = draw(num_steps, NUM_FEATURES)
    state = {name: draw(UNITS) for name in core.state_shapes}
    is_first = np.zeros([batch_size], bool)
    mask = np.ones([batch_size, num_steps], bool)
    return features, state, is_first, mask


def assert_close(actual, expected):
    # Hidden states lie in (-1, 1) around 0.
    tf.nest.map_structure(
        lambda one, other: np.testing.assert_allclose(
            one, other, rtol=1e-5, atol=1e-6
        ),
        actual,
        expected,
    )


def assert_equal(actual, expected):
    tf.nest.map_structure(np.testing.assert_array_equal, actual, expected)


def row_of(outputs, row):
    return tf.nest.map_structure(lambda value: value[row], outputs)


def test_each_recurrence_names_its_state():
    shapes = {kind: RecurrentCore(4, kind).state_shapes for kind in RECURRENCES}
    assert shapes == {
        "lstm": {"hidden": (4,), "cell": (4,)},
        "rnn": {"hidden": (4,)},
        "none": {},
    }


@pytest.mark.parametrize(
    ("recurrent", "layer"),
    [("lstm", keras.layers.LSTM), ("rnn", keras.layers.SimpleRNN)],
)
def test_the_core_is_that_of_keras(recurrent, layer):
    core = build(recurrent)
    features, state, is_first, mask = random_inputs(core)
    keras_layer = layer(UNITS, return_sequences=True, return_state=True)
    keras_layer.build(features.shape)
    keras_layer.set_weights(core.get_weights())
    hiddens, *last = keras_layer(features, initial_state=[*state.values()])
    assert_close(
        core(features, state, is_first, mask),
        (hiddens, dict(zip(core.state_shapes, last, strict=True))),
    )


def test_without_recurrence_each_step_is_alone():
    core = build("none")
    kernel, bias = core.get_weights()
    features, state, is_first, mask = random_inputs(core)
    outputs, state = core(features, state, is_first, mask)
    assert state == {}
    # Values in (-1, 1) around 0.
    np.testing.assert_allclose(
        outputs, np.tanh(features @ kernel + bias), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("recurrent", "expected"),
    [("lstm", [0, 0, 1, 1, 0, 0, 0, 0]), ("rnn", [0, 0]), ("none", [0, 0])],
)
def test_a_new_core_starts_with_forget_bias_1(recurrent, expected):
    layer = RecurrentCore(2, recurrent)
    layer.build((None, None, 3))
    np.testing.assert_array_equal(layer.bias, expected)


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_two_halves_with_the_state_carried_over_are_the_whole(core, cut):
    features, state, is_first, mask = random_inputs(core)
    whole = core(features, state, is_first, mask)
    first, state = core(features[:, :cut], state, is_first, mask[:, :cut])
    second, state = core(features[:, cut:], state, is_first, mask[:, cut:])
    assert_close((np.concatenate([first, second], 1), state), whole)


def test_a_row_that_begins_a_video_forgets_its_state_and_no_other_row(core):
    features, state, is_first, mask = random_inputs(core)
    carried = core(features, state, is_first, mask)
    fresh = core(features, core.initial_state(2), is_first, mask)
    assert np.abs(fresh[0] - carried[0]).max() > 1e-2
    is_first[1] = True
    mixed = core(features, state, is_first, mask)
    assert_equal(row_of(mixed, 0), row_of(carried, 0))
    assert_equal(row_of(mixed, 1), row_of(fresh, 1))


def test_the_initial_state_is_zero(any_core):
    state = any_core.initial_state(3)
    assert [*state] == [*any_core.state_shapes]
    for value in state.values():
        assert (value.shape, value.dtype) == ((3, UNITS), tf.float32)
        np.testing.assert_array_equal(value, 0)


@pytest.mark.parametrize("masked", [[2], [3, 4], [0, 1, 2, 3, 4]])
def test_masked_steps_are_skipped_in_their_own_row_alone(core, masked):
    features, state, is_first, mask = random_inputs(core)
    full = core(features, state, is_first, mask)
    mask[0, masked] = False
    left = np.flatnonzero(mask[0])
    hiddens, last = core(features, state, is_first, mask)
    short = (np.zeros([2, 0, UNITS]), state)
    if len(left):
        short = core(features[:, left], state, is_first, mask[:, left])
    found = np.take(hiddens, left, 1), last
    assert_close(row_of(found, 0), row_of(short, 0))
    assert_close(row_of((hiddens, last), 1), row_of(full, 1))


@pytest.mark.parametrize("padding", [0.0, 1e6, np.nan])
def test_what_a_masked_step_holds_does_not_matter(core, padding):
    features, state, is_first, mask = random_inputs(core)
    mask[0, 3:] = False
    expected = core(features, state, is_first, mask)
    features[0, 3:] = padding
    assert_equal(core(features, state, is_first, mask), expected)


def test_rows_do_not_see_each_other(any_core):
    inputs = random_inputs(any_core)
    together = any_core(*inputs)
    for row in range(2):
        alone = any_core(
            *tf.nest.map_structure(lambda v, r=row: v[r : r + 1], inputs)
        )
        assert_close(row_of(alone, 0), row_of(together, row))


def test_the_gradient_reaches_the_first_step_and_every_weight(core):
    features, state, is_first, mask = random_inputs(core)
    mask[0, 3:] = False
    features = tf.constant(features)
    with tf.GradientTape() as tape:
        tape.watch(features)
        _, last = core(features, state, is_first, mask)
        loss = tf.reduce_sum(last[[*core.state_shapes][-1]] ** 2)
    of_features, *of_weights = tape.gradient(loss, [features, *core.weights])
    assert np.all(np.abs(of_features[:, 0]) > 0)
    np.testing.assert_array_equal(of_features[0, 3:], 0)
    for gradient in of_weights:
        assert np.isfinite(gradient).all()
        assert np.all(np.abs(gradient) > 0)


def test_the_core_computes_in_float32_under_a_policy_of_half_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        core = build("lstm")
    finally:
        keras.config.set_dtype_policy(before)
    features, state, is_first, mask = random_inputs(core)
    expected = build("lstm")(features, state, is_first, mask)
    assert_equal(core(features, state, is_first, mask), expected)
    half = tf.cast(features, tf.bfloat16)
    outputs = core(half, state, is_first, mask)
    rounded = tf.cast(half, tf.float32)
    assert_equal(outputs, core(rounded, state, is_first, mask))
    assert outputs[0].dtype == outputs[1]["cell"].dtype == tf.float32


def test_the_configuration_of_the_core_makes_the_same_core(any_core):
    again = RecurrentCore.from_config(any_core.get_config())
    assert (again.units, again.name) == (UNITS, any_core.name)
    again.build((None, None, NUM_FEATURES))
    again.set_weights(any_core.get_weights())
    inputs = random_inputs(any_core)
    assert_equal(again(*inputs), any_core(*inputs))


@pytest.mark.parametrize(
    "settings", [{"units": 0}, {"units": -3}, {"units": 4, "recurrent": "gru"}]
)
def test_no_unit_and_an_unknown_recurrence_are_errors(settings):
    name, value = list(settings.items())[-1]
    with pytest.raises(ValueError, match=f"Received: {name}={value}"):
        RecurrentCore(**settings)
