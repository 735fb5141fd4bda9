"""Tests of the function that every runtime takes."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2,
)

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.config import DenseConfig, JointConfig
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.parts import initial_state, recurrence
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runtimes.portable import PortableNetwork

pytestmark = pytest.mark.slow

# Two runs differ by the order of sums. A camera's motion is found in steps,
# which makes the difference larger.
TOLERANCE, TOLERANCE_OF_CAMERA = 2e-5, 3e-4

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
    "gru_until_cuts": dataclasses.replace(
        SPATIAL, recurrent="gru", units=3, onset_lag=5
    ),
    "leaky_with_faces": dataclasses.replace(
        STILL, faces=True, motion_lags=(2, 7)
    ),
    "no_memory": dataclasses.replace(
        STILL, recurrent="none", context="plain", motion_lags=()
    ),
    "two_maps_of_keras": dataclasses.replace(
        STILL,
        encoder="keras/MobileNetV2",
        features="block_3_expand_relu+block_6_expand_relu",
    ),
    "lstm": C3D,
    "rnn_of_pool5": dataclasses.replace(C3D, recurrent="rnn", features="pool5"),
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

# Operations that every converter takes, and every runtime computes alike.
OPERATIONS = """
    Abs AddV2 All ArgMax ArgMin AvgPool BatchMatMulV2 BatchToSpaceND BiasAdd
    Cast ConcatV2 Const Conv2D Cumsum DepthwiseConv2dNative Equal Exp ExpandDims
    Fill FloorDiv FloorMod FusedBatchNormV3 GatherV2 Greater GreaterEqual
    Identity IsFinite LessEqual Log LogSoftmax LogicalAnd MatMul Max MaxPool
    Maximum Mean Minimum MirrorPad Mul Neg NoOp Pack Pad Placeholder Pow Prod
    Range RealDiv Relu Relu6 Reshape ResizeBilinear ResizeNearestNeighbor Rsqrt
    Select SelectV2 Shape Sigmoid Softmax Softplus SpaceToBatchND Split
    SplitV Sqrt SquaredDifference Squeeze StopGradient StridedSlice Sub Sum Tanh
    Tile TopKV2 Transpose Unpack ZerosLike
""".split()

# They only tell how many axes there are, and the order of numbers stays.
RESHAPES = {"ExpandDims", "Identity", "Placeholder", "Reshape", "Squeeze"}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    """A model whose weights are all random, and its settings."""
    return _network(request.param)


def _network(name: str):
    config = NETWORKS[name]
    keras.utils.set_random_seed(0)
    model = build_rmdn(config)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype == "float32":
            noise = rng.uniform(0, 0.05, weight.shape)
            weight.assign_add(noise.astype(np.float32))
    return model, config


def _moving_frames(number: int, size) -> np.ndarray:
    """Draws a picture that moves to the left, uint8 `[1, n, h, w, 3]`."""
    rng = np.random.default_rng(1)
    coarse = rng.uniform(0, 255, (5, 9, 3)).astype(np.float32)
    picture = tf.image.resize(coarse, (size[0], size[1] + number), "bicubic")
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return np.stack([picture[:, x : x + size[1]] for x in range(number)])[None]


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
    config = dataclasses.replace(config, clip_stride=stride)
    tolerance = TOLERANCE_OF_CAMERA if config.camera else TOLERANCE
    whole = KerasNetwork(model)
    frames = _moving_frames(whole.context + 2 * stride + 1, config.input_size)
    state = _some_state(model)
    window = whole.preprocess(tf.constant(frames))
    parameters, after = whole.run(window, stride, state)
    expected = {"parameters": parameters, **after}

    # (clips of the function, clips of each call, without volumes).
    ways = {1: [(3, [3], False)], 4: [(1, [1, 1, 1], True), (None, [2, 1], 0)]}
    for num_clips, pieces, flat in ways[stride]:
        function = PortableNetwork(model, config, num_clips, bool(flat))
        actual = _run(
            function.concrete_function(),
            frames,
            whole.context,
            stride,
            state,
            pieces,
        )
        assert actual.keys() == expected.keys()
        for name, one in expected.items():
            np.testing.assert_allclose(
                actual[name], one, tolerance, tolerance, err_msg=name
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


@pytest.mark.parametrize("num_clips", [1, 3])
def test_actions_are_those_of_the_network(num_clips):
    model, config = _network("actions")
    frames = _moving_frames(CONTEXT + num_clips, config.input_size)
    outputs = PortableNetwork(model, config, num_clips).concrete_function()(
        frames=tf.constant(frames, tf.float32),
        **{f"{name}_in": one for name, one in initial_state(model, 1).items()},
    )
    expected = model(
        {
            "frames": tf.constant(frames),
            "is_first": tf.constant([True]),
            "clip_mask": tf.fill([1, num_clips], True),
            **initial_state(model, 1),
        }
    )
    np.testing.assert_allclose(outputs["actions"], expected["actions"], 1e-5)


def test_every_converter_takes_each_operation(network):
    graph = _frozen(*network)
    found = {operation.type for operation in graph.get_operations()}
    assert found - set(OPERATIONS) == set()


def test_every_shape_is_known_and_of_four_axes_or_fewer(network):
    large = set()
    for operation in _frozen(*network).get_operations():
        for tensor in operation.outputs:
            assert tensor.shape.is_fully_defined(), operation.name
            assert tensor.dtype not in (tf.int64, tf.float64), operation.name
            if tensor.shape.rank > 4 and not _is_passed_over(operation):
                large.add(operation.type)
    assert large == set()


def _is_passed_over(operation) -> bool:
    """Whether the axes of an operation do not matter.

    A kernel of C3D is a constant until it is rearranged, by the converter.
    Only a map finer than the cells is folded, by a permutation.
    """
    folds = "conv" in operation.name or "permute" in operation.name
    return folds or operation.type in RESHAPES


def test_a_graph_holds_each_weight_once():
    model, config = _network("leaky_with_faces")
    sizes = [
        operation.outputs[0].shape.num_elements()
        for operation in _frozen(model, config).get_operations()
        if operation.type == "Const"
    ]
    num_weights = sum(
        weight.value.shape.num_elements() for weight in model.weights
    )
    # Anchors, and which of two faces comes first.
    assert num_weights <= sum(sizes) < num_weights + 40_000


def _frozen(model, config) -> tf.Graph:
    """Returns the graph of one clip, with constants for the weights."""
    function = PortableNetwork(model, config, 1, flat=True).concrete_function()
    return convert_variables_to_constants_v2(function).graph
