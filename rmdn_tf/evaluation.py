"""Model or baseline + dataset -> scores, exact and in bounded memory.

Every frame of a split is scored on the pixel grid by every predictor; the table
holds the mean over the frames that have fixations. Log-densities are kept in
log space wherever the metric allows it, since a peaked mixture underflows.
"""

import collections
import dataclasses
import math
import os
from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf
from scipy import ndimage

from rmdn_tf import baselines, metrics
from rmdn_tf.mixture import parameters_from_moments
from rmdn_tf.published_files import write_json
from rmdn_tf.saliency_maps import log_density

Predictor = Callable[[dict], tf.Tensor]
"""Takes a batch of `ordered_windows`, gives log-densities in nats, float32,
broadcastable to `[B, F, H, W]`, up to a constant a frame."""

METRICS = ("bits", "auc_judd", "nss", "cc", "sim", "kl")
"""bits: information gain over the uniform density, bits per fixation."""


@dataclasses.dataclass(frozen=True)
class Grid:
    """Where densities are compared.

    Attributes:
        height: H, rows.
        width: W, columns.
        blur: standard deviation of the Gaussian that turns fixations into the
            true density for CC, SIM and KL, as a share of the width. The
            releases of the field use 0.02 (DHF1K) to about 0.03 (Hollywood-2).
    """

    height: int
    width: int
    blur: float = 0.03


@dataclasses.dataclass
class Scores:
    """Scores of every frame of a split.

    Attributes:
        values: predictor -> metric -> float64 `[num_frames]`, NaN in a frame
            without fixations.
        video_ids: the video of each frame.
        num_fixations: int `[num_frames]`.
    """

    values: dict[str, dict[str, np.ndarray]]
    video_ids: np.ndarray
    num_fixations: np.ndarray

    def mean(self, predictor: str, metric: str) -> float:
        """Mean over all frames that have a fixation."""
        return float(np.nanmean(self.values[predictor][metric]))

    def video_means(self, predictor: str, metric: str) -> dict[str, float]:
        """Mean over the frames of each video that has a fixation."""
        values = self.values[predictor][metric]
        means = {}
        for video_id in sorted(set(self.video_ids)):
            of_video = values[self.video_ids == video_id]
            if not np.isnan(of_video).all():
                means[video_id] = float(np.nanmean(of_video))
        return means


def static_predictors(
    training_fixations: np.ndarray, grid: Grid
) -> dict[str, Predictor]:
    """The baselines that are the same in every frame.

    Args:
        training_fixations: float `[n, 2]`, for the trained centre (TCB).
        grid: the `Grid`.

    Returns:
        Predictors by name: uniform, centre, TCB.
    """
    maps = {"uniform": tf.zeros([grid.height, grid.width])}
    for name, parameters in {
        "centre": baselines.centre(),
        "TCB": baselines.trained_centre(training_fixations),
    }.items():
        maps[name] = log_density(
            tf.constant(parameters), grid.height, grid.width
        )
    return {name: _Constant(log_map) for name, log_map in maps.items()}


class _Constant:
    def __init__(self, log_map: tf.Tensor):
        self._log_map = log_map

    def __call__(self, batch: dict) -> tf.Tensor:
        return self._log_map


def oracle(grid: Grid) -> Predictor:
    """The true density, for datasets that know it: the best to be reached."""

    def predict(batch: dict) -> tf.Tensor:
        truth = batch["truth"].numpy()
        # Padding is all zero, which is no density; any will do there.
        truth[truth[..., 3] == 0] = (1, 0.5, 0.5, 1, 1, 0)
        parameters = tf.constant(parameters_from_moments(truth))
        return log_density(parameters, grid.height, grid.width)

    return predict


def of_parameters(
    predict_parameters: Callable[[dict], tf.Tensor], grid: Grid, stride: int
) -> Predictor:
    """Turns mixtures of clips `[B, T, C, 6]` into maps of the served frames.

    Args:
        predict_parameters: such as a `rmdn_tf.prediction.StatefulPredictor`.
        grid: the `Grid`.
        stride: s, the frames that a clip serves.

    Returns:
        The `Predictor`.
    """

    @tf.function(reduce_retracing=True, jit_compile=False)
    def maps(parameters):
        log_maps = log_density(parameters, grid.height, grid.width)
        return tf.repeat(log_maps, stride, axis=1)  # [B, T * s, H, W]

    return lambda batch: maps(predict_parameters(batch))


