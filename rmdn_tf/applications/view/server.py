"""Runs the server of `rmdn view` until a signal ends it."""

import socket
import sys
import webbrowser
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from rmdn_tf.applications.view.settings import LOOPBACK

# Connections at once. A browser opens six.
_MAX_CONNECTIONS = 64

# Longest wait for the head of a request.
_HEAD_SECONDS = 15.0

_END_SECONDS = 3


class _Impatient(H11Protocol):
    """Ends connections that send no request."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._timer = self.loop.call_later(_HEAD_SECONDS, self._end_if_idle)

    def _end_if_idle(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.abort()

    def connection_lost(self, exception: Exception | None) -> None:
        self._timer.cancel()
        super().connection_lost(exception)


def listen(host: str, port: int) -> socket.socket:
    """Listens at an address.

    Args:
        host: name or address.
        port: 0 for a free one.

    Returns:
        The socket.

    Raises:
        OSError: the port is in use, or the address is not one of this machine.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        family, kind, protocol, _, address = found
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_MAX_CONNECTIONS)
    except OSError as error:
        raise OSError(
            f"Cannot listen at {host}, port {port}: {error.strerror}."
        ) from error
    return listener


def address_of(listener: socket.socket, host: str, token: str) -> str:
    """Returns the address of the page, with its token."""
    port = listener.getsockname()[1]
    if host in ("0.0.0.0", "::", ""):
        host = socket.gethostname()
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/?token={token}"


class Server(uvicorn.Server):
    """A server of one application, with limits.

    Its `run` takes the listener of `listen`. After a signal it ends the
    connections, and raises the signal again.

    Args:
        app: answers the requests.
        announce: called when the server is ready.
    """

    def __init__(self, app: ASGIApp, announce: Callable[[], None]):
        config = uvicorn.Config(
            app,
            http=_Impatient,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",  # Invalid requests are not logged.
            access_log=False,  # The address holds the token.
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MAX_CONNECTIONS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_END_SECONDS,
        )
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


def announce(url: str, opens: bool) -> None:
    """Prints the address of the page.

    Args:
        url: of `address_of`.
        opens: whether to open it in the browser.
    """
    print(f"Open {url}\nCtrl-C ends it.", flush=True)
    if urlsplit(url).hostname not in LOOPBACK:
        print(
            "Warning: other machines can reach this page, without encryption. "
            "Whoever knows the address sees your videos.",
            file=sys.stderr,
        )
    if opens:
        webbrowser.open(url)
