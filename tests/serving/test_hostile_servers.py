"""What a server may answer: each kind is one clear error, and soon."""

import gzip
import json
import logging
import time

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.serving.answers import Expected
from rmdn_tf.serving.client import Client, Connection
from rmdn_tf.serving.transport import InvalidAnswerError
from tests.helpers.raw_servers import (
    PARAMETERS,
    HttpServer,
    ask,
    drip,
    grpc_server,
    http,
)

pytestmark = pytest.mark.slow

pytest.importorskip("tensorflow_serving.apis")

GOOD = np.zeros([1, 2, 3, 6]).tolist()
SHORT = Connection(timeout_seconds=1, num_attempts=3, wait_seconds=0.001)
STATE = {"cell": Expected((1, 4))}


def with_one(value):
    """An answer of which one number is another one."""
    text = json.dumps(GOOD).replace("0.0", value, 1)
    return f'{{"outputs": {text}}}'.encode()


def outputs(value):
    return json.dumps({"outputs": value}).encode()


BODIES = {
    "nothing": b"",
    "a page": b"<html><body>Welcome</body></html>",
    "half of the JSON": outputs(GOOD)[:40],
    "JSON of another shape": b'["outputs"]',
    "another key": json.dumps({"predictions": GOOD}).encode(),
    "an error in place of outputs": b'{"error": "\\u001b[31mred"}',
    "texts in place of numbers": with_one('"0.0"'),
    "truths in place of numbers": with_one("true"),
    "null": with_one("null"),
    "NaN": with_one("NaN"),
    "Infinity": with_one("-Infinity"),
    "a number of 400 digits": with_one("9" * 400),
    "a number too large for float32": with_one("3e39"),
    "the least integer": with_one(str(-(2**63))),
    "two rows": outputs(GOOD * 2),
    "too few clips": outputs([GOOD[0][:1]]),
    "no components": outputs([[[], []]]),
    "components of different numbers": outputs([[GOOD[0][0], GOOD[0][0][:1]]]),
    "seven parameters": outputs([[[[0.0] * 7]] * 2]),
    "one list too many": outputs([GOOD]),
    "90,000 lists in each other": b'{"outputs": %s' % (b"[" * 90_000),
    "not UTF-8": b'{"outputs": "\xff\xfe"}',
    "no parameters": b'{"outputs": {"densities": [1]}}',
}


@pytest.mark.parametrize("kind", BODIES)
def test_garbage_over_rest_is_one_clear_error(kind):
    with HttpServer([http(BODIES[kind])]) as server:
        with pytest.raises(InvalidAnswerError) as raised:
            ask(server.url)
    assert len(server.requests) == 1
    text = str(raised.value)
    assert text.startswith(f"Invalid answer of the server '{server.url}'. ")
    assert "Received" in text and text.isprintable() and len(text) < 500


def test_a_sound_answer_over_rest_is_read():
    with HttpServer([http(outputs(GOOD))]) as server:
        parameters = ask(server.url)["parameters"]
    assert parameters.dtype == np.float32 and parameters.shape == (1, 2, 3, 6)


@pytest.mark.parametrize("shape", [(4,), (1, 3), (1, 4, 1), (2, 4)])
def test_a_state_of_another_shape_is_an_error(shape):
    content = {"parameters": GOOD, "cell": np.zeros(shape).tolist()}
    with HttpServer([http(outputs(content))]) as server:
        with pytest.raises(InvalidAnswerError, match=r"`cell`.*\(1, 4\)"):
            ask(server.url, PARAMETERS | STATE)


def test_what_is_not_http_is_such_an_error():
    with HttpServer([b"SSH-2.0-OpenSSH_9.6\r\n"]) as server:
        with pytest.raises(InvalidAnswerError, match=server.url):
            ask(server.url)


def test_compressed_answers_are_not_unpacked():
    bomb = gzip.compress(b"0" * 2**26)
    answer = http(bomb, "200 OK", "Content-Encoding: gzip")
    with HttpServer([answer]) as server:
        with pytest.raises(InvalidAnswerError, match="not compressed.*gzip"):
            ask(server.url)
    assert b"Accept-Encoding: identity" in server.requests[0]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Elsewhere"])
def test_frames_are_not_sent_where_a_redirect_points(status):
    with HttpServer([http(outputs(GOOD))]) as other:
        place = f"Location: {other.url}/?token=secret"
        with HttpServer([http(b"", status, place)]) as server:
            with pytest.raises(InvalidAnswerError, match="redirect") as raised:
                ask(server.url)
    assert not other.requests and "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "pieces",
    [
        drip(),
        drip(b"HTTP/1.1 200 OK\r\nServer: "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf00\r\n"),
        [b"HTTP/1.1 200 OK\r\n"] + [b"HTTP/1.1 100 Continue\r\n\r\n"] * 99,
    ],
    ids=["status", "header", "body", "chunk", "continue"],
)
def test_a_server_that_drips_does_not_hold_a_client(pieces):
    begin = time.monotonic()
    with HttpServer(pieces, pause=0.1) as server:
        with pytest.raises(TimeoutError, match=f"{server.url}' took too long"):
            ask(server.url, connection=SHORT)
    assert time.monotonic() - begin < 2.5


