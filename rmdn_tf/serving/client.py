"""A client of TensorFlow Serving that gives every frame its density.

with Client("grpc://localhost:8500", model="default") as client:
    for frame, density in client.stream(frames, frames_per_second=25):
        saliency_map = density.saliency_map(*frame.shape[:2])

The server keeps no state: a stream sends its state and 15 frames of context
with each request. Any number of streams may share a client.
"""

import dataclasses
import re
import urllib.parse

import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.config_json import config_from_json
from rmdn_tf.model.mixture import NUM_PARAMETERS
from rmdn_tf.model.request_limits import limits_in
from rmdn_tf.model.served_network import ServedNetwork
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.runs.metadata import parse_metadata
from rmdn_tf.serving.answers import Expected
from rmdn_tf.serving.connection import Connection
from rmdn_tf.serving.grpc_transport import GrpcTransport
from rmdn_tf.serving.rest_transport import RestTransport
from rmdn_tf.serving.transport import Transport

SCHEMES = ("grpc", "grpcs", "http", "https")

TEXT = Expected((1,), is_text=True)

# Inputs of a request for one row; only their number matters.
ONE_ROW = {"rows": np.zeros([1], np.int32)}


@dataclasses.dataclass(frozen=True)
class Sending:
    """How frames are sent, at most as large as the network's input.

    Attributes:
        jpeg_quality: quality of JPEGs, 1 to 100. JPEGs take about a tenth of
            the bytes, and change densities a little. None sends pixels.
    """

    jpeg_quality: int | None = None

    def __post_init__(self) -> None:
        quality = self.jpeg_quality
        if quality is not None and quality not in range(1, 101):
            raise ValueError(
                "Invalid `jpeg_quality`. Expected 1 to 100. "
                f"Received: jpeg_quality={quality}."
            )

    def encode(self, frames: np.ndarray) -> np.ndarray:
        """Encodes frames for a request.

        Args:
            frames: uint8 `[n, H, W, 3]`, RGB.

        Returns:
            The frames, or JPEGs, bytes `[n]`.
        """
        quality = self.jpeg_quality
        if quality is None:
            return frames
        jpegs = [tf.io.encode_jpeg(one, quality=quality) for one in frames]
        return np.array([jpeg.numpy() for jpeg in jpegs], object)


class RemoteNetwork(ServedNetwork):
    """One version of a model on a server."""

    def __init__(
        self,
        transport: Transport,
        version: int,
        metadata: dict,
        sending: Sending,
    ):
        self.config = config_from_json(metadata["model"])
        super().__init__(
            self._ask,
            self._begin,
            self.config.clip_stride,
            self.config.input_size,
            limits_in(metadata),
        )
        self._transport = transport
        self._version = version
        self._state = {
            name: Expected((1, *shape))
            for name, shape in metadata["state"].items()
        }
        # None for a spatial network of an earlier release.
        self._num_components = metadata.get(
            "num_components", getattr(self.config, "num_components", None)
        )
        self._sending = sending

    def preprocess(self, frames):
        return self._sending.encode(super().preprocess(frames)[0])[None]

    def _begin(self) -> dict[str, np.ndarray]:
        if not self._state:
            return {}
        return self._transport.predict(
            self._version, "initial_state", ONE_ROW, self._state
        )

    def _ask(self, window, state: dict) -> tuple[np.ndarray, dict]:
        is_jpeg = window.dtype == object
        inputs = {
            "jpegs" if is_jpeg else "frames": window,
            "map_size": np.zeros([1, 2], np.int32),
            **state,
        }
        num_clips = (window.shape[1] - CLIP_LENGTH) // self._stride + 1
        shape = (1, num_clips, self._num_components, NUM_PARAMETERS)
        outputs = self._transport.predict(
            self._version,
            "step_jpeg" if is_jpeg else "step",
            inputs,
            {"parameters": Expected(shape), **self._state},
        )
        return outputs.pop("parameters"), outputs


class Client(AttentionModel):
    """Streams videos through a model on a server.

    Works like `rmdn_tf.prediction.attention_model.AttentionModel`. A stream
    begins with the newest version of the model on the server, and keeps it to
    the end.

    Args:
        url: grpc://host:port, grpcs://, http:// or https://; grpcs and https
            use TLS. With gRPC, all addresses of a host take turns, and so do
            several addresses joined by commas:
            grpc://10.0.0.1:8500,10.0.0.2:8500.
        model: name of the model on the server.
        connection: limits and certificates; None for the defaults.
        sending: how frames are sent; None for pixels.

    Attributes:
        config: configuration of the newest version when the client was made.
        metadata: its metadata; see
            `rmdn_tf.serving.description.describe_model`.

    Raises:
        ImportError: the extra `serving` is not installed.
        ValueError: the URL is invalid, or the model is not on the server. In a
            stream: the server refuses a request, or has dropped the version.
        ConnectionError, TimeoutError: the server cannot be reached, now or in a
            stream.
        InvalidAnswerError: the answer does not come from a model of this
            package; a `ConnectionError`.
        OSError: a certificate cannot be read.
    """

    def __init__(
        self,
        url: str,
        model: str = "default",
        connection: Connection | None = None,
        sending: Sending | None = None,
    ):
        self._sending = sending or Sending()
        self._transport = transport_of(url, model, connection or Connection())
        try:
            network, self.metadata = self._newest()
        except BaseException:
            self.close()
            raise
        super().__init__(network, network.config)

    def newest(self) -> AttentionModel:
        """Asks the server for the newest version of the model.

        Returns:
            That version, as a model of its own.

        Raises:
            ConnectionError, TimeoutError: the server cannot be reached.
        """
        network, _ = self._newest()
        return AttentionModel(network, network.config)

    def _newest(self) -> tuple[RemoteNetwork, dict]:
        """Asks for the newest version and its metadata."""
        transport = self._transport
        version = transport.latest_version()
        outputs = transport.predict(
            version, "metadata", ONE_ROW, {"metadata": TEXT}
        )
        with transport.reading():
            metadata = parse_metadata(outputs["metadata"][0])
            network = RemoteNetwork(transport, version, metadata, self._sending)
        return network, metadata

    def close(self) -> None:
        """Closes the connection to the server."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def transport_of(url: str, model: str, connection: Connection) -> Transport:
    """Makes the transport of a URL; raises the errors of `Client`."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError as error:
        raise _invalid(url) from error
    is_rest = parts.scheme in ("http", "https")
    if (
        parts.scheme not in SCHEMES
        or not parts.netloc.rpartition("@")[2]
        or parts.query
        or parts.fragment
        or (not is_rest and ("@" in parts.netloc or parts.path.strip("/")))
    ):
        raise _invalid(url)
    if is_rest:
        return RestTransport(url, model, connection)
    is_secure = parts.scheme == "grpcs"
    return GrpcTransport(parts.netloc, model, connection, is_secure)


def _invalid(url: str) -> ValueError:
    """Makes an error that hides user, password and query of the URL."""
    shown = re.sub(r"//.*@", "//...@", url, flags=re.DOTALL)
    shown = re.sub(r"[?#].*", "?...", shown, flags=re.DOTALL)
    return ValueError(
        "Invalid `url`. Expected one of "
        f"{', '.join(f'{scheme}://host:port' for scheme in SCHEMES)}; a user, "
        f"a password and a path are for HTTP. Received: url={shown}."
    )
