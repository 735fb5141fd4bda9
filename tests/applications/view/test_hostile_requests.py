"""Requests of attackers are refused, and the server goes on."""

import itertools
import json
import random
import re
import socket
import string

import pytest

pytest.importorskip("starlette", reason="needs the extra `view`")
pytest.importorskip("uvicorn", reason="needs the extra `view`")

from rmdn_tf.applications.view import bodies, server
from tests.helpers.made_videos import moving_square, write_video
from tests.helpers.view_server import running_server

# Texts that paths and names are made of.
CLIMBING = (
    "..",
    "../../../../etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cwindows%5cwin.ini",
    "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
    "%00",
    "a%00.mp4",
    "%c0%ae%c0%ae/",
    "....//",
    "~root",
    "$(id)",
    "'; DROP TABLE videos; --",
    "<script>alert(1)</script>",
    "x" * 1500,
)
HOSTS = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "evil.example:80@127.0.0.1",
    "127.0.0.1/evil",
    "127.0.0.1\\evil",
    "[::1",
    "0.0.0.0",
    "169.254.169.254",
    "2130706433",
    "",
)
ORIGINS = (
    "null",
    "http://evil.example",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://localhost",
    "file://",
    "chrome-extension://abc",
    "",
)
NUMBERS = ("-1", "1e9", "9" * 30, "NaN", "0x10", "1,2", " ", "%31%00", "½")
METHODS = ("PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW")
JSONS = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"[" * 50_000,
    b'{"model": ["model"]}',
    b'{"model": "../model"}',
    b'{"kind": "../../etc"}',
    b'{"kind": ["maps"]}',
    b'{"kind": "overlay", "style": "heat; rm -rf /"}',
    b'{"kind": "overlay", "style": 7}',
    b'{"kind": "areas", "areas": "all"}',
    b'{"kind": "areas", "areas": []}',
    b'{"kind": "areas", "areas": [{"name": "a", "points": [[0, 0]]}]}',
    b'{"kind": "areas", "areas": [{"name": "a", "points": [[NaN, 0]]}]}',
    b"\xff\xfe{}",
    b'{"a": ' + b"9" * 5000 + b"}",
)
AREAS = (
    None,
    [],
    {},
    [7],
    [{"name": "a"}],
    [{"name": "a", "points": []}],
    [{"name": "a", "points": [[0, 0], [1, 1]]}],
    [{"name": "a", "points": [[0, 0], [1, 1], [0, 1], [1, 0]]}],
    [{"name": "a", "points": [[0, 0], [1e300, 1], [0, 1]]}],
    [{"name": "a", "points": [["0", 0], [1, 1], [0, 1]]}],
    [{"name": "a", "points": [[0, 0, 0], [1, 1, 0], [0, 1, 0]]}],
    [{"name": 7, "points": [[0, 0], [1, 1], [0, 1]]}],
    [{"name": "a", "points": [[0, 0], [1, 1], [0, 1]]}] * 101,
    [{"name": "a", "points": [[0, 0], [1, 1], [0, 1]] * 100}],
)


def request(method, path, body=None, length=None, **headers):
    """Returns the bytes of a request; a header that is None is left out."""
    if body is not None or length is not None:
        headers["Content_Length"] = length or len(body)
    lines = [f"{method} {path} HTTP/1.1"]
    for name, text in headers.items():
        if text is not None:
            lines.append(f"{name.replace('_', '-')}: {text}")
    head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
    return head + (body or b"")


def hostile_requests(client, id):
    """Yields what is wrong, and the bytes of a request."""
    own = {
        "Host": client.host,
        "Cookie": client.cookie,
        "Origin": f"http://{client.host}",
    }
    video = f"/api/videos/{id}"
    for text in CLIMBING:
        quoted = text.replace(" ", "%20")
        for place in (
            f"/page/{quoted}",
            f"/{quoted}",
            f"/api/videos/{quoted}",
            f"/api/videos/{quoted}/playable",
            f"{video}/densities/{quoted}",
            f"{video}/files/{quoted}",
            f"{video}/crop?aspect={quoted}",
        ):
            yield f"path {place[:60]}", request("GET", place, **own)
        yield (
            f"name {text[:40]}",
            request("POST", "/api/videos", b"no video", X_Name=quoted, **own),
        )
    for host in (*HOSTS, None):
        yield (
            f"host {host}",
            request("GET", "/api/state", **own | {"Host": host}),
        )
    for origin, (method, path) in itertools.product(
        (*ORIGINS, None),
        (
            ("POST", f"{video}/start"),
            ("DELETE", video),
            ("POST", "/api/videos"),
        ),
    ):
        yield (
            f"origin {origin} {method}",
            request(method, path, b"{}", **own | {"Origin": origin}),
        )
    for site in ("cross-site", "same-site", "evil"):
        yield f"site {site}", request("GET", video, **own, Sec_Fetch_Site=site)
    for cookie in (None, "", "rmdn-view=1", f"{client.cookie}x", "\xff" * 99):
        yield (
            f"cookie {cookie}",
            request("GET", "/api/state", **own | {"Cookie": cookie}),
        )
        yield f"page {cookie}", request("GET", "/", **own | {"Cookie": cookie})
    for number in NUMBERS:
        path = f"{video}/densities/model?from={number}".replace(" ", "%20")
        yield f"number {number}", request("GET", path, **own)
    for method in METHODS:
        yield f"method {method}", request(method, "/api/state", **own)
        yield f"method {method}", request(method, video, b"x", **own)
    for document in JSONS:
        for place in ("files", "areas"):
            yield (
                f"{place} {document[:40]}",
                request("POST", f"{video}/{place}", document, **own),
            )
    for areas in AREAS:
        document = json.dumps({"model": "model", "areas": areas}).encode()
        yield (
            f"areas {areas}"[:60],
            request("POST", f"{video}/areas", document, **own),
        )
    for length in ("-5", "1e3", "9" * 25, "+8", "8, 8", "8 8", "eight"):
        yield (
            f"length {length}",
            request("POST", "/api/videos", b"8 bytes.", length, **own)
            + b" " * 20,
        )
    for part in ("bytes=9-2", "bytes=99999999-", "bytes=a-b", "lines=1-2", "x"):
        yield (
            f"range {part}",
            request("GET", f"{video}/playable", **own, Range=part),
        )
    yield "no length", request("POST", "/api/videos", **own, X_Name="a.mp4")
    yield (
        "chunks",
        request("POST", "/api/videos", **own, Transfer_Encoding="chunked")
        + b"5\r\nhello\r\n0\r\n\r\n",
    )
    yield (
        "two lengths",
        request("POST", "/api/videos", b"12345", **own, content_length=2),
    )
    yield "long head", request("GET", "/", **own, X_Long="a" * 100_000)
    yield "no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 50
    yield "old HTTP", b"GET /\r\n\r\n"
    yield (
        "upgrade",
        request(
            "GET",
            "/api/state",
            **own | {"Cookie": None},
            Connection="Upgrade",
            Upgrade="websocket",
        ),
    )
    numbers = random.Random(0)
    for _ in range(40):
        letters = "".join(numbers.choices(string.printable, k=60))
        yield f"letters {letters!r}", letters.encode() + b"\r\n\r\n"


