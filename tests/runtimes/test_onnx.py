"""Tests of files of ONNX."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.clip_stream import ClipStream, KerasNetwork
from rmdn_tf.model.config import DenseConfig, JointConfig
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runs.network_facts import describe_network
from rmdn_tf.runtimes.export import export_portable
from rmdn_tf.runtimes.loading import open_session
from rmdn_tf.runtimes.session import RuntimeNetwork

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")

pytestmark = pytest.mark.slow

TOLERANCE = 2e-5

CONFIGS = {
    "spatial": dataclasses.replace(
        PRESETS["spatial"],
        input_size=(64, 64),
        features="stage1",
        projection=3,
        context_units=4,
        units=4,
    ),
    "c3d": DenseConfig(
        input_size=(18, 22),
        filters=((2,), (3,), (2, 3), (2,)),
        units=4,
        num_components=3,
        clip_stride=2,
    ),
    "actions": JointConfig(
        input_size=(32, 48),
        filters=((2,), (2,), (2,)),
        units=4,
        num_components=3,
        actions=("run", "sit"),
    ),
}


def _export(name, path, **options):
    """Exports a network of random weights; returns its model and settings."""
    config = CONFIGS[name]
    keras.utils.set_random_seed(0)
    model = build_rmdn(config)
    facts = describe_network(model, config, name)
    export_portable(model, config, path, "onnx", facts=facts, **options)
    return model, config


@pytest.fixture(scope="module", params=CONFIGS)
def exported(request, tmp_path_factory):
    """A file, and the model and settings that it holds."""
    path = tmp_path_factory.mktemp("onnx") / "network.onnx"
    return path, *_export(request.param, path)


def _moving_frames(number, size):
    """Draws a picture that moves to the right, uint8 `[n, h, w, 3]`."""
    coarse = np.random.default_rng(1).uniform(0, 255, (5, 9, 3))
    picture = tf.image.resize(coarse, (size[0], 2 * size[1]), "bicubic")
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return np.stack([picture[:, x : x + size[1]] for x in range(number)])


def _streamed(network, config, frames, pieces):
    stream = ClipStream(network, config.clip_stride)
    ends = np.cumsum(pieces)
    parts = np.split(frames, ends)
    return np.concatenate(
        [one for part in parts if len(part) and len(one := stream(part))]
    )


def test_a_stream_is_that_of_the_model(exported):
    path, model, config = exported
    frames = _moving_frames(12, config.input_size)
    expected = _streamed(KerasNetwork(model), config, frames, [12])
    network = RuntimeNetwork(open_session(path, 1))
    for pieces in ([12], [1, 5, 6]):
        actual = _streamed(network, config, frames, pieces)
        np.testing.assert_allclose(actual, expected, TOLERANCE, TOLERANCE)


def test_names_are_those_of_the_function(exported):
    path, model, config = exported
    graph = onnx.load(path).graph
    state = open_session(path, 1).description.state
    inputs = {"frames", *(f"{name}_in" for name in state)}
    assert {one.name for one in graph.input} == inputs
    outputs = {"parameters", *(f"{name}_out" for name in state)}
    if config.actions:
        outputs.add("actions")
    assert {one.name for one in graph.output} == outputs
