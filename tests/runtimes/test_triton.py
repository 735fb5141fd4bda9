"""Tests of models for Triton, without its server."""

import json
import sys
import types

import numpy as np
import pytest

from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.parts import recurrence
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runtimes.description import read_description
from tests.helpers import documents
from tests.helpers.portable_networks import (
    CONFIGS,
    exported,
    moving_frames,
    streamed,
)

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    """The module of the stand-in; it needs Triton's own messages."""
    reason = "tritonclient needs a newer protobuf"
    pytest.importorskip(
        "tritonclient.grpc.model_config_pb2",
        reason=reason,
        exc_type=ImportError,
    )
    from tests.helpers import triton_server

    return triton_server


@pytest.fixture(scope="module", params=["c3d", "without_memory", "actions"])
def network(request, tmp_path_factory):
    """A model of Triton, and the model and settings that it holds."""
    directory = tmp_path_factory.mktemp("repository") / "gaze"
    return directory, *exported(request.param, "triton", directory)


@pytest.fixture
def page_code(network, server, monkeypatch):
    module = types.ModuleType("tritonclient.grpc")
    module.InferInput = server.InferInput
    monkeypatch.setitem(sys.modules, "tritonclient.grpc", module)
    parent = types.ModuleType("tritonclient")
    parent.grpc = module
    monkeypatch.setitem(sys.modules, "tritonclient", parent)
    (code,) = documents.snippets(network[0] / "README.md", "python")
    return code


def test_code_of_the_page_gives_the_mixtures_of_the_model(
    network, server, page_code
):
    directory, model, config = network
    client = server.Client(directory)
    names = {}
    exec(page_code, names)
    frames = moving_frames(9, config.input_size)
    videos = (frames, frames[::-1])
    side_by_side = [
        names["mixtures"](client, video, sequence_id=number)
        for number, video in enumerate(videos, 1)
    ]
    actual = np.stack([*zip(*side_by_side, strict=True)], 1)
    expected = [
        streamed(KerasNetwork(model), config, video, [9]) for video in videos
    ]
    np.testing.assert_allclose(actual, expected, 2e-5, 2e-5)
    after_it = np.stack([*names["mixtures"](client, videos[1], sequence_id=1)])
    np.testing.assert_allclose(after_it, expected[1], 2e-5, 2e-5)


def test_the_configuration_is_that_of_the_model(network, server):
    directory, *_ = network
    config = server.read_config(directory)
    graph = onnx.load(directory / "1" / "model.onnx").graph
    states = config.sequence_batching.state
    inputs = _shapes(graph.input)
    outputs = _shapes(graph.output)
    assert (config.name, config.max_batch_size) == ("", 0)
    assert {one.name: [*one.dims] for one in config.input} | {
        one.input_name: [*one.dims] for one in states
    } == inputs
    assert {one.name: [*one.dims] for one in config.output} | {
        one.output_name: [*one.dims] for one in states
    } == outputs
    tensors = [*config.input, *config.output, *states]
    assert {one.data_type for one in tensors} == {server.messages.TYPE_FP32}
    for state in states:
        (initial,) = state.initial_state
        assert [*initial.dims] == [*state.dims]
        assert (initial.data_type, initial.zero_data) == (state.data_type, True)


def test_a_sequence_may_pause_a_minute_beside_others(network, server):
    batching = server.read_config(network[0]).sequence_batching
    if not batching.state:
        pytest.skip("The network has no memory.")
    assert batching.max_sequence_idle_microseconds == 60_000_000
    assert batching.oldest.max_candidate_sequences == 64


def test_clients_can_read_the_facts_of_the_network(network, server):
    directory, _, config = network
    text = server.read_config(directory).parameters["rmdn_tf"].string_value
    assert read_description(text, "config.pbtxt").config == config
    assert json.loads(text)["licences"]["rmdn-tf"] == "Apache-2.0"


def test_any_number_of_clips_is_a_dimension_of_any_length(server, tmp_path):
    directory = tmp_path / "gaze"
    exported("c3d", "triton", directory, num_clips=None)
    config = server.read_config(directory)
    assert [*config.input[0].dims] == [1, -1, 18, 22, 3]
    assert [*config.output[0].dims] == [1, -1, 3, 6]


@pytest.mark.parametrize("name", CONFIGS)
def test_states_have_the_same_order_before_and_after(name):
    # Triton pairs states by the order of their names, not by its configuration.
    names = recurrence(build_rmdn(CONFIGS[name])).state_shapes
    before = sorted(names, key=lambda name: f"{name}_in")
    assert sorted(names, key=lambda name: f"{name}_out") == before


def _shapes(values):
    return {
        one.name: [
            dim.dim_value or -1 for dim in one.type.tensor_type.shape.dim
        ]
        for one in values
    }
