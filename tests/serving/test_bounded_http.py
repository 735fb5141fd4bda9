"""A request is sent again, and ends, as its limits say."""

import time

import pytest

from rmdn_tf.serving.connection import Connection
from tests.helpers.raw_servers import QUICK, HttpServer, ask, http

NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "status, number",
    [("500 Broken", 1), ("502 Bad", 3), ("503 Busy", 3), ("504 Late", 3)],
)
def test_a_request_is_sent_again_only_if_it_did_not_arrive(status, number):
    answer = http(b'{"error": "so"}', status, "Connection: close")
    with HttpServer([answer]) as server:
        with pytest.raises(ConnectionError, match=f"{server.url}' failed: so"):
            ask(server.url)
    assert len(server.requests) == number


def test_a_request_is_sent_again_when_the_connection_breaks():
    with HttpServer([b""]) as server:
        with pytest.raises(ConnectionError, match="UNAVAILABLE"):
            ask(server.url)
    assert len(server.requests) == QUICK.num_attempts


def test_pauses_grow_and_differ(monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    connection = Connection(wait_seconds=1.0, num_attempts=5)
    for _ in range(2):
        with pytest.raises(ConnectionError, match="refused"):
            ask(NOBODY, connection=connection)
    for number, pause in enumerate(pauses):
        assert 0.5 <= pause / 2 ** (number % 4) <= 1
    assert len(pauses) == 8 and pauses[:4] != pauses[4:]


def test_a_pause_never_passes_the_time_limit(monkeypatch):
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(ConnectionError, match="refused"):
        ask(NOBODY, connection=Connection(1.0, wait_seconds=5.0))
    assert pauses == []


@pytest.mark.parametrize(
    "answer",
    [
        http(b"", length=10**15),
        http(b"", "503 Busy", length=10**15),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffff\r\n",
    ],
    ids=["answer", "failure", "chunk"],
)
def test_no_memory_is_taken_for_what_a_server_announces(answer):
    with HttpServer([answer]) as server:
        with pytest.raises(ValueError, match="16777216 bytes, the limit"):
            ask(server.url)


def test_a_proxy_of_the_environment_is_used(monkeypatch):
    with HttpServer([http(b"", "407 Who are you")]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:pw@"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with pytest.raises(ConnectionError, match="407"):
            ask("http://example.invalid:8501")
        with pytest.raises(ConnectionError, match="refused"):
            ask(NOBODY)
    (request,) = proxy.requests
    assert request.startswith(b"POST http://example.invalid:8501/v1/models")
    assert b"proxy-authorization: Basic bWU6cHc=" in request


def test_retries_are_not_logged(caplog):
    with pytest.raises(ConnectionError):
        ask(NOBODY)
    assert caplog.text == ""
