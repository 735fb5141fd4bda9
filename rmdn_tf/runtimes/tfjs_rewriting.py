"""Changes a graph to operations that TensorFlow.js has, and runs fast."""

import math

import numpy as np
import tensorflow as tf

from rmdn_tf.runtimes.tfjs_graph import Graph
from rmdn_tf.runtimes.tfjs_nodes import add_constant, add_node, replace_node

# Operations on numbers that TensorFlow.js 4 has, in its converter's names.
_KNOWN = frozenset(
    """
    Abs Add AddN AddV2 All Any ArgMax ArgMin AvgPool AvgPool3D BatchMatMul
    BatchMatMulV2 BatchToSpaceND BiasAdd BroadcastTo Cast Ceil ClipByValue
    ConcatV2 Const Conv2D Conv3D Cos Cosh Cumsum DepthToSpace
    DepthwiseConv2dNative Elu Equal Erf Exp ExpandDims Expm1 Fill Floor FloorDiv
    FloorMod FusedBatchNormV3 GatherNd GatherV2 Greater GreaterEqual Identity
    IsFinite LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot
    LogicalOr MatMul Max MaxPool MaxPool3D Maximum Mean Min Minimum MirrorPad
    Mul Neg NoOp NotEqual OnesLike Pack Pad PadV2 Placeholder Pow Prod Range
    RealDiv Reciprocal Relu Relu6 Reshape ResizeBilinear ResizeNearestNeighbor
    ReverseV2 Round Rsqrt Select SelectV2 Selu Shape Sigmoid Sign Sin Sinh Size
    Slice Softmax Softplus SpaceToBatchND Split SplitV Sqrt Square
    SquaredDifference Squeeze StridedSlice Sub Sum Tanh Tile TopKV2 Transpose
    Unpack ZerosLike
    """.split()
)


# Cuts of tensors, with their options. Those of more dimensions are slow.
_FAST_RANK = 4
_CUTS = {
    "GatherV2": ("batch_dims",),
    "StridedSlice": (
        "begin_mask",
        "end_mask",
        "ellipsis_mask",
        "new_axis_mask",
        "shrink_axis_mask",
    ),
}


def rewrite(graph: Graph) -> None:
    """Rewrites a graph for TensorFlow.js; it computes the same.

    Raises:
        ValueError: TensorFlow.js lacks an operation, or computes it wrongly.
    """
    with tf.Graph().as_default() as imported:
        tf.graph_util.import_graph_def(graph.definition, name="")
    _refuse(imported)
    nodes = {node.name: node for node in graph.definition.node}
    for one in imported.get_operations():
        if one.type in _CUTS and one.inputs[0].shape.rank > _FAST_RANK:
            _flatten_cut(graph.definition, nodes[one.name], one)
        if one.type == "BroadcastTo" and _keeps_shape(one):
            replace_node(nodes[one.name], "Identity", nodes[one.name].input[:1])


def _refuse(graph: tf.Graph) -> None:
    """Refuses what TensorFlow.js lacks, or computes wrongly."""
    lacking = {one.type for one in graph.get_operations()} - _KNOWN
    if lacking:
        raise ValueError(
            "The network cannot be converted to TensorFlow.js, which lacks "
            f"{', '.join(sorted(lacking))}."
        )
    for one in graph.get_operations():
        if one.type.startswith("BatchMatMul") and _repeats_parts(one):
            raise ValueError(
                "The network cannot be converted to TensorFlow.js, which "
                "repeats no part of a batch in a product of matrices: "
                f"'{one.name}' of {[x.shape.as_list() for x in one.inputs]}."
            )


def _repeats_parts(product: tf.Operation) -> bool:
    batches = [one.shape[:-2].as_list() for one in product.inputs]
    rank = max(map(len, batches))
    first, last = ([1] * (rank - len(one)) + one for one in batches)
    return first != last and 1 not in (math.prod(first), math.prod(last))


def _keeps_shape(operation: tf.Operation) -> bool:
    return operation.inputs[0].shape == operation.outputs[0].shape


def _flatten_cut(definition, node, operation: tf.Operation) -> None:
    """Makes a cut along one axis a cut of three dimensions."""
    found = _find_cut(operation)
    if found is None:
        return
    shape, begin, size = found
    shapes = {
        "flat": shape,
        "begin": [0, begin, 0],
        "size": [shape[0], size, shape[2]],
        "shape": operation.outputs[0].shape.as_list(),
    }
    name = {
        key: add_constant(
            definition, f"{node.name}/{key}_of", np.array(value, np.int32)
        )
        for key, value in shapes.items()
    }
    flat, cut = f"{node.name}/flat", f"{node.name}/cut"
    add_node(definition, "Reshape", flat, [node.input[0], name["flat"]])
    inputs = [flat, name["begin"], name["size"]]
    piece = add_node(definition, "Slice", cut, inputs)
    piece.attr["Index"].type = tf.int32.as_datatype_enum
    replace_node(node, "Reshape", [cut, name["shape"]])


def _find_cut(operation: tf.Operation):
    """Returns `[before, side, after]`, and the part of the side that is cut."""
    source = operation.inputs[0].shape
    places = np.arange(source.num_elements(), dtype=np.int32)
    options = {name: operation.get_attr(name) for name in _CUTS[operation.type]}
    others = [tf.get_static_value(one) for one in operation.inputs[1:]]
    if operation.inputs[0].dtype != tf.float32 or any(
        one is None for one in others
    ):
        return None
    function = getattr(tf.raw_ops, operation.type)
    names = [one.name for one in operation.op_def.input_arg]
    inputs = dict(zip(names, [places.reshape(source), *others], strict=True))
    taken = function(**inputs, **options).numpy().ravel()
    for axis, side in enumerate(source):
        after = math.prod(source[axis + 1 :])
        shape = [math.prod(source[:axis]), side, after]
        begin = int(taken[0]) // after % side
        size = taken.size // (shape[0] * after)
        cut = places.reshape(shape)[:, begin : begin + size]
        if np.array_equal(cut.ravel(), taken):
            return shape, begin, size
    return None
