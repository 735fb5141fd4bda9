"""Runs a network in LiteRT, formerly TensorFlow Lite."""

import pathlib
from collections.abc import Mapping

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from rmdn_tf.runtimes.description import read_description
from rmdn_tf.runtimes.litert_metadata import read_text
from rmdn_tf.runtimes.session import Session


class LiteRtSession(Session):
    """A file of LiteRT that is loaded.

    Args:
        path: the file.
        num_threads: threads of the interpreter.
    """

    def __init__(self, path: str, num_threads: int):
        content = pathlib.Path(path).read_bytes()
        text = read_text(content, schema)
        self.description = read_description(text, path)
        self._interpreter = Interpreter(
            model_content=content, num_threads=num_threads
        )
        self._run = self._interpreter.get_signature_runner()

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return self._run(**inputs)
