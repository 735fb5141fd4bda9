"""Training by maximum likelihood: epochs, checkpoints, TensorBoard.

One code path for one device and for many; `rmdn_tf.training.step` is what runs
on each. A run may be killed anywhere: the same command goes on from the last
checkpoint, and on one device ends with the same weights, bit for bit.
"""

import dataclasses
import math
import os
import time
from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.prepared_dataset import (
    dataset_digest,
    find_damage,
    read_dataset_info,
)
from rmdn_tf.data.shard_dealing import has_fixations, steps_per_epoch
from rmdn_tf.data.windows import Window
from rmdn_tf.encoders.c3d_weights import assign_c3d_weights
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.rmdn import (
    build_encoder,
    build_head,
    build_rmdn,
    cell_grid,
    initial_state,
    load_model,
    save_model,
)
from rmdn_tf.runs.directory import RunDirectory, TrainingError
from rmdn_tf.training import tensorboard
from rmdn_tf.training.best_model import save_best, score_best, scores_of
from rmdn_tf.training.cached_features import FrozenFeatures, checksum
from rmdn_tf.training.checks import check_training
from rmdn_tf.training.config import RunConfig, TrainingConfig
from rmdn_tf.training.initialization import (
    fit_to_training_data,
    load_pretrained,
)
from rmdn_tf.training.objective import Objective
from rmdn_tf.training.profiling import Profile
from rmdn_tf.training.progress import Progress
from rmdn_tf.training.step import NOT_FINITE, TrainingStep, make_optimizer
from rmdn_tf.training.strategies import (
    is_chief,
    require_one_step,
    split_rows,
    together,
)
from rmdn_tf.training.validation import Validation
from rmdn_tf.training.windows import TrainingWindows, for_device


