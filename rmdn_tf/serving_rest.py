"""REST to TensorFlow Serving: JSON over HTTP.

Numbers go as text: send JPEGs, or take gRPC where pixels must not change.
"""

import base64
import contextlib
import json

import numpy as np

from rmdn_tf.serving_connection import Connection, RequestFailedError
from rmdn_tf.serving_grpc import AVAILABLE, newest

STATUS = {
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    413: "RESOURCE_EXHAUSTED",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "UNAVAILABLE",
}
"""gRPC's name of what an HTTP status says; others are "UNKNOWN"."""

CHUNK = 2**20
"""Bytes of an answer that are read at a time."""


class RestTransport:
    """A `Transport` over HTTP.

    Args:
        url: http:// or https://, host and port.
        model: its name on the server.
        connection: limits and certificates.

    Raises:
        ImportError: `requests` is not installed.
    """

    def __init__(self, url: str, model: str, connection: Connection):
        try:
            import requests
        except ImportError as error:
            raise ImportError(
                "requests is not installed: pip install 'rmdn-tf[serving]'"
            ) from error
        self._errors = requests.exceptions
        self._session = requests.Session()
        # For each request: the environment would go before a session's own.
        self._verify = connection.ca_file or True
        if connection.certificate_file:
            self._session.cert = (
                connection.certificate_file,
                connection.key_file,
            )
        self._url = f"{url}/v1/models/{model}"
        self._model = model
        self._limit = connection.max_message_bytes

    def latest_version(self, timeout_seconds: float) -> int:
        answer = self._request("GET", self._url, None, timeout_seconds)
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
        outputs: tuple[str, ...],
        timeout_seconds: float,
    ) -> dict[str, np.ndarray]:
        body = json.dumps(
            {
                "signature_name": signature,
                "inputs": {
                    key: to_json(value) for key, value in inputs.items()
                },
            }
        )
        answer = self._request(
            "POST",
            f"{self._url}/versions/{version}:predict",
            body.encode(),
            timeout_seconds,
        )["outputs"]
        # The only output of a signature comes without its name.
        if not isinstance(answer, dict):
            answer = {outputs[0]: answer}
        return {name: _from_json(answer[name]) for name in outputs}

    def _request(self, method, url, body: bytes | None, timeout_seconds):
        """Makes one request; returns the JSON of the answer."""
        if body and len(body) > self._limit:
            raise RequestFailedError(
                "RESOURCE_EXHAUSTED",
                f"The request has {len(body)} bytes, more than the limit of "
                f"{self._limit}.",
            )
        with (
            self._failures(),
            self._session.request(
                method,
                url,
                data=body,
                timeout=timeout_seconds,
                verify=self._verify,
                stream=True,
                headers={"Content-Type": "application/json"},
            ) as response,
        ):
            return _read(response.status_code, self._content(response))

    def _content(self, response) -> bytes:
        content = bytearray()
        for chunk in response.iter_content(CHUNK):
            content += chunk
            if len(content) > self._limit:
                raise RequestFailedError(
                    "RESOURCE_EXHAUSTED",
                    f"The answer has more than {self._limit} bytes, the limit.",
                )
        return bytes(content)

    @contextlib.contextmanager
    def _failures(self):
        errors = self._errors
        try:
            yield
        # A timeout of connecting is a `ConnectionError` too: the first counts.
        except errors.ReadTimeout as error:
            raise RequestFailedError("DEADLINE_EXCEEDED", str(error)) from error
        except errors.SSLError as error:
            raise RequestFailedError("UNAUTHENTICATED", str(error)) from error
        except (
            errors.ConnectionError,
            errors.ChunkedEncodingError,
        ) as error:
            raise RequestFailedError("UNAVAILABLE", str(error)) from error
        except errors.RequestException as error:
            raise RequestFailedError("UNKNOWN", str(error)) from error

    def close(self) -> None:
        self._session.close()


def _read(status: int, content: bytes) -> dict:
    """Reads an answer; raises `RequestFailedError` if it is none."""
    try:
        answer = json.loads(content)
        message = answer.get("error")
    except (ValueError, AttributeError):  # A proxy answers with a page.
        answer, message = {}, content[:200].decode("utf-8", "replace")
    if status != 200 or not answer or "error" in answer:
        raise RequestFailedError(
            STATUS.get(status, "UNKNOWN"), f"{message or 'no message'}"
        )
    return answer


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


def _from_json(value) -> np.ndarray:
    array = np.array(value)
    is_number = np.issubdtype(array.dtype, np.floating)
    return array.astype(np.float32) if is_number else array
