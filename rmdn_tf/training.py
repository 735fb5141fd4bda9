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

from rmdn_tf import evaluation, pictures
from rmdn_tf.augmentation import flip_at_random
from rmdn_tf.input_pipeline import (
    ordered_windows,
    random_cuts,
    steps_per_epoch,
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
from rmdn_tf.prediction import StatefulPredictor
from rmdn_tf.records import read_dataset_info
from rmdn_tf.saliency_maps import saliency_map
from rmdn_tf.training_config import OPTIMIZERS, TrainingConfig
from rmdn_tf.windows import CONTEXT, Window

BEST = "best"
CHECKPOINTS = "checkpoints"
TRAINING_FILE = "training.json"


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
        self.grid = evaluation.Grid(*info["size"])
        self._check_run_dir()
        self._build()
        self._restore()

    def _check_run_dir(self) -> None:
        """Refuses a directory of other settings; notes ours in a new one."""
        # Through JSON, so that tuples compare as the file gives them back.
        settings = json.loads(
            json.dumps(
                {
                    "model": dataclasses.asdict(self.model_config),
                    "training": dataclasses.asdict(self.config),
                }
            )
        )
        path = self.run_dir / TRAINING_FILE
        if not path.exists():
            self.run_dir.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings, indent=2))
        elif json.loads(path.read_text()) != settings:
            raise TrainingError(
                f"'{self.run_dir}' holds a run of other settings (see "
                f"'{TRAINING_FILE}'). Choose another directory or remove it."
            )

    def _build(self) -> None:
        keras.utils.set_random_seed(self.config.seed)
        with self.strategy.scope():
            self.model = build_rmdn(self.model_config)
            self.optimizer = OPTIMIZERS[self.config.optimizer](
                self.config.learning_rate
            )
            self.optimizer.build(self.model.trainable_variables)
            self.epoch = tf.Variable(0, dtype=tf.int64)
            self.best_loss = tf.Variable(math.inf, dtype=tf.float32)
            self.best_epoch = tf.Variable(-1, dtype=tf.int64)
        self._train_step = tf.function(
            self._distributed_step, jit_compile=False
        )
        self._predictor = StatefulPredictor(
            self.model, self.model_config.clip_stride
        )

    def _restore(self) -> None:
        checkpoint = tf.train.Checkpoint(
            model=self.model,
            optimizer=self.optimizer,
            epoch=self.epoch,
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
                self._train_epoch()
        model, _ = load_model(self.run_dir / BEST)
        return model

    def _is_done(self) -> bool:
        epoch = int(self.epoch)
        stale = epoch - 1 - int(self.best_epoch)
        return epoch >= self.config.num_epochs or (
            epoch > 0 and stale >= self.config.patience
        )

    def _train_epoch(self) -> None:
        epoch = int(self.epoch)
        learning_rate = self.config.learning_rate_at(epoch)
        self.optimizer.learning_rate.assign(learning_rate)
        train_loss = self._run_steps(epoch)
        validation_loss, scores = self._validate(epoch)
        tf.summary.scalar("train/learning_rate", learning_rate, epoch)
        tf.summary.scalar("train/epoch_loss", train_loss, epoch)
        tf.summary.scalar("validation/loss", validation_loss, epoch)
        for metric in evaluation.METRICS:
            tf.summary.scalar(
                f"validation/{metric}", scores.mean("model", metric), epoch
            )
        if validation_loss < float(self.best_loss):
            self.best_loss.assign(validation_loss)
            self.best_epoch.assign(epoch)
            save_model(self.model, self.model_config, self.run_dir / BEST)
        self.epoch.assign_add(1)
        self._checkpoints.save()
        print(
            f"epoch {epoch + 1:3d}  train {train_loss:8.4f}  validation "
            f"{validation_loss:8.4f} nats per fixation"
        )

    def _run_steps(self, epoch: int) -> float:
        """One pass over the training windows; returns the mean loss, nats."""
        dataset = random_cuts(
            self.data_dir,
            "train",
            batch_size=self.config.batch_size,
            window=self.window,
            fixations_per_frame=self.config.fixations_per_frame,
            seed=self.config.seed + 1000 * epoch,
        )
        batches = self.strategy.experimental_distribute_dataset(dataset)
        state = self._initial_state()
        total = count = 0.0
        steps = tqdm(batches, f"epoch {epoch + 1}", self.num_steps, leave=False)
        for number, batch in enumerate(steps):
            step = epoch * self.num_steps + number
            loss, fixations, norm, state = self._train_step(
                batch, state, tf.constant([self.config.seed, step])
            )
            self._check_finite(float(loss), step)
            total += float(loss) * float(fixations)
            count += float(fixations)
            tf.summary.scalar("train/loss", loss, step)
            tf.summary.scalar("train/gradient_norm", norm, step)
            steps.set_postfix_str(f"{total / max(count, 1):.4f} nats/fixation")
        return total / max(count, 1)

    def _check_finite(self, loss: float, step: int) -> None:
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss of step {step} is {loss}. The last checkpoint in "
                f"'{self.run_dir}' is sound; try a lower learning rate."
            )

    def _initial_state(self):
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

    def _validate(self, epoch: int) -> tuple[float, evaluation.Scores]:
        """Loss over all validation frames; scores on one frame a window."""
        predictor = self._predictor
        predictor.reset()
        totals = [0.0, 0.0]
        shown = []

        def predict_and_sum(batch):
            parameters = predictor(batch)
            total, count = negative_log_likelihood(
                parameters, batch["fixations"], batch["fixation_mask"]
            )
            totals[0] += float(total)
            totals[1] += float(count)
            if not shown:
                shown.append((batch, parameters))
            return parameters

        dataset = ordered_windows(
            self.data_dir,
            "validation",
            batch_size=self.config.batch_size,
            window=self.window,
        )
        scores = evaluation.evaluate(
            {
                "model": evaluation.of_parameters(
                    predict_and_sum, self.grid, self.window.clip_stride
                )
            },
            dataset,
            self.grid,
            only_first_served=True,
        )
        tf.summary.image("validation", self._picture(*shown[0]), epoch)
        return totals[0] / max(totals[1], 1.0), scores

    def _picture(self, batch, parameters):
        """A strip of row 0: gaze above, density below, `[1, 2H, 6W, 3]`."""
        clips = tf.cast(tf.linspace(0, self.window.num_clips - 1, 6), tf.int32)
        served = clips * self.window.clip_stride
        masks = tf.gather(batch["fixation_mask"][0], served).numpy()
        points = tf.gather(batch["fixations"][0], served).numpy()
        picture = pictures.strip(
            tf.gather(batch["frames"][0], served + CONTEXT).numpy(),
            saliency_map(
                tf.gather(parameters[0], clips),
                self.grid.height,
                self.grid.width,
            ).numpy(),
            [p[m] for p, m in zip(points, masks, strict=True)],
        )
        return picture[None]
