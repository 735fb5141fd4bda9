"""Stores the weights of a network of ONNX as float16.

The file is half as large; all arithmetic stays float32.
"""

import numpy as np
import onnx

# Weights in fewer numbers would hardly make a file smaller.
LEAST_NUMBERS = 64


def with_half_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Stores the kernels of layers as float16; changes the model.

    A runtime widens them once, when it loads the file.
    """
    graph, casts = model.graph, []
    kernels = _kernels(graph)
    for weight in graph.initializer:
        if weight.name not in kernels or np.prod(weight.dims) < LEAST_NUMBERS:
            continue
        name, half = weight.name, f"{weight.name}/half"
        values = onnx.numpy_helper.to_array(weight).astype(np.float16)
        weight.CopyFrom(onnx.numpy_helper.from_array(values, half))
        to = onnx.TensorProto.FLOAT
        casts.append(onnx.helper.make_node("Cast", [half], [name], to=to))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _kernels(graph: onnx.GraphProto) -> set[str]:
    """Names the trained weights of convolutions and matrix products."""
    return {
        node.input[1]
        for node in graph.node
        if node.op_type == "Conv"
        or node.op_type in ("MatMul", "Gemm")
        and "ReadVariableOp" in node.input[1]
    }
