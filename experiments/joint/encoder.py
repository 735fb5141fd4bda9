"""Trains the encoder that all variants share.

Like the paper's C3D it is trained on other videos and then frozen. It learns
density and action together, on videos of the same kind.
"""

import dataclasses
import pathlib

import numpy as np

from rmdn_tf.data.prepared_dataset import is_prepared
from rmdn_tf.files.arrays import read_arrays, write_arrays
from rmdn_tf.model.parts import clip_network
from rmdn_tf.model.presets import PRESETS as MODELS
from rmdn_tf.model.presets import with_changes
from rmdn_tf.training.config import PRESETS
from rmdn_tf.training.trainer import Trainer
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo_actions import ACTIONS, DemoActions

FRAME_SIZE = (64, 80)
NUM_VIDEOS = 480
NUM_EPOCHS = 7
SEED = 1  # Of the encoder's videos; those of the comparison have seed 0.

JOINT = with_changes(MODELS["small"], actions=ACTIONS)


def encoder_weights(work_dir: pathlib.Path) -> dict[str, np.ndarray]:
    """Trains the encoder, or reads `encoder.npz` in `work_dir`.

    Returns:
        Path of a weight -> weight, in the network's order.
    """
    file = work_dir / "encoder.npz"
    if not file.exists():
        write_arrays(file, **_train(work_dir))
    return read_arrays(file)


def prepare_videos(data_dir: pathlib.Path, num_videos: int, seed: int) -> None:
    """Prepares videos if they are missing."""
    if not is_prepared(data_dir):
        source = DemoActions(num_videos, seed, FRAME_SIZE)
        prepare(source, data_dir, FrameFormat(FRAME_SIZE))


def _train(work_dir: pathlib.Path) -> dict[str, np.ndarray]:
    data_dir = work_dir / "encoder_data"
    prepare_videos(data_dir, NUM_VIDEOS, SEED)
    training = dataclasses.replace(
        PRESETS["small"], num_epochs=NUM_EPOCHS, patience=NUM_EPOCHS
    )
    model = Trainer(JOINT, training, data_dir, work_dir / "encoder").train()
    encoder = clip_network(model)
    return {weight.path: weight.numpy() for weight in encoder.weights}


class HeadTrainer(Trainer):
    """Trains the layers after a given encoder.

    A `Trainer` accepts only weights of a whole C3D, eight convolutions.
    """

    def _build(self, c3d_weights) -> None:
        super()._build(None)
        encoder = clip_network(self.model)
        encoder.set_weights([*c3d_weights.values()])
