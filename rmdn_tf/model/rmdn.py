"""The RMDN: features, recurrence and mixture as one Keras functional model."""

import dataclasses
import math
import os
import pathlib

import keras
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.encoders.c3d import describe_clips
from rmdn_tf.encoders.frame_features import describe_frames
from rmdn_tf.encoders.projection import CellProjection
from rmdn_tf.files.checksums import check_files, write_checksums
from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.keras_weights import check_size, load_weights
from rmdn_tf.files.published import published, write_json
from rmdn_tf.model.config import (
    CONFIG_SCHEMA,
    DenseConfig,
    JointConfig,
    ModelConfig,
    config_from_json,
)
from rmdn_tf.model.dropout import Dropout
from rmdn_tf.model.joint import JointRecurrence
from rmdn_tf.model.mixture import MixtureDensity
from rmdn_tf.model.recurrent import RecurrentCore
from rmdn_tf.model.spatial_context import SpatialContext
from rmdn_tf.model.spatial_mixture import SpatialMixture
from rmdn_tf.model.spatial_recurrence import SpatialRecurrence

CONFIG_FILE = "model.json"
WEIGHTS_FILE = "model.weights.h5"
FILES = (CONFIG_FILE, WEIGHTS_FILE)
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
"""Keras' policies that preprocessing and C3D may compute with.

float16 asks for a GPU: TensorFlow's CPU has no 3D pooling in it."""

HEAD = ("context", "recurrent", "dropout", "mixture")
"""Names of the layers after the features, of which a dense head has no
`context`, and one with actions the `recurrent` alone; they always compute in
float32."""

FLAT = ("projection", "cells")
"""Names of the layers that lay features in cells side by side, for the head."""


def build_rmdn(config: ModelConfig, precision: str = "float32") -> keras.Model:
    """Builds the network as a functional model with an explicit state.

    Inputs, a dict:
        frames: uint8 `[B, L, H, W, 3]`, RGB of any size; 15 frames of context,
            then the frames to serve.
        hidden, cell: float32 `[B, U]`, the state of an LSTM; hidden alone of a
            plain RNN, and of a spatial GRU, `[B, h, w, U]`; neither without
            recurrence.
        evidence, count, attention: float32 `[B, A]`, `[B, 1]`, `[B, h, w]`,
            more of the state of a network with actions; see
            `rmdn_tf.model.joint`.
        is_first: bool `[B]`, True where the row starts a video.
        clip_mask: bool `[B, T]`, False where a clip is padding.

    Outputs, a dict:
        parameters: float32 `[B, T, C, 6]`, of `rmdn_tf.model.mixture`; C is the
            number of cells of a spatial head.
        actions: float32 `[B, T, A]`, of a network with actions: the
            probability of each, as far as the video is known at each time.
        hidden, cell, ...: as above, after the last valid clip.

    Args:
        config: the `ModelConfig`.
        precision: of `PRECISIONS`, for preprocessing and encoder. Weights,
            state and everything after the features are float32 in each.

    Returns:
        The model; its density is
        `rmdn_tf.model.mixture.distribution(outputs["parameters"])`.

    Raises:
        ValueError: `precision` is not one of `PRECISIONS`.
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
    features = _describe(inputs["frames"], config, precision)
    head = _make_head(config, features)
    flat = _flatten(features, config, precision)
    inputs |= _head_inputs(head)
    return keras.Model(inputs, _apply(head, flat, inputs), name="rmdn")


def _flatten(features, config: ModelConfig, precision: str):
    """Features of every clip, flat; projected, if they are to be."""
    if config.projection:
        return CellProjection(
            config.projection,
            config.num_plain,
            dtype=precision,
            name="projection",
        )(features)
    if config.in_cells:
        shape = (-1, math.prod(features.shape[2:]))
        return keras.layers.Reshape(shape, dtype=precision, name="cells")(
            features
        )
    return features


def _describe(frames, config: ModelConfig, precision: str):
    """Features of every clip: flat, or in cells where they keep a place."""
    if config.encoder == "c3d":
        return describe_clips(
            frames,
            config.features,
            config.input_size,
            config.clip_stride,
            filters=config.filters,
            dense_units=config.dense_units,
            in_cells=config.in_cells,
            dtype=precision,
        )
    return describe_frames(
        frames,
        config.encoder,
        config.features,
        config.input_size,
        config.clip_stride,
        config.motion_lags,
        dtype=precision,
    )


def _make_head(config: ModelConfig, features) -> list[keras.Layer]:
    """Makes the layers after the features, in the order of `HEAD`."""
    if isinstance(config, JointConfig):
        return [_make_joint(config, features.shape[2:4])]
    dropout = Dropout(config.dropout, dtype="float32", name="dropout")
    if isinstance(config, DenseConfig):
        return [
            RecurrentCore(config.units, config.recurrent, name="recurrent"),
            dropout,
            MixtureDensity(
                config.num_components, dtype="float32", name="mixture"
            ),
        ]
    grid = features.shape[2:4]
    return [
        SpatialContext(
            (*grid, config.projection + config.num_plain),
            config.num_plain,
            config.context_units,
            config.feature_dropout,
            dtype="float32",
            name="context",
        ),
        SpatialRecurrence(
            grid, config.units, config.recurrent, name="recurrent"
        ),
        dropout,
        SpatialMixture(dtype="float32", name="mixture"),
    ]


def _make_joint(config: JointConfig, grid) -> JointRecurrence:
    """Makes the one layer of a head that tells actions, too."""
    return JointRecurrence(
        grid,
        len(config.actions),
        config.units,
        config.num_components,
        config.dropout,
        config.multi_label,
        config.feedback,
        config.action_moves_map,
        name="recurrent",
    )


def build_encoder(
    model: keras.Model,
    clip_stride: int | None = None,
    preprocessed: bool = False,
) -> keras.Model:
    """Returns what comes up to the head: what describes clips by numbers.

    Args:
        model: of `build_rmdn`; weights are shared with it.
        clip_stride: another one than the model's.
        preprocessed: whether frames have been through `preprocessing`: then
            as many frames of context go before those to serve as the
            attribute `context` of the layer `features` says.

    Returns:
        uint8 frames `[B, L, H, W, 3]`, or float `[B, L, h, w, 3]` if
        preprocessed -> features `[B, T, D]`, of the model's precision.
    """
    outputs = _features_of(model, clip_stride)
    for name in FLAT:
        if _has(model, name):
            outputs = model.get_layer(name)(outputs)
    inputs = model.input["frames"]
    if preprocessed:
        inputs = model.get_layer("preprocessing").output
    return keras.Model(inputs, outputs, name="encoder")


def build_cells(model: keras.Model) -> keras.Model:
    """Returns what comes before the projection.

    Args:
        model: of `build_rmdn` with a projection; weights are shared with it.

    Returns:
        uint8 frames `[B, L, H, W, 3]` -> features `[B, T, h, w, D]`.
    """
    return keras.Model(model.input["frames"], _features_of(model), name="cells")


def _features_of(model: keras.Model, clip_stride: int | None = None):
    features = model.get_layer("features")
    if clip_stride is not None:
        features = features.with_clip_stride(clip_stride)
    return features(model.get_layer("preprocessing").output)


def cell_grid(model: keras.Model) -> tuple[int, int] | None:
    """Returns (h, w) of the cells that features lie in; None: in no cells."""
    for name in FLAT:
        if _has(model, name):
            return tuple(model.get_layer(name).input.shape[2:4])
    return None


def _has(model: keras.Model, name: str) -> bool:
    return any(layer.name == name for layer in model.layers)


def build_head(model: keras.Model) -> keras.Model:
    """Returns what comes after the features: recurrence and mixture.

    Args:
        model: of `build_rmdn`; layers and weights are shared with it.

    Returns:
        A model like it, whose dict of inputs has `features`, `[B, T, D]` of
        any float type, in place of `frames`.
    """
    head = [model.get_layer(name) for name in HEAD if _has(model, name)]
    encoded = next((n for n in FLAT if _has(model, n)), "features")
    num_features = model.get_layer(encoded).output.shape[-1]
    features = keras.Input((None, num_features), name="features")
    inputs = {"features": features, **_head_inputs(head)}
    return keras.Model(inputs, _apply(head, features, inputs), name="head")


def _head_inputs(head) -> dict:
    """Inputs of the recurrence other than its features."""
    (recurrent,) = (layer for layer in head if layer.name == "recurrent")
    return {
        name: keras.Input(part.shape[1:], name=name)
        for name, part in recurrent.initial_state(1).items()
    } | {
        "is_first": keras.Input((), dtype="bool", name="is_first"),
        "clip_mask": keras.Input((None,), dtype="bool", name="clip_mask"),
    }


def _apply(head, features, inputs: dict) -> dict:
    """Joins the layers of the head to the outputs."""
    if isinstance(head[0], JointRecurrence):
        (joint,) = head
        state = {name: inputs[name] for name in joint.state_shapes}
        parameters, actions, state = joint(
            features, state, inputs["is_first"], inputs["clip_mask"]
        )
        return {"parameters": parameters, "actions": actions, **state}
    *context, recurrent, dropout, mixture = head
    for layer in context:
        features = layer(features)
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
        Zeros, float32, by name: what `build_rmdn` lists of a state.
    """
    return model.get_layer("recurrent").initial_state(batch_size)


