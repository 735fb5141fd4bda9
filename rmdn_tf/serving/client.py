"""A client of TensorFlow Serving: it gives every frame its density.

with Client("grpc://localhost:8500", model="default") as client:
    for frame, density in client.stream(frames, frames_per_second=25):
        saliency_map = density.saliency_map(*frame.shape[:2])

The server keeps no state: a stream sends its state and 15 frames of context. So
any number of streams may share a client and a server.
"""

import dataclasses
import re
import urllib.parse
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.clip_stream import ServedNetwork
from rmdn_tf.model.config import config_from_json
from rmdn_tf.model.mixture import NUM_PARAMETERS
from rmdn_tf.model.request_limits import limits_in
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.density_stream import DensityStream
from rmdn_tf.runs.metadata import parse_metadata
from rmdn_tf.serving.answers import Expected
from rmdn_tf.serving.connection import Connection
from rmdn_tf.serving.grpc_transport import GrpcTransport
from rmdn_tf.serving.rest_transport import RestTransport
from rmdn_tf.serving.transport import Transport

SCHEMES = ("grpc", "grpcs", "http", "https")

TEXT = Expected((1,), is_text=True)

ONE_ROW = {"rows": np.zeros([1], np.int32)}
"""Inputs of a request for one row; their values do not matter."""


@dataclasses.dataclass(frozen=True)
class Sending:
    """How frames are sent.

    Attributes:
        jpeg_quality: quality of JPEGs, 1 to 100. They take about a tenth of the
            bytes, and give densities that differ a little. None sends pixels.
        max_size: pixels of the longer side of a frame. Larger frames are
            reduced before they are sent. None sends frames of any size.
    """

    jpeg_quality: int | None = None
    max_size: int | None = None

    def __post_init__(self):
        for name, most in (("jpeg_quality", 100), ("max_size", 2**16)):
            value = getattr(self, name)
            if value is not None and value not in range(1, most + 1):
                raise ValueError(
                    f"Invalid `{name}`. Expected 1 to {most}. "
                    f"Received: {name}={value}."
                )

    def reduce(self, frames: tf.Tensor) -> tf.Tensor:
        """Returns frames, uint8 `[n, H, W, 3]`, of at most `max_size`."""
        size = frames.shape[1:3]
        longest = max(size)
        if not self.max_size or longest <= self.max_size:
            return frames
        factor = self.max_size / longest
        size = [max(1, round(side * factor)) for side in size]
        frames = tf.image.resize(frames, size, antialias=True)
        return tf.cast(tf.round(frames), tf.uint8)

    def encode(self, frames: tf.Tensor) -> tf.Tensor:
        """Returns frames, uint8 `[n, H, W, 3]`, or JPEGs, string `[n]`."""
        quality = self.jpeg_quality
        if quality is None:
            return frames
        jpegs = [tf.io.encode_jpeg(one, quality=quality) for one in frames]
        return tf.stack(jpegs)


class RemoteNetwork(ServedNetwork):
    """One version of a model on a server.

    Args:
        transport: the way to the server.
        version: of the model.
        metadata: of the model; see `rmdn_tf.runs.metadata.describe_model`.
        sending: how frames are sent.

    Attributes:
        config: configuration of the model.
    """

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
        # A spatial head has as many components as there are cells.
        self._num_components = getattr(self.config, "num_components", None)
        self._sending = sending

    def preprocess(self, frames):
        frames = self._sending.reduce(frames[0])[None]
        return self._sending.encode(super().preprocess(frames)[0])[None]

    def _begin(self) -> dict[str, np.ndarray]:
        if not self._state:
            return {}
        return self._transport.predict(
            self._version, "initial_state", ONE_ROW, self._state
        )

    def _ask(self, window, state: dict) -> tuple[np.ndarray, dict]:
        is_jpeg = window.dtype == tf.string
        inputs = {
            "jpegs" if is_jpeg else "frames": window.numpy(),
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

    It has the methods of `rmdn_tf.prediction.attention_model.AttentionModel`,
    and the server does the work. A stream begins with the newest version of the
    model on the server, and stays with it.

    Args:
        url: grpc://host:port, grpcs://, http:// or https://; the s is for TLS.
            All addresses of a host take turns over gRPC; so do several that
            are joined by commas, grpc://10.0.0.1:8500,10.0.0.2:8500.
        model: name of the model on the server.
        connection: limits and certificates.
        sending: how frames are sent.

    Attributes:
        config: configuration of the newest version when the client was made.
        metadata: of that version; see `rmdn_tf.runs.metadata.describe_model`.

    Raises:
        ImportError: the extra `serving` is not installed.
        ValueError: the URL is invalid, or the server has no such model. A
            stream raises it too, if the server refuses a request or no longer
            has the version.
        ConnectionError, TimeoutError: the server cannot be reached, now or
            later.
        InvalidAnswerError: the answer is not one of a model; a subclass of
            `ConnectionError`.
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
        """Returns the newest version of the model on the server."""
        network, _ = self._newest()
        return AttentionModel(network, network.config)

    def stream(self, *arguments, **options) -> Iterator:
        """See `AttentionModel.stream`; takes the newest version."""
        return self.newest().stream(*arguments, **options)

    def densities(self, **options) -> DensityStream:
        """See `AttentionModel.densities`; takes the newest version."""
        return self.newest().densities(**options)

    def _newest(self) -> tuple[RemoteNetwork, dict]:
        """Asks for the newest version, and for its metadata."""
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
        """Closes the connection."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def transport_of(url: str, model: str, connection: Connection) -> Transport:
    """Makes the transport of a URL.

    Args:
        url, model, connection: see `Client`.

    Raises:
        ImportError, OSError: see `Client`.
        ValueError: the URL is invalid.
    """
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
    """Makes an error without user, password and query of the URL."""
    shown = re.sub(r"//.*@", "//...@", url, flags=re.DOTALL)
    shown = re.sub(r"[?#].*", "?...", shown, flags=re.DOTALL)
    return ValueError(
        "Invalid `url`. Expected one of "
        f"{', '.join(f'{scheme}://host:port' for scheme in SCHEMES)}; a user, "
        f"a password and a path are for HTTP. Received: url={shown}."
    )
