"""The whole network, as one Keras functional model."""

import math

import keras

from rmdn_tf.encoders.c3d import join_c3d
from rmdn_tf.encoders.frame_features import join_frame_encoder
from rmdn_tf.encoders.projection import CellProjection
from rmdn_tf.model.calibration import Calibration
from rmdn_tf.model.config import (
    PRECISIONS,
    DenseConfig,
    JointConfig,
    ModelConfig,
    SpatialConfig,
)
from rmdn_tf.model.dropout import Dropout
from rmdn_tf.model.joint import JointRecurrence
from rmdn_tf.model.mixture import MixtureDensity
from rmdn_tf.model.parts import CALIBRATION, head_inputs, join_head
from rmdn_tf.model.recurrent import RecurrentCore
from rmdn_tf.model.spatial_context import ResidualContext, SpatialContext
from rmdn_tf.model.spatial_mixture import SpatialMixture
from rmdn_tf.model.spatial_recurrence import SpatialRecurrence


def build_rmdn(config: ModelConfig, precision: str = "float32") -> keras.Model:
    """Builds the network as a functional model with an explicit state.

    Inputs, a dict:

    - `frames`: uint8 `[B, L, H, W, 3]`, RGB of any size: 15 frames of context,
      then the frames to predict.
    - `hidden`, `cell`: float32 `[B, U]`, the state of an LSTM. A plain RNN has
      only `hidden`. A spatial GRU has `hidden`, `[B, h, w, U]`; a leaky mean
      has `weight`, too. Without recurrence the network has no state.
    - `evidence`, `count`, `attention`: float32 `[B, A]`, `[B, 1]`,
      `[B, h, w]`, further state of a network with actions; see
      `rmdn_tf.model.joint`.
    - `is_first`: bool `[B]`, True where the row starts a video.
    - `clip_mask`: bool `[B, T]`, False where a clip is padding.

    Outputs, a dict:

    - `parameters`: float32 `[B, T, C, 6]`, for
      `rmdn_tf.model.mixture.distribution`; a spatial head has as many
      components C as cells.
    - `actions`: float32 `[B, T, A]`, only with actions: the probability of
      each from the clips so far.
    - `hidden`, `cell`, ...: as above, after the last valid clip.

    Args:
        config: settings of the network.
        precision: of `PRECISIONS`, for preprocessing and encoder. Weights,
            state and everything after the features are always float32.

    Returns:
        The model, with random weights.

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
    features = _join_encoder(inputs["frames"], config, precision)
    head = _make_head(config, features.shape)
    flat = _side_by_side(features, config, precision)
    inputs |= head_inputs(head)
    return keras.Model(inputs, join_head(head, flat, inputs), name="rmdn")


def _join_encoder(frames, config: ModelConfig, precision: str):
    """Encodes clips: `[B, T, D]`, or `[B, T, h, w, D]` in cells."""
    if config.encoder == "c3d":
        return join_c3d(
            frames,
            config.features,
            config.input_size,
            config.clip_stride,
            filters=config.filters,
            dense_units=config.dense_units,
            in_cells=config.in_cells,
            dtype=precision,
        )
    return join_frame_encoder(
        frames,
        config.encoder,
        config.features,
        config.input_size,
        config.clip_stride,
        config.motion_lags,
        faces=config.faces,
        dtype=precision,
        camera=config.camera,
        onset_lag=config.onset_lag,
    )


def _side_by_side(features, config: ModelConfig, precision: str):
    """Flattens features to `[B, T, D]`; projects them first if configured."""
    if config.projection:
        return CellProjection(
            config.projection,
            config.num_plain,
            dtype=precision,
            name="projection",
        )(features)
    if config.in_cells:
        shape = (-1, math.prod(features.shape[2:]))
        reshape = keras.layers.Reshape(shape, dtype=precision, name="cells")
        return reshape(features)
    return features


def _make_head(config: ModelConfig, shape: tuple) -> list[keras.Layer]:
    """Makes the layers after features of a shape; they compute in float32."""
    head = _make_trained(config, shape)
    if config.calibrated_components:
        head.append(
            Calibration(
                config.calibrated_components,
                dtype="float32",
                name=CALIBRATION,
            )
        )
    return head


def _make_trained(config: ModelConfig, shape: tuple) -> list[keras.Layer]:
    """Makes the layers of a head that training fits."""
    grid = shape[2:4]
    if isinstance(config, JointConfig):
        return [_make_joint(config, grid)]
    dropout = Dropout(config.dropout, dtype="float32", name="dropout")
    if isinstance(config, DenseConfig):
        name = _layer_name(config.recurrent)
        return [
            RecurrentCore(config.units, config.recurrent, name=name),
            dropout,
            MixtureDensity(
                config.num_components, dtype="float32", name="mixture"
            ),
        ]
    if not isinstance(config, SpatialConfig):
        raise TypeError(f"Unknown kind of network: {type(config).__name__}.")
    context = {"plain": SpatialContext, "residual": ResidualContext}
    return [
        context[config.context](
            (*grid, config.projection + config.num_plain),
            config.num_plain,
            config.context_units,
            config.feature_dropout,
            config.reset_on_cuts,
            dtype="float32",
            name="context",
        ),
        SpatialRecurrence(
            grid,
            config.units,
            config.recurrent,
            config.reset_on_cuts,
            name=_layer_name(config.recurrent),
        ),
        dropout,
        SpatialMixture(dtype="float32", name="mixture"),
    ]


def _layer_name(recurrent: str) -> str:
    """Names a layer in Keras' summary and in TensorBoard's graph."""
    return "stateless" if recurrent == "none" else recurrent


def _make_joint(config: JointConfig, grid: tuple) -> JointRecurrence:
    return JointRecurrence(
        grid,
        len(config.actions),
        config.units,
        config.num_components,
        config.dropout,
        config.multi_label,
        config.feedback,
        config.action_moves_map,
        name="joint",
    )
