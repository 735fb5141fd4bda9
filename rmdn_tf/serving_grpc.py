"""gRPC to TensorFlow Serving, by its official messages."""

import contextlib
import pathlib

import numpy as np

from rmdn_tf.serving_connection import Connection, RequestFailedError
from rmdn_tf.serving_stubs import arrays_of, load_stubs, predict_request

AVAILABLE = "AVAILABLE"


class GrpcTransport:
    """A `Transport` over gRPC.

    Args:
        address: host:port.
        model: its name on the server.
        connection: limits and certificates.
        is_secure: whether TLS is used.

    Raises:
        ImportError: TensorFlow Serving's messages are not installed.
        OSError: a certificate cannot be read.
    """

    def __init__(
        self, address: str, model: str, connection: Connection, is_secure: bool
    ):
        self._stubs = load_stubs()
        import grpc  # The messages bring it.

        limits = ("grpc.max_send_message_length", connection.max_message_bytes)
        options = [limits, (limits[0].replace("send", "receive"), limits[1])]
        if is_secure:
            self._channel = grpc.secure_channel(
                address, _credentials(grpc, connection), options
            )
        else:
            self._channel = grpc.insecure_channel(address, options)
        self._error = grpc.RpcError
        self._model = model
        self._predict = self._stubs.prediction_service.PredictionServiceStub(
            self._channel
        ).Predict
        self._status = self._stubs.model_service.ModelServiceStub(
            self._channel
        ).GetModelStatus

    def latest_version(self, timeout_seconds: float) -> int:
        messages = self._stubs.get_model_status
        request = messages.GetModelStatusRequest()
        request.model_spec.name = self._model
        with self._failures():
            answer = self._status(request, timeout=timeout_seconds)
        available = messages.ModelVersionStatus.State.Value(AVAILABLE)
        return newest(
            [
                one.version
                for one in answer.model_version_status
                if one.state == available
            ],
            self._model,
        )

    def predict(
        self,
        version: int,
        signature: str,
        inputs: dict[str, np.ndarray],
        outputs: tuple[str, ...],
        timeout_seconds: float,
    ) -> dict[str, np.ndarray]:
        request = predict_request(self._model, signature, inputs, version)
        # No output filter: a server that batches knows whole signatures only.
        with self._failures():
            answer = self._predict(request, timeout=timeout_seconds)
        arrays = arrays_of(answer)
        return {name: arrays[name] for name in outputs}

    @contextlib.contextmanager
    def _failures(self):
        try:
            yield
        except self._error as error:
            raise RequestFailedError(
                error.code().name, error.details()
            ) from error

    def close(self) -> None:
        self._channel.close()


def newest(versions: list[int], model: str) -> int:
    """Returns the highest version; raises `RequestFailedError` without one."""
    if not versions:
        # One that is being loaded will be there soon.
        raise RequestFailedError(
            "UNAVAILABLE", f"No version of the model '{model}' is available."
        )
    return max(versions)


def _credentials(grpc, connection: Connection):
    files = (
        connection.ca_file,
        connection.key_file,
        connection.certificate_file,
    )
    return grpc.ssl_channel_credentials(
        *(file and pathlib.Path(file).read_bytes() for file in files)
    )
