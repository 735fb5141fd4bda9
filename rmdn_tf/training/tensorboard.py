"""Curves, pictures, graph and settings of a run, for TensorBoard.

TensorBoard shows a folder of files as a run, in a colour of its own, and draws
the curves of one name in one chart. So a training writes several folders:

    train         loss of training, speed, gradients; the graph
    validation    loss and scores of each epoch, pictures, mixtures
    TCB           loss and scores of the baseline: lines to compare with
    best          final scores of the best model, settings: for HPARAMS
"""

import pathlib
from collections.abc import Mapping

import keras
import tensorflow as tf

from rmdn_tf.training.curves import CURVES, HISTOGRAMS, MIXTURE, PICTURE
from rmdn_tf.training.hyperparameters import write_hyperparameters
from rmdn_tf.training.network_graph import network_graph
from rmdn_tf.training.validated import BASELINE, Validated

TRAIN, VALIDATION, BEST = "train", "validation", "best"


class TensorBoard:
    """A context that writes what TensorBoard shows of a training.

    Epochs and steps count from 1, as on the console.

    Args:
        directory: of the logs; None writes nothing.
    """

    def __init__(self, directory: pathlib.Path | None):
        self.directory = directory
        self._writers: dict[str, tf.summary.SummaryWriter] = {}

    def __enter__(self) -> "TensorBoard":
        return self

    def __exit__(self, *_) -> None:
        for writer in self._writers.values():
            writer.close()

    def write(
        self,
        folder: str,
        values: Mapping[str, float],
        step: int,
        note: str = "",
    ) -> None:
        """Writes points of curves.

        Args:
            values: key of `CURVES` -> value.
            step: number of the epoch or step.
            note: sentence to append to the descriptions.
        """
        with self._in(folder):
            for name, value in values.items():
                curve = CURVES[name]
                text = f"{curve.text} {note}".strip()
                tf.summary.scalar(curve.tag, value, step, description=text)

    def write_validation(self, validated: Validated, epoch: int) -> None:
        """Writes loss, scores, picture and mixtures of an epoch."""
        note = f"Scores are means over {validated.scored_frames}."
        self.write(VALIDATION, validated.metrics(), epoch, note)
        self.write(BASELINE, validated.baseline, epoch, note)
        with self._in(VALIDATION):
            tf.summary.image(
                PICTURE.tag,
                validated.picture[None],
                epoch,
                description=PICTURE.text,
            )
            write_mixtures(validated.parameters, epoch)
        for writer in self._writers.values():
            writer.flush()

    def write_graph(self, model: keras.Model) -> None:
        """Writes the graph of the network and its loss."""
        if self.directory is not None:
            with self._in(TRAIN):
                tf.summary.graph(network_graph(model))

    def write_best(self, settings: dict, scores: Mapping) -> None:
        """Writes settings and final scores, by which HPARAMS compares runs.

        Args:
            scores: of `rmdn_tf.training.best_model`; without a validation
                split, the epoch and no scores.
        """
        known = {key: scores[key] for key in CURVES if key in scores}
        frames = scores.get("scored_frames")
        note = (
            f"Scores are means of the best model over {frames}."
            if frames
            else ""
        )
        self.write(BEST, known, scores["epoch"], note)
        with self._in(BEST):
            write_hyperparameters(settings)

    def _in(self, folder: str):
        """Returns a context in which `tf.summary` writes to a folder."""
        if folder not in self._writers:
            self._writers[folder] = (
                tf.summary.create_noop_writer()
                if self.directory is None
                else tf.summary.create_file_writer(str(self.directory / folder))
            )
        return self._writers[folder].as_default()


def write_mixtures(parameters: tf.Tensor, epoch: int) -> None:
    """Writes distributions of weights, scales and correlations, `[n, C, 6]`.

    A component is alive in a clip if its weight is above a tenth of an equal
    share. The perplexity of the weights counts components without a threshold.
    """
    log_weights = tf.nn.log_softmax(parameters[..., 0])  # [n, C]
    weights = tf.exp(log_weights)
    alive = weights > 0.1 / weights.shape[-1]
    entropy = -tf.reduce_sum(weights * log_weights, -1)
    for name, values in {
        "weight": weights,
        "scale_x": tf.exp(parameters[..., 3]),
        "scale_y": tf.exp(parameters[..., 4]),
        "correlation": tf.tanh(parameters[..., 5]),
        "components_alive": tf.reduce_sum(tf.cast(alive, tf.float32), -1),
    }.items():
        tf.summary.histogram(
            f"{MIXTURE}/{name}", values, epoch, description=HISTOGRAMS[name]
        )
    curve = CURVES["perplexity"]
    tf.summary.scalar(
        curve.tag,
        tf.reduce_mean(tf.exp(entropy)),
        epoch,
        description=curve.text,
    )
