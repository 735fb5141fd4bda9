"""How a client reaches a server: limits, certificates, and what failed."""

import contextlib
import dataclasses
import itertools
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn, Protocol, TypeVar

import numpy as np

from rmdn_tf.serving.answers import Expected, InvalidOutputError

Answer = TypeVar("Answer")

UNAVAILABLE = "UNAVAILABLE"
DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
INVALID_ANSWER = "INVALID_ANSWER"
"""Not a status of gRPC: what came back is no answer to the request."""
REFUSED = (
    "INVALID_ARGUMENT",
    "FAILED_PRECONDITION",
    "NOT_FOUND",
    "OUT_OF_RANGE",
    RESOURCE_EXHAUSTED,
    "UNIMPLEMENTED",
)
"""Answers that would be the same if the request was sent again."""

ANSWER_BYTES = 2**24
"""Largest answer: a hundred times what 256 clips and their state take."""
MAX_SHOWN = 300
"""Characters of a server's message that an error shows."""


@dataclasses.dataclass(frozen=True)
class Connection:
    """Limits of a connection, and its certificates.

    Attributes:
        timeout_seconds: of a request, from the first attempt until the last
            answer is read; only the time to look up a name is not counted.
        num_attempts: limit for a request that did not reach the model.
        wait_seconds: before the second attempt; twice as long before each
            further one. A random part, up to half, is left out.
        max_message_bytes: limit for a request and for an answer. An answer may
            not be larger than `ANSWER_BYTES` either.
        ca_file: PEM, certificates that the server's is checked against; None
            for those of the system.
        certificate_file, key_file: PEM, of this client, for a server that
            asks for them.
    """

    timeout_seconds: float = 60.0
    num_attempts: int = 5
    wait_seconds: float = 0.1
    max_message_bytes: int = 2**27
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None

    def __post_init__(self):
        for name in ("timeout_seconds", "num_attempts", "max_message_bytes"):
            if getattr(self, name) <= 0:
                raise ValueError(
                    f"Invalid `{name}`. Expected a positive number. "
                    f"Received: {name}={getattr(self, name)}."
                )
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError(
                "Invalid `key_file`. Expected both `certificate_file` and "
                f"`key_file`, or neither. Received: key_file={self.key_file}, "
                f"certificate_file={self.certificate_file}."
            )

    @property
    def max_answer_bytes(self) -> int:
        """Bytes of an answer, at most."""
        return min(self.max_message_bytes, ANSWER_BYTES)


class RequestFailedError(Exception):
    """One attempt at a request failed.

    Args:
        status: name of a status of gRPC, or `INVALID_ANSWER`.
        message: for people; may come from the server.

    Attributes:
        status: see there.
    """

    def __init__(self, status: str, message: object):
        super().__init__(f"{_one_line(str(message))} ({status})")
        self.status = status


class InvalidAnswerError(ConnectionError):
    """The answer of a server is not one of a model of this package."""


class Transport(Protocol):
    """A way to a server; its methods raise `RequestFailedError`.

    Attributes:
        address: of the server, without a password.
    """

    address: str

    def latest_version(self, timeout_seconds: float) -> int:
        """Returns the highest version of the model that is served."""

    def predict(
        self,
        version: int,
        signature: str,
        inputs: dict[str, np.ndarray],
        expected: Mapping[str, Expected],
        timeout_seconds: float,
    ) -> dict[str, np.ndarray]:
        """Returns the outputs that are expected, of one request."""

    def close(self) -> None:
        """Closes the connection."""


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Raises `RequestFailedError` where an answer cannot be read."""
    try:
        yield
    except InvalidOutputError as error:
        raise RequestFailedError(INVALID_ANSWER, error) from error


def attempt(
    call: Callable[[float], Answer], connection: Connection, address: str
) -> Answer:
    """Makes a request, and repeats it where that is safe.

    All of a model's signatures are functions of what they are sent: the state
    goes in and comes out, and the server keeps none. So it does no harm if an
    attempt that seemed to fail was carried out. Only `UNAVAILABLE` is tried
    again, which a connection refused and the HTTP statuses 502, 503 and 504
    count as; a request that was refused would be refused again, and one that
    took too long would take as long again.

    Args:
        call: takes the seconds that are left; makes one attempt.
        connection: with the limits.
        address: of the server, for errors.

    Raises:
        ValueError: the server refused the request.
        TimeoutError: the server did not answer in time.
        InvalidAnswerError: the answer is not one to this request.
        ConnectionError: the server cannot be reached, or failed.
    """
    end = time.monotonic() + connection.timeout_seconds
    wait = connection.wait_seconds
    for number in itertools.count(1):
        try:
            return call(max(end - time.monotonic(), 0.001))
        except RequestFailedError as error:
            pause = wait * random.uniform(0.5, 1.0)
            is_last = (
                error.status != UNAVAILABLE
                or number == connection.num_attempts
                or time.monotonic() + pause >= end
            )
            if is_last:
                _give_up(error, number, address)
        time.sleep(pause)
        wait *= 2


def _give_up(error: RequestFailedError, number: int, address: str) -> NoReturn:
    """Raises the error of Python's own that fits the status."""
    server = f"The server '{address}'"
    if error.status in REFUSED:
        raise ValueError(f"{server} refused: {error}") from error
    if error.status == DEADLINE_EXCEEDED:
        raise TimeoutError(f"{server} took too long: {error}") from error
    if error.status == INVALID_ANSWER:
        raise InvalidAnswerError(
            f"Invalid answer of the server '{address}'. {error}"
        ) from error
    tried = f"after {number} attempts: " if number > 1 else ""
    raise ConnectionError(f"{server} failed, {tried}{error}") from error


def _one_line(text: str) -> str:
    """Shortens a text, and replaces characters that control a terminal."""
    if len(text) > MAX_SHOWN:
        text = f"{text[:MAX_SHOWN]}..."
    return "".join(c if c.isprintable() else " " for c in text)
