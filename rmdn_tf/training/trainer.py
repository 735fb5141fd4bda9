"""Training by maximum likelihood: epochs, checkpoints, TensorBoard.

A run may be killed at any time: the same command resumes from the last
checkpoint, and on one device ends with the same weights, bit for bit.
"""

import functools
import itertools
import math
import time
from contextlib import nullcontext

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from rmdn_tf.data.prepared_dataset import find_damage
from rmdn_tf.data.record_dataset import clear_errors_of_records
from rmdn_tf.files.write_errors import writing
from rmdn_tf.model.parts import build_head
from rmdn_tf.model.saving import load_model, save_model
from rmdn_tf.runs.directory import TrainingError
from rmdn_tf.training.best_model import save_best, score_best, scores_of
from rmdn_tf.training.profile import Profile
from rmdn_tf.training.run import TrainingRun
from rmdn_tf.training.step import NOT_FINITE
from rmdn_tf.training.strategies import require_one_step, together
from rmdn_tf.training.tensorboard import TRAIN, TensorBoard
from rmdn_tf.training.validation import Validation, fit_baseline


class Trainer(TrainingRun):
    """Trains a run to its end; takes the arguments of `TrainingRun`.

    ```python
    best = Trainer(model_config, config, data_dir, run_dir).train()
    ```
    """

    def train(self) -> keras.Model | None:
        """Runs the remaining epochs.

        Returns:
            The model with the best validation loss, or of the last epoch if no
            split is held out; None on workers other than the chief.

        Raises:
            TrainingError: a loss is not finite, a shard is damaged, a worker is
                lost, or another process has trained in `run_dir`.
            InUseError: another process trains in `run_dir`.
            OSError: `run_dir` cannot be written, or the disk is too full.
        """
        with self.run_dir.alone(self.is_chief):
            if self.is_chief:
                self.run_dir.claim(
                    self._checkpoint,
                    self.settings,
                    self.run_config.keep_checkpoints,
                    self.checkpoint_bytes(),
                )
            try:
                with (
                    clear_errors_of_records(),
                    together(self.strategy, self.run_dir, self.progress),
                ):
                    self._train()
            except tf.errors.DataLossError as error:
                damage = self._find_damage()
                if damage is None:
                    raise
                raise TrainingError(damage) from error
            return load_model(self.run_dir.best)[0] if self.is_chief else None

    def _find_damage(self) -> str | None:
        """Names the damaged shards of the datasets, if there are any."""
        mixed = self.mix.data_dirs if self.mix else ()
        caches = [one.directory for one in self.all_features]
        found = itertools.starmap(
            find_damage,
            itertools.zip_longest([self.data_dir, *mixed], caches),
        )
        return next(filter(None, found), None)

    @functools.cached_property
    def _board(self) -> TensorBoard:
        return TensorBoard(self.run_dir.logs if self.is_chief else None)

    def _train(self) -> None:
        self.prepare()
        with writing(self.run_dir.logs), self._board:
            patience = self.config.patience if self.validates else None
            while not self.progress.is_done(self.config.num_epochs, patience):
                self.train_epoch()
            if self.is_chief:
                validation_of = self._validation_of if self.validates else None
                best = score_best(self.run_dir, validation_of)
                self._board.write_best(self.settings, best)

    def prepare(self) -> None:
        """Computes missing features and waits for all workers."""
        for features in self.all_features if self.is_chief else ():
            features.compute(self.engine_settings)
        require_one_step(self.strategy, self.run_dir, self.progress)
        if self.validates:
            baseline = fit_baseline(self.data_dir)
            self._validation = self._validation_of(self.model, baseline)

    def _validation_of(
        self, model: keras.Model, baseline: np.ndarray | None = None
    ) -> Validation:
        return Validation(
            build_head(model) if self.features else model,
            self.data_dir,
            self.config.batch_size,
            self.window,
            self.feature_dir,
            actions=self.model_config.actions,
            objective=self.objective,
            baseline=baseline,
        )

    def train_epoch(self) -> None:
        """Trains and validates once, and saves what a killed run needs."""
        progress, epoch = self.progress, self.progress.epoch
        self._run_steps(epoch)
        values = {
            "loss": progress.mean_loss,
            "learning_rate": self.config.learning_rate_at(epoch),
            "clipped_share": progress.clipped_share,
        }
        self._board.write(TRAIN, values, epoch + 1)
        line = f"epoch {epoch + 1:3d}  train {progress.mean_loss:8.4f}"
        with self.average.in_use() if self.average else nullcontext():
            line += self._validate(line)
        progress.finish_epoch()
        self._save({})
        print(f"{line} {self.objective.unit}")

    def _validate(self, line: str) -> str:
        """Validates and keeps the model if it is the best; returns a text."""
        progress = self.progress
        if not self.validates:
            self._keep_best({"train_loss": progress.mean_loss})
            return ""
        validated = self._validation.run()
        self._board.write_validation(validated, progress.epoch + 1)
        text = f"  validation {validated.describe()}"
        if not math.isfinite(validated.loss):
            raise TrainingError(f"Not finite after {line.strip()}{text}.")
        if validated.loss < progress.best_loss:
            progress.best_loss = validated.loss
            self._keep_best(scores_of(validated))
        return text

    def _keep_best(self, scores: dict[str, float | str]) -> None:
        """Saves the model as the best one so far."""
        epoch = self.progress.best_epoch = self.progress.epoch
        if self.is_chief:
            save_best(
                self.model, self.model_config, self.run_dir, epoch + 1, scores
            )

    def _run_steps(self, epoch: int) -> None:
        """Runs the remaining steps of an epoch."""
        state = self.recurrent_state()
        batches = tqdm(
            self.windows.on_devices(
                epoch, self.progress.step_in_epoch, self.strategy
            ),
            f"epoch {epoch + 1}",
            self.num_steps,
            initial=self.progress.step_in_epoch,
            leave=False,
            disable=None if self.is_chief else True,
        )
        num_steps, began = 0, time.perf_counter()
        wanted = self.run_config.profile if self.is_chief else 0
        with Profile(
            self.run_dir.logs / TRAIN, wanted if epoch == 0 else 0
        ) as profile:
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
        self._board.write(TRAIN, {"frames_per_second": rate}, epoch + 1)

    def _run_step(self, batch, state):
        """Makes a step and counts it; returns the next state."""
        progress, step = self.progress, self.progress.step
        self.optimizer.learning_rate = self.config.learning_rate_at(
            progress.epoch, progress.step_in_epoch / self.num_steps
        )
        seed = tf.constant([self.config.seed, step])
        try:
            loss, count, norm, state = self.train_step(batch, state, seed)
            loss, count = float(loss), float(count)
        except tf.errors.InvalidArgumentError as error:
            if NOT_FINITE not in error.message:
                raise
            raise TrainingError(self._describe_failure()) from error
        if self.average:
            self.average.update(step)
        if step == 0:
            self._board.write_graph(self.model)
        is_clipped = float(norm) > self.config.clip_norm
        progress.finish_step(loss, count, is_clipped)
        values = {"step_loss": loss, "gradient_norm": norm}
        self._board.write(TRAIN, values, step + 1)
        return state

    def _describe_failure(self) -> str:
        """Saves the weights before the step; returns a message."""
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

    def _save(self, state) -> None:
        """Saves what a killed run needs; all workers take part."""
        if self.config.carry_state:
            self.progress.state = {
                key: self.strategy.gather(rows, 0).numpy()
                for key, rows in state.items()
            }
        if self.is_chief:
            self.run_dir.save()
