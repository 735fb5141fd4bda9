"""Servers on this machine that answer any bytes, at any pace."""

import contextlib
import itertools
import socket
import threading
import time

from rmdn_tf.serving.answers import Expected
from rmdn_tf.serving.client import Connection, transport_of

PARAMETERS = {"parameters": Expected((1, 2, None, 6))}
QUICK = Connection(timeout_seconds=5, num_attempts=3, wait_seconds=0.001)


def ask(url, expected=PARAMETERS, connection=QUICK):
    """Asks a server for a step, as a client does."""
    transport = transport_of(url, "tiny", connection)
    try:
        return transport.predict(1, "step", {}, expected)
    finally:
        transport.close()


def http(body, status="200 OK", *headers, length=None):
    """The bytes of an HTTP answer."""
    length = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


class HttpServer:
    """Answers each request with the same pieces of bytes, and closes.

    Attributes:
        url: of it.
        requests: what it was sent.
    """

    def __init__(self, pieces, pause=0.0):
        self._pieces, self._pause = pieces, pause
        self.requests = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):  # Closed.
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(
                    target=self._answer, args=(connection,), daemon=True
                ).start()

    def _answer(self, connection):
        # The client may go, and so may the server.
        with contextlib.suppress(OSError), connection:
            self.requests.append(connection.recv(2**16))
            for piece in self._pieces:
                connection.sendall(piece)
                time.sleep(self._pause)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()


def drip(before=b""):
    """Pieces of an answer that never ends."""
    return itertools.chain([before], itertools.repeat(b"x"))


@contextlib.contextmanager
def grpc_server(content, **options):
    """Yields the URL of a server that answers steps with these bytes."""
    import concurrent.futures

    import grpc

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(2), **options)
    handler = grpc.unary_unary_rpc_method_handler(lambda *_: content)
    service = grpc.method_handlers_generic_handler(
        "tensorflow.serving.PredictionService", {"Predict": handler}
    )
    server.add_generic_rpc_handlers((service,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        server.stop(None)
