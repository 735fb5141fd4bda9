"""Tests of the function that every runtime takes."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.clip_stream import KerasNetwork
from rmdn_tf.model.config import DenseConfig, JointConfig
from rmdn_tf.model.parts import recurrence
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runtimes.portable import PortableNetwork

# Two runs differ by the order of sums. A camera's motion, which is found in
# steps, makes it ten times as large.
TOLERANCE = 2e-5

SPATIAL = dataclasses.replace(
    PRESETS["spatial"],
    input_size=(64, 64),
    features="stage1",
    faces=False,
    projection=3,
    context_units=4,
    units=4,
)
STILL = dataclasses.replace(SPATIAL, camera=False, reset_on_cuts=False)
C3D = DenseConfig(
    input_size=(18, 22),
    filters=((2,), (3,), (2, 3), (2,)),
    units=4,
    num_components=3,
    dense_units=5,
)
JOINT = JointConfig(
    input_size=(32, 48),
    filters=((2,), (2,), (2,)),
    units=4,
    num_components=3,
    actions=("run", "sit"),
)
NETWORKS = {
    "leaky_until_cuts": SPATIAL,
    "leaky_with_faces": dataclasses.replace(
        SPATIAL, faces=True, reset_on_cuts=False
    ),
    "gru_until_cuts": dataclasses.replace(SPATIAL, recurrent="gru", units=3),
    "gru_of_what_appears": dataclasses.replace(
        SPATIAL, recurrent="gru", onset_lag=5, reset_on_cuts=False
    ),
    "no_memory": dataclasses.replace(
        STILL, recurrent="none", context="plain", motion_lags=()
    ),
    "lags_of_a_still_camera": dataclasses.replace(STILL, motion_lags=(2, 7)),
    "two_maps_of_keras": dataclasses.replace(
        STILL,
        encoder="keras/MobileNetV2",
        features="block_3_expand_relu+block_6_expand_relu",
    ),
    "lstm": C3D,
    "rnn_of_pool5": dataclasses.replace(
        C3D, recurrent="rnn", features="pool5"
    ),
    "dense_without_memory": dataclasses.replace(
        C3D, recurrent="none", features="fc6"
    ),
    "cells_of_c3d": dataclasses.replace(
        C3D, features="pool5", projection=3, input_size=(32, 32)
    ),
    "actions": JOINT,
    "many_actions": dataclasses.replace(JOINT, multi_label=True),
    "actions_without_feedback": dataclasses.replace(JOINT, feedback=False),
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    """A model whose weights are all random, and its settings."""
    config = NETWORKS[request.param]
    keras.utils.set_random_seed(0)
    model = build_rmdn(config)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype == "float32":
            noise = rng.normal(0, 0.05, weight.shape)
            weight.assign_add(noise.astype(np.float32))
    return model, config


def _moving_frames(number: int, size) -> np.ndarray:
    """Draws a picture that moves to the right, uint8 `[1, n, h, w, 3]`."""
    rng = np.random.default_rng(1)
    coarse = rng.uniform(0, 255, (5, 9, 3)).astype(np.float32)
    picture = tf.image.resize(coarse, (size[0], 2 * size[1]), "bicubic")
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    shown = [picture[:, x : x + size[1]] for x in range(number)]
    return np.stack(shown)[None]


def _some_state(model) -> dict:
    """Draws a state such as one in the midst of a video."""
    rng = np.random.default_rng(2)
    return {
        name: tf.constant(rng.uniform(0.1, 0.9, (1, *shape)), tf.float32)
        for name, shape in recurrence(model).state_shapes.items()
    }


@pytest.mark.parametrize("stride", [1, 4])
def test_the_function_is_the_network(network, stride):
    model, config = network
    if stride != 1:
        config = dataclasses.replace(config, clip_stride=stride)
    keras_network = KerasNetwork(model)
    context = keras_network.context
    frames = _moving_frames(context + 2 * stride + 1, config.input_size)
    state = _some_state(model)
    window = keras_network.preprocess(tf.constant(frames))
    parameters, after = keras_network.run(window, stride, state)
    expected = {"parameters": parameters, **after}

    for num_clips, pieces in ((3, [3]), (1, [1, 1, 1]), (None, [2, 1])):
        function = PortableNetwork(model, config, num_clips).concrete_function()
        actual = _run(function, frames, context, stride, state, pieces)
        assert actual.keys() - {"actions"} == expected.keys()
        for name, one in expected.items():
            np.testing.assert_allclose(
                actual[name], one, TOLERANCE, TOLERANCE, err_msg=name
            )


def _run(function, frames, context, stride, state, pieces) -> dict:
    """Runs pieces of some clips each, with the state carried over."""
    parameters, first = [], 0
    frames = frames.astype(np.float32)
    for number in pieces:
        last = first + (number - 1) * stride + context
        inputs = {f"{name}_in": part for name, part in state.items()}
        outputs = function(
            frames=tf.constant(frames[:, first : last + 1]), **inputs
        )
        state = {name: outputs[f"{name}_out"] for name in state}
        assert len(outputs["parameters"][0]) == number
        parameters.append(outputs["parameters"][0])
        first += number * stride
    return {"parameters": np.concatenate(parameters), **state}
