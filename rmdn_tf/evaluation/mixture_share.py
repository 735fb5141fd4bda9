"""Chooses the share of a static density to mix into that of a network."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import tensorflow as tf

from rmdn_tf.data.annotations import Video
from rmdn_tf.evaluation.frames import frames_of_batch
from rmdn_tf.evaluation.predictors import MixtureNetwork, run_networks
from rmdn_tf.model import mixture

SHARES = tuple(np.arange(1, 20) / 20)


def share_scores(
    network: MixtureNetwork,
    static_of: Callable[[str], np.ndarray],
    batches: Iterable[dict[str, tf.Tensor]],
    videos: Mapping[str, Video],
) -> dict[str, np.ndarray]:
    """Computes the likelihood of the fixations with each of `SHARES`.

    Args:
        network: the network.
        static_of: name of a video -> the mixture to add, float32 `[C, 6]`.
        batches: of `ordered_windows`, of videos on which the share is not
            scored.
        videos: name -> video.

    Returns:
        Video -> sum of the log-densities of its fixations, nats, float64
        `[len(SHARES)]`.
    """
    totals: dict[str, np.ndarray] = {}
    shares = np.array(SHARES)[:, None]
    for batch in batches:
        outputs = run_networks([network], batch)
        for frames in frames_of_batch(batch, videos, outputs):
            gaze, name = frames.gaze, frames.video.video_id
            own = _log_prob(network.parameters(frames)[:, None], gaze.points)
            other = _log_prob(static_of(name)[None, None], gaze.points)
            sums = np.logaddexp(
                np.log1p(-shares) + own[gaze.mask],
                np.log(shares) + other[gaze.mask],
            ).sum(-1)
            totals[name] = totals.get(name, 0.0) + sums
    return totals


def best_share(
    scores: Mapping[str, np.ndarray], video_ids: Iterable[str] | None = None
) -> float:
    """Chooses the share with the largest likelihood of all fixations.

    Args:
        scores: of `share_scores`.
        video_ids: the videos that choose; None for all.
    """
    names = scores if video_ids is None else video_ids
    total = sum((scores[v] for v in names), np.zeros(len(SHARES)))
    return SHARES[int(np.argmax(total))]


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
