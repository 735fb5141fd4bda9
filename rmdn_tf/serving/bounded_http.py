"""HTTP requests with one time limit and one size limit for all attempts.

urllib3's time limit holds for each read: a server that sends a byte a second
would hold a client for ever. urllib3 also reads as many bytes as a server
announces. Here each read and write takes from the request's budget of seconds
and bytes.
"""

import contextvars
import dataclasses
import http.client
import io
import logging
import random
import socket
import ssl
import time
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import urllib3
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from rmdn_tf.serving.connection import Connection

# Statuses of requests that did not reach the model.
RETRIED = (502, 503, 504)

# Bytes sent at a time, and the limit for headers.
BLOCK = 2**16

# Connections kept for further requests, one for each thread.
NUM_KEPT = 10


class TooLongError(Exception):
    """An answer is longer than its limit."""


@dataclasses.dataclass
class _Budget:
    """Bytes that a request may still read, until `end` of `time.monotonic`."""

    end: float
    num_bytes: int

    def seconds(self) -> float:
        """Returns the time left; raises TimeoutError at the end."""
        seconds = self.end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("The time limit has passed.")
        return seconds

    def allow(self, num_bytes: int) -> None:
        """Raises TooLongError if fewer than `num_bytes` may still come."""
        if num_bytes > self.num_bytes:
            raise TooLongError


# Set while a request of this module is under way.
_BUDGET: contextvars.ContextVar[_Budget] = contextvars.ContextVar("budget")

# urllib3 warns of each retry. The error at the end is enough.
logging.getLogger("urllib3.connectionpool").addFilter(
    lambda record: _BUDGET.get(None) is None
)


class BoundedHttp:
    """Makes requests to one server, through the environment's proxy if any."""

    def __init__(self, url: str, connection: Connection):
        self._connection = connection
        self._pools = _pool_manager(url, connection)
        self._pools.pool_classes_by_scheme = _POOLS

    def request(
        self, method: str, url: str, body: bytes | None, headers: dict
    ) -> urllib3.BaseHTTPResponse:
        """Makes a request, and repeats it if it did not reach the model.

        Returns the answer as it came: still compressed, redirects not followed.

        Raises:
            TooLongError: the answer is too long.
            urllib3.exceptions.HTTPError: no answer came.
        """
        connection = self._connection
        end = time.monotonic() + connection.timeout_seconds
        token = _BUDGET.set(_Budget(end, connection.max_answer_bytes + BLOCK))
        try:
            return self._pools.request(
                method,
                url,
                body=body,
                headers=headers,
                redirect=False,
                decode_content=False,
                retries=_Retry(
                    total=connection.num_attempts - 1,
                    other=0,
                    allowed_methods=None,
                    status_forcelist=RETRIED,
                    backoff_factor=connection.wait_seconds,
                    raise_on_status=False,
                    respect_retry_after_header=False,
                ),
            )
        finally:
            _BUDGET.reset(token)

    def close(self) -> None:
        self._pools.clear()


def causes(error: object) -> Iterator[BaseException]:
    """Yields an error, then its cause, and so on."""
    while isinstance(error, BaseException):
        yield error
        inner = [one for one in error.args if isinstance(one, BaseException)]
        error = inner[-1] if inner else error.__context__


def is_not_http(error: object) -> bool:
    """Tells an answer that is not HTTP from one that breaks off."""
    broken_off = (http.client.RemoteDisconnected, http.client.IncompleteRead)
    return any(
        isinstance(one, http.client.HTTPException)
        and not isinstance(one, broken_off)
        for one in causes(error)
    )


def _pool_manager(url: str, connection: Connection) -> urllib3.PoolManager:
    parts = urllib3.util.parse_url(url)
    options: dict[str, Any] = {"maxsize": NUM_KEPT}
    if parts.scheme == "https":
        connection.read_certificates()  # Its errors name the file.
        context = ssl.create_default_context(cafile=connection.ca_file)
        if connection.certificate_file:
            context.load_cert_chain(
                connection.certificate_file, connection.key_file
            )
        options["ssl_context"] = context
    proxy = urllib.request.getproxies().get(parts.scheme or "")
    if not proxy or urllib.request.proxy_bypass(parts.netloc or ""):
        return urllib3.PoolManager(**options)
    user = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=user)
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


class _Retry(urllib3.Retry):
    """Pauses before every retry, and stops at the time limit."""

    def get_backoff_time(self) -> float:
        pause = self._longest_pause()
        return random.uniform(pause / 2, pause)

    def is_exhausted(self) -> bool:
        end = _BUDGET.get().end - self._longest_pause()
        return super().is_exhausted() or time.monotonic() >= end

    def _longest_pause(self) -> float:
        return self.backoff_factor * 2 ** (len(self.history) - 1)

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        *others: Any,
        **named: Any,
    ) -> Self:
        # The next answer would be the same.
        if error is not None and is_not_http(error):
            raise error
        return super().increment(method, url, response, error, *others, **named)


class _Reads(io.RawIOBase):
    """Reads from a socket within the budget."""

    def __init__(self, sock: socket.socket, reads: io.RawIOBase):
        self._sock, self._reads = sock, reads

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int | None:
        budget = _BUDGET.get()
        self._sock.settimeout(budget.seconds())
        number = self._reads.readinto(buffer)
        budget.num_bytes -= number or 0
        budget.allow(0)
        return number

    def close(self) -> None:
        self._reads.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """Refuses what is announced as longer than the budget allows."""

    def __init__(self, sock, *arguments, **options):
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_Reads(sock, self.fp.detach()))

    # Reads the whole answer, or a chunk of it; urllib3 calls it, too. Before
    # Python 3.14, it takes memory for all of that. Stubs lack it.
    def _safe_read(self, amt: int) -> bytes:
        # The budget already counts the bytes in the buffer.
        _BUDGET.get().allow(amt - io.DEFAULT_BUFFER_SIZE)
        return super()._safe_read(amt)  # type: ignore[misc]


if TYPE_CHECKING:
    _Connection = urllib3.connection.HTTPConnection
else:  # Mixed into a class of connections below.
    _Connection = object


class _Bounded(_Connection):
    """Connects and writes within the budget."""

    response_class = _Response

    def _new_conn(self):
        self.timeout = _BUDGET.get().seconds()
        sock = super()._new_conn()
        sock.settimeout(_BUDGET.get().seconds())  # For TLS' handshake.
        return sock

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        for begin in range(0, len(data), BLOCK):
            self.sock.settimeout(_BUDGET.get().seconds())
            super().send(data[begin : begin + BLOCK])


def _bounded(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """Makes a class of pools whose connections keep to the budget."""
    connection = type("Connection", (_Bounded, pool.ConnectionCls), {})
    return type("Pool", (pool,), {"ConnectionCls": connection})


_POOLS = {
    "http": _bounded(HTTPConnectionPool),
    "https": _bounded(HTTPSConnectionPool),
}
