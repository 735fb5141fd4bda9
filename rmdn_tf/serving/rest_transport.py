"""Talks to TensorFlow Serving by REST: JSON over HTTP.

Numbers travel as text, which is long: send JPEGs, or use gRPC if pixels must
not change.
"""

import base64
import json
import urllib.parse
from collections.abc import Mapping

import numpy as np

from rmdn_tf.files.json_files import JsonError, parse_json
from rmdn_tf.serving.answers import from_json
from rmdn_tf.serving.connection import Connection
from rmdn_tf.serving.transport import (
    AVAILABLE,
    DEADLINE_EXCEEDED,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    Transport,
)

# gRPC's names for statuses of HTTP.
STATUS = {
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    413: RESOURCE_EXHAUSTED,
    429: RESOURCE_EXHAUSTED,
    501: "UNIMPLEMENTED",
    502: UNAVAILABLE,
    503: UNAVAILABLE,
    504: UNAVAILABLE,
}

# gRPC's name for all other statuses.
UNKNOWN = "UNKNOWN"


def _object(**properties: dict) -> dict:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
    }


ERROR_SCHEMA = _object(error={"type": "string"})
VERSION_SCHEMA = _object(
    version={"type": "string", "pattern": "^[0-9]{1,19}$"},
    state={"type": "string"},
)
VERSIONS_SCHEMA = _object(
    model_version_status={"type": "array", "items": VERSION_SCHEMA}
)
OUTPUTS_SCHEMA = _object(outputs={"type": ["object", "array"]})


class RestTransport(Transport):
    """A `Transport` over HTTP; its URL may hold user, password and path."""

    def __init__(self, url: str, model: str, connection: Connection):
        try:
            from rmdn_tf.serving import bounded_http
        except ImportError as error:
            raise ImportError(
                "urllib3 is not installed: pip install 'rmdn-tf[serving]' "
                f"({error})"
            ) from error
        address, authorization = without_user(url.rstrip("/"))
        super().__init__(address, model, connection)
        self._http = bounded_http
        self._server = bounded_http.BoundedHttp(address, connection)
        self._url = f"{address}/v1/models/{urllib.parse.quote(model)}"
        self._headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            **authorization,
        }

    def _available_versions(self) -> list[int]:
        answer = self._request("GET", self._url, None, VERSIONS_SCHEMA)
        return [
            int(one["version"])
            for one in answer["model_version_status"]
            if one["state"] == AVAILABLE
        ]

    def _run(self, version, signature, inputs) -> dict | list:
        columns = {key: to_json(value) for key, value in inputs.items()}
        body = json.dumps({"signature_name": signature, "inputs": columns})
        url = f"{self._url}/versions/{version}:predict"
        return self._request("POST", url, body.encode(), OUTPUTS_SCHEMA)[
            "outputs"
        ]

    _read_output = staticmethod(from_json)

    def _request(
        self, method: str, url: str, body: bytes | None, schema: Mapping
    ) -> dict:
        """Makes a request; returns the answer's JSON."""
        limit = self._connection.max_message_bytes
        if body and len(body) > limit:
            raise self._error(
                RESOURCE_EXHAUSTED,
                f"The request has {len(body)} bytes, more than the limit of "
                f"{limit}.",
            )
        try:
            response = self._server.request(method, url, body, self._headers)
        except self._http.TooLongError as error:
            raise self._too_long() from error
        except self._http.urllib3.exceptions.HTTPError as error:
            raise self._failure(error) from error
        if len(response.data) > self._connection.max_answer_bytes:
            raise self._too_long()
        return self._read(response, schema)

    def _too_long(self) -> Exception:
        return self._error(
            RESOURCE_EXHAUSTED,
            f"The answer has more than {self._connection.max_answer_bytes} "
            "bytes, the limit.",
        )

    def _failure(self, error: Exception) -> Exception:
        """Makes the error for a request without an answer."""
        errors = self._http.urllib3.exceptions
        reason = getattr(error, "reason", error)
        kinds = [type(one) for one in self._http.causes(reason)]

        def is_a(*expected: type) -> bool:
            return any(issubclass(kind, expected) for kind in kinds)

        if self._http.is_not_http(reason):
            return self._invalid(f"Expected HTTP. Received: {reason}.")
        status = UNKNOWN
        if is_a(TimeoutError):
            status = DEADLINE_EXCEEDED
        elif is_a(errors.SSLError):
            status = "UNAUTHENTICATED"
        elif is_a(errors.ConnectTimeoutError, errors.ProtocolError):
            status = UNAVAILABLE
        return self._error(status, reason)

    def _read(self, response, schema: Mapping) -> dict:
        """Reads an answer, or raises the error that it reports."""
        if 300 <= response.status < 400:
            raise self._invalid(
                "Expected an answer of this server. "
                f"Received: status {response.status}, a redirect."
            )
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding != "identity":
            raise self._invalid(
                "Expected an answer that is not compressed. Received: "
                f"Content-Encoding: {encoding}."
            )
        if response.status == 200:
            try:
                return parse_json(response.data, schema, "JSON")
            except JsonError as error:
                raise self._invalid(error) from error
        try:
            message = parse_json(response.data, ERROR_SCHEMA, "JSON")["error"]
        except JsonError:  # A proxy answers with a page.
            message = response.data[:200].decode("utf-8", "replace")
        raise self._error(
            STATUS.get(response.status, UNKNOWN),
            message or f"HTTP status {response.status}",
        )

    def close(self) -> None:
        self._server.close()


def without_user(url: str) -> tuple[str, dict[str, str]]:
    """Returns a URL without user and password, and a header with them."""
    parts = urllib.parse.urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    plain = parts._replace(netloc=host).geturl()
    if not user:
        return plain, {}
    user = user if ":" in user else f"{user}:"
    encoded = base64.b64encode(urllib.parse.unquote_to_bytes(user)).decode()
    return plain, {"Authorization": f"Basic {encoded}"}


def to_json(array: np.ndarray):
    """Returns the array as nested lists, with bytes as base64."""
    if array.dtype == object:
        return [
            {"b64": base64.b64encode(one).decode()}
            if isinstance(one, bytes)
            else to_json(one)
            for one in array
        ]
    return array.tolist()
