"""A server of tiny models on this machine, as fixtures of pytest."""

import contextlib
import dataclasses
import functools
import pathlib
from collections.abc import Iterator

import keras
import numpy as np
import pytest

from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.serving.client import Client, Connection, Sending
from rmdn_tf.serving.export import export

SIZE = (12, 20)
SCHEMES = ("grpc", "rest")
QUICK = Connection(wait_seconds=0.001, num_attempts=4)


def client_of(server, scheme, connection=QUICK, **sending) -> Client:
    """Returns a client that asks a server over gRPC or REST."""
    url = {"grpc": server.grpc_url, "rest": server.rest_url}[scheme]
    return Client(url, "tiny", connection, Sending(**sending))


@dataclasses.dataclass(frozen=True)
class Exported:
    """A model in Python, and the same as a SavedModel."""

    model: keras.Model
    config: ModelConfig
    version: pathlib.Path

    @functools.cached_property
    def attention(self) -> AttentionModel:
        """Streams videos through the model in Python."""
        return AttentionModel(KerasNetwork(self.model), self.config)


@pytest.fixture(scope="session")
def exported(tiny_model, tmp_path_factory) -> Exported:
    """One with a state, a rate of its own and a clip at every frame."""
    config = dataclasses.replace(
        tiny_model, clip_stride=1, frames_per_second=10.0
    )
    return export_tiny(config, tmp_path_factory)


@pytest.fixture(scope="session")
def exported_strided(tiny_model, tmp_path_factory) -> Exported:
    """One without a state, with a clip at every fourth frame."""
    config = dataclasses.replace(tiny_model, recurrent="none")
    return export_tiny(config, tmp_path_factory)


def export_tiny(config: ModelConfig, tmp_path_factory) -> Exported:
    """Exports a model as version 1 of "tiny"."""
    keras.utils.set_random_seed(1)
    model = build_rmdn(config)
    directory = tmp_path_factory.mktemp("saved_models") / "tiny"
    return Exported(model, config, export(model, config, directory))


@contextlib.contextmanager
def serving(version, **options) -> Iterator:
    """Yields a server of a SavedModel."""
    pytest.importorskip("tensorflow_serving.apis")
    from benchmarks.loopback_server import LoopbackServer

    server = LoopbackServer(version, **options)
    yield server
    server.close()


@pytest.fixture(scope="session")
def _server(exported):
    with serving(exported.version) as server:
        yield server


@pytest.fixture
def server(_server):
    """Serves `exported`, without faults."""
    _server.faults.clear()
    _server.requests.clear()
    _server.before, _server.version = lambda: None, 1
    return _server


@pytest.fixture(scope="session")
def strided_server(exported_strided):
    """Serves `exported_strided`."""
    with serving(exported_strided.version) as server:
        yield server


@pytest.fixture(scope="session")
def video() -> np.ndarray:
    """uint8 `[14, 12, 20, 3]`; no two frames are alike."""
    shape = (14, *SIZE, 3)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)
