"""What a network takes over before its first step: weights, statistics, prior.

All of it comes from published weights and from the training split; nothing of
the split that is held out is seen.
"""

import os

import keras
import numpy as np

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.shard_dealing import steps_per_epoch
from rmdn_tf.data.windows import CLIP_LENGTH, Window
from rmdn_tf.encoders.frame_features import frame_encoder
from rmdn_tf.evaluation.centre_bias import trained_centre
from rmdn_tf.model.config import ModelConfig, SpatialConfig
from rmdn_tf.model.rmdn import build_cells

NUM_CLIPS = 1024
"""Clips at most that the projection is fitted to."""

_BATCH = 8


def load_pretrained(model: keras.Model, config: ModelConfig) -> None:
    """Puts published weights into a frame encoder; C3D has files of its own.

    Raises:
        OSError: they cannot be read, or downloaded.
    """
    if config.encoder != "c3d":
        network = model.get_layer("features").network
        encoder = frame_encoder(config.encoder)
        encoder.load(network, config.features.split("+"))


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
    window = Window(CLIP_LENGTH, model.get_layer("features").clip_stride)
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
