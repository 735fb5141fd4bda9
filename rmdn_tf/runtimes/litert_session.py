"""Runs a network in LiteRT, formerly TensorFlow Lite."""

import threading
from collections.abc import Mapping

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, SignatureRunner

from rmdn_tf.commands.tensorflow_import import without_notices
from rmdn_tf.files.reading import read_content
from rmdn_tf.runtimes.description import read_description
from rmdn_tf.runtimes.formats import ACTIONS, OUT, PARAMETERS
from rmdn_tf.runtimes.litert_metadata import read_text
from rmdn_tf.runtimes.session import Session, require_shapes

# The format's own limit: its offsets are signed.
MAX_BYTES = 2**31 - 1


class LiteRtSession(Session):
    """A file of LiteRT that is loaded.

    Its newer interface, `CompiledModel`, is as fast on a CPU and prints more.

    Args:
        path: the file.
        num_threads: threads of the interpreter.
    """

    def __init__(self, path: str, num_threads: int):
        content = read_content(path, MAX_BYTES)
        text = read_text(content, schema)
        self.description = read_description(text, path)
        interpreter = Interpreter(
            model_content=content, num_threads=num_threads
        )
        self._check(interpreter.get_signature_runner())
        with without_notices((b"INFO: Created TensorFlow Lite XNNPACK",)):
            interpreter.allocate_tensors()  # While no other object holds it.
        self._run = interpreter.get_signature_runner()
        self._lock = threading.Lock()  # An interpreter has one set of tensors.

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        with self._lock:
            return self._run(**inputs)  # Copies both ways.

    def _check(self, graph: SignatureRunner) -> None:
        """Compares the graph with its description, before it takes memory."""
        described = self.description
        if described.num_clips is None:
            raise ValueError("a description of any number of clips")
        expected = described.input_shapes() | {
            name + OUT: (1, *part) for name, part in described.state.items()
        }
        outputs = graph.get_output_details()
        if PARAMETERS not in outputs:
            raise ValueError(f"a network without the output '{PARAMETERS}'")
        for name in (PARAMETERS, ACTIONS):
            outputs.pop(name, None)
        require_shapes(_shapes(graph.get_input_details() | outputs), expected)


def _shapes(details: Mapping[str, Mapping]) -> dict[str, tuple | None]:
    """Returns the shapes of tensors; None for any other type than float32."""
    return {
        name: tuple(map(int, one["shape"]))
        if one["dtype"] is np.float32
        else None
        for name, one in details.items()
    }
