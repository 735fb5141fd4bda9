"""Weights in files of TensorFlow.js."""

import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from rmdn_tf.runtimes.tfjs_nodes import add_constant, replace_node

# Browsers keep files of this size in their cache.
_SHARD_BYTES = 4 * 2**20

# Operations whose second input is a filter or a matrix.
_CONVOLUTIONS = ("Conv2D", "Conv3D", "DepthwiseConv2dNative")
_PRODUCTS = ("MatMul", "BatchMatMulV2")

# A matrix that was learned; others are formulas, such as a Fourier transform.
_LEARNED = "ReadVariableOp"

_ENCODER = "/encoder"

# Steps of 8 bits from 0 to the largest weight; 0 is stored exactly.
_STEPS = 127


def choose_weights(
    definition: tf.compat.v1.GraphDef, precision: str
) -> dict[str, str]:
    """Chooses the weights to store with fewer bits.

    float16 is for all filters and learned matrices, int8 only for those of the
    encoder. The filters for int8 are divided by the largest weight of each
    channel, and multiplied again in the graph: TensorFlow.js has one scale for
    a whole filter.

    Args:
        definition: the graph, whose convolutions are not fused yet.
        precision: of `PRECISIONS`.

    Returns:
        The precision of each chosen constant, by name.
    """
    if precision == "float32":
        return {}
    nodes = {node.name: node for node in definition.node}
    channels = {}
    for node in definition.node:
        if node.op in _CONVOLUTIONS + _PRODUCTS:
            weight = nodes[node.input[1]]
            learned = node.op in _CONVOLUTIONS or _LEARNED in weight.name
            if weight.op == "Const" and learned:
                is_depthwise = node.op.startswith("Depthwise")
                channels[weight.name] = -2 if is_depthwise else -1
    if precision == "float16":
        return dict.fromkeys(channels, precision)
    channels = {n: axis for n, axis in channels.items() if _ENCODER in n}
    return {
        _scale_channels(definition, nodes[name], axis): precision
        for name, axis in channels.items()
    }


def _scale_channels(definition, node, axis: int) -> str:
    """Makes a constant a product of itself and the scales of its channels."""
    value = tf.make_ndarray(node.attr["value"].tensor)
    others = tuple(np.delete(np.arange(value.ndim), axis))
    scale = np.abs(value).max(others, keepdims=True)
    value = value / np.where(scale, scale, 1)
    inputs = [
        add_constant(definition, f"{node.name}/unscaled", value),
        add_constant(definition, f"{node.name}/scale", scale),
    ]
    replace_node(node, "Mul", inputs)
    return inputs[0]


def encode(name: str, value: np.ndarray, precision: str) -> tuple[dict, bytes]:
    """Encodes a weight.

    Args:
        name: of its node.
        value: float32, int32 or bool; for int8 float32 from -1 to 1.
        precision: of `PRECISIONS`.

    Returns:
        The weight's entry in the manifest, and its bytes.
    """
    entry: dict = {
        "name": name,
        "shape": list(value.shape),
        "dtype": value.dtype.name,
    }
    if precision == "float16":
        value = value.astype(np.float16)
        entry["quantization"] = {"dtype": "float16"}
    elif precision == "int8":
        value = (np.round(value * _STEPS) + _STEPS).astype(np.uint8)
        entry["quantization"] = {
            "dtype": "uint8",
            "min": -1.0,
            "scale": 1 / _STEPS,
        }
    if precision != "float32":
        entry["quantization"]["original_dtype"] = "float32"
    return entry, np.ascontiguousarray(value).tobytes()


def write_shards(
    weights: Sequence[bytes], directory: pathlib.Path
) -> list[str]:
    """Writes weights to files of at most 4 MB; returns the files' names."""
    content = b"".join(weights)
    number = max(1, -(-len(content) // _SHARD_BYTES))
    names = [f"group1-shard{k + 1}of{number}.bin" for k in range(number)]
    for index, name in enumerate(names):
        start = index * _SHARD_BYTES
        shard = content[start : start + _SHARD_BYTES]
        (directory / name).write_bytes(shard)
    return names
