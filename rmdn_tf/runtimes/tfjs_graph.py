"""The graph of a network, without variables and functions."""

from typing import NamedTuple

import tensorflow as tf
from tensorflow.core.protobuf import config_pb2, meta_graph_pb2
from tensorflow.python.framework import convert_to_constants
from tensorflow.python.grappler import tf_optimizer

# Passes of TensorFlow that fold constants, and drop what nothing needs.
_PASSES = (
    "common_subgraph_elimination",
    "constfold",
    "arithmetic",
    "dependency",
    "pruning",
)


class Graph(NamedTuple):
    """A graph, and its ends by their names in the signature.

    Attributes:
        definition: the nodes.
        inputs: name -> tensor.
        outputs: name -> tensor.
    """

    definition: tf.compat.v1.GraphDef
    inputs: dict[str, tf.Tensor]
    outputs: dict[str, tf.Tensor]


def read_graph(saved_model: str) -> Graph:
    """Reads the only signature of a SavedModel, and optimizes its graph."""
    loaded = tf.saved_model.load(saved_model)
    function = loaded.signatures["serving_default"]
    frozen = convert_to_constants.convert_variables_to_constants_v2(function)
    names = sorted(function.structured_outputs)
    inputs = {one.op.name: one for one in frozen.inputs}
    outputs = dict(zip(names, frozen.outputs, strict=True))
    ends = [one.op.name for one in (*inputs.values(), *outputs.values())]
    return Graph(_optimized(frozen.graph, ends), inputs, outputs)


def _optimized(graph: tf.Graph, ends: list[str]) -> tf.compat.v1.GraphDef:
    """Runs TensorFlow's own passes; `ends` keep their names."""
    config = config_pb2.ConfigProto()
    rewrite = config.graph_options.rewrite_options
    rewrite.optimizers.extend(_PASSES)
    kept = meta_graph_pb2.CollectionDef()
    kept.node_list.value.extend(ends)
    with graph.as_default():
        meta = tf.compat.v1.train.export_meta_graph(graph=graph)
    meta.collection_def["train_op"].CopyFrom(kept)
    return tf_optimizer.OptimizeGraph(config, meta)
