"""HTTP with one deadline and one limit of bytes for a request and its answer.

requests limits the time of every single read: a server that sends a byte a
second would hold a client for ever. Here each read and each write gets the time
that is left, also while a connection is made and while headers are read.
"""

import contextlib
import contextvars
import dataclasses
import http.client
import io
import socket
import time
from collections.abc import Iterator

import requests
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from rmdn_tf.serving.connection import (
    DEADLINE_EXCEEDED,
    RESOURCE_EXHAUSTED,
    Connection,
    RequestFailedError,
)

errors = requests.exceptions

BLOCK = 2**16
"""Bytes that are sent at a time."""


@dataclasses.dataclass
class _Budget:
    """The time and the bytes that a request has left.

    Attributes:
        end: when the request must be answered, of `time.monotonic`.
        num_bytes: bytes of the answer that may still come.
        limit: bytes of an answer, at most.
    """

    end: float
    num_bytes: int
    limit: int

    def seconds(self) -> float:
        """Returns the time that is left."""
        seconds = self.end - time.monotonic()
        if seconds <= 0:
            raise _too_late()
        return seconds

    def take(self, num_bytes: int) -> None:
        """Counts bytes that have come."""
        self.num_bytes -= num_bytes
        if self.num_bytes < 0:
            raise too_long(self.limit)


_BUDGET: contextvars.ContextVar[_Budget] = contextvars.ContextVar("budget")


def session(connection: Connection) -> requests.Session:
    """Makes a session; it works within a `budget` only.

    Args:
        connection: with the client's certificate.
    """
    made = requests.Session()
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter())
    if connection.certificate_file:
        made.cert = (connection.certificate_file, connection.key_file)
    return made


@contextlib.contextmanager
def budget(seconds: float, num_bytes: int) -> Iterator[None]:
    """Limits the request that a `session` makes inside; a context.

    Args:
        seconds: for the request and its answer.
        num_bytes: of the answer.

    Raises:
        RequestFailedError: a limit is passed.
    """
    end = time.monotonic() + seconds
    # Headers count, too.
    token = _BUDGET.set(_Budget(end, num_bytes + BLOCK, num_bytes))
    try:
        yield
    finally:
        _BUDGET.reset(token)


def too_long(limit: int) -> RequestFailedError:
    """Returns the error for an answer of more than `limit` bytes."""
    return RequestFailedError(
        RESOURCE_EXHAUSTED,
        f"The answer has more than {limit} bytes, the limit.",
    )


def _too_late() -> RequestFailedError:
    return RequestFailedError(DEADLINE_EXCEEDED, "The time limit has passed.")


class _BudgetedReads(io.RawIOBase):
    """Reads from a socket within the budget."""

    def __init__(self, sock: socket.socket, reads: io.RawIOBase):
        self._sock, self._reads = sock, reads

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int | None:
        budget = _BUDGET.get()
        self._sock.settimeout(budget.seconds())
        try:
            number = self._reads.readinto(buffer)
        except TimeoutError as error:
            raise _too_late() from error
        budget.take(number or 0)
        return number

    def close(self) -> None:
        self._reads.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """Reads its headers and its body within the budget."""

    def __init__(self, sock, *args, **options):
        super().__init__(sock, *args, **options)
        reads = _BudgetedReads(sock, self.fp.detach())
        self.fp = io.BufferedReader(reads)


class _Budgeted:
    """A connection that is made and written to within the budget."""

    response_class = _Response

    def _new_conn(self):
        self.timeout = _BUDGET.get().seconds()
        sock = super()._new_conn()
        sock.settimeout(_BUDGET.get().seconds())  # Of TLS' handshake.
        return sock

    def send(self, data: bytes) -> None:
        if self.sock is None:
            self.connect()
        for begin in range(0, len(data), BLOCK):
            self.sock.settimeout(_BUDGET.get().seconds())
            try:
                super().send(data[begin : begin + BLOCK])
            except TimeoutError as error:
                raise _too_late() from error


class _Http(_Budgeted, HTTPConnection):
    pass


class _Https(_Budgeted, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class _Adapter(requests.adapters.HTTPAdapter):
    """Makes the connections of a session, with or without a proxy."""

    def init_poolmanager(self, *args, **options):
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args, **options):
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