def model_inputs(batch: dict, state: dict, clip_stride: int) -> dict:
    """Joins a batch of `rmdn_tf.data.input_pipeline` and a state to the inputs.

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
    """Writes configuration, weights and checksums; see `load_model`.

    A process that is killed here leaves the old model or the new one.
    """
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with published(directory / WEIGHTS_FILE) as temporary:
        model.save_weights(temporary)
        write_json(directory / CONFIG_FILE, dataclasses.asdict(config))
        write_checksums(directory, FILES, {WEIGHTS_FILE: temporary})
    write_checksums(directory, FILES)


def load_model(
    directory: str | os.PathLike,
) -> tuple[keras.Model, ModelConfig]:
    """Reads a model that `save_model` wrote, as one of float32.

    What the configuration of an earlier release lacks takes its default; where
    the checksums are missing, a warning says so. No code is run, so files of
    others can be loaded.

    Raises:
        FileNotFoundError: the directory holds no model.
        ValueError: the files are damaged, or do not fit this release.
    """
    directory = pathlib.Path(directory)
    for name in FILES:
        if not (directory / name).exists():
            raise FileNotFoundError(
                f"No trained model in '{directory}': '{name}' is missing."
            )
    check_files(directory, FILES)
    try:
        config = config_from_json(
            read_json(directory / CONFIG_FILE, CONFIG_SCHEMA)
        )
        num_bytes = (directory / WEIGHTS_FILE).stat().st_size
        check_size(lambda: build_rmdn(config), num_bytes)
        model = build_rmdn(config)
        load_weights(model, directory / WEIGHTS_FILE)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise ValueError(
            f"Invalid model in '{directory}'. Expected the '{CONFIG_FILE}' "
            f"and '{WEIGHTS_FILE}' of one training run. Received: {error}"
        ) from error
    return model, config
