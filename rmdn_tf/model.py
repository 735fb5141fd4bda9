"""The RMDN: C3D, recurrence and mixture as one Keras functional model."""

import dataclasses
import json
import os
import pathlib

import keras
import tensorflow as tf

from rmdn_tf.c3d import (
    FEATURES,
    PAPER_FILTERS,
    ClipFeatures,
    build_c3d,
    c3d_preprocessing,
)
from rmdn_tf.dropout import Dropout
from rmdn_tf.mixture import MixtureDensity
from rmdn_tf.published_files import published, write_json
from rmdn_tf.recurrent import RECURRENCES, RecurrentCore
from rmdn_tf.windows import CLIP_STRIDES, CONTEXT

CONFIG_FILE = "model.json"
WEIGHTS_FILE = "model.weights.h5"
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
"""Keras' policies that preprocessing and C3D may compute with.

float16 asks for a GPU: TensorFlow's CPU has no 3D pooling in it."""

HEAD = ("recurrent", "dropout", "mixture")
"""Names of the layers after the features; they always compute in float32."""


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """What the network looks like; the defaults are the paper's.

    Attributes:
        input_size: (h, w) that frames are resized to. The paper does not say;
            112 x 112 is C3D's own.
        filters: C3D's filters, block by block.
        features: layer of C3D that describes a clip, of `rmdn_tf.c3d.FEATURES`.
        dense_units: outputs of fc6 and fc7, where there are any.
        recurrent: "lstm", or one of the paper's ablations, "rnn" and "none".
        units: U of the recurrence. The paper does not say.
        num_components: C of the mixture.
        dropout: on the recurrence's output.
        clip_stride: s, see `rmdn_tf.windows`.
    """

    input_size: tuple[int, int] = (112, 112)
    filters: tuple[tuple[int, ...], ...] = PAPER_FILTERS
    features: str = "conv5b"
    dense_units: int = 4096
    recurrent: str = "lstm"
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
            ("features", f"one of {FEATURES}", self.features in FEATURES),
            ("dense_units", "a positive integer", self.dense_units > 0),
            (
                "recurrent",
                f"one of {tuple(RECURRENCES)}",
                self.recurrent in RECURRENCES,
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


def build_rmdn(config: ModelConfig, precision: str = "float32") -> keras.Model:
    """Builds the network as a functional model with an explicit state.

    Inputs, a dict:
        frames: uint8 `[B, L, H, W, 3]`, RGB of any size; 15 frames of context,
            then the frames to serve.
        hidden, cell: float32 `[B, U]`, the state of an LSTM; hidden alone of a
            plain RNN, and neither without recurrence.
        is_first: bool `[B]`, True where the row starts a video.
        clip_mask: bool `[B, T]`, False where a clip is padding.

    Outputs, a dict:
        parameters: float32 `[B, T, C, 6]`, of `rmdn_tf.mixture`.
        hidden, cell: as above, after the last valid clip.

    Args:
        config: the `ModelConfig`.
        precision: of `PRECISIONS`, for preprocessing and C3D. Weights, state
            and everything after the features are float32 in each.

    Returns:
        The model; its density is
        `rmdn_tf.mixture.distribution(outputs["parameters"])`.

    Raises:
        ValueError: `precision` is none of these.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"Invalid `precision`. Expected one of {PRECISIONS}. "
            f"Received: precision={precision}."
        )
    inputs = {
        "frames": keras.Input(
            (None, None, None, 3), dtype="uint8", name="frames"
        )
    }
    frames = c3d_preprocessing(
        *config.input_size, dtype=precision, name="preprocessing"
    )(inputs["frames"])
    network = build_c3d(
        config.input_size,
        config.filters,
        config.features,
        config.dense_units,
        precision,
    )
    features = ClipFeatures(
        network, config.clip_stride, dtype=precision, name="features"
    )(frames)
    head = (
        RecurrentCore(config.units, config.recurrent, name="recurrent"),
        Dropout(config.dropout, dtype="float32", name="dropout"),
        MixtureDensity(config.num_components, dtype="float32", name="mixture"),
    )
    inputs |= _head_inputs(head[0])
    return keras.Model(inputs, _apply(head, features, inputs), name="rmdn")


def build_encoder(
    model: keras.Model, clip_stride: int | None = None
) -> keras.Model:
    """Returns what comes up to the features: preprocessing and C3D.

    Args:
        model: of `build_rmdn`; weights are shared with it.
        clip_stride: another one than the model's.

    Returns:
        uint8 frames `[B, L, H, W, 3]` -> features `[B, T, D]`, of the model's
        precision.
    """
    features = model.get_layer("features")
    if clip_stride is not None:
        features = ClipFeatures(
            features.network, clip_stride, dtype=features.dtype_policy
        )
    outputs = features(model.get_layer("preprocessing").output)
    return keras.Model(model.input["frames"], outputs, name="encoder")


def build_head(model: keras.Model) -> keras.Model:
    """Returns what comes after the features: recurrence and mixture.

    Args:
        model: of `build_rmdn`; layers and weights are shared with it.

    Returns:
        A model like it, whose dict of inputs has `features`, `[B, T, D]` of
        any float type, in place of `frames`.
    """
    head = [model.get_layer(name) for name in HEAD]
    num_features = model.get_layer("features").output.shape[-1]
    features = keras.Input((None, num_features), name="features")
    inputs = {"features": features, **_head_inputs(head[0])}
    return keras.Model(inputs, _apply(head, features, inputs), name="head")


def _head_inputs(recurrent) -> dict:
    """Inputs of the recurrence other than its features."""
    names, shape = recurrent.state_names, recurrent.state_shape
    return {name: keras.Input(shape, name=name) for name in names} | {
        "is_first": keras.Input((), dtype="bool", name="is_first"),
        "clip_mask": keras.Input((None,), dtype="bool", name="clip_mask"),
    }


def _apply(head, features, inputs: dict) -> dict:
    """Joins the layers of the head to the outputs."""
    recurrent, dropout, mixture = head
    outputs, state = recurrent(
        features,
        {name: inputs[name] for name in recurrent.state_names},
        inputs["is_first"],
        inputs["clip_mask"],
    )
    return {"parameters": mixture(dropout(outputs)), **state}


def initial_state(model: keras.Model, batch_size: int) -> dict:
    """Returns the state before a video, to be passed on from call to call.

    Args:
        model: of `build_rmdn` or `build_head`.
        batch_size: B.

    Returns:
        Zeros, float32 `[B, U]`: `hidden` and `cell` of an LSTM, `hidden` of a
        plain RNN, nothing without recurrence.
    """
    return model.get_layer("recurrent").initial_state(batch_size)


def model_inputs(batch: dict, state: dict, clip_stride: int) -> dict:
    """Joins a batch of `rmdn_tf.input_pipeline` and a state to the inputs.

    A batch with `features` is for the model of `build_head`.
    """
    described = "features" if "features" in batch else "frames"
    return {
        described: batch[described],
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


def config_from_json(values: dict) -> ModelConfig:
    """Returns the configuration that `dataclasses.asdict` was written of.

    Raises:
        KeyError, TypeError, ValueError: the values are none.
    """
    tuples = {
        "input_size": tuple(values["input_size"]),
        "filters": tuple(map(tuple, values["filters"])),
    }
    return ModelConfig(**values | tuples)


def load_model(
    directory: str | os.PathLike,
) -> tuple[keras.Model, ModelConfig]:
    """Reads a model that `save_model` wrote, as one of float32.

    What the configuration of an earlier release lacks takes its default.

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
        config = config_from_json(
            json.loads((directory / CONFIG_FILE).read_text())
        )
        model = build_rmdn(config)
        model.load_weights(directory / WEIGHTS_FILE)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ValueError(
            f"Invalid model in '{directory}'. Expected the '{CONFIG_FILE}' "
            f"and '{WEIGHTS_FILE}' of one training run. Received: {error}"
        ) from error
    return model, config
