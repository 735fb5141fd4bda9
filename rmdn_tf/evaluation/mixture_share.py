"""Chooses the share of a static density to mix into that of a network."""

from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import Video
from rmdn_tf.evaluation.frames import frames_of_batch
from rmdn_tf.evaluation.predictors import MixtureNetwork, run_networks
from rmdn_tf.model import mixture

SHARES = tuple(np.arange(1, 20) / 20)


def choose_share(
    network: MixtureNetwork,
    static: np.ndarray,
    batches: Iterable[dict[str, tf.Tensor]],
    videos: Mapping[str, Video],
) -> float:
    """Chooses the one of `SHARES` that maximizes the likelihood of fixations.

    `static`, float32 `[C, 6]`, is the mixture to add. `batches`, of
    `ordered_windows`, and `videos` are those of a split that is not scored.
    """
    totals = np.zeros(len(SHARES))
    shares = np.array(SHARES)[:, None]
    for batch in batches:
        outputs = run_networks([network], batch)
        for frames in frames_of_batch(batch, videos, outputs):
            gaze = frames.gaze
            own = _log_prob(network.parameters(frames)[:, None], gaze.points)
            other = _log_prob(static[None, None], gaze.points)
            totals += np.logaddexp(
                np.log1p(-shares) + own[gaze.mask],
                np.log(shares) + other[gaze.mask],
            ).sum(-1)
    return SHARES[int(np.argmax(totals))]


@tf.function(
    input_signature=(
        tf.TensorSpec([None, 1, None, 6], tf.float32),
        tf.TensorSpec([None, None, 2], tf.float32),
    ),
    jit_compile=False,
    autograph=False,
)
def _log_density(parameters: tf.Tensor, points: tf.Tensor) -> tf.Tensor:
    return mixture.distribution(parameters).log_prob(points)


def _log_prob(parameters: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Log-densities at points `[n, N, 2]`, float64 `[n, N]`."""
    return _log_density(parameters, points).numpy().astype(np.float64)
