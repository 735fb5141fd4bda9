"""gRPC to TensorFlow Serving, by its official messages."""

import contextlib
import ipaddress
import json
import pathlib
from collections.abc import Iterator, Mapping

import numpy as np

from rmdn_tf.serving.answers import (
    Expected,
    InvalidOutputError,
    check_names,
    from_proto,
)
from rmdn_tf.serving.connection import (
    INVALID_ANSWER,
    UNAVAILABLE,
    Connection,
    RequestFailedError,
    reading,
)
from rmdn_tf.serving.messages import load_stubs, predict_request

AVAILABLE = "AVAILABLE"

KEEPALIVE_MS, KEEPALIVE_TIMEOUT_MS = 60_000, 10_000
"""So a long call notices a server that is gone without closing."""

SERVICE_CONFIG = {"loadBalancingConfig": [{"round_robin": {}}]}
"""Requests go to all addresses in turn, and pass over those that are away."""

IDENTITY_ONLY = 1
"""The set of encodings of messages: none is compressed."""

PREDICT = "/tensorflow.serving.PredictionService/Predict"
STATUS = "/tensorflow.serving.ModelService/GetModelStatus"


class GrpcTransport:
    """A `Transport` over gRPC.

    Args:
        location: host:port, whose addresses take turns; or IP addresses with
            their ports, joined by commas.
        model: its name on the server.
        connection: limits and certificates.
        is_secure: whether TLS is used.

    Raises:
        ImportError: TensorFlow Serving's messages are not installed.
        OSError: a certificate cannot be read.
        ValueError: several hosts are given, not all by IP addresses of one
            kind.
    """

    def __init__(
        self, location: str, model: str, connection: Connection, is_secure: bool
    ):
        self._stubs = load_stubs()
        import grpc  # The messages bring it.

        target, options = target_of(location), _options(connection)
        if is_secure:
            self._channel = grpc.secure_channel(
                target, _credentials(grpc, connection), options
            )
        else:
            self._channel = grpc.insecure_channel(target, options)
        self.address = f"{'grpcs' if is_secure else 'grpc'}://{location}"
        self._error = grpc.RpcError
        self._model = model
        # Answers come as bytes, so that `_parse` can say if they are damaged.
        self._predict, self._status = (
            self._channel.unary_unary(
                method, request_serializer=lambda one: one.SerializeToString()
            )
            for method in (PREDICT, STATUS)
        )

    def latest_version(self, timeout_seconds: float) -> int:
        messages = self._stubs.get_model_status
        request = messages.GetModelStatusRequest()
        request.model_spec.name = self._model
        with self._failures():
            content = self._status(request, timeout=timeout_seconds)
        with reading():
            answer = _parse(messages.GetModelStatusResponse, content)
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
        expected: Mapping[str, Expected],
        timeout_seconds: float,
    ) -> dict[str, np.ndarray]:
        request = predict_request(self._model, signature, inputs, version)
        # No output filter: a server that batches knows whole signatures only.
        with self._failures():
            content = self._predict(request, timeout=timeout_seconds)
        with reading():
            outputs = _parse(self._stubs.predict.PredictResponse, content)
            check_names(outputs.outputs, expected)
            return {
                name: from_proto(outputs.outputs[name], one, name)
                for name, one in expected.items()
            }

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
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
        # A version that is being loaded will be available soon.
        raise RequestFailedError(
            UNAVAILABLE, f"No version of the model '{model}' is available."
        )
    if not all(0 <= version < 2**63 for version in versions):
        raise RequestFailedError(
            INVALID_ANSWER, f"Invalid versions of the model: {versions}."
        )
    return max(versions)


def target_of(location: str) -> str:
    """Returns the target of a channel, as gRPC names it.

    Args:
        location: see `GrpcTransport`.

    Raises:
        ValueError: see `GrpcTransport`.
    """
    parts = location.split(",")
    if len(parts) == 1:
        return f"dns:///{location}"
    hosts = [part.rpartition(":")[0].strip("[]") for part in parts]
    for version, kind in (
        (4, ipaddress.IPv4Address),
        (6, ipaddress.IPv6Address),
    ):
        with contextlib.suppress(ValueError):
            list(map(kind, hosts))
            return f"ipv{version}:{location}"
    raise ValueError(
        "Invalid `url`. Expected one host, or IP addresses of one kind joined "
        f"by commas. Received: {location}."
    )


def _options(connection: Connection) -> list[tuple[str, object]]:
    return [
        ("grpc.max_send_message_length", connection.max_message_bytes),
        ("grpc.max_receive_message_length", connection.max_answer_bytes),
        ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        # The limit of a message is that of its compressed bytes, and a few
        # bytes may unpack to gigabytes: refuse compression.
        ("grpc.compression_enabled_algorithms_bitset", IDENTITY_ONLY),
        ("grpc.per_message_decompression", 0),
    ]


def _parse(kind: type, content: bytes):
    """Parses a message; raises `InvalidOutputError`."""
    from google.protobuf.message import DecodeError  # Of the messages.

    try:
        return kind.FromString(content)
    except DecodeError as error:
        raise InvalidOutputError(
            f"Expected a message of TensorFlow Serving. Received: {error}."
        ) from error


def _credentials(grpc, connection: Connection):
    files = (
        connection.ca_file,
        connection.key_file,
        connection.certificate_file,
    )
    return grpc.ssl_channel_credentials(
        *(file and pathlib.Path(file).read_bytes() for file in files)
    )