def status_of(port, content, seconds=5.0):
    """Sends bytes; returns the status of the answer, None without one."""
    with socket.create_connection(("127.0.0.1", port), seconds) as connection:
        received = b""
        try:
            connection.sendall(content)
            while b"\r\n\r\n" not in received:
                piece = connection.recv(4096)
                if not piece:
                    break
                received += piece
        except (ConnectionError, TimeoutError):
            pass
    found = re.match(rb"HTTP/1\.1 (\d{3})", received)
    return int(found[1]) if found else None


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("videos") / "clip.mp4"
    return write_video(path, moving_square(6), rate=10)


@pytest.fixture(scope="module")
def served(tmp_path_factory, clip):
    folder = tmp_path_factory.mktemp("private")
    with running_server(folder) as (_, client):
        _, video = client.upload(clip)
        client.finished(video["id"])
        yield client, video["id"], folder


def test_hundreds_of_hostile_requests_are_refused_and_the_server_goes_on(
    served, monkeypatch
):
    monkeypatch.setattr(bodies, "_WAIT_SECONDS", 0.5)
    monkeypatch.setattr(server, "_HEAD_SECONDS", 1.0)
    client, id, folder = served
    before = sorted(folder.rglob("*"))
    hostile = [*hostile_requests(client, id)]
    assert len(hostile) > 300
    wrong = []
    for what, content in hostile:
        status = status_of(client.port, content)
        # Without an answer the connection was ended.
        if status is not None and not 400 <= status < 500:
            wrong.append((what, status))
    assert wrong == [], wrong
    assert client("GET", "/api/state")[0] == 200
    (video,) = client("GET", "/api/state")[1]["videos"]
    assert (video["id"], video["state"]) == (id, "done")
    assert sorted(folder.rglob("*")) == before


def test_a_body_that_stops_coming_is_refused(served, monkeypatch):
    monkeypatch.setattr(bodies, "_WAIT_SECONDS", 0.2)
    client, id, folder = served
    head = {
        "Host": client.host,
        "Cookie": client.cookie,
        "Origin": f"http://{client.host}",
        "X_Name": "a.mp4",
    }
    for path in ("/api/videos", f"/api/videos/{id}/files"):
        content = request("POST", path, b"begin", 1000, **head)
        assert status_of(client.port, content) == 408
    monkeypatch.setattr(bodies, "_GRACE_SECONDS", 0.0)
    content = request("POST", "/api/videos", b"begin", 1000, **head)
    assert status_of(client.port, content) == 408
    assert len([*folder.iterdir()]) == 1


def test_a_body_that_is_cut_short_leaves_nothing(served):
    client, _, folder = served
    content = request(
        "POST",
        "/api/videos",
        b"begin",
        1000,
        Host=client.host,
        Cookie=client.cookie,
        Origin=f"http://{client.host}",
        X_Name="a.mp4",
    )
    with socket.create_connection(("127.0.0.1", client.port)) as connection:
        connection.sendall(content)
    client.until("/api/state", lambda *_: len([*folder.iterdir()]) == 1)


def test_a_connection_without_a_request_is_ended(served, monkeypatch):
    monkeypatch.setattr(server, "_HEAD_SECONDS", 0.2)
    client, _, _ = served
    with socket.create_connection(("127.0.0.1", client.port), 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
        try:
            assert connection.recv(100) == b""
        except ConnectionResetError:
            pass


def test_more_connections_than_allowed_are_refused(served):
    client, _, _ = served
    held = [
        socket.create_connection(("127.0.0.1", client.port)) for _ in range(70)
    ]
    status = status_of(client.port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    for connection in held:
        connection.close()
    assert status == 503
    client.until("/api/state", lambda status, _: status == 200)


def test_an_error_is_one_sentence(served):
    client, _, _ = served
    status, answer = client("GET", "/api/videos/none")
    assert (status, answer) == (404, {"error": "No such video."})
    status, _, content = client.send("GET", "/api/state")
    assert status == 401
    assert json.loads(content)["error"] == (
        "Missing token. Open the address that `rmdn view` printed."
    )
