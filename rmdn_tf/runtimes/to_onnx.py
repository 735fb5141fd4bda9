"""Converts a network to ONNX, by tf2onnx."""

import logging
import pathlib

import onnx
import tensorflow as tf
from tf2onnx import tf_loader
from tf2onnx.optimizer import optimize_graph
from tf2onnx.tfonnx import process_tf_graph

from rmdn_tf.runtimes import onnx_checksum
from rmdn_tf.runtimes.description import KEY
from rmdn_tf.runtimes.onnx_half import with_half_weights
from rmdn_tf.runtimes.quiet import errors_only
from rmdn_tf.runtimes.source import Source

# The newest that tf2onnx writes; of 2022, so every runtime in use takes it.
OPSET = 18


def write(source: Source, path: str) -> None:
    """Writes a file of ONNX with standard operations only.

    Raises:
        ValueError: the network has an operation that ONNX lacks.
    """
    model = _converted(source.saved_model)
    if source.description.precision == "int8":
        from rmdn_tf.runtimes.onnx_int8 import with_int8_convolutions

        model = with_int8_convolutions(model, source.samples)
    if source.description.precision != "float32":
        model = with_half_weights(model)
    text = source.description.to_json()
    facts = {KEY: text, onnx_checksum.NAME: onnx_checksum.ZEROS}
    onnx.helper.set_model_props(model, facts)
    try:
        onnx.checker.check_model(model, full_check=True)
    except onnx.checker.ValidationError as error:
        raise ValueError(
            f"The network cannot be converted to ONNX: {error}"
        ) from error
    content = onnx_checksum.with_checksum(model.SerializeToString())
    pathlib.Path(path).write_bytes(content)


def _converted(saved_model: str) -> onnx.ModelProto:
    with errors_only(logging.getLogger("tf2onnx")):
        graph, inputs, outputs, names = tf_loader.from_saved_model(
            saved_model, None, None, return_tensors_to_rename=True
        )
        with tf.Graph().as_default() as imported:
            tf.import_graph_def(graph, name="")
            converted = process_tf_graph(
                imported,
                opset=OPSET,
                input_names=inputs,
                output_names=outputs,
                tensors_to_rename=names,
            )
            return optimize_graph(converted).make_model("network")
