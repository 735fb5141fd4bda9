"""A server of `rmdn view` in a thread, whose network is a formula."""

import contextlib
import http.client
import json
import threading
import time
import urllib.parse

import numpy as np
import tensorflow as tf

from rmdn_tf.applications.view.settings import Limits
from rmdn_tf.applications.view.wire import split
from rmdn_tf.model.clip_stream import Network
from rmdn_tf.model.config import DenseConfig
from rmdn_tf.prediction.attention_model import AttentionModel

CONFIG = DenseConfig(
    input_size=(16, 16), num_components=2, clip_stride=2, frames_per_second=10.0
)
LIMITS = Limits(2_000_000, 20.0, 4)


class Formula(Network):
    """Attention that moves to the right, with every clip."""

    context = 0

    def __init__(self, wait: threading.Event | None = None):
        self._wait = wait

    def preprocess(self, frames):
        return tf.zeros([1, frames.shape[1], 1], tf.uint8)

    def initial_state(self):
        return {"number": 0}

    def run(self, window, clip_stride, state):
        if self._wait:
            self._wait.wait(20)
        number = (window.shape[1] - 1) // clip_stride + 1
        numbers = state["number"] + np.arange(number)
        parameters = np.zeros([number, 2, 6], np.float32)
        parameters[:, :, 1] = 0.1 + 0.02 * numbers[:, None]
        parameters[:, 1, 1] = 0.5
        parameters[:, :, 2] = 0.5
        parameters[:, :, 3:5] = np.log(0.1)
        return parameters, {"number": state["number"] + number}


def formula_model(wait: threading.Event | None = None) -> AttentionModel:
    return AttentionModel(Formula(wait), CONFIG)


class Client:
    """Sends requests as the page does."""

    def __init__(self, port: int, token: str):
        self.port, self.token = port, token
        self.host = f"127.0.0.1:{port}"
        _, headers, _ = self.send("GET", f"/?token={token}")
        self.cookie = headers.get("Set-Cookie", "").partition(";")[0]

    def send(self, method, path, body=None, headers=None):
        """Returns the status, the headers and the body of the answer."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def __call__(self, method, path, body=None, **headers):
        """Returns the status and the document of the answer, or its bytes."""
        own = {"Cookie": self.cookie, "Origin": f"http://{self.host}"}
        given = {key.replace("_", "-"): text for key, text in headers.items()}
        if isinstance(body, dict | list):
            body = json.dumps(body)
        status, kind, content = self.send(method, path, body, own | given)
        if kind.get("Content-Type") == "application/json":
            return status, json.loads(content)
        return status, content

    def upload(self, path, name=None):
        """Uploads a file; returns what the page hears."""
        quoted = urllib.parse.quote(name or path.name)
        return self("POST", "/api/videos", path.read_bytes(), X_Name=quoted)

    def until(self, path, is_reached, seconds=20.0):
        """Asks again and again until an answer is as wanted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status, document = self("GET", path)
            if is_reached(status, document):
                return document
            time.sleep(0.02)
        raise TimeoutError(f"{path} stays at {status}: {document}")

    def finished(self, id, model="model"):
        """Waits for the run of a model; returns the video."""
        return self.until(
            f"/api/videos/{id}",
            lambda _, video: (
                video["densities"][model]["state"] in ("done", "failed")
            ),
        )

    def records(self, video_id, model="model"):
        """Returns all records of a video, as they come."""
        first, is_complete, records = 0, False, []
        while not is_complete:
            path = f"/api/videos/{video_id}/densities/{model}?from={first}"
            status, content = self("GET", path)
            assert status == 200
            number, is_complete, more = split(content)
            assert number == first
            records += more
            first += len(more)
        return records


@contextlib.contextmanager
def running_server(folder, models=None, limits=LIMITS, **more):
    """Runs a server; yields its `Session` and a `Client`.

    Args:
        folder: private folder of the session.
        models: id -> model; by default one `Formula`.
        **more: further arguments of `Session`.
    """
    from rmdn_tf.applications.view.app import make_app
    from rmdn_tf.applications.view.guard import Guard
    from rmdn_tf.applications.view.server import Server, listen
    from rmdn_tf.applications.view.session import NamedModel, Session

    models = models or {"model": formula_model()}
    named = [NamedModel(id, id, model) for id, model in models.items()]
    token, is_up = "secret-token", threading.Event()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listen("127.0.0.1", 0))
        session = Session(folder, named, limits, **more)
        stack.callback(session.close)
        port = listener.getsockname()[1]
        app = Guard(make_app(session), "127.0.0.1", token, port)
        server = Server(app, is_up.set)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        stack.callback(thread.join)
        stack.callback(setattr, server, "should_exit", True)
        if not is_up.wait(20):
            raise TimeoutError("The server does not start.")
        yield session, Client(port, token)
