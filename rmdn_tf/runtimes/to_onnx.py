"""Converts a network to ONNX, by tf2onnx."""

import contextlib
import logging
from collections.abc import Iterator

import onnx
import tensorflow as tf
from tf2onnx import tf_loader
from tf2onnx.optimizer import optimize_graph
from tf2onnx.tfonnx import process_tf_graph

from rmdn_tf.runtimes.description import KEY
from rmdn_tf.runtimes.source import Source

# The newest that tf2onnx writes; of 2022, so every runtime in use takes it.
OPSET = 18


def write(source: Source, path: str) -> None:
    """Writes a file of ONNX with standard operations only.

    Raises:
        ValueError: the network has an operation that ONNX lacks.
    """
    model = _converted(source.saved_model)
    text = source.description.to_json()
    onnx.helper.set_model_props(model, {KEY: text})
    try:
        onnx.checker.check_model(model, full_check=True)
    except onnx.checker.ValidationError as error:
        raise ValueError(
            f"The network cannot be converted to ONNX: {error}"
        ) from error
    onnx.save(model, path)


def _converted(saved_model: str) -> onnx.ModelProto:
    with _quiet():
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


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silences all but errors of tf2onnx."""
    logger = logging.getLogger("tf2onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
