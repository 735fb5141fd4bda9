"""Prepares a network for its first step: published weights, fitted parts."""

import os
from collections.abc import Mapping

import keras
import numpy as np

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.shard_dealing import steps_per_epoch
from rmdn_tf.data.windows import CLIP_LENGTH, Window
from rmdn_tf.encoders.blazeface_weights import assign_blazeface_weights
from rmdn_tf.encoders.c3d_weights import assign_c3d_weights
from rmdn_tf.encoders.frame_features import frame_encoder
from rmdn_tf.evaluation.centre_bias import trained_centre
from rmdn_tf.model.config import ModelConfig, SpatialConfig
from rmdn_tf.model.parts import build_cells, clip_network
from rmdn_tf.model.rmdn import build_rmdn

# Limit for the clips that the projection is fitted to.
NUM_CLIPS = 1024

_BATCH = 8


def build_pretrained(
    config: ModelConfig,
    precision: str,
    train_encoder: bool,
    c3d_weights: Mapping[str, np.ndarray] | None,
) -> keras.Model:
    """Builds a network with the published weights of its encoder.

    C3D takes `c3d_weights`, see `rmdn_tf.encoders.c3d_weights`; None leaves it
    random. Other encoders and the detector of faces have their own weights.

    Raises:
        OSError: the weights cannot be read or downloaded.
        ValueError: the weights belong to another network.
    """
    model = build_rmdn(config, precision)
    encoder = clip_network(model)
    encoder.trainable = train_encoder
    if c3d_weights:
        assign_c3d_weights(encoder, c3d_weights)
    if config.encoder != "c3d":
        frames = frame_encoder(config.encoder)
        frames.load(encoder, config.features.split("+"))
    if config.faces:
        assign_blazeface_weights(model.get_layer("faces").network)
    return model


def fit_to_training_data(
    model: keras.Model,
    config: ModelConfig,
    data_dir: str | os.PathLike,
    split: str,
) -> None:
    """Fits the projection, and starts a spatial mixture at the centre bias.

    Leaves a model without these parts as it is. The same dataset gives the same
    projection, so runs of other seeds share their features.
    """
    if config.projection:
        cells = _draw_cells(model, data_dir, split)
        model.get_layer("projection").fit(cells)
    if isinstance(config, SpatialConfig):
        fixations = fixations_of(read_videos(data_dir, split))
        model.get_layer("mixture").set_prior(trained_centre(fixations))


def _draw_cells(model, data_dir, split: str) -> np.ndarray:
    """Returns features of the cells of some clips, float32 `[n, D]`."""
    describe = build_cells(model)
    window = Window(CLIP_LENGTH, model.get_layer("clips").clip_stride)
    info = read_dataset_info(data_dir)
    num_steps = steps_per_epoch(info, split, _BATCH, window)
    batches = random_cuts(
        data_dir,
        split,
        batch_size=_BATCH,
        window=window,
        fixations_per_frame=1,
        seed=0,
    ).take(min(num_steps, NUM_CLIPS // _BATCH))
    cells = [describe(b["frames"], training=False).numpy() for b in batches]
    return np.concatenate([c.reshape(-1, c.shape[-1]) for c in cells])
