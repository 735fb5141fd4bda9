"""Counts the products of a network: the work that no faster code can leave out.

A product of matrices or a convolution takes two operations, a product and a
sum, for each pair of numbers that meet. Nothing else is counted.
"""

import math
from collections.abc import Callable

import tensorflow as tf


def num_operations(function: Callable, *specs: tf.TensorSpec) -> int:
    """Counts the operations of one call, two for each product.

    Args:
        function: of tensors; products in its loops are not counted.
        *specs: shapes of its arguments, known to the last side.

    Returns:
        The number of floating-point operations.
    """
    traced = tf.function(function, jit_compile=False, autograph=False)
    graph = traced.get_concrete_function(*specs).graph
    return sum(map(_operations, graph.get_operations()))


def _operations(operation: tf.Operation) -> int:
    kind = operation.type
    if kind not in _PER_OUTPUT:
        return 0
    first, second = operation.inputs[:2]
    outputs = math.prod(operation.outputs[0].shape)
    return 2 * outputs * _PER_OUTPUT[kind](operation, first, second)


def _inner(operation: tf.Operation, first: tf.Tensor, _: tf.Tensor) -> int:
    """Returns the length of the axis that a product sums over."""
    names = {"MatMul": "transpose_a", "BatchMatMulV2": "adj_x"}
    is_transposed = operation.get_attr(names[operation.type])
    return first.shape[-2 if is_transposed else -1]


# What an output sums over: the whole kernel of one filter, or an axis.
_PER_OUTPUT: dict[str, Callable[..., int]] = {
    "Conv2D": lambda _, __, kernel: math.prod(kernel.shape[:-1]),
    "Conv3D": lambda _, __, kernel: math.prod(kernel.shape[:-1]),
    "DepthwiseConv2dNative": lambda _, __, kernel: math.prod(kernel.shape[:2]),
    "MatMul": _inner,
    "BatchMatMulV2": _inner,
}
