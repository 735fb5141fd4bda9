"""Runs a network in ONNX Runtime."""

from collections.abc import Mapping

import numpy as np
import onnxruntime

from rmdn_tf.files.reading import read_content
from rmdn_tf.runtimes import onnx_checksum
from rmdn_tf.runtimes.description import KEY, read_description
from rmdn_tf.runtimes.session import Session, require_shapes

_ERRORS_ONLY = 3

# The limit of Protocol Buffers.
MAX_BYTES = 2**31 - 1


class OnnxSession(Session):
    """A file of ONNX that is loaded.

    Args:
        path: the file.
        num_threads: threads of one operation.
    """

    def __init__(self, path: str, num_threads: int):
        content = read_content(path, MAX_BYTES)
        onnx_checksum.check(content)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        # Threads that wait for the next frame must not use the processor.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        metadata = self._session.get_modelmeta().custom_metadata_map
        if KEY not in metadata:
            raise ValueError("a file without a description of its network")
        self.description = read_description(metadata[KEY], path)
        inputs = {o.name: _shape(o) for o in self._session.get_inputs()}
        require_shapes(inputs, self.description.input_shapes())
        self._names = [one.name for one in self._session.get_outputs()]

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        outputs = self._session.run(self._names, dict(inputs))
        return dict(zip(self._names, outputs, strict=True))


def _shape(tensor: onnxruntime.NodeArg) -> tuple[int | None, ...]:
    """Returns a shape; a text stands for any length."""
    return tuple(one if isinstance(one, int) else None for one in tensor.shape)
