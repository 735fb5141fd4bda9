"""Changes a graph to operations that TensorFlow.js has, and runs fast."""

import math

import tensorflow as tf

from rmdn_tf.runtimes.tfjs_graph import Graph

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


def rewrite(graph: Graph) -> Graph:
    """Rewrites a graph for TensorFlow.js; it computes the same.

    Raises:
        ValueError: TensorFlow.js lacks an operation, or computes it wrongly.
    """
    with tf.Graph().as_default() as imported:
        tf.graph_util.import_graph_def(graph.definition, name="")
    _refuse(imported)
    return graph


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
