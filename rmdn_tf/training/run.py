"""A training run: its network, optimizer, progress and data."""

import dataclasses
import math
import os
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.prepared_dataset import dataset_digest, read_dataset_info
from rmdn_tf.data.shard_dealing import has_fixations, steps_per_epoch
from rmdn_tf.data.windows import Window
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.old_layouts import checkpointed
from rmdn_tf.model.parts import (
    build_encoder,
    build_head,
    cell_grid,
    initial_state,
)
from rmdn_tf.runs.directory import RunDirectory
from rmdn_tf.training.cached_features import FrozenFeatures, checksum
from rmdn_tf.training.config import (
    RunConfig,
    TrainingConfig,
    check_training,
)
from rmdn_tf.training.initialization import (
    build_pretrained,
    fit_to_training_data,
)
from rmdn_tf.training.objective import Objective
from rmdn_tf.training.progress import Progress
from rmdn_tf.training.step import TrainingStep, make_optimizer
from rmdn_tf.training.strategies import is_chief, split_rows, together
from rmdn_tf.training.windows import TrainingWindows, for_device


class TrainingRun:
    """The parts of a training run, new or resumed.

    The constructor only reads and checks; `Trainer` writes.

    Args:
        model_config: settings of the network.
        config: settings that decide what is learned.
        data_dir: a prepared dataset whose training split has fixations.
        run_dir: directory of the run. A run that exists there resumes.
        run_config: settings that decide how it is computed; None for the
            defaults.
        strategy: see `rmdn_tf.training.strategies`; None for the first device.
        c3d_weights: see `rmdn_tf.encoders.c3d_weights`; None for random
            weights.

    Attributes:
        validates: whether a held-out split with fixations chooses the best
            epoch. Otherwise all epochs run, and the last one counts.

    Raises:
        FileNotFoundError, RecordError, ValueError: the dataset is missing or
            damaged, or the settings do not fit together.
        OtherSettingsError: `run_dir` holds a run of other settings or of
            another dataset.
        TrainingError: the last checkpoint is damaged.
    """

    def __init__(
        self,
        model_config: ModelConfig,
        config: TrainingConfig,
        data_dir: str | os.PathLike,
        run_dir: str | os.PathLike,
        *,
        run_config: RunConfig | None = None,
        strategy: tf.distribute.Strategy | None = None,
        c3d_weights: Mapping[str, np.ndarray] | None = None,
    ):
        self.model_config = model_config
        self.config = config
        self.data_dir = data_dir
        self.run_dir = RunDirectory(run_dir)
        self.run_config = run_config or RunConfig()
        self.window = Window(config.window_frames, model_config.clip_stride)
        self.strategy = strategy or tf.distribute.get_strategy()
        self.is_chief = is_chief(self.strategy)
        info = read_dataset_info(data_dir)
        self.num_steps = steps_per_epoch(
            info, config.train_split, config.batch_size, self.window
        )
        check_training(
            model_config,
            config,
            self.run_config,
            self.strategy.num_replicas_in_sync,
            info,
        )
        self.validates = config.validates and has_fixations(info, "validation")
        self.progress = Progress()
        self.settings = self._settings(info, c3d_weights)
        self.run_dir.check(self.settings)
        with together(self.strategy, self.run_dir, self.progress):
            self._build(c3d_weights)
        self._restore()
        self.features = None
        if config.cache_features:
            self.features = FrozenFeatures(self.model, model_config, data_dir)
        self.windows = TrainingWindows(
            data_dir,
            config,
            self.window,
            self.feature_dir,
            model_config.actions,
        )

    def _settings(self, info: DatasetInfo, c3d_weights: Mapping | None) -> dict:
        """Returns all that decides what is learned, for JSON."""
        return {
            "dataset": {
                "name": info.name,
                "num_frames": info.splits["train"].num_frames,
                "sha256": dataset_digest(self.data_dir),
            },
            "model": dataclasses.asdict(self.model_config),
            "training": dataclasses.asdict(self.config),
            "c3d_weights": c3d_weights and checksum(c3d_weights),
            "precision": self.run_config.precision,
        }

    def _build(self, c3d_weights: Mapping | None) -> None:
        keras.utils.set_random_seed(self.config.seed)
        with self.strategy.scope():
            self.model = build_pretrained(
                self.model_config,
                self.run_config.precision,
                self.config.train_c3d,
                c3d_weights,
            )
            self.network = self.model  # The part that learns.
            if self.config.cache_features:
                self.network = build_head(self.model)
            self.optimizer = make_optimizer(self.config, self.run_config)
            self.optimizer.build(self.network.trainable_variables)
        self.objective = Objective.of(self.model_config, self.config)
        self.train_step = TrainingStep(
            self.network,
            self.optimizer,
            self.strategy,
            self.config,
            self.run_config,
            self.model_config.clip_stride,
            cell_grid(self.model),
            self.objective,
        )

    def _restore(self) -> None:
        self._checkpoint = tf.train.Checkpoint(
            model=checkpointed(self.model),
            optimizer=self.optimizer,
            progress=self.progress,
        )
        if self.run_dir.restore(self._checkpoint):
            print(f"Going on after step {self.progress.step}.")
        else:
            fit_to_training_data(
                self.model,
                self.model_config,
                self.data_dir,
                self.config.train_split,
                self.config.seed,
            )

    def checkpoint_bytes(self) -> int:
        """Returns the size of a checkpoint: weights and optimizer."""
        variables = [*self.model.variables, *self.optimizer.variables]
        return sum(4 * math.prod(v.shape) for v in variables)

    @property
    def feature_dir(self) -> str | None:
        """Directory of cached features; None when training from frames."""
        return self.features.directory if self.features else None

    def recurrent_state(self) -> dict:
        """Returns the recurrence's state to start from, by replica."""
        state = self.progress.state or initial_state(
            self.network, self.config.batch_size
        )
        return split_rows(self.strategy, state)

    def example(self) -> tuple[dict, dict]:
        """Returns a batch and the state before it, as `train_step` takes them.

        Computes the batch's features, which need not be cached.
        """
        batch = next(iter(self.windows.on_host(0, skip=0, feature_dir=None)))
        batch = for_device(batch)
        if self.features:
            features = build_encoder(self.model)(batch.pop("frames"))
            batch["features"] = tf.cast(features, tf.float16)
        return split_rows(self.strategy, batch), self.recurrent_state()
