"""REST to TensorFlow Serving: JSON over HTTP.

Numbers go as text: send JPEGs, or take gRPC where pixels must not change.
"""

import base64
import contextlib
import http.client
import json
import urllib.parse
from collections.abc import Iterator, Mapping

import numpy as np

from rmdn_tf.files.json_files import JsonError, parse_json
from rmdn_tf.serving.answers import Expected, check_names, from_json
from rmdn_tf.serving.connection import (
    DEADLINE_EXCEEDED,
    INVALID_ANSWER,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    Connection,
    RequestFailedError,
    reading,
)
from rmdn_tf.serving.grpc_transport import AVAILABLE, newest

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
"""gRPC's name of what an HTTP status says; others are "UNKNOWN"."""

CHUNK = 2**16
"""Bytes of an answer that are read at a time."""

OPTIONS = {
    "stream": True,
    # Frames go nowhere else; and a few bytes may unfold to GB.
    "allow_redirects": False,
    "headers": {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
    },
}
"""Of every request."""

ERROR_SCHEMA = {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
}
VERSIONS_SCHEMA = {
    "type": "object",
    "properties": {
        "model_version_status": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "version": {"type": "string", "pattern": "^[0-9]{1,19}$"},
                    "state": {"type": "string"},
                },
                "required": ["version", "state"],
            },
        }
    },
    "required": ["model_version_status"],
}
OUTPUTS_SCHEMA = {
    "type": "object",
    "properties": {"outputs": {"type": ["object", "array"]}},
    "required": ["outputs"],
}


class RestTransport:
    """A `Transport` over HTTP.

    Args:
        url: http:// or https://, host and port; perhaps with a user and a
            password, and a path.
        model: its name on the server.
        connection: limits and certificates.

    Raises:
        ImportError: `requests` is not installed.
    """

    def __init__(self, url: str, model: str, connection: Connection):
        try:
            from rmdn_tf.serving import http as serving_http
        except ImportError as error:
            raise ImportError(
                "requests is not installed: pip install 'rmdn-tf[serving]' "
                f"({error})"
            ) from error
        self._http = serving_http
        self._session = serving_http.session(connection)
        # For each request: the environment would go before a session's own.
        self._verify = connection.ca_file or True
        self.address, self._user = without_user(url.rstrip("/"))
        self._url = f"{self.address}/v1/models/{urllib.parse.quote(model)}"
        self._model = model
        self._connection = connection

    def latest_version(self, timeout_seconds: float) -> int:
        answer = self._request(
            "GET", self._url, None, VERSIONS_SCHEMA, timeout_seconds
        )
        return newest(
            [
                int(one["version"])
                for one in answer["model_version_status"]
                if one["state"] == AVAILABLE
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
        columns = {key: to_json(value) for key, value in inputs.items()}
        body = json.dumps({"signature_name": signature, "inputs": columns})
        outputs = self._request(
            "POST",
            f"{self._url}/versions/{version}:predict",
            body.encode(),
            OUTPUTS_SCHEMA,
            timeout_seconds,
        )["outputs"]
        # The only output of a signature comes without its name.
        if not isinstance(outputs, dict):
            outputs = {next(iter(expected)): outputs}
        with reading():
            check_names(outputs, expected)
            return {
                name: from_json(outputs[name], one, name)
                for name, one in expected.items()
            }

    def _request(
        self,
        method: str,
        url: str,
        body: bytes | None,
        schema: Mapping,
        timeout_seconds: float,
    ) -> dict:
        """Makes one request; returns the JSON of the answer."""
        limit = self._connection.max_message_bytes
        if body and len(body) > limit:
            raise RequestFailedError(
                RESOURCE_EXHAUSTED,
                f"The request has {len(body)} bytes, more than the limit of "
                f"{limit}.",
            )
        with (
            self._failures(),
            self._http.budget(
                timeout_seconds, self._connection.max_answer_bytes
            ),
            self._session.request(
                method,
                url,
                data=body,
                auth=self._user,
                timeout=timeout_seconds,
                verify=self._verify,
                **OPTIONS,
            ) as response,
        ):
            _check_headers(response)
            content = b"".join(response.iter_content(CHUNK))
        if len(content) > self._connection.max_answer_bytes:
            raise self._http.too_long(self._connection.max_answer_bytes)
        return _read(response.status_code, content, schema)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        errors = self._http.errors
        try:
            yield
        # A timeout of connecting is a `ConnectionError` too: the first counts.
        except errors.ReadTimeout as error:
            raise RequestFailedError(DEADLINE_EXCEEDED, error) from error
        except errors.SSLError as error:
            raise RequestFailedError("UNAUTHENTICATED", error) from error
        except (
            errors.ConnectionError,
            errors.ChunkedEncodingError,
        ) as error:
            status = INVALID_ANSWER if _is_not_http(error) else UNAVAILABLE
            raise RequestFailedError(status, error) from error
        except errors.RequestException as error:
            raise RequestFailedError("UNKNOWN", error) from error

    def close(self) -> None:
        self._session.close()


def without_user(url: str) -> tuple[str, tuple[str, str] | None]:
    """Takes user and password out of a URL.

    Returns:
        The URL without user and password, and the pair of both; None for the
        pair if the URL has no user.
    """
    parts = urllib.parse.urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    plain = parts._replace(netloc=host).geturl()
    if not user:
        return plain, None
    name, _, password = user.partition(":")
    return plain, (urllib.parse.unquote(name), urllib.parse.unquote(password))


def _check_headers(response) -> None:
    """Requires an answer of this server, and as it was written."""
    if response.is_redirect or 300 <= response.status_code < 400:
        raise RequestFailedError(
            INVALID_ANSWER,
            "Expected an answer, for frames are not sent elsewhere. Received: "
            f"status {response.status_code}, a redirect.",
        )
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise RequestFailedError(
            INVALID_ANSWER,
            "Expected an answer that is not compressed. Received: "
            f"Content-Encoding: {encoding}.",
        )


def _is_not_http(error: BaseException | None) -> bool:
    """Tells an answer that is not HTTP from one that breaks off."""
    while error is not None:
        if isinstance(error, http.client.HTTPException):
            broken_off = (
                http.client.RemoteDisconnected,
                http.client.IncompleteRead,
            )
            return not isinstance(error, broken_off)
        error = error.__context__
    return False


def _read(status: int, content: bytes, schema: Mapping) -> dict:
    """Reads an answer; raises `RequestFailedError` if it says an error."""
    if status == 200:
        try:
            return parse_json(content, schema, "JSON")
        except JsonError as error:
            raise RequestFailedError(INVALID_ANSWER, error) from error
    try:
        message = parse_json(content, ERROR_SCHEMA, "JSON")["error"]
    except JsonError:  # A proxy answers with a page.
        message = content[:200].decode("utf-8", "replace")
    raise RequestFailedError(
        STATUS.get(status, "UNKNOWN"), message or f"HTTP status {status}"
    )


def to_json(array: np.ndarray):
    """Returns the array as nested lists; bytes as base64."""
    if array.dtype == object:
        return [
            {"b64": base64.b64encode(one).decode()}
            if isinstance(one, bytes)
            else to_json(one)
            for one in array
        ]
    return array.tolist()
