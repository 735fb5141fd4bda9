"""Training by maximum likelihood: steps, state, checkpoints, TensorBoard.

One code path for one device and for many: the step runs under a
`tf.distribute` strategy, and the state of the LSTM is an argument and a result
of it, so each replica keeps the state of its own rows. (Keras' `fit` hides the
state, and does not work with several workers on this stack.)
"""

import dataclasses
import functools
import json
import math
import os
import pathlib

import keras
import tensorflow as tf
from tqdm import tqdm

from rmdn_tf import evaluation
from rmdn_tf.augmentation import flip_at_random
from rmdn_tf.input_pipeline import (
    ordered_windows,
    random_cuts,
    steps_per_epoch,
    to_device,
)
from rmdn_tf.losses import negative_log_likelihood
from rmdn_tf.model import (
    ModelConfig,
    build_rmdn,
    initial_state,
    load_model,
    model_inputs,
    save_model,
)
from rmdn_tf.published_files import write_json
from rmdn_tf.records import read_dataset_info
from rmdn_tf.training_config import OPTIMIZERS, TrainingConfig
from rmdn_tf.validation import Validated, Validation
from rmdn_tf.windows import Window

BEST = "best"
CHECKPOINTS = "checkpoints"
TRAINING_FILE = "training.json"
HOST_ONLY = ("video_id", "truth")
MAY_CHANGE = ("num_epochs", "patience")
"""Settings that a run may go on with differently."""


class TrainingError(RuntimeError):
    """Training cannot go on; the message says where and why."""


