"""Converts a network to TensorFlow.js.

The package `tensorflowjs` does the same, but needs libraries that recent
versions of Python lack. Here int8 is for weights only: TensorFlow.js computes
in float32, so files are smaller, but not faster, and need no samples.
"""

import json
import pathlib

import tensorflow as tf
from google.protobuf import json_format

from rmdn_tf.runtimes.description import KEY
from rmdn_tf.runtimes.source import Source
from rmdn_tf.runtimes.tfjs_fusing import fuse_convolutions
from rmdn_tf.runtimes.tfjs_graph import Graph, read_graph
from rmdn_tf.runtimes.tfjs_rewriting import rewrite
from rmdn_tf.runtimes.tfjs_weights import (
    choose_weights,
    encode,
    write_shards,
)

MODEL_FILE = "model.json"


def write(source: Source, directory: str) -> None:
    """Writes `model.json` and files of weights, for `tf.loadGraphModel`.

    Raises:
        ValueError: TensorFlow.js lacks an operation of the network.
    """
    graph = read_graph(source.saved_model)
    rewrite(graph)
    stored = choose_weights(graph.definition, source.description.precision)
    fuse_convolutions(graph.definition)
    manifest, weights = _take_weights(graph, stored)
    paths = write_shards(weights, pathlib.Path(directory))
    model = {
        "format": "graph-model",
        "generatedBy": f"TensorFlow {tf.__version__}",
        "convertedBy": "rmdn-tf",
        "signature": {
            "inputs": _ends(graph.inputs),
            "outputs": _ends(graph.outputs),
        },
        "userDefinedMetadata": {KEY: json.loads(source.description.to_json())},
        "modelTopology": json_format.MessageToDict(graph.definition),
        "weightsManifest": [{"paths": paths, "weights": manifest}],
    }
    text = json.dumps(model, separators=(",", ":"))
    pathlib.Path(directory, MODEL_FILE).write_text(text)


def _take_weights(graph: Graph, stored: dict[str, str]) -> tuple[list, list]:
    """Takes the values of constants out of the graph.

    `stored` tells the precision of those that are not stored as they are.
    """
    manifest, weights = [], []
    for node in graph.definition.node:
        if node.op != "Const":
            continue
        tensor = node.attr["value"].tensor
        value = tf.make_ndarray(tensor)
        precision = stored.get(node.name, "float32")
        entry, weight = encode(node.name, value, precision)
        manifest.append(entry)
        weights.append(weight)
        kept = {"dtype": tensor.dtype, "tensor_shape": tensor.tensor_shape}
        emptied = tf.compat.v1.AttrValue(tensor=type(tensor)(**kept))
        node.attr["value"].CopyFrom(emptied)
    return manifest, weights


def _ends(tensors: dict[str, tf.Tensor]) -> dict:
    return {
        name: {
            "name": one.name,
            "dtype": "DT_FLOAT",
            "tensorShape": json_format.MessageToDict(one.shape.as_proto()),
        }
        for name, one in tensors.items()
    }
