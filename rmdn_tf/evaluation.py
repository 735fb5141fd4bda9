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
from scipy.special import xlogy

from rmdn_tf import baselines, metrics
from rmdn_tf.mixture import parameters_from_moments
from rmdn_tf.published_files import write_json
from rmdn_tf.saliency_maps import log_density

Predictor = Callable[[dict, np.ndarray], np.ndarray]
"""Takes a batch of `ordered_windows` and which of its frames are wanted, bool
`[B, F]`; gives log-densities of those n frames in nats, float32,
broadcastable to `[n, H, W]`, up to a constant a frame."""

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
    maps = {"uniform": np.zeros([1, grid.height, grid.width], np.float32)}
    for name, parameters in {
        "centre": baselines.centre(),
        "TCB": baselines.trained_centre(training_fixations),
    }.items():
        maps[name] = _log_maps(parameters[None], grid)
    return {name: _Constant(log_map) for name, log_map in maps.items()}


class _Constant:
    def __init__(self, log_map: np.ndarray):
        self._log_map = log_map

    def __call__(self, batch: dict, chosen: np.ndarray) -> np.ndarray:
        return self._log_map


def oracle(grid: Grid) -> Predictor:
    """The true density, for datasets that know it: the best to be reached."""

    def predict(batch: dict, chosen: np.ndarray) -> np.ndarray:
        truth = batch["truth"].numpy()[chosen]
        return _log_maps(parameters_from_moments(truth), grid)

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
        The `Predictor`; it evaluates a clip's density once.
    """

    def predict(batch: dict, chosen: np.ndarray) -> np.ndarray:
        parameters = predict_parameters(batch).numpy()
        clips = chosen.reshape([*parameters.shape[:2], stride]).any(-1)
        log_maps = _log_maps(parameters[clips], grid)
        number = np.cumsum(clips).reshape(clips.shape) - 1
        return log_maps[np.repeat(number, stride, axis=1)[chosen]]

    return predict


MAPS_AT_ONCE = 32
"""Bounds memory: 20 components at 128x171 take 1.7 MB a map, several times."""


def _log_maps(parameters: np.ndarray, grid: Grid) -> np.ndarray:
    """Log-densities of mixtures `[n, C, 6]`, float32 `[n, H, W]`."""
    maps = np.empty([len(parameters), grid.height, grid.width], np.float32)
    for begin in range(0, len(parameters), MAPS_AT_ONCE):
        part = slice(begin, begin + MAPS_AT_ONCE)
        maps[part] = _log_density(parameters[part], grid.height, grid.width)
    return maps


_log_density = tf.function(
    log_density, reduce_retracing=True, jit_compile=False
)


def evaluate(
    predictors: dict[str, Predictor],
    batches: Iterable[dict],
    grid: Grid,
    one_a_window: bool = False,
    on_batch: Callable[..., None] | None = None,
) -> Scores:
    """Scores predictors on every frame of the batches.

    Memory holds one batch and a few numbers a frame.

    Args:
        predictors: by name.
        batches: of `rmdn_tf.input_pipeline.ordered_windows`.
        grid: the `Grid`.
        one_a_window: score only the first frame of every window that has a
            fixation, a sample for the progress of a training run.
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
        if one_a_window:
            chosen = _first_with_fixation(batch)
        video_ids.append(batch["video_id"].numpy().repeat(chosen.sum(1)))
        truth = _truth_of(batch, chosen, grid)
        num_fixations.append(truth.counts.sum((1, 2)))
        log_maps = {
            name: _normalize(predict(batch, chosen), len(truth.counts))
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
class Truth:
    """What scores compare with.

    Attributes:
        counts: int `[n, H, W]`, the fixations in each pixel.
        densities: float32 `[n, H, W]`, the counts blurred, of any scale.
    """

    counts: np.ndarray
    densities: np.ndarray

    @classmethod
    def of_fixations(
        cls, fixations: np.ndarray, mask: np.ndarray, grid: Grid
    ) -> "Truth":
        """Counts and blurs the fixations of n frames.

        Args:
            fixations: float `[n, N, 2]`, (x, y) in [0, 1].
            mask: bool `[n, N]`, False where padded.
            grid: the `Grid`.
        """
        counts = metrics.count_fixations(
            fixations, mask, grid.height, grid.width
        )
        sigma = grid.blur * grid.width
        densities = ndimage.gaussian_filter(
            counts.astype(np.float32), (0, sigma, sigma), mode="constant"
        )
        return cls(counts, densities)


def _truth_of(batch: dict, chosen: np.ndarray, grid: Grid) -> Truth:
    return Truth.of_fixations(
        batch["fixations"].numpy()[chosen],
        batch["fixation_mask"].numpy()[chosen],
        grid,
    )


def _first_with_fixation(batch: dict) -> np.ndarray:
    """Chooses one frame a row, or none where none has a fixation."""
    has_fixation = batch["fixation_mask"].numpy().any(-1)  # [B, F]
    return has_fixation & (np.cumsum(has_fixation, axis=1) == 1)


def _normalize(log_maps: np.ndarray, num_frames: int) -> np.ndarray:
    """Log-densities float64 `[n, H, W]`, each map summing to 1."""
    log_maps = log_maps.astype(np.float64)
    peak = log_maps.max(axis=(1, 2), keepdims=True)
    log_total = peak + np.log(
        np.exp(log_maps - peak).sum(axis=(1, 2), keepdims=True)
    )
    shape = (num_frames, *log_maps.shape[1:])
    return np.broadcast_to(log_maps - log_total, shape)


def _score(log_maps: np.ndarray, truth: Truth) -> dict[str, np.ndarray]:
    """Every metric of every frame, each `[n]`."""
    maps = np.exp(log_maps)
    counts, densities = truth.counts, truth.densities
    num_fixations = counts.sum((1, 2))
    log_uniform = -math.log(counts[0].size) if len(counts) else 0.0
    with np.errstate(invalid="ignore"):
        # No fixation: 0 / 0, a frame without a score.
        bits = (counts * (log_maps - log_uniform)).sum((1, 2))
        bits = bits / num_fixations / math.log(2)
        densities = densities / densities.sum((1, 2), keepdims=True)
        kl = (xlogy(densities, densities) - densities * log_maps).sum((1, 2))
    return {
        "bits": bits,
        # Ranks are those of the log, which does not underflow.
        "auc_judd": metrics.auc_judd(log_maps, counts),
        "nss": metrics.nss(maps, counts),
        "cc": metrics.cc(maps, truth.densities),
        "sim": metrics.sim(maps, truth.densities),
        "kl": kl,
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
