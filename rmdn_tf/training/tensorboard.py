"""Curves, pictures, graph and profile of a run, for TensorBoard.

All but the profile goes to the default writer of `tf.summary`.
"""

import json
import os
from collections.abc import Iterator

import keras
import tensorflow as tf
from tensorboard.plugins.hparams import api as hparams_api

from rmdn_tf.training.validation import Validated

# First step that is profiled: earlier steps compile and warm up.
FIRST_STEP = 2


def make_writer(
    directory: str | os.PathLike | None,
) -> tf.summary.SummaryWriter:
    """Returns a writer to a directory; one that writes nothing for None."""
    if directory is None:
        return tf.summary.create_noop_writer()
    return tf.summary.create_file_writer(os.fspath(directory))


def write_validation(validated: Validated, epoch: int) -> None:
    """Writes loss, scores, the picture and the mixtures of an epoch."""
    for name, value in validated.metrics().items():
        tf.summary.scalar(f"validation/{name}", value, epoch)
    tf.summary.image("validation/picture", validated.picture[None], epoch)
    write_mixtures(validated.parameters, epoch)


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
        tf.summary.histogram(f"mixture/{name}", values, epoch)
    tf.summary.scalar(
        "mixture/perplexity", tf.reduce_mean(tf.exp(entropy)), epoch
    )


def write_graph(model: keras.Model) -> None:
    """Writes the graph of the network: clips, encoder, recurrence, mixture.

    Traces the model for a batch of any size; runs nothing. The graph of a
    training step would hide the layers in its gradients.
    """
    inputs = {
        name: tf.TensorSpec(one.shape, one.dtype)
        for name, one in model.input.items()
    }
    network = tf.function(model.__call__, autograph=False)
    tf.summary.graph(network.get_concrete_function(inputs).graph)


def write_hparams(settings: dict, metrics: dict[str, float]) -> None:
    """Writes the settings and results by which TensorBoard compares runs.

    Nested settings, {"model": {"units": 128}}, are shown as "model/units", and
    results as "final/<name>".
    """
    hparams_api.hparams(dict(_flatten(settings)))
    for name, value in metrics.items():
        tf.summary.scalar(f"final/{name}", value, 0)


def _flatten(settings: dict, prefix: str = "") -> Iterator[tuple]:
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}/")
        elif isinstance(value, (bool, int, float, str)):
            yield prefix + name, value
        else:
            yield prefix + name, json.dumps(value)


class Profile:
    """A context that profiles `num_steps` steps, from `FIRST_STEP` on."""

    def __init__(self, directory: str | os.PathLike, num_steps: int):
        self._directory = os.fspath(directory)
        self._last_step = FIRST_STEP + num_steps
        self._step = 0
        self._is_recording = False

    def __enter__(self) -> "Profile":
        return self

    def next_step(self) -> None:
        """Counts a step; call it before each step."""
        if self._step == FIRST_STEP < self._last_step:
            tf.profiler.experimental.start(self._directory)
            self._is_recording = True
        if self._step == self._last_step:
            self._stop()
        self._step += 1

    def __exit__(self, *_) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._is_recording:
            tf.profiler.experimental.stop()
            self._is_recording = False
