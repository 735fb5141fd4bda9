"""Encoder and head share the model; precision stops at the features."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.config import DenseConfig
from rmdn_tf.model.parts import (
    build_encoder,
    build_head,
    clip_network,
    initial_state,
    pad_context,
)
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import load_model, save_model

pytestmark = pytest.mark.slow

NUM_FRAMES = 6
SIZES = {"conv5b": 2 * 2 * 2 * 3, "pool5": 3, "fc6": 5, "fc7": 5}
"""Features of a clip of 32 x 32."""


def config_of(features="conv5b", recurrent="lstm"):
    return DenseConfig(
        input_size=(32, 32),
        filters=((2,), (2,), (2,), (2,), (3,)),
        features=features,
        dense_units=5,
        recurrent=recurrent,
        units=4,
        num_components=3,
        clip_stride=2,
    )


def build(*arguments, precision="float32"):
    keras.utils.set_random_seed(0)
    return build_rmdn(config_of(*arguments), precision)


@pytest.fixture(scope="module")
def frames():
    """With their context."""
    frames = np.random.default_rng(0).integers(
        0, 256, (2, NUM_FRAMES, 20, 24, 3), np.uint8
    )
    return pad_context(tf.constant(frames))


def inputs_of(model, **described):
    """Three clips a row, from a state that is not zero."""
    state = initial_state(model, 2)
    return {
        **described,
        **{name: value + 0.5 for name, value in state.items()},
        "is_first": tf.constant([False, True]),
        "clip_mask": tf.constant([[True] * 3, [True, True, False]]),
    }


def assert_equal(outputs, expected):
    assert outputs.keys() == expected.keys()
    for key in expected:
        np.testing.assert_array_equal(outputs[key], expected[key])


@pytest.mark.parametrize(
    ("features", "recurrent"),
    [*((name, "lstm") for name in SIZES), ("fc6", "rnn"), ("fc6", "none")],
)
def test_the_head_of_what_the_encoder_gives_is_the_model(
    frames, features, recurrent
):
    model = build(features, recurrent)
    encoded = build_encoder(model)(frames)
    assert encoded.shape == (2, 3, SIZES[features])
    assert encoded.dtype == tf.float32
    head = build_head(model)
    outputs = head(inputs_of(head, features=encoded))
    assert_equal(outputs, model(inputs_of(model, frames=frames)))


def test_encoder_and_head_have_the_weights_of_the_model_and_no_other(frames):
    model = build()
    encoder, head = build_encoder(model), build_head(model)
    parts = [*encoder.variables, *head.variables]
    assert {id(v) for v in parts} == {id(v) for v in model.variables}
    assert len(parts) == len(model.variables)
    before = model(inputs_of(model, frames=frames))["hidden"].numpy()
    model.set_weights([1.1 * weight for weight in model.get_weights()])
    outputs = head(inputs_of(head, features=encoder(frames)))
    assert_equal(outputs, model(inputs_of(model, frames=frames)))
    assert np.abs(outputs["hidden"] - before).max() > 1e-3


def test_a_head_takes_features_in_half_precision(frames):
    model = build()
    head = build_head(model)
    half = tf.cast(build_encoder(model)(frames), tf.float16)
    outputs = head(inputs_of(head, features=half))
    whole = head(inputs_of(head, features=tf.cast(half, tf.float32)))
    assert {value.dtype for value in outputs.values()} == {tf.float32}
    assert_equal(outputs, whole)


def test_a_model_with_a_head_is_saved_as_one_without(frames, tmp_path):
    model = build()
    build_head(model), build_encoder(model)
    save_model(model, config_of(), tmp_path)
    again, _ = load_model(tmp_path)
    assert_equal(
        again(inputs_of(again, frames=frames)),
        model(inputs_of(model, frames=frames)),
    )


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_ends_at_the_features(precision):
    model = build("fc7", precision=precision)
    network = clip_network(model)
    half = precision.removeprefix("mixed_")
    kinds = {
        layer.name: layer.compute_dtype
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    }
    assert kinds == {
        "preprocessing": half,
        "clips": half,
        "c3d": network.compute_dtype,
        "features": half,
        "lstm": "float32",
        "dropout": "float32",
        "mixture": "float32",
    }
    assert {layer.compute_dtype for layer in network.layers[1:]} == {half}
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert {value.dtype for value in model.output.values()} == {"float32"}
    assert build_encoder(model).output.dtype == half
    assert keras.config.dtype_policy().name == "float32"


def test_a_model_of_half_precision_is_near_the_whole_one_and_loads_as_it(
    frames, tmp_path
):
    # TensorFlow's CPU has no 3D pooling in float16.
    half, whole = build(precision="mixed_bfloat16"), build()
    found = half(inputs_of(half, frames=frames))
    expected = whole(inputs_of(whole, frames=frames))
    for key, value in expected.items():
        difference = np.abs(found[key] - value).max()
        assert 0 < difference < 0.05  # Values are about 1, bfloat16 has 8 bits.
    save_model(half, config_of(), tmp_path)
    again, _ = load_model(tmp_path)
    assert_equal(again(inputs_of(again, frames=frames)), expected)


@pytest.mark.parametrize("precision", ["float16", "half", None])
def test_an_unknown_precision_is_an_error(precision):
    with pytest.raises(ValueError, match=f"Received: precision={precision}"):
        build_rmdn(config_of(), precision)
