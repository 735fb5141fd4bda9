"""Talks to TensorFlow Serving by gRPC, with its official messages."""

import contextlib
import ipaddress
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from rmdn_tf.serving.answers import Expected, from_proto
from rmdn_tf.serving.connection import Connection
from rmdn_tf.serving.messages import load_stubs, predict_request
from rmdn_tf.serving.transport import AVAILABLE, UNAVAILABLE, Transport

# A long call notices a server that vanished without closing.
KEEPALIVE_MS, KEEPALIVE_TIMEOUT_MS = 60_000, 10_000

# The most that gRPC makes.
MAX_ATTEMPTS = 5

# gRPC would round a shorter pause to 0 ms, and then wait until the time limit.
MIN_PAUSE_SECONDS = 0.01

# Set of allowed encodings of messages: only "not compressed".
IDENTITY_ONLY = 1

PREDICT = "/tensorflow.serving.PredictionService/Predict"
STATUS = "/tensorflow.serving.ModelService/GetModelStatus"


class GrpcTransport(Transport):
    """A `Transport` over gRPC, with TLS if `is_secure`.

    `location` is host:port, whose addresses take turns; or IP addresses of one
    kind with ports, joined by commas.
    """

    def __init__(
        self, location: str, model: str, connection: Connection, is_secure: bool
    ):
        scheme = "grpcs" if is_secure else "grpc"
        super().__init__(f"{scheme}://{location}", model, connection)
        self._stubs = load_stubs()
        import grpc  # Installed with the messages.

        target, options = target_of(location), _options(connection)
        if is_secure:
            credentials = grpc.ssl_channel_credentials(
                *connection.read_certificates()
            )
            self._channel = grpc.secure_channel(target, credentials, options)
        else:
            self._channel = grpc.insecure_channel(target, options)
        self._grpc_error = grpc.RpcError
        # Answers come as bytes, so that `_parse` can report damage.
        self._predict, self._status = (
            self._channel.unary_unary(
                method, request_serializer=lambda one: one.SerializeToString()
            )
            for method in (PREDICT, STATUS)
        )

    def _available_versions(self) -> list[int]:
        messages = self._stubs.get_model_status
        request = messages.GetModelStatusRequest()
        request.model_spec.name = self._model
        content = self._call(self._status, request)
        answer = self._parse(messages.GetModelStatusResponse, content)
        available = messages.ModelVersionStatus.State.Value(AVAILABLE)
        return [
            one.version
            for one in answer.model_version_status
            if one.state == available
        ]

    def _run(self, version, signature, inputs) -> Mapping:
        request = predict_request(self._model, signature, inputs, version)
        # No output filter: a server that batches knows whole signatures only.
        content = self._call(self._predict, request)
        return self._parse(self._stubs.predict.PredictResponse, content).outputs

    @staticmethod
    def _read_output(value: Any, expected: Expected, name: str) -> np.ndarray:
        return from_proto(value, expected, name)

    def _call(self, method, request) -> bytes:
        try:
            return method(request, timeout=self._connection.timeout_seconds)
        except self._grpc_error as error:
            raise self._error(error.code().name, error.details()) from error

    def _parse(self, kind: Any, content: bytes) -> Any:
        from google.protobuf.message import DecodeError  # With the messages.

        try:
            return kind.FromString(content)
        except DecodeError as error:
            raise self._invalid(
                f"Expected a message of TensorFlow Serving. Received: {error}."
            ) from error

    def close(self) -> None:
        self._channel.close()


def target_of(location: str) -> str:
    """Returns gRPC's name for a location; raises ValueError if invalid."""
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
        ("grpc.service_config", json.dumps(service_config(connection))),
        # gRPC never repeats a longer request. Its default is 256 KiB, less
        # than one clip.
        ("grpc.per_rpc_retry_buffer_size", connection.max_message_bytes),
        ("grpc.keepalive_time_ms", KEEPALIVE_MS),
        ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
        # Refuses compression: limits count compressed bytes, and a few bytes
        # may unpack to gigabytes.
        ("grpc.compression_enabled_algorithms_bitset", IDENTITY_ONLY),
        ("grpc.per_message_decompression", 0),
    ]


def service_config(connection: Connection) -> dict:
    """Returns gRPC's settings of retries and of several addresses."""
    # Addresses take turns; those that do not answer are skipped.
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if connection.num_attempts > 1:
        pause = max(MIN_PAUSE_SECONDS, connection.wait_seconds)
        policy = {
            "maxAttempts": min(connection.num_attempts, MAX_ATTEMPTS),
            "initialBackoff": f"{pause:.3f}s",
            "maxBackoff": f"{max(pause, connection.timeout_seconds):.3f}s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": [UNAVAILABLE],
        }
        config["methodConfig"] = [{"name": [{}], "retryPolicy": policy}]
    return config