def test_retries_take_no_more_than_the_time_there_is():
    answer = http(b"", "503 Busy", "Retry-After: 99")
    patient = Connection(timeout_seconds=1, num_attempts=99, wait_seconds=0.2)
    begin = time.monotonic()
    with HttpServer([answer]) as server:
        with pytest.raises((ConnectionError, TimeoutError)):
            ask(server.url, connection=patient)
    assert time.monotonic() - begin < 2.5 and len(server.requests) > 1


@pytest.mark.parametrize(
    "pieces",
    [
        [http(b"", length=10**15)] + [b"0" * 2**16] * 99,
        [b"HTTP/1.1 200 OK\r\n\r\n"] + [b"0" * 2**16] * 99,
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
        + [b"10000\r\n" + b"0" * 2**16 + b"\r\n"] * 99,
    ],
    ids=["claimed", "until it closes", "chunks without an end"],
)
def test_no_more_of_an_answer_is_read_than_the_limit(pieces):
    limited = Connection(timeout_seconds=20, max_message_bytes=2**20)
    with HttpServer(pieces) as server:
        with pytest.raises(ValueError, match="1048576 bytes, the limit"):
            ask(server.url, connection=limited)


def response(change=lambda proto: None, value=GOOD, kind=tf.float32):
    """A serialized `PredictResponse`."""
    from tensorflow_serving.apis import predict_pb2

    answer = predict_pb2.PredictResponse()
    proto = tf.make_tensor_proto(np.array(value), kind)
    answer.outputs["parameters"].CopyFrom(proto)
    change(answer.outputs["parameters"])
    return answer.SerializeToString()


def claims(*sizes):
    """A change of the shape that a proto claims."""

    def change(proto):
        proto.tensor_shape.ClearField("dim")
        for size in sizes:
            proto.tensor_shape.dim.add(size=size)

    return change


def holds(content):
    return lambda proto: setattr(proto, "tensor_content", content)


MESSAGES = {
    "no message": b"\xff\xff\xff",
    "no outputs": b"",
    "another shape": response(value=GOOD * 2),
    "no shape": response(claims()),
    "a huge shape": response(claims(1, 2, 2**40, 6)),
    "a size below 0": response(claims(1, 2, -1, 6)),
    "no components": response(claims(1, 2, 0, 6)),
    "too few bytes": response(holds(b"abc")),
    "too many bytes": response(holds(bytes(4 * 36 + 4))),
    "no bytes": response(holds(b"")),
    "doubles": response(kind=tf.float64),
    "integers": response(kind=tf.int32),
    "texts": response(value=[b"a"], kind=tf.string),
    "an unknown type": response(lambda proto: setattr(proto, "dtype", 99)),
    "NaN": response(value=np.full([1, 2, 3, 6], np.nan)),
    "infinity": response(value=np.full([1, 2, 3, 6], np.inf)),
    "huge numbers": response(value=np.full([1, 2, 3, 6], 3e38)),
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_garbage_over_grpc_is_the_same_error(kind):
    with grpc_server(MESSAGES[kind]) as url:
        with pytest.raises(InvalidAnswerError, match="Received") as raised:
            ask(url)
    assert f"Invalid answer of the server '{url}'. " in str(raised.value)


def test_a_sound_answer_over_grpc_is_read():
    with grpc_server(response()) as url:
        np.testing.assert_array_equal(ask(url)["parameters"], GOOD)


def test_a_message_over_grpc_is_not_unpacked():
    import grpc

    bomb = response() + bytes(2**25)
    with grpc_server(bomb, compression=grpc.Compression.Gzip) as url:
        with pytest.raises(ConnectionError, match="'gzip' is disabled"):
            ask(url)


def test_no_secret_is_in_an_error_or_a_log(caplog):
    caplog.set_level(logging.DEBUG)
    with HttpServer([http(b"<html>")]) as server:
        host = server.url.removeprefix("http://")
        errors = []
        for url in (
            f"http://user:hunter2@{host}",
            f"http://user:hunter2@{host}?token=hunter2",
            f"http://user:hunter2@{host}#hunter2",
            f"grpc://user:hunter2@{host}",
            f"ftp://user:hunter2@{host}",
            "http://user:hunter2@[::1",
            "http://user:hunter2@127.0.0.1:1",
        ):
            with pytest.raises((ValueError, ConnectionError)) as raised:
                Client(url, "tiny", SHORT)
            error = raised.value
            while error is not None:
                errors.append(str(error))
                error = error.__cause__
    assert b"Authorization: Basic" in server.requests[0]
    assert len(errors) >= 7
    assert "hunter2" not in " ".join(errors) + caplog.text
