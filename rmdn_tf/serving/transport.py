"""The common part of gRPC and REST: two questions, and errors in one line."""

import abc
import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rmdn_tf.serving.answers import Expected, read_outputs
from rmdn_tf.serving.connection import Connection

# State of a version that answers requests.
AVAILABLE = "AVAILABLE"

# The only status that is tried again: the request did not reach the model. A
# request that runs twice does no harm, since the server keeps no state.
UNAVAILABLE = "UNAVAILABLE"
DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
# Statuses that another attempt would get again.
REFUSED = (
    "INVALID_ARGUMENT",
    "FAILED_PRECONDITION",
    "NOT_FOUND",
    "OUT_OF_RANGE",
    RESOURCE_EXHAUSTED,
    "UNIMPLEMENTED",
)

# Characters of a server's message that an error shows.
MAX_SHOWN = 300


class InvalidAnswerError(ConnectionError):
    """The answer does not come from a model of this package."""


class Transport(abc.ABC):
    """A way to a model on a server, at an address without a password.

    Its methods raise:
        ValueError: the server refused the request.
        TimeoutError: the server did not answer in time.
        InvalidAnswerError: the answer does not fit the request.
        ConnectionError: the server cannot be reached, or failed.
    """

    def __init__(self, address: str, model: str, connection: Connection):
        self._address = address
        self._model = model
        self._connection = connection

    def latest_version(self) -> int:
        """Returns the highest available version of the model."""
        versions = self._available_versions()
        if not versions:
            raise self._error(
                UNAVAILABLE,
                f"No version of the model '{self._model}' is available.",
            )
        if not all(0 <= version < 2**63 for version in versions):
            raise self._invalid(f"Invalid versions of the model: {versions}.")
        return max(versions)

    def predict(
        self,
        version: int,
        signature: str,
        inputs: dict[str, np.ndarray],
        expected: Mapping[str, Expected],
    ) -> dict[str, np.ndarray]:
        """Runs a signature; returns the expected outputs."""
        outputs = self._run(version, signature, inputs)
        with self.reading():
            return read_outputs(outputs, expected, self._read_output)

    @abc.abstractmethod
    def _available_versions(self) -> list[int]:
        """Returns the versions of the model that answer requests."""

    @abc.abstractmethod
    def _run(
        self, version: int, signature: str, inputs: dict[str, np.ndarray]
    ) -> Mapping | list:
        """Runs a signature; returns outputs for `_read_output`."""

    @staticmethod
    @abc.abstractmethod
    def _read_output(value: Any, expected: Expected, name: str) -> np.ndarray:
        """Reads an output; see `rmdn_tf.serving.answers.from_json`."""

    @abc.abstractmethod
    def close(self) -> None:
        """Closes the connection."""

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Turns a ValueError about an answer into an `InvalidAnswerError`."""
        try:
            yield
        except ValueError as error:
            raise self._invalid(error) from error

    def _invalid(self, message: object) -> InvalidAnswerError:
        return InvalidAnswerError(
            f"Invalid answer of the server '{self._address}'. "
            f"{_one_line(str(message))}"
        )

    def _error(self, status: str, message: object) -> Exception:
        """Makes Python's error for a status of gRPC."""
        kind: type[Exception] = ConnectionError
        verb = "failed"
        if status in REFUSED:
            kind, verb = ValueError, "refused"
        elif status == DEADLINE_EXCEEDED:
            kind, verb = TimeoutError, "took too long"
        return kind(
            f"The server '{self._address}' {verb}: "
            f"{_one_line(str(message))} ({status})"
        )


def _one_line(text: str) -> str:
    """Shortens a text, and replaces characters that control a terminal."""
    if len(text) > MAX_SHOWN:
        text = f"{text[:MAX_SHOWN]}..."
    return "".join(c if c.isprintable() else " " for c in text)
