"""Runs files of TensorFlow.js, in TensorFlow or in TensorFlow.js itself."""

import json
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format

PACKAGES = pathlib.Path(__file__).parent / "tfjs"


def read_model(directory):
    """Reads `model.json`."""
    return json.loads((directory / "model.json").read_text())


def read_weights(directory):
    """Decodes the weights as TensorFlow.js does, by name."""
    (group,) = read_model(directory)["weightsManifest"]
    content = b"".join((directory / p).read_bytes() for p in group["paths"])
    weights = {}
    for entry in group["weights"]:
        how = entry.get("quantization", {})
        stored = np.dtype(how.get("dtype", entry["dtype"]))
        size = int(np.prod(entry["shape"])) * stored.itemsize
        value = np.frombuffer(content[:size], stored).astype(entry["dtype"])
        if "scale" in how:
            value = value * np.float32(how["scale"]) + np.float32(how["min"])
        weights[entry["name"]] = value.reshape(entry["shape"])
        content = content[size:]
    assert not content
    return weights


def _split(graph, node):
    """Splits a fused convolution: TensorFlow has no kernel for all of them."""
    operations = [one.decode() for one in node.attr["fused_ops"].list.s]
    source = f"{node.name}/convolution"
    convolution = graph.node.add()
    convolution.CopyFrom(node)
    convolution.name = source
    convolution.op = node.op.lstrip("_").removeprefix("Fused")
    bias = convolution.input.pop()
    for name in ("fused_ops", "num_args"):
        del convolution.attr[name]
    for op in operations[:-1]:
        one = graph.node.add(op=op, name=f"{node.name}/{op}", input=[source])
        one.attr["T"].type = 1
        source = one.name
    last = type(node)(op=operations[-1], name=node.name, input=[source])
    last.attr["T"].type = 1
    node.CopyFrom(last)
    (add,) = (n for n in graph.node if convolution.name in n.input)
    assert add.op == "BiasAdd"
    add.input.append(bias)


def run_in_tensorflow(directory, inputs):
    """Runs the graph with its weights; returns the outputs by name."""
    model, weights = read_model(directory), read_weights(directory)
    graph = tf.compat.v1.GraphDef()
    json_format.ParseDict(model["modelTopology"], graph)
    for node in list(graph.node):
        if "Fused" in node.op:
            _split(graph, node)
        if node.op == "Const":
            value = tf.make_tensor_proto(weights.pop(node.name))
            assert node.attr["value"].tensor.dtype == value.dtype
            node.attr["value"].tensor.CopyFrom(value)
    assert not weights
    signature = model["signature"]
    function = tf.compat.v1.wrap_function(
        lambda: tf.graph_util.import_graph_def(graph, name=""), []
    )
    tensor = function.graph.get_tensor_by_name
    pruned = function.prune(
        [tensor(signature["inputs"][name]["name"]) for name in inputs],
        {n: tensor(one["name"]) for n, one in signature["outputs"].items()},
    )
    values = [tf.constant(value) for value in inputs.values()]
    return {name: one.numpy() for name, one in pruned(*values).items()}


def run_in_tfjs(directory, inputs, backend):
    """Runs TensorFlow.js in Node.js; skips the test where it is missing."""
    if not shutil.which("node") or not (PACKAGES / "node_modules").is_dir():
        pytest.skip("Needs Node.js, and npm ci --prefix tests/helpers/tfjs.")
    flat = {name: value.ravel().tolist() for name, value in inputs.items()}
    command = ["node", PACKAGES / "run.cjs", directory / "model.json", backend]
    done = subprocess.run(
        command, input=json.dumps([flat]).encode(), capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    (outputs,) = json.loads(done.stdout)
    shapes = read_model(directory)["signature"]["outputs"]
    return {
        name: np.array(value, np.float32).reshape(
            [int(dim["size"]) for dim in shapes[name]["tensorShape"]["dim"]]
        )
        for name, value in outputs.items()
    }