def evaluate(
    predictors: dict[str, Predictor],
    batches: Iterable[dict],
    grid: Grid,
    only_first_served: bool = False,
    on_batch: Callable[..., None] | None = None,
) -> Scores:
    """Scores predictors on every frame of the batches.

    Memory holds one batch and a few numbers a frame.

    Args:
        predictors: by name.
        batches: of `rmdn_tf.input_pipeline.ordered_windows`.
        grid: the `Grid`.
        only_first_served: score one frame a window only, a sample for the
            progress of a training run.
        on_batch: called after each batch with the batch, the chosen frames
            bool `[B, F]`, and for every predictor the log-densities
            `[n, H, W]` and the bits `[n]` of those frames.

    Returns:
        The `Scores`.

    Raises:
        ValueError: no frame has a fixation.
    """
    values = {name: collections.defaultdict(list) for name in predictors}
    video_ids, num_fixations = [], []
    for batch in batches:
        chosen = batch["frame_mask"].numpy()
        if only_first_served:
            chosen[:, 1:] = False
        video_ids.append(batch["video_id"].numpy().repeat(chosen.sum(1)))
        truth = _Truth.of_batch(batch, chosen, grid)
        num_fixations.append(truth.counts.sum((1, 2)))
        log_maps = {
            name: _chosen_maps(predict(batch), chosen, grid)
            for name, predict in predictors.items()
        }
        for name, maps in log_maps.items():
            for metric, scores in _score(maps, truth).items():
                values[name][metric].append(scores)
        if on_batch:
            bits = {name: rows["bits"][-1] for name, rows in values.items()}
            on_batch(batch, chosen, log_maps, bits)
    num_fixations = np.concatenate(num_fixations or [np.zeros(0, int)])
    if not num_fixations.any():
        raise ValueError(
            "Invalid `batches`. Expected frames with fixations to score. "
            f"Received: {len(num_fixations)} frames without any."
        )
    return Scores(
        {
            name: {key: np.concatenate(lists) for key, lists in rows.items()}
            for name, rows in values.items()
        },
        np.concatenate(video_ids).astype(str),
        num_fixations,
    )


@dataclasses.dataclass(frozen=True)
class _Truth:
    """Ground truth of the chosen frames, `[n, H, W]`."""

    counts: np.ndarray
    densities: np.ndarray

    @classmethod
    def of_batch(cls, batch: dict, chosen: np.ndarray, grid: Grid):
        counts = metrics.count_fixations(
            batch["fixations"].numpy()[chosen],
            batch["fixation_mask"].numpy()[chosen],
            grid.height,
            grid.width,
        )
        sigma = grid.blur * grid.width
        densities = ndimage.gaussian_filter(
            counts.astype(np.float32), (0, sigma, sigma), mode="constant"
        )
        return cls(counts, densities)


def _chosen_maps(
    log_maps: tf.Tensor, chosen: np.ndarray, grid: Grid
) -> np.ndarray:
    """Log-densities of the chosen frames, float64 `[n, H, W]`, sum 1."""
    log_maps = np.asarray(log_maps)
    log_maps = np.broadcast_to(
        log_maps, (*chosen.shape, grid.height, grid.width)
    )[chosen].astype(np.float64)
    peak = log_maps.max(axis=(1, 2), keepdims=True)
    log_total = peak + np.log(
        np.exp(log_maps - peak).sum(axis=(1, 2), keepdims=True)
    )
    return log_maps - log_total


def _score(log_maps: np.ndarray, truth: _Truth) -> dict[str, np.ndarray]:
    """Every metric of every frame, each `[n]`."""
    maps = np.exp(log_maps)
    counts, densities = truth.counts, truth.densities
    num_fixations = counts.sum((1, 2))
    log_uniform = -math.log(maps[0].size) if len(maps) else 0.0
    with np.errstate(invalid="ignore"):
        bits = (counts * (log_maps - log_uniform)).sum((1, 2))
        bits = bits / num_fixations / math.log(2)
    return {
        "bits": bits,
        # Ranks are those of the log, which does not underflow.
        "auc_judd": metrics.auc_judd(log_maps, counts),
        "nss": metrics.nss(maps, counts),
        "cc": metrics.cc(maps, densities),
        "sim": metrics.sim(maps, densities),
        "kl": metrics.kl(maps, densities),
    }


def gap_closed(scores: Scores, model: str = "model") -> float:
    """Share of the way from TCB to the oracle, in bits per fixation."""
    low, high = scores.mean("TCB", "bits"), scores.mean("oracle", "bits")
    return (scores.mean(model, "bits") - low) / (high - low)


def format_table(scores: Scores) -> str:
    """Lays the means out as a table, best reachable last."""
    header = f"{'':>10}" + "".join(f"{metric:>10}" for metric in METRICS)
    lines = [header]
    for name in scores.values:
        means = (scores.mean(name, metric) for metric in METRICS)
        lines.append(f"{name:>10}" + "".join(f"{m:10.4f}" for m in means))
    return "\n".join(lines)


def write_scores(
    scores: Scores, path: str | os.PathLike, about: dict | None = None
) -> None:
    """Writes means, means by video, and how they were computed.

    Args:
        scores: the `Scores`.
        path: of the file.
        about: what else to say: dataset, split, model, grid.
    """
    document = {
        **(about or {}),
        "mean": "over all frames with a fixation",
        "bits": "information gain over uniform, bits per fixation",
        "num_videos": len(set(scores.video_ids)),
        "num_frames": len(scores.num_fixations),
        "num_frames_without_fixation": int(np.sum(scores.num_fixations == 0)),
        "num_fixations": int(scores.num_fixations.sum()),
        "scores": {
            name: {metric: scores.mean(name, metric) for metric in METRICS}
            for name in scores.values
        },
        "videos": {
            name: {
                metric: scores.video_means(name, metric) for metric in METRICS
            }
            for name in scores.values
        },
    }
    write_json(path, document)
