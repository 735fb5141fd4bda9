"""Converts a network to LiteRT, by TensorFlow's converter."""

import pathlib

import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

from rmdn_tf.runtimes.litert_metadata import with_text
from rmdn_tf.runtimes.source import Source


def write(source: Source, path: str) -> None:
    """Writes a file of LiteRT with built-in operations only.

    Raises:
        ValueError: the network has an operation that LiteRT lacks.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(source.saved_model)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if source.description.precision == "float16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    text = source.description.to_json()
    content = with_text(converter.convert(), text, schema)
    pathlib.Path(path).write_bytes(content)
