"""Tests whom the server lets in, where other machines may reach it."""

import asyncio
import socket

import pytest

pytest.importorskip("starlette", reason="needs the extra `view`")
pytest.importorskip("uvicorn", reason="needs the extra `view`")

from starlette.responses import PlainTextResponse

from rmdn_tf.applications.view.guard import Guard, new_token
from rmdn_tf.applications.view.server import announce

TOKEN = "secret-token"


def status_of(host, headers, path="/api/state", method="GET", query=""):
    """Returns the status, and the headers, of a request to a guarded app."""
    guard = Guard(PlainTextResponse("inside"), host, TOKEN, 8000)
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [
            (name.lower().encode(), text.encode("latin-1"))
            for name, text in headers.items()
        ],
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"])


COOKIE = {"Cookie": f"rmdn-view-8000={TOKEN}"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
@pytest.mark.parametrize("port", ["", ":8000", ":9000"])
def test_names_of_this_machine_are_let_in_through_any_tunnel(host, port):
    assert status_of("127.0.0.1", COOKIE | {"Host": host + port})[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "192.168.1.5", "0.0.0.0", socket.gethostname()]
)
def test_other_names_are_refused_on_loopback(host):
    assert status_of("127.0.0.1", COOKIE | {"Host": host})[0] == 421


def test_an_open_address_takes_addresses_and_its_own_names():
    for name in ("192.168.1.5:8000", "[fe80::1]:8000", socket.gethostname()):
        assert status_of("0.0.0.0", COOKIE | {"Host": name})[0] == 200
    assert status_of("lab.example", COOKIE | {"Host": "lab.example"})[0] == 200
    assert status_of("0.0.0.0", COOKIE | {"Host": "evil.example"})[0] == 421


def test_without_the_token_nothing_is_answered_anywhere():
    for host in ("127.0.0.1", "0.0.0.0"):
        for path in ("/", "/api/state", "/page/main.js"):
            own = {"Host": "127.0.0.1"}
            assert status_of(host, own, path)[0] == 401
            assert status_of(host, own, path, query="token=")[0] == 401


def test_the_token_opens_the_page_only_and_becomes_a_cookie():
    own, query = {"Host": "localhost:8000"}, f"token={TOKEN}"
    status, headers = status_of("127.0.0.1", own, "/", query=query)
    assert status == 200
    assert headers[b"set-cookie"].decode() == (
        f"rmdn-view-8000={TOKEN}; Path=/; HttpOnly; SameSite=Strict"
    )
    assert status_of("127.0.0.1", own, "/api/state", query=query)[0] == 401


def test_a_link_to_the_page_works_but_another_page_reaches_nothing():
    own = COOKIE | {"Host": "localhost", "Sec-Fetch-Site": "cross-site"}
    query = f"token={TOKEN}"
    assert status_of("127.0.0.1", own, "/", query=query)[0] == 200
    assert status_of("127.0.0.1", own)[0] == 403


def test_changes_need_the_origin_of_the_page():
    own = COOKIE | {"Host": "localhost:8000"}
    for origin, status in (
        ("http://localhost:8000", 200),
        ("http://localhost:9000", 403),
        ("http://evil.example", 403),
        ("null", 403),
        (None, 403),
    ):
        headers = own | ({"Origin": origin} if origin else {})
        for method in ("POST", "DELETE"):
            found, _ = status_of("127.0.0.1", headers, method=method)
            assert found == status


def test_every_answer_has_the_headers_of_security():
    for given in (COOKIE, {}):
        _, headers = status_of("127.0.0.1", given | {"Host": "localhost"})
        policy = headers[b"content-security-policy"].decode()
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"referrer-policy"] == b"no-referrer"
        assert b"access-control-allow-origin" not in headers


def test_tokens_are_long_and_differ():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100 and min(map(len, tokens)) >= 32


@pytest.mark.parametrize(
    "other", ['prefs={"a": 1}', "list[0]=1", "word", "name=J\xf6rg", "a=b c"]
)
def test_unusual_cookies_of_other_servers_do_not_hide_that_of_the_page(other):
    headers = {
        "Host": "127.0.0.1:8000",
        "Cookie": f"{other}; {COOKIE['Cookie']}",
    }
    assert status_of("127.0.0.1", headers)[0] == 200


def test_the_name_of_the_host_may_have_capitals():
    headers = COOKIE | {"Host": "mybox:8000"}
    assert status_of("MyBox", headers)[0] == 200


@pytest.mark.parametrize("name", ["127.0.0.1", "[::1]", "LocalHost", "box"])
def test_only_an_address_that_others_reach_is_warned_of(name, capsys):
    announce(f"http://{name}:8000/?token={TOKEN}", opens=False)
    assert ("Warning" in capsys.readouterr().err) == (name == "box")
