"""A client of TensorFlow Serving: frames in, one density a frame out.

with Client("grpc://localhost:8500", model="default") as client:
    for frame, density in client.stream(frames, frames_per_second=25):
        saliency_map = density.saliency_map(*frame.shape[:2])

The server keeps no state: a stream carries its own, and its 15 frames of
context, so any number of streams may go through one client and one server.
"""

import dataclasses
import functools
import json
import urllib.parse
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from rmdn_tf.attention import AttentionModel
from rmdn_tf.clip_stream import ServedNetwork
from rmdn_tf.density_stream import DensityStream
from rmdn_tf.model_config import ModelConfig, config_from_json
from rmdn_tf.model_metadata import check_metadata
from rmdn_tf.serving_connection import Connection, Transport, attempt
from rmdn_tf.serving_grpc import GrpcTransport
from rmdn_tf.serving_rest import RestTransport

SCHEMES = ("grpc", "grpcs", "http", "https")

ONE_ROW = {"rows": np.zeros([1], np.int32)}
"""What asks for one of something; its values do not matter."""


@dataclasses.dataclass(frozen=True)
class Sending:
    """How frames are sent.

    Attributes:
        jpeg_quality: 1 to 100, of JPEGs; about a tenth of the bytes, and
            densities that differ a little. None sends pixels.
        max_size: pixels of the longer side of a frame; larger ones are
            reduced before they are sent. None sends them as they are.
    """

    jpeg_quality: int | None = None
    max_size: int | None = None

    def __post_init__(self):
        for name, most in (("jpeg_quality", 100), ("max_size", None)):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= (most or value):
                raise ValueError(
                    f"Invalid `{name}`. Expected 1 to {most or 'any number'}. "
                    f"Received: {name}={value}."
                )

    def encode(self, frames: tf.Tensor) -> tf.Tensor:
        """Returns frames, uint8 `[n, H, W, 3]`, as they are sent.

        These are pixels, uint8 `[n, h, w, 3]`, or JPEGs, string `[n]`.
        """
        size = frames.shape[1:3]
        longest = max(size)
        if self.max_size and longest > self.max_size:
            factor = self.max_size / longest
            size = [max(1, round(side * factor)) for side in size]
            frames = tf.image.resize(frames, size, antialias=True)
            frames = tf.cast(tf.round(frames), tf.uint8)
        if self.jpeg_quality is None:
            return frames
        return tf.stack(
            [
                tf.io.encode_jpeg(frame, quality=self.jpeg_quality)
                for frame in frames
            ]
        )


class RemoteNetwork(ServedNetwork):
    """One version of a model on a server.

    Args:
        predict: (signature, inputs, names of outputs) -> the outputs.
        state_names: names of what the model has to remember.
        clip_stride: s, that of the model.
        sending: how frames are sent.
    """

    def __init__(
        self,
        predict: Callable[[str, dict, tuple[str, ...]], dict],
        state_names: tuple[str, ...],
        clip_stride: int,
        sending: Sending,
    ):
        super().__init__(self._ask, self._begin, clip_stride)
        self._predict = predict
        self._state_names = state_names
        self._sending = sending

    def preprocess(self, frames):
        return self._sending.encode(frames[0])[None]

    def _begin(self) -> dict[str, np.ndarray]:
        if not self._state_names:
            return {}
        return self._predict("initial_state", ONE_ROW, self._state_names)

    def _ask(self, window, state: dict) -> tuple[np.ndarray, dict]:
        is_jpeg = window.dtype == tf.string
        inputs = {
            "jpegs" if is_jpeg else "frames": window.numpy(),
            "map_size": np.zeros([1, 2], np.int32),
            **state,
        }
        outputs = self._predict(
            "step_jpeg" if is_jpeg else "step", inputs, ("parameters", *state)
        )
        return outputs.pop("parameters"), outputs


class Client(AttentionModel):
    """Streams videos through a model on a server.

    It is what `rmdn_tf.attention.AttentionModel` is of a model here. A stream
    stays with the version of the model that it began with.

    Args:
        url: grpc://host:port, grpcs://, http:// or https://; the s is for TLS.
        model: its name on the server.
        connection: limits and certificates.
        sending: how frames are sent.

    Attributes:
        metadata: of `rmdn_tf.model_metadata.describe_model`, as the server
            gave them last.
        config: of that model.

    Raises:
        ImportError: the extra `serving` is not installed.
        ValueError: the URL is none, or the server has no such model. Streams
            raise it, too, where the server refuses a request, also since the
            version is gone.
        ConnectionError, TimeoutError: the server cannot be reached, now or
            later.
        OSError: a certificate cannot be read.
    """

    metadata: dict

    def __init__(
        self,
        url: str,
        model: str = "default",
        connection: Connection | None = None,
        sending: Sending | None = None,
    ):
        self._connection = connection or Connection()
        self._sending = sending or Sending()
        self._transport = _transport_of(url, model, self._connection)
        try:
            super().__init__(*self._newest())
        except BaseException:
            self.close()
            raise

    def densities(self, **options) -> DensityStream:
        """See `AttentionModel.densities`; asks for the newest version."""
        self.network, self.config = self._newest()
        return super().densities(**options)

    def _newest(self) -> tuple[RemoteNetwork, ModelConfig]:
        """The newest version, and what it says of itself."""
        version = attempt(self._transport.latest_version, self._connection)
        predict = functools.partial(self._predict, version)
        outputs = predict("metadata", ONE_ROW, ("metadata",))
        (text,) = outputs["metadata"]
        self.metadata = check_metadata(json.loads(text))
        config = config_from_json(self.metadata["model"])
        names = tuple(self.metadata["state"])
        network = RemoteNetwork(
            predict, names, config.clip_stride, self._sending
        )
        return network, config

    def _predict(self, version, signature, inputs, outputs):
        return attempt(
            lambda seconds: self._transport.predict(
                version, signature, inputs, outputs, seconds
            ),
            self._connection,
        )

    def close(self) -> None:
        """Closes the connection."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def _transport_of(url: str, model: str, connection: Connection) -> Transport:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.netloc:
        raise ValueError(
            "Invalid `url`. Expected one of "
            f"{', '.join(f'{scheme}://host:port' for scheme in SCHEMES)}. "
            f"Received: url={url}."
        )
    if parts.scheme in ("http", "https"):
        return RestTransport(url.rstrip("/"), model, connection)
    is_secure = parts.scheme == "grpcs"
    return GrpcTransport(parts.netloc, model, connection, is_secure)
