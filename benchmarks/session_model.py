"""Runs a SavedModel in a session, without checks of the inputs.

TensorFlow Serving does the same.
"""

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
STATUS = {code.value[0]: code for code in grpc.StatusCode}
PREDICT = tf.saved_model.PREDICT_METHOD_NAME
KINDS = (
    tf.uint8,
    tf.int8,
    tf.int16,
    tf.int32,
    tf.int64,
    tf.float16,
    tf.float32,
    tf.float64,
    tf.bool,
    tf.string,
)
"""Types of tensors that are read."""


class ServiceError(Exception):
    """Answers a request with a status."""

    def __init__(self, code: grpc.StatusCode, message: str):
        super().__init__(message)
        self.code = code


class SessionModel:
    """A SavedModel in a session; `directory` is that of a version."""

    def __init__(self, directory):
        self.session = tf.compat.v1.Session(graph=tf.Graph())
        with self.session.graph.as_default():
            loaded = tf.compat.v1.saved_model.loader.load(
                self.session, [tf.saved_model.SERVING], str(directory)
            )
            self._add_readers()
        self.signatures = {
            name: signature
            for name, signature in loaded.signature_def.items()
            if signature.method_name == PREDICT  # Not the initialization.
        }
        self._calls = {k: self._call_of(s) for k, s in self.signatures.items()}

    def _call_of(self, signature):
        """Returns a callable of the runtime, which does not check its feeds."""
        options = config_pb2.CallableOptions()
        options.feed.extend(signature.inputs[k].name for k in signature.inputs)
        options.fetch.extend(
            signature.outputs[k].name for k in signature.outputs
        )
        return self.session._make_callable_from_options(options)

    def signature(self, name: str):
        try:
            return self.signatures[name or "serving_default"]
        except KeyError:
            raise ServiceError(
                INVALID_ARGUMENT,
                f'Serving signature name: "{name}" not found in signature def',
            ) from None

    def run(self, name: str, protos: dict) -> dict[str, np.ndarray]:
        """Runs a signature on tensor messages."""
        signature = self.signature(name)
        if protos.keys() != signature.inputs.keys():
            raise ServiceError(
                INVALID_ARGUMENT,
                f"input keys are {sorted(protos)}, and those of the signature "
                f"{sorted(signature.inputs)}",
            )
        try:
            feeds = [self._tensor(protos[key]) for key in signature.inputs]
            outputs = self._calls[name or "serving_default"](*feeds)
        except tf.errors.OpError as error:
            raise ServiceError(
                STATUS[error.error_code], error.message
            ) from error
        return dict(zip(signature.outputs, outputs, strict=True))

    def _tensor(self, proto) -> np.ndarray:
        """Reads a tensor as the runtime does, not as Python does."""
        if proto.dtype not in self._readers:
            raise ServiceError(
                INVALID_ARGUMENT, f"tensor parsing error: type {proto.dtype}"
            )
        # NumPy's own strings would lose zeros at the end.
        text = np.array(proto.SerializeToString(), object)
        return self._readers[proto.dtype](text)[0]

    def _add_readers(self):
        """Adds operations that read tensor messages.

        Outside a session they would leak memory.
        """
        self._readers = {}
        for kind in KINDS:
            text = tf.compat.v1.placeholder(tf.string, [])
            options = config_pb2.CallableOptions()
            options.feed.append(text.name)
            options.fetch.append(tf.io.parse_tensor(text, kind).name)
            self._readers[kind.as_datatype_enum] = (
                self.session._make_callable_from_options(options)
            )
