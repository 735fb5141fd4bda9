"""Runs a network in OpenVINO."""

import pathlib
import threading
from collections.abc import Mapping

import numpy as np
import openvino

from rmdn_tf.files.checksums import CHECKSUM_FILE, check_files
from rmdn_tf.runtimes.description import KEY, read_description
from rmdn_tf.runtimes.formats import OPENVINO_FILE, OPENVINO_WEIGHTS
from rmdn_tf.runtimes.session import Session, require_shapes
from rmdn_tf.runtimes.signal_stack import kept_signal_stack


class OpenVinoSession(Session):
    """A directory of OpenVINO that is loaded.

    Args:
        path: the directory.
        num_threads: threads of the runtime.
        bfloat16: whether it computes in bfloat16 where the processor can.
    """

    def __init__(self, path: str, num_threads: int, bfloat16: bool = False):
        if not pathlib.Path(path, CHECKSUM_FILE).exists():
            raise ValueError(f"a directory without '{CHECKSUM_FILE}'")
        check_files(path, (OPENVINO_FILE, OPENVINO_WEIGHTS))
        core = openvino.Core()
        network = core.read_model(pathlib.Path(path, OPENVINO_FILE))
        if not network.has_rt_info(KEY):
            raise ValueError("a network without a description")
        text = network.get_rt_info(KEY).astype(str)
        self.description = read_description(text, path)
        inputs = {one.any_name: _shape(one) for one in network.inputs}
        require_shapes(inputs, self.description.input_shapes())
        settings = {
            "INFERENCE_NUM_THREADS": num_threads,
            # Without it some processors would round to 16 bits.
            "INFERENCE_PRECISION_HINT": "bf16" if bfloat16 else "f32",
        }
        with kept_signal_stack():
            compiled = core.compile_model(network, "CPU", settings)
            self._request = compiled.create_infer_request()
        # Compiled outputs, in the same order, may have further names.
        self._names = [output.any_name for output in network.outputs]
        self._lock = threading.Lock()  # A request runs once at a time.

    def run(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        with self._lock, kept_signal_stack():
            outputs = self._request.infer(dict(inputs))  # Copies both ways.
        return dict(zip(self._names, outputs.values(), strict=True))


def _shape(tensor: openvino.Output) -> tuple[int | None, ...]:
    """Returns a shape, with None for any length."""
    lengths = tensor.get_partial_shape()
    return tuple(n.get_length() if n.is_static else None for n in lengths)
