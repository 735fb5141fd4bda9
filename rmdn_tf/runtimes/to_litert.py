"""Converts a network to LiteRT, by TensorFlow's converter."""

import pathlib
import re

import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from rmdn_tf.commands.tensorflow_import import without_notices
from rmdn_tf.runtimes.formats import INT8
from rmdn_tf.runtimes.litert_metadata import with_text
from rmdn_tf.runtimes.source import Source

_ALL = (b"",)


def write(source: Source, path: str) -> None:
    """Writes a file of LiteRT with built-in operations only.

    Raises:
        ImportError: the quantizer for int8 is not installed.
        ValueError: the network has an operation that LiteRT lacks.
    """
    precision = source.description.precision
    text = source.description.to_json()
    with without_notices(_ALL):  # An error holds all that matters.
        content = _converted(source.saved_model, precision)
        if precision == INT8:
            from rmdn_tf.runtimes import litert_int8

            content = litert_int8.quantize(content, source.samples)
            content = with_text(content, text, litert_int8.schema)
        else:
            content = with_text(content, text, schema)
    pathlib.Path(path).write_bytes(content)


def _converted(saved_model: str, precision: str) -> bytes:
    converter = tf.lite.TFLiteConverter.from_saved_model(saved_model)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if precision == "float16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    try:
        return converter.convert()
    except Exception as error:  # Of the converter's own type, not exported.
        lacking = {*re.findall(r"'tf\.(\w+)' op", str(error))}
        cause = ", ".join(sorted(lacking)) or str(error)[:500]
        raise ValueError(
            f"The network cannot be converted to LiteRT: it lacks {cause}."
        ) from error
