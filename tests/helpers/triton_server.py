"""A stand-in for Triton Inference Server and its client, for one model.

It does with the state of sequences what Triton does for a model that cannot be
batched, and checks requests by `config.pbtxt`.
"""

import pathlib
import types

import google.protobuf.text_format
import numpy as np
import onnxruntime
from tritonclient.grpc import model_config_pb2 as messages


def read_config(directory):
    """Reads `config.pbtxt` by Triton's own messages; an unknown field fails."""
    text = pathlib.Path(directory, "config.pbtxt").read_text()
    return google.protobuf.text_format.Parse(text, messages.ModelConfig())


class InferInput:
    """An input of a request, as in `tritonclient.grpc`."""

    def __init__(self, name, shape, datatype):
        self.name, self.shape, self.datatype = name, [*shape], datatype

    def set_data_from_numpy(self, values):
        assert [*values.shape] == self.shape
        assert (self.datatype, values.dtype) == ("FP32", np.float32)
        self.values = values


class Client:
    """A client of a server with one model; the sequences live here."""

    def __init__(self, directory):
        self.config = read_config(directory)
        path = pathlib.Path(directory, "1", "model.onnx")
        self._session = onnxruntime.InferenceSession(path)
        self._states = {}

    def infer(
        self, name, inputs, sequence_id, sequence_start, sequence_end=False
    ):
        del name
        for spec, given in zip(self.config.input, inputs, strict=True):
            assert given.name == spec.name
            for length, expected in zip(given.shape, spec.dims, strict=True):
                assert expected in (length, -1)
        states = self.config.sequence_batching.state
        if sequence_start:
            self._states[sequence_id] = {
                state.input_name: np.zeros(
                    state.initial_state[0].dims, np.float32
                )
                for state in states
            }
        feeds = {one.name: one.values for one in inputs}
        feeds |= self._states[sequence_id]
        names = [one.name for one in self._session.get_outputs()]
        outputs = dict(zip(names, self._session.run(names, feeds), strict=True))
        self._states[sequence_id] = {
            state.input_name: outputs[state.output_name] for state in states
        }
        if sequence_end:
            del self._states[sequence_id]
        listed = [one.name for one in self.config.output]
        return types.SimpleNamespace(
            as_numpy={name: outputs[name] for name in listed}.get
        )
