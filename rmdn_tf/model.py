"""The RMDN: C3D, recurrence and mixture as one Keras functional model."""

import dataclasses
import json
import os
import pathlib

import keras
import tensorflow as tf

from rmdn_tf.c3d import (
    PAPER_FILTERS,
    ClipFeatures,
    Preprocessing,
    build_c3d,
)
from rmdn_tf.mixture import MixtureDensity
from rmdn_tf.published_files import published, write_json
from rmdn_tf.recurrent import RecurrentCore
from rmdn_tf.windows import CLIP_STRIDES, CONTEXT

CONFIG_FILE = "model.json"
WEIGHTS_FILE = "model.weights.h5"


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """What the network looks like; the defaults are the paper's.

    Attributes:
        input_size: (h, w) that frames are resized to. The paper does not say;
            112 x 112 is C3D's own.
        filters: C3D's filters, block by block.
        units: U of the LSTM. The paper does not say.
        num_components: C of the mixture.
        dropout: on the LSTM's output.
        clip_stride: s, see `rmdn_tf.windows`.
    """

    input_size: tuple[int, int] = (112, 112)
    filters: tuple[tuple[int, ...], ...] = PAPER_FILTERS
    units: int = 128
    num_components: int = 20
    dropout: float = 0.5
    clip_stride: int = 1

    def __post_init__(self):
        for name, expected, valid in [
            (
                "input_size",
                "two positive integers",
                len(self.input_size) == 2 and min(self.input_size) > 0,
            ),
            (
                "filters",
                "blocks of one or two positive integers",
                len(self.filters) > 0
                and all(
                    len(block) in (1, 2) and min(block) > 0
                    for block in self.filters
                ),
            ),
            ("units", "a positive integer", self.units > 0),
            ("num_components", "a positive integer", self.num_components > 0),
            ("dropout", "a share in [0, 1)", 0 <= self.dropout < 1),
            (
                "clip_stride",
                f"one of {CLIP_STRIDES}",
                self.clip_stride in CLIP_STRIDES,
            ),
        ]:
            if not valid:
                raise ValueError(
                    f"Invalid `{name}`. Expected {expected}. "
                    f"Received: {name}={getattr(self, name)}."
                )


PRESETS = {
    "paper": ModelConfig(),
    # What one CPU core can train: the same five blocks, narrow, on a frame
    # of a quarter of the pixels, every fourth clip.
    "small": ModelConfig(
        input_size=(64, 80),
        filters=((8,), (16,), (32,), (32,), (32,)),
        dropout=0.0,
        clip_stride=4,
    ),
}


def build_rmdn(config: ModelConfig) -> keras.Model:
    """Builds the network as a functional model with an explicit state.

    Inputs, a dict:
        frames: uint8 `[B, L, H, W, 3]`, RGB of any size; 15 frames of context,
            then the frames to serve.
        hidden, cell: float32 `[B, U]`, the LSTM's state.
        is_first: bool `[B]`, True where the row starts a video.
        clip_mask: bool `[B, T]`, False where a clip is padding.

    Outputs, a dict:
        parameters: float32 `[B, T, C, 6]`, of `rmdn_tf.mixture`.
        hidden, cell: float32 `[B, U]`, the state after the last valid clip.

    Args:
        config: the `ModelConfig`.

    Returns:
        The model; its density is
        `rmdn_tf.mixture.distribution(outputs["parameters"])`.
    """
    inputs = {
        name: keras.Input(shape, dtype=dtype, name=name)
        for name, shape, dtype in [
            ("frames", (None, None, None, 3), "uint8"),
            ("hidden", (config.units,), "float32"),
            ("cell", (config.units,), "float32"),
            ("is_first", (), "bool"),
            ("clip_mask", (None,), "bool"),
        ]
    }
    frames = Preprocessing(*config.input_size, name="preprocessing")(
        inputs["frames"]
    )
    network = build_c3d(config.input_size, config.filters)
    features = ClipFeatures(network, config.clip_stride, name="features")(
        frames
    )
    outputs, hidden, cell = RecurrentCore(config.units, name="recurrent")(
        features,
        inputs["hidden"],
        inputs["cell"],
        inputs["is_first"],
        inputs["clip_mask"],
    )
    outputs = keras.layers.Dropout(config.dropout, name="dropout")(outputs)
    parameters = MixtureDensity(config.num_components, name="mixture")(outputs)
    outputs = {"parameters": parameters, "hidden": hidden, "cell": cell}
    return keras.Model(inputs, outputs, name="rmdn")


def initial_state(model: keras.Model, batch_size: int) -> dict:
    """Returns the state before a video, to be passed on from call to call."""
    hidden, cell = model.get_layer("recurrent").initial_state(batch_size)
    return {"hidden": hidden, "cell": cell}


def model_inputs(batch: dict, state: dict, clip_stride: int) -> dict:
    """Joins a batch of `rmdn_tf.input_pipeline` and a state to the inputs."""
    return {
        "frames": batch["frames"],
        "is_first": batch["is_first"],
        # A clip counts if the frame that it ends at does.
        "clip_mask": batch["frame_mask"][:, ::clip_stride],
        **state,
    }


def pad_context(frames: tf.Tensor) -> tf.Tensor:
    """Repeats the first of `[B, L, H, W, 3]` frames as its own context."""
    return tf.concat([tf.repeat(frames[:, :1], CONTEXT, 1), frames], 1)


def save_model(
    model: keras.Model, config: ModelConfig, directory: str | os.PathLike
) -> None:
    """Writes configuration and weights; `load_model` reads them back."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with published(directory / WEIGHTS_FILE) as temporary:
        model.save_weights(temporary)
    write_json(directory / CONFIG_FILE, dataclasses.asdict(config))


def load_model(
    directory: str | os.PathLike,
) -> tuple[keras.Model, ModelConfig]:
    """Reads a model that `save_model` wrote.

    Raises:
        FileNotFoundError: the directory holds no model.
        ValueError: the configuration or the weights do not fit this release.
    """
    directory = pathlib.Path(directory)
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        if not (directory / name).exists():
            raise FileNotFoundError(
                f"No trained model in '{directory}': '{name}' is missing."
            )
    try:
        values = json.loads((directory / CONFIG_FILE).read_text())
        values["input_size"] = tuple(values["input_size"])
        values["filters"] = tuple(map(tuple, values["filters"]))
        config = ModelConfig(**values)
        model = build_rmdn(config)
        model.load_weights(directory / WEIGHTS_FILE)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ValueError(
            f"Invalid model in '{directory}'. Expected the '{CONFIG_FILE}' "
            f"and '{WEIGHTS_FILE}' of one training run. Received: {error}"
        ) from error
    return model, config
