"""Networks that turn a clip into a descriptor, each in two parts.

The first part computes feature cells, which have a place in the frame. The
second part computes the descriptor from them. Attention may weight the pixels
before the first part, or the cells between the two parts.

| network | features | cells | descriptor |
|---|---|---|---|
| C3D | conv5b | 2x7x7x512 | all 50,176 cells |
| | pool5 | | pooled cells, 8,192 numbers |
| | fc6, fc7 | | 4,096 numbers |
| for single frames | its maps | 1x14x14xD | mean over the cells |

A network for single frames sees the last frame of the clip.
"""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import keras
import numpy as np
from keras import layers

from rmdn_tf.encoders import c3d
from rmdn_tf.encoders.c3d import FEATURES, build_c3d
from rmdn_tf.encoders.c3d_weights import assign_c3d_weights
from rmdn_tf.encoders.frame_features import (
    KERAS,
    build_frame_network,
    frame_encoder,
)
from rmdn_tf.model.parts import clip_network
from rmdn_tf.model.saving import load_model
from rmdn_tf.runs.paths import model_directory
from rmdn_tf.training.cached_features import checksum

C3D = "c3d"
LITE = "efficientnet_lite0"
# From the paper's text; its appendix names the last fully connected layer, fc7.
PAPER_FEATURES = "fc6"

LITE_FEATURES = "stage7"
FRAME_SIZE = (224, 224)


@dataclasses.dataclass(frozen=True)
class ClipEncoder:
    """A network that computes descriptors of clips.

    Attributes:
        to_cells: float `[n, K, h, w, 3]` -> `[n, k, h', w', D]`, K frames.
        to_descriptor: `[n, k, h', w', D]` -> `[n, F]`.
        mean_rgb, pixel_scale: the network gets scale * (pixels - mean).
        about: settings and checksums that determine the descriptors, for JSON.
    """

    to_cells: keras.Model
    to_descriptor: keras.Model
    mean_rgb: tuple[float, float, float]
    pixel_scale: float
    about: dict

    @property
    def clip_length(self) -> int:
        """K, the number of frames in a clip."""
        return self.to_cells.input_shape[1]

    @property
    def input_size(self) -> tuple[int, int]:
        """(h, w) of the frames."""
        return tuple(self.to_cells.input_shape[2:4])

    @property
    def num_features(self) -> int:
        """F, the length of a descriptor."""
        return self.to_descriptor.output_shape[-1]


def make_encoder(
    name: str,
    features: str | None = None,
    c3d_weights: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
) -> ClipEncoder:
    """Makes a network.

    Args:
        name: "c3d"; a name for `frame_encoder`; or the directory of a run,
            whose network is taken.
        features: name of a layer; for a frame encoder also several names,
            joined by "+". None for the default.
        seed: seed of C3D's random weights, without `c3d_weights`.
    """
    if name == C3D:
        network = build_c3d(features=features or PAPER_FEATURES, seed=seed)
        if c3d_weights is not None:
            assign_c3d_weights(network, c3d_weights)
        return _c3d_encoder(network, name, features or PAPER_FEATURES)
    if not is_name(name) and pathlib.Path(name).is_dir():
        return _encoder_of_run(name, features)
    encoder = frame_encoder(name)
    features = features or _default_map(name)
    network = build_frame_network(encoder, features, FRAME_SIZE)
    encoder.load(network, features.split("+"))
    return _frame_encoder(network, encoder, name, features)


def is_name(network: str) -> bool:
    return network in (C3D, LITE) or network.startswith(KERAS)


def _default_map(name: str) -> str:
    if name == LITE:
        return LITE_FEATURES
    raise ValueError(
        f"Invalid `features`. Expected names of layers of '{name}', joined by "
        "'+'. Received: features=None."
    )


def _encoder_of_run(path: str, features: str | None) -> ClipEncoder:
    """Takes the network of a run's best model, up to the features."""
    model, config = load_model(model_directory(path))
    trained = clip_network(model)
    features = features or config.features
    if config.encoder != C3D:
        _require_known(path, features, (config.features,))
        encoder = frame_encoder(config.encoder)
        return _frame_encoder(trained, encoder, config.encoder, features)
    known = FEATURES[: FEATURES.index(config.features) + 1]
    # The pooling after the last convolution has no weights.
    _require_known(path, features, known + FEATURES[len(known) : 2])
    network = build_c3d(
        config.input_size, config.filters, features, config.dense_units
    )
    for layer in network.layers:
        if layer.weights:
            layer.set_weights(trained.get_layer(layer.name).get_weights())
    return _c3d_encoder(network, C3D, features)


def _require_known(path: str, features: str, known: Sequence[str]) -> None:
    if features not in known:
        raise ValueError(
            f"Invalid `features`. Expected one of {known}, which the network "
            f"in '{path}' has learned. Received: features='{features}'."
        )


def _c3d_encoder(network: keras.Model, name: str, features: str) -> ClipEncoder:
    """Splits C3D behind its last convolution."""
    convolutions = [
        layer for layer in network.layers if layer.name.startswith("conv")
    ]
    last = network.layers.index(convolutions[-1])
    cells = keras.Input(convolutions[-1].output.shape[1:], name="cells")
    outputs = cells
    for layer in network.layers[last + 1 :]:
        outputs = layer(outputs)
    if len(outputs.shape) > 2:
        outputs = layers.Flatten()(outputs)
    return ClipEncoder(
        keras.Model(network.input, convolutions[-1].output),
        keras.Model(cells, outputs),
        c3d.MEAN_RGB,
        c3d.PIXEL_SCALE,
        _about(network, name, features),
    )


def _frame_encoder(network, encoder, name: str, features: str) -> ClipEncoder:
    """Wraps a network for single frames; its cells have one time step."""
    clips = keras.Input((1, *network.input_shape[1:]), name="clips")
    frames = layers.Reshape(network.input_shape[1:])(clips)
    maps = network(frames)
    cells = layers.Reshape((1, *maps.shape[1:]))(maps)
    inputs = keras.Input(cells.shape[1:], name="cells")
    return ClipEncoder(
        keras.Model(clips, cells),
        keras.Model(inputs, layers.GlobalAveragePooling3D()(inputs)),
        encoder.mean_rgb,
        encoder.pixel_scale,
        _about(network, name, features),
    )


def _about(network: keras.Model, name: str, features: str) -> dict:
    size = network.input_shape[-3:-1]
    weights = checksum({v.path: v.numpy() for v in network.variables})
    return {
        "name": name,
        "features": features,
        "input_size": list(size),
        "weights": weights,
    }
