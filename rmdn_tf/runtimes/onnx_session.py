"""Runs a network in ONNX Runtime."""

from collections.abc import Mapping

import numpy as np
import onnxruntime

from rmdn_tf.files.reading import read_content
from rmdn_tf.runtimes import onnx_checksum
from rmdn_tf.runtimes.description import KEY, read_description
from rmdn_tf.runtimes.formats import FRAMES, IN
from rmdn_tf.runtimes.session import Session

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
        self._check()
        self._names = [one.name for one in self._session.get_outputs()]

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        outputs = self._session.run(self._names, dict(inputs))
        return dict(zip(self._names, outputs, strict=True))

    def _check(self) -> None:
        """Compares the graph's inputs with their description."""
        described = self.description
        num_frames = described.context + 1
        if described.num_clips is not None:
            num_frames += (described.num_clips - 1) * (
                described.config.clip_stride
            )
        expected = {n + IN: [1, *s] for n, s in described.state.items()}
        expected[FRAMES] = [1, num_frames, *described.config.input_size, 3]
        received = {o.name: [*o.shape] for o in self._session.get_inputs()}
        if described.num_clips is None and FRAMES in received:
            is_open = not isinstance(received[FRAMES][1], int)
            received[FRAMES][1] = num_frames if is_open else "fixed"
        if received != expected:
            raise ValueError(
                f"tensors {received} where the description tells {expected}"
            )