class Trainer:
    """Everything that a run consists of, and what survives a kill of it.

    Args:
        model_config: the network.
        config: how to train it.
        data_dir: a prepared dataset with train and validation splits.
        run_dir: of checkpoints, the best model and TensorBoard's logs. A run
            that is there already goes on where it stopped.
        strategy: of `tf.distribute`; None for the first device.

    Raises:
        FileNotFoundError, RecordError, ValueError: no usable dataset.
        TrainingError: `run_dir` holds a run of other settings.
    """

    def __init__(
        self,
        model_config: ModelConfig,
        config: TrainingConfig,
        data_dir: str | os.PathLike,
        run_dir: str | os.PathLike,
        strategy: tf.distribute.Strategy | None = None,
    ):
        self.model_config = model_config
        self.config = config
        self.data_dir = data_dir
        self.run_dir = pathlib.Path(run_dir)
        self.window = Window(config.window_frames, model_config.clip_stride)
        self.strategy = strategy or tf.distribute.get_strategy()
        info = read_dataset_info(data_dir)
        self.num_steps = steps_per_epoch(
            info, "train", config.batch_size, self.window
        )
        if config.batch_size % self.strategy.num_replicas_in_sync:
            raise ValueError(
                "Invalid `batch_size`. Expected a multiple of the "
                f"{self.strategy.num_replicas_in_sync} devices. Received: "
                f"batch_size={config.batch_size}."
            )
        self._check_run_dir(info)
        self._build()
        self._restore()
        write_json(self.run_dir / TRAINING_FILE, self._settings)

    def _check_run_dir(self, info: dict) -> None:
        """Refuses a directory that holds checkpoints of other settings."""
        settings = {
            "dataset": {
                "name": info["name"],
                "num_frames": info["splits"]["train"]["num_frames"],
            },
            "model": dataclasses.asdict(self.model_config),
            "training": dataclasses.asdict(self.config),
        }
        # Through JSON, so that tuples compare as the file gives them back.
        self._settings = json.loads(json.dumps(settings))
        path = self.run_dir / TRAINING_FILE
        if path.exists() and any((self.run_dir / CHECKPOINTS).glob("ckpt-*")):
            earlier = json.loads(path.read_text())
            for name in MAY_CHANGE:
                earlier["training"][name] = settings["training"][name]
            if earlier != self._settings:
                raise TrainingError(
                    f"'{self.run_dir}' holds a run of other settings (see "
                    f"'{TRAINING_FILE}'). Choose another directory or remove "
                    "it."
                )
        self.run_dir.mkdir(parents=True, exist_ok=True)

    def _build(self) -> None:
        keras.utils.set_random_seed(self.config.seed)
        with self.strategy.scope():
            self.model = build_rmdn(self.model_config)
            self.optimizer = OPTIMIZERS[self.config.optimizer](
                self.config.learning_rate
            )
            self.optimizer.build(self.model.trainable_variables)
        # Outside the scope: one number each, not one a device.
        self.epoch = tf.Variable(0, dtype=tf.int64)
        self.step = tf.Variable(0, dtype=tf.int64)
        self.best_loss = tf.Variable(math.inf, dtype=tf.float32)
        self.best_epoch = tf.Variable(-1, dtype=tf.int64)
        self.train_step = tf.function(self._distributed_step, jit_compile=False)
        self._validation = Validation(
            self.model, self.data_dir, self.config.batch_size, self.window
        )

    def _restore(self) -> None:
        checkpoint = tf.train.Checkpoint(
            model=self.model,
            optimizer=self.optimizer,
            epoch=self.epoch,
            step=self.step,
            best_loss=self.best_loss,
            best_epoch=self.best_epoch,
        )
        self._checkpoints = tf.train.CheckpointManager(
            checkpoint, str(self.run_dir / CHECKPOINTS), max_to_keep=2
        )
        if self._checkpoints.latest_checkpoint:
            checkpoint.restore(self._checkpoints.latest_checkpoint)
            print(f"Going on after epoch {int(self.epoch)}.")

    def train(self) -> keras.Model:
        """Runs the epochs that are left.

        Returns:
            The model with the weights of the best validation loss.

        Raises:
            TrainingError: a loss that is not finite.
        """
        writer = tf.summary.create_file_writer(str(self.run_dir / "logs"))
        with writer.as_default():
            while not self._is_done():
                self.train_epoch()
        model, _ = load_model(self.run_dir / BEST)
        return model

    def _is_done(self) -> bool:
        epoch = int(self.epoch)
        stale = epoch - 1 - int(self.best_epoch)
        return epoch >= self.config.num_epochs or (
            epoch > 0 and stale >= self.config.patience
        )

    def train_epoch(self) -> None:
        """Trains and validates once, and saves what a killed run needs."""
        epoch = int(self.epoch)
        learning_rate = self.config.learning_rate_at(epoch)
        self.optimizer.learning_rate.assign(learning_rate)
        train_loss = self._run_steps(epoch)
        validated = self._validation.run()
        if validated.loss < float(self.best_loss):
            self.best_loss.assign(validated.loss)
            self.best_epoch.assign(epoch)
            save_model(self.model, self.model_config, self.run_dir / BEST)
        self.epoch.assign_add(1)
        self._checkpoints.save()
        tf.summary.scalar("train/learning_rate", learning_rate, epoch)
        tf.summary.scalar("train/epoch_loss", train_loss, epoch)
        _summarize(validated, epoch)
        print(
            f"epoch {epoch + 1:3d}  train {train_loss:8.4f}  validation "
            f"{validated.loss:8.4f} nats per fixation"
        )

    def _run_steps(self, epoch: int) -> float:
        """One pass over the training windows; returns the mean loss, nats."""
        state = self.initial_state()
        total = count = 0.0
        batches = tqdm(
            self._batches(epoch),
            f"epoch {epoch + 1}",
            None if self.config.carry_state else self.num_steps,
            leave=False,
        )
        for batch in batches:
            step = int(self.step)
            loss, fixations, norm, state = self.train_step(
                batch, state, tf.constant([self.config.seed, step])
            )
            self._check_finite(float(loss), step)
            total += float(loss) * float(fixations)
            count += float(fixations)
            self.step.assign_add(1)
            tf.summary.scalar("train/loss", loss, step)
            tf.summary.scalar("train/gradient_norm", norm, step)
            batches.set_postfix_str(
                f"{total / max(count, 1):.4f} nats/fixation"
            )
        return total / max(count, 1)

    def _batches(self, epoch: int):
        """The epoch's batches, in memory of the devices."""
        order = ordered_windows if self.config.carry_state else random_cuts
        dataset = order(
            self.data_dir,
            "train",
            batch_size=self.config.batch_size,
            window=self.window,
            fixations_per_frame=self.config.fixations_per_frame,
            seed=self.config.seed + 1000 * epoch,
        )
        # Strings cannot leave the host, and the truth is not to be seen.
        dataset = dataset.map(
            lambda batch: {
                key: batch[key] for key in batch if key not in HOST_ONLY
            }
        )
        if self.strategy is tf.distribute.get_strategy():
            return to_device(dataset)
        return self.strategy.experimental_distribute_dataset(dataset)

    def _check_finite(self, loss: float, step: int) -> None:
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss of step {step} is {loss}. Nothing of this epoch "
                f"was saved in '{self.run_dir}'; try a lower learning rate, in "
                "another directory."
            )

    def initial_state(self):
        """The state before a video of every row, replica by replica."""
        rows = self.config.batch_size // self.strategy.num_replicas_in_sync
        return self.strategy.run(
            functools.partial(initial_state, self.model, rows)
        )

    def _distributed_step(self, batch, state, seed):
        loss, count, norm, state = self.strategy.run(
            self._replica_step, (batch, state, seed)
        )
        first = self.strategy.experimental_local_results
        return first(loss)[0], first(count)[0], first(norm)[0], state

    def _replica_step(self, batch, state, seed):
        """One step on the rows of one replica; all results but state agree."""
        replica = tf.distribute.get_replica_context()
        sum_over_replicas = functools.partial(
            replica.all_reduce, tf.distribute.ReduceOp.SUM
        )
        if self.config.flip:
            seed = seed + [1000 * replica.replica_id_in_sync_group, 0]
            batch = flip_at_random(batch, seed)
        inputs = model_inputs(batch, state, self.model_config.clip_stride)
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            outputs = self.model(inputs, training=True)
            total, count = negative_log_likelihood(
                outputs["parameters"],
                batch["fixations"],
                batch["fixation_mask"],
            )
            count = tf.maximum(sum_over_replicas(count), 1.0)
            loss = total / count
        gradients = sum_over_replicas(tape.gradient(loss, variables))
        gradients, norm = tf.clip_by_global_norm(
            gradients, self.config.clip_norm
        )
        # The optimizer sums over replicas once more; the sum is clipped here.
        share = 1.0 / replica.num_replicas_in_sync
        self.optimizer.apply_gradients(
            (gradient * share, variable)
            for gradient, variable in zip(gradients, variables, strict=True)
        )
        state = {key: tf.stop_gradient(outputs[key]) for key in state}
        return sum_over_replicas(loss), count, norm, state


def _summarize(validated: Validated, epoch: int) -> None:
    tf.summary.scalar("validation/loss", validated.loss, epoch)
    for metric in evaluation.METRICS:
        value = validated.scores.mean("model", metric)
        tf.summary.scalar(f"validation/{metric}", value, epoch)
    tf.summary.image("validation/picture", validated.picture[None], epoch)
