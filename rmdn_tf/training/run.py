"""A training run: its network, optimizer, progress and data."""

import dataclasses
import functools
import math
import os
from collections.abc import Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.mixing import MIXED_SPLIT
from rmdn_tf.data.prepared_dataset import dataset_digest, read_dataset_info
from rmdn_tf.data.shard_dealing import (
    has_fixations,
    ordered_steps,
    steps_per_epoch,
)
from rmdn_tf.data.windows import Window
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.old_layouts import checkpointed
from rmdn_tf.model.parts import (
    build_encoder,
    build_head,
    cell_grid,
    initial_state,
)
from rmdn_tf.runs.directory import RunDirectory
from rmdn_tf.training.average import MovingAverage
from rmdn_tf.training.cached_features import FrozenFeatures
from rmdn_tf.training.config import (
    RunConfig,
    TrainingConfig,
    check_training,
    defaults,
)
from rmdn_tf.training.initialization import (
    build_pretrained,
    fit_to_training_data,
)
from rmdn_tf.training.objective import Objective
from rmdn_tf.training.progress import Progress
from rmdn_tf.training.start import Start
from rmdn_tf.training.step import TrainingStep, make_optimizer
from rmdn_tf.training.strategies import is_chief, split_rows, together
from rmdn_tf.training.windows import TrainingWindows, make_mix


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
        init_from: a run or a model, see `rmdn_tf.runs.loading.load_keras`, of
            the same settings of the network. A new run starts from its
            weights; nothing is fitted.
        mix_data_dirs: prepared datasets whose training splits give the share
            `config.mix_share` of the windows of each step.
        engine_settings: where missing features are computed; None for this
            process.

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
        init_from: str | os.PathLike | None = None,
        mix_data_dirs: Sequence[str | os.PathLike] = (),
        engine_settings: EngineSettings | None = None,
    ):
        self.model_config = model_config
        self.config = config
        self.data_dir = data_dir
        self.run_dir = RunDirectory(run_dir)
        self.run_config = run_config or RunConfig()
        self.engine_settings = engine_settings
        self.window = Window(config.window_frames, model_config.clip_stride)
        self.strategy = strategy or tf.distribute.get_strategy()
        self.is_chief = is_chief(self.strategy)
        info = read_dataset_info(data_dir)
        check_training(
            model_config,
            config,
            self.run_config,
            self.strategy.num_replicas_in_sync,
            info,
        )
        self.mix = make_mix(model_config, config, mix_data_dirs)
        if self.mix:
            self.mix.check(data_dir, info)
        self.num_steps = self._count_steps(info)
        self.validates = config.validates and has_fixations(info, "validation")
        self.progress = Progress()
        start = Start.read(model_config, c3d_weights, init_from)
        self.settings = self._settings(info, start)
        self.run_dir.check(self.settings, defaults(model_config))
        with together(self.strategy, self.run_dir, self.progress):
            self._build(start)
        self._restore(start)
        self._read_windows()

    def _count_steps(self, info: DatasetInfo) -> int:
        """Counts the steps of an epoch."""
        count = ordered_steps if self.config.carry_state else steps_per_epoch
        mixed = self.mix.num_rows if self.mix else 0
        num_rows = self.config.batch_size - mixed
        return count(info, self.config.train_split, num_rows, self.window)

    def _settings(self, info: DatasetInfo, start: Start) -> dict:
        """Returns all that decides what is learned, for JSON."""
        mixed = self.mix.data_dirs if self.mix else ()
        return {
            "dataset": _facts(self.data_dir, info),
            "mixed": [_facts(one, read_dataset_info(one)) for one in mixed]
            or None,
            "model": dataclasses.asdict(self.model_config),
            "training": dataclasses.asdict(self.config),
            **start.checksums(),
            "precision": self.run_config.precision,
        }

    def _build(self, start: Start) -> None:
        keras.utils.set_random_seed(self.config.seed)
        with self.strategy.scope():
            self.model = build_pretrained(
                self.model_config,
                self.run_config.precision,
                self.config.train_c3d,
                start.c3d_weights,
            )
            self.network = self.model  # The part that learns.
            if self.config.cache_features:
                self.network = build_head(self.model)
            self.optimizer = make_optimizer(
                self.config,
                self.run_config,
                self.network.trainable_variables,
            )
            self.average = None
            if self.config.ema_decay:
                self.average = MovingAverage(
                    self.network.trainable_variables, self.config.ema_decay
                )
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

    def _restore(self, start: Start) -> None:
        self._checkpoint = tf.train.Checkpoint(
            model=checkpointed(self.model),
            optimizer=self.optimizer,
            progress=self.progress,
            **({"average": self.average} if self.average else {}),
        )
        if self.run_dir.restore(self._checkpoint):
            print(f"Going on after step {self.progress.step}.")
        elif start.model:
            self.model.set_weights(start.model.get_weights())
        else:
            # Runs of all seeds have the same projection, and share features.
            keras.utils.set_random_seed(0)
            fit_to_training_data(
                self.model,
                self.model_config,
                self.data_dir,
                self.config.train_split,
            )
            keras.utils.set_random_seed(self.config.seed)

    def _read_windows(self) -> None:
        """Opens the windows, and the features that they are read from."""
        self.features, self.all_features = None, []
        mix = self.mix
        if self.config.cache_features:
            of = functools.partial(
                FrozenFeatures, self.model, self.model_config
            )
            self.features = of(self.data_dir)
            others = (
                [of(d, [MIXED_SPLIT]) for d in mix.data_dirs] if mix else []
            )
            self.all_features = [self.features, *others]
            directories = [one.directory for one in others]
            mix = mix and dataclasses.replace(mix, feature_dirs=directories)
        self.windows = TrainingWindows(
            self.data_dir,
            self.config,
            self.window,
            self.feature_dir,
            self.model_config.actions,
            mix,
        )

    def checkpoint_bytes(self) -> int:
        """Returns the size of a checkpoint: weights, optimizer, average."""
        variables = [*self.model.variables, *self.optimizer.variables]
        if self.average:
            variables += self.average.averages
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
        batch = self.windows.example()
        if self.features:
            features = build_encoder(self.model)(batch.pop("frames"))
            batch["features"] = tf.cast(features, tf.float16)
        return split_rows(self.strategy, batch), self.recurrent_state()


def _facts(data_dir: str | os.PathLike, info: DatasetInfo) -> dict:
    """Returns what identifies a dataset."""
    return {
        "name": info.name,
        "num_frames": info.splits["train"].num_frames,
        "sha256": dataset_digest(data_dir),
    }
