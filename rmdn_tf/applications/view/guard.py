"""Lets in only requests of the page itself.

A server on this machine can be reached by every web page that the user opens,
and by other users of the machine. So a request must name this server (against
DNS rebinding), come from this page, and bring the token.
"""

import hmac
import ipaddress
import secrets
import socket
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rmdn_tf.applications.view.settings import LOOPBACK

_SAFE = ("GET", "HEAD")

# Longest path and query together, and longest headers, in bytes.
_MAX_TARGET, _MAX_HEAD = 2048, 16_384

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self'; font-src 'self'; worker-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


class Refused(ValueError):
    """A request that is refused.

    Attributes:
        status: of the answer.
    """

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class Guard:
    """Checks each request, and adds headers of security to each answer.

    Args:
        app: answers the requests that pass.
        host: address that the server listens at.
        token: the secret that a request must bring.
        port: of the server; cookies do not tell ports apart.
    """

    def __init__(self, app: ASGIApp, host: str, token: str, port: int):
        self._app = app
        self._host = host.lower()  # As `urlsplit` gives that of a request.
        self._token = token
        self._cookie = f"rmdn-view-{port}"

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            raise ValueError(f"Unknown kind of request: {scope['type']}.")
        sets_cookie = False

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if sets_cookie:
                    headers.append("Set-Cookie", self._new_cookie())
            await send(message)

        try:
            sets_cookie = self._check(scope)
        except Refused as refused:
            # The body may never come: the connection ends.
            answer = JSONResponse(
                {"error": str(refused)}, refused.status, {"Connection": "close"}
            )
            return await answer(scope, receive, send_safely)
        return await self._app(scope, receive, send_safely)

    def _check(self, scope: Scope) -> bool:
        """Returns whether to give the cookie; raises `Refused`."""
        headers = Headers(scope=scope)
        target = len(scope["raw_path"]) + len(scope["query_string"])
        if target > _MAX_TARGET:
            raise Refused(414, "The address is too long.")
        if sum(len(k) + len(v) for k, v in headers.raw) > _MAX_HEAD:
            raise Refused(431, "The headers are too long.")
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_own(hosts[0]):
            raise Refused(
                421,
                "This server has another name. Open the address that "
                "`rmdn view` printed.",
            )
        is_page = scope["path"] == "/" and scope["method"] in _SAFE
        self._check_origin(headers, scope["method"], hosts[0], is_page)
        if self._has_cookie(scope):
            return False
        given = QueryParams(scope["query_string"]).get("token", "")
        if is_page and _is_same(given, self._token):
            return True
        raise Refused(
            401, "Missing token. Open the address that `rmdn view` printed."
        )

    def _check_origin(
        self, headers: Headers, method: str, host: str, is_page: bool
    ) -> None:
        origin = headers.get("origin")
        if origin is None and method not in _SAFE:
            raise Refused(403, "Missing header `Origin`.")
        if origin is not None and not _is_origin(origin, host):
            raise Refused(403, "The request comes from another page.")
        site = headers.get("sec-fetch-site", "same-origin")
        if not is_page and site not in ("same-origin", "none"):
            raise Refused(403, "The request comes from another page.")

    def _is_own(self, host: str) -> bool:
        """Returns whether a header `Host` names this server."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if "@" in host or "/" in host or "\\" in host:
            return False
        if self._host in LOOPBACK:
            return name in LOOPBACK
        known = {self._host, "localhost", socket.gethostname().lower()}
        return name in known or _is_address(name)

    def _has_cookie(self, scope: Scope) -> bool:
        # Not `http.cookies`: it drops all cookies after an unusual one, which
        # another server of this machine may have set.
        given = HTTPConnection(scope).cookies.get(self._cookie, "")
        return _is_same(given, self._token)

    def _new_cookie(self) -> str:
        return (
            f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
        )


def new_token() -> str:
    """Makes a secret for one server."""
    return secrets.token_urlsafe(24)


def _is_same(given: str, token: str) -> bool:
    """Compares in constant time, which tells nothing of the token."""
    return hmac.compare_digest(given.encode(), token.encode())


def _is_origin(origin: str, host: str) -> bool:
    return origin.lower() in (
        f"http://{host}".lower(),
        f"https://{host}".lower(),
    )


def _is_address(name: str) -> bool:
    """Tells an IP address from a name, which may be DNS rebinding."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