class Trainer:
    """Everything that a run consists of, and what survives a kill of it.

    Args:
        model_config: the network.
        config: how to train it.
        data_dir: a prepared dataset, its training split with fixations.
        run_dir: of checkpoints, the best model and TensorBoard's logs. A run
            that is there already goes on where it stopped.
        run_config: how to compute it.
        strategy: of `rmdn_tf.training.strategies`; None for the first device.
        c3d_weights: of `rmdn_tf.encoders.c3d_weights`, to start from; random
            ones otherwise.

    Attributes:
        validates: whether a held-out split with fixations chooses the best
            epoch. Otherwise all epochs run, and the last one counts.

    Raises:
        FileNotFoundError, RecordError, ValueError: no usable dataset, or
            settings that do not go together.
        OSError: `run_dir` cannot be written or has no room.
        OtherSettingsError: `run_dir` holds a run of other settings or of
            another dataset.
        TrainingError: the last checkpoint is damaged.
        InUseError: another process trains in `run_dir`.
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
        with self.run_dir.alone(self.is_chief):
            self._open_run(info, c3d_weights)
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

    def _open_run(self, info: DatasetInfo, c3d_weights: Mapping | None) -> None:
        """Begins a run, or takes up the one that is there."""
        self.settings = {
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
        self.run_dir.check(self.settings)
        with together(self.strategy, self.run_dir, self.progress):
            self._build(c3d_weights)
        self._restore()

    def _build(self, c3d_weights: Mapping | None) -> None:
        keras.utils.set_random_seed(self.config.seed)
        with self.strategy.scope():
            self.model = build_rmdn(
                self.model_config, self.run_config.precision
            )
            encoder = self.model.get_layer("features")
            encoder.trainable = self.config.train_c3d
            if c3d_weights:
                assign_c3d_weights(encoder.network, c3d_weights)
            load_pretrained(self.model, self.model_config)
            self.network = self.model
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
        checkpoint = tf.train.Checkpoint(
            model=self.model,
            optimizer=self.optimizer,
            progress=self.progress,
        )
        if self.run_dir.restore(checkpoint):
            print(f"Going on after step {self.progress.step}.")
        else:
            fit_to_training_data(
                self.model,
                self.model_config,
                self.data_dir,
                self.config.train_split,
                self.config.seed,
            )
        if self.is_chief:
            self.run_dir.claim(
                checkpoint,
                self.settings,
                self.run_config.keep_checkpoints,
                self.checkpoint_bytes(),
            )

    def checkpoint_bytes(self) -> int:
        """Size of a checkpoint: weights and what the optimizer remembers."""
        variables = [*self.model.variables, *self.optimizer.variables]
        return sum(4 * math.prod(v.shape) for v in variables)

    def train(self) -> keras.Model | None:
        """Runs the epochs that are left.

        Returns:
            The model with the weights of the best validation loss, or of the
            last epoch where nothing is held out to validate; None on workers
            other than the chief.

        Raises:
            TrainingError: a loss that is not finite, a damaged shard, or a
                worker is lost; or another process has trained in `run_dir`.
            InUseError: another process trains there.
        """
        with self.run_dir.alone(self.is_chief):
            if self.is_chief:
                self.run_dir.require_unchanged()
            try:
                with together(self.strategy, self.run_dir, self.progress):
                    self._train()
            except tf.errors.DataLossError as error:
                damage = find_damage(self.data_dir, self.feature_dir)
                raise TrainingError(damage) from error
            return load_model(self.run_dir.best)[0] if self.is_chief else None

    def _train(self) -> None:
        self.prepare()
        logs = self.run_dir.logs if self.is_chief else None
        with tensorboard.make_writer(logs).as_default():
            while not self._is_done():
                self.train_epoch()
            if self.is_chief:
                validation_of = self._validation_of if self.validates else None
                best = score_best(self.run_dir, validation_of)
                tensorboard.write_hparams(self.settings, best)

    @property
    def feature_dir(self) -> str | None:
        """Directory of the cached features; None when training from frames."""
        return self.features and self.features.directory

    def prepare(self) -> None:
        """Computes what is missing of the features; all workers meet here.

        Raises:
            TrainingError: they go on from different steps.
        """
        if self.features and self.is_chief:
            self.features.compute()
        require_one_step(self.strategy, self.run_dir, self.progress)
        if self.validates:
            self._validation = self._validation_of(self.model)

    def _validation_of(self, model: keras.Model) -> Validation:
        return Validation(
            build_head(model) if self.features else model,
            self.data_dir,
            self.config.batch_size,
            self.window,
            self.feature_dir,
            actions=self.model_config.actions,
            objective=self.objective,
        )

    def _is_done(self) -> bool:
        epoch = self.progress.epoch
        stale = epoch - 1 - self.progress.best_epoch
        return epoch >= self.config.num_epochs or (
            self.validates and stale >= self.config.patience
        )

    def train_epoch(self) -> None:
        """Trains and validates once, and saves what a killed run needs."""
        progress, epoch = self.progress, self.progress.epoch
        rate = self.config.learning_rate_at(epoch)
        self.optimizer.learning_rate = rate
        self._run_steps(epoch)
        tf.summary.scalar("train/learning_rate", rate, epoch)
        tf.summary.scalar("train/epoch_loss", progress.mean_loss, epoch)
        tf.summary.scalar("train/clipped_share", progress.clipped_share, epoch)
        line = f"epoch {epoch + 1:3d}  train {progress.mean_loss:8.4f}"
        if self.validates:
            validated = self._validation.run()
            tensorboard.write_validation(validated, epoch)
            line += f"  validation {validated.describe()}"
            if not math.isfinite(validated.loss):
                raise TrainingError(f"Not finite after {line.strip()}.")
            if validated.loss < progress.best_loss:
                progress.best_loss = validated.loss
                self._keep_best(scores_of(validated))
        else:
            self._keep_best({"train_loss": progress.mean_loss})
        progress.finish_epoch()
        self._save({})
        print(f"{line} {self.objective.unit}")

    def _keep_best(self, scores: dict[str, float]) -> None:
        """Saves the model as the best one so far."""
        epoch = self.progress.best_epoch = self.progress.epoch
        if self.is_chief:
            save_best(
                self.model, self.model_config, self.run_dir, epoch + 1, scores
            )

    def _run_steps(self, epoch: int) -> None:
        """Runs the steps of an epoch that are left."""
        state = self._state()
        batches = tqdm(
            self.windows.on_devices(
                epoch, self.progress.step_in_epoch, self.strategy
            ),
            f"epoch {epoch + 1}",
            None if self.config.carry_state else self.num_steps,
            initial=self.progress.step_in_epoch,
            leave=False,
            disable=None if self.is_chief else True,
        )
        num_steps, began = 0, time.perf_counter()
        wanted = self.run_config.profile if self.is_chief else 0
        with Profile(self.run_dir.logs, wanted if epoch == 0 else 0) as profile:
            for batch in batches:
                profile.next_step()
                state = self._run_step(batch, state)
                num_steps += 1
                if self.progress.step % self.run_config.checkpoint_steps == 0:
                    self._save(state)
                batches.set_postfix_str(
                    f"{self.progress.mean_loss:.4f} {self.objective.unit}"
                )
        frames = num_steps * self.config.batch_size * self.window.num_served
        rate = frames / (time.perf_counter() - began)
        tf.summary.scalar("train/frames_per_second", rate, epoch)

    def _run_step(self, batch, state):
        """Makes a step and counts it; returns the next state."""
        step = self.progress.step
        seed = tf.constant([self.config.seed, step])
        try:
            loss, count, norm, state = self.train_step(batch, state, seed)
            loss, count = float(loss), float(count)
        except tf.errors.InvalidArgumentError as error:
            if NOT_FINITE not in error.message:
                raise
            raise TrainingError(self._describe_failure()) from error
        # Of several replicas it would be traced once more.
        if step == 0 and self.strategy.num_replicas_in_sync == 1:
            tensorboard.write_graph(
                self.train_step.__call__, batch, state, seed
            )
        is_clipped = float(norm) > self.config.clip_norm
        self.progress.finish_step(loss, count, is_clipped)
        tf.summary.scalar("train/loss", loss, step)
        tf.summary.scalar("train/gradient_norm", norm, step)
        return state

    def _describe_failure(self) -> str:
        """Saves the weights before the step; says where to look."""
        if self.is_chief:
            save_model(self.model, self.model_config, self.run_dir.failed)
        windows = self.windows.describe(
            self.progress.epoch, self.progress.step_in_epoch
        )
        return (
            f"{NOT_FINITE} Step {self.progress.step}, the windows {windows}. "
            f"The weights before it are in '{self.run_dir.failed}'. Try a "
            "lower learning rate, in another directory."
        )

    def _state(self):
        """The recurrence's state to go on from, replica by replica."""
        state = self.progress.state or initial_state(
            self.network, self.config.batch_size
        )
        return split_rows(self.strategy, state)

    def example(self):
        """A batch, and the state before it, as `train_step` takes them.

        Features are computed on the spot; none need to be cached.
        """
        batch = next(iter(self.windows.on_host(0, skip=0, feature_dir=None)))
        batch = for_device(batch)
        if self.features:
            features = build_encoder(self.model)(batch.pop("frames"))
            batch["features"] = tf.cast(features, tf.float16)
        return split_rows(self.strategy, batch), self._state()

    def _save(self, state) -> None:
        """Saves what a killed run needs; all workers take part."""
        if self.config.carry_state:
            self.progress.state = {
                key: self.strategy.gather(rows, 0).numpy()
                for key, rows in state.items()
            }
        if self.is_chief:
            self.run_dir.save()
