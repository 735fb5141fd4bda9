"""Computes the convolutions of a network of ONNX in 8 bits.

Cues, faces, the recurrence and the mixture stay float32: a rounding there moves
gaze.
"""

import logging
import os
import tempfile
from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnxruntime import quantization

from rmdn_tf.runtimes.quiet import errors_only

# Convolutions in these layers stay float32; beginnings of names.
FLOAT_LAYERS = ("faces", "features", "head")


def with_int8_convolutions(
    model: onnx.ModelProto, samples: Sequence[Mapping[str, np.ndarray]]
) -> onnx.ModelProto:
    """Quantizes the convolutions of the encoder.

    Args:
        model: in float32.
        samples: inputs on real videos, which tell the ranges of features.

    Returns:
        The quantized model.
    """
    nodes = _convolutions_of_encoder(model.graph)
    with tempfile.TemporaryDirectory() as directory, errors_only(logging.root):
        path = os.path.join(directory, "network.onnx")
        quantization.quantize_static(
            model,
            path,
            _Samples(samples),
            op_types_to_quantize=["Conv"],
            nodes_to_quantize=nodes,
            per_channel=True,
            # 7 bits: sums of products of 8 bits overflow on older processors.
            reduce_range=True,
            activation_type=quantization.QuantType.QUInt8,
        )
        return onnx.load(path)


def _convolutions_of_encoder(graph: onnx.GraphProto) -> list[str]:
    after = {name: node for node in graph.node for name in node.input}
    found = []
    for node in graph.node:
        if node.op_type == "Conv":
            # A depthwise one is named by the node that follows.
            known = node if "/" in node.name else after[node.output[0]]
            if not _is_in(known.name, FLOAT_LAYERS):
                found.append(node.name)
    return found


def _is_in(name: str, layers: Sequence[str]) -> bool:
    return any(part.startswith(tuple(layers)) for part in name.split("/"))


class _Samples(quantization.CalibrationDataReader):
    """Gives samples one by one, then None."""

    def __init__(self, samples: Sequence[Mapping[str, np.ndarray]]):
        self._rest = iter(samples)

    def get_next(self) -> dict[str, np.ndarray] | None:
        sample = next(self._rest, None)
        return None if sample is None else dict(sample)
