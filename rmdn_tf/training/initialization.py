"""A network before its first step: published weights, projection, prior.

Projection and prior are fitted to the training split.
"""

import os
from collections.abc import Mapping

import keras
import numpy as np

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.shard_dealing import steps_per_epoch
from rmdn_tf.data.windows import CLIP_LENGTH, Window
from rmdn_tf.encoders.c3d_weights import assign_c3d_weights
from rmdn_tf.encoders.frame_features import frame_encoder
from rmdn_tf.evaluation.centre_bias import trained_centre
from rmdn_tf.model.config import ModelConfig, SpatialConfig
from rmdn_tf.model.parts import build_cells, clip_network
from rmdn_tf.model.rmdn import build_rmdn

NUM_CLIPS = 1024
"""Clips at most that the projection is fitted to."""

_BATCH = 8


def build_pretrained(
    config: ModelConfig,
    precision: str,
    train_encoder: bool,
    c3d_weights: Mapping[str, np.ndarray] | None,
) -> keras.Model:
    """Builds a network with the published weights of its encoder.

    Args:
        config: settings of the network.
        precision: see `rmdn_tf.model.rmdn.build_rmdn`.
        train_encoder: whether the encoder learns, too.
        c3d_weights: weights of C3D, see `rmdn_tf.encoders.c3d_weights`; None
            for random ones. Other encoders bring their own.

    Raises:
        OSError: the weights cannot be read, or downloaded.
        ValueError: the weights are of another network.
    """
    model = build_rmdn(config, precision)
    encoder = clip_network(model)
    encoder.trainable = train_encoder
    if c3d_weights:
        assign_c3d_weights(encoder, c3d_weights)
    if config.encoder != "c3d":
        frames = frame_encoder(config.encoder)
        frames.load(encoder, config.features.split("+"))
    return model


def fit_to_training_data(
    model: keras.Model,
    config: ModelConfig,
    data_dir: str | os.PathLike,
    split: str,
    seed: int = 0,
) -> None:
    """Fits the projection, and begins a spatial mixture as the centre bias.

    A model without them stays as it is.

    Args:
        model: of `build_rmdn`, with the encoder's weights in place.
        config: its configuration.
        data_dir: a prepared dataset.
        split: that is trained on.
        seed: of the clips that are drawn.
    """
    if config.projection:
        cells = _draw_cells(model, data_dir, split, seed)
        model.get_layer("projection").fit(cells)
    if isinstance(config, SpatialConfig):
        fixations = fixations_of(read_videos(data_dir, split))
        model.get_layer("mixture").set_prior(trained_centre(fixations))


def _draw_cells(model, data_dir, split: str, seed: int) -> np.ndarray:
    """Features of the cells of some clips, float32 `[n, D]`."""
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
        seed=seed,
    ).take(min(num_steps, NUM_CLIPS // _BATCH))
    cells = [describe(b["frames"], training=False).numpy() for b in batches]
    return np.concatenate([c.reshape(-1, c.shape[-1]) for c in cells])
