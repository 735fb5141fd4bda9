"""All metrics of `rmdn_tf.metrics.exact` at once, from log-densities.

It is fast because steps are shared: one exponential per pixel, one pass for all
three AUCs, and one ground truth for all predictors. Nothing takes the logarithm
of an exponential: a mixture too peaked for `exp` still has finite bits and a
finite divergence.
"""

import math

import numpy as np

from rmdn_tf.metrics.auc import Areas, FixationsAbove, SortedPixels, areas
from rmdn_tf.metrics.ground_truth import FrameTruth, GroundTruth, center
from rmdn_tf.metrics.map_checks import check_counts

NAMES = (
    "bits",
    "log_likelihood",
    "auc_judd",
    "auc_borji",
    "auc_shuffled",
    "nss",
    "cc",
    "sim",
    "kl",
)


def exact_scores(
    log_densities: np.ndarray,
    truth: GroundTruth,
    other_fixation_maps: np.ndarray | None = None,
    baseline_log_densities: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Scores log-densities by all exact metrics, on one core.

    To use more cores, score chunks of frames in threads.

    Args:
        log_densities: float32 or float64 `[n, H, W]`, in nats, up to a constant
            per frame, -inf for a density of zero; or `[1, H, W]`, one map for
            all frames.
        truth: fixations and true densities of the n frames.
        other_fixation_maps: int `[H, W]`, fixations of other videos, for
            "auc_shuffled".
        baseline_log_densities: like `log_densities`, for "information_gain".

    Returns:
        Metric -> float64 `[n]`, NaN for a frame without fixations. The metrics
        are `NAMES` and "information_gain"; "bits" is the gain over the uniform
        density.

    Raises:
        ValueError: the maps are invalid.
    """
    shape = truth.densities.shape
    log_maps = _check_logs(log_densities, shape, "log_densities")
    others = None
    if other_fixation_maps is not None:
        others = check_counts(
            other_fixation_maps, shape[1:], "other_fixation_maps"
        )
        others = others.ravel().astype(np.float64)
    scorer = _Scorer(log_maps, others, len(truth.frames))
    rows = [
        scorer.score(number, frame) if len(frame.fixated) else {}
        for number, frame in enumerate(truth.frames)
    ]
    scores = {
        name: np.array([row.get(name, np.nan) for row in rows], np.float64)
        for name in NAMES
    }
    if others is None:
        del scores["auc_shuffled"]
    if baseline_log_densities is not None:
        of_baseline = _of_baseline(baseline_log_densities, truth)
        gain = scores["log_likelihood"] - of_baseline
        scores["information_gain"] = gain / math.log(2)
    return scores


def _check_logs(
    logs: np.ndarray, shape: tuple[int, ...], name: str
) -> np.ndarray:
    """Checks shape and dtype; returns `[n, HW]` or `[1, HW]`."""
    logs = np.asarray(logs)
    fits = logs.ndim == 3 and logs.shape in (shape, (1, *shape[1:]))
    if not fits or logs.dtype not in (np.float32, np.float64):
        raise ValueError(
            f"Invalid `{name}`. Expected float32 or float64 of shape {shape}, "
            f"or one map. Received: {logs.dtype} of {logs.shape}."
        )
    return logs.reshape(len(logs), math.prod(shape[1:]))


# Up to this peak the squares of exponentials do not overflow.
_SAFE_PEAK = 50.0


class _Scorer:
    """Scores frames one after the other, in the same arrays."""

    def __init__(
        self, log_maps: np.ndarray, others: np.ndarray | None, num_frames: int
    ):
        num_pixels = log_maps.shape[1]
        self._log_maps, self._others = log_maps, others
        self._density = _Density(num_pixels)
        self._scratch = np.empty(num_pixels)
        self._is_shared = len(log_maps) == 1 < num_frames
        if self._is_shared:
            self._density.fill(log_maps[0])
            self._sorted = SortedPixels(_finite(log_maps[0]), others)
        else:
            self._count_above = FixationsAbove(num_pixels)

    def score(self, number: int, truth: FrameTruth) -> dict[str, float]:
        log_map = self._log_maps[0 if self._is_shared else number]
        if not self._is_shared:
            self._density.fill(log_map)
        area = self._areas(log_map, truth)
        log_likelihood = self._density.log_likelihood(truth)
        scores = {
            "bits": (log_likelihood + math.log(len(log_map))) / math.log(2),
            "log_likelihood": log_likelihood,
            "auc_judd": area.judd,
            "auc_borji": area.borji,
            "auc_shuffled": area.shuffled,
            "nss": self._density.nss(truth),
        }
        if truth.total:
            scores |= {
                "cc": self._density.cc(truth, self._scratch),
                "sim": self._density.sim(truth, self._scratch),
                "kl": self._density.kl(truth),
            }
        return scores

    def _areas(self, log_map: np.ndarray, truth: FrameTruth) -> Areas:
        # The logarithm has the same ranks and does not underflow.
        log_map = _finite(log_map)
        values = log_map[truth.fixated]
        if self._is_shared:
            return self._sorted.areas(values, truth.weights)
        values = np.repeat(values, truth.weights)
        above = self._count_above(log_map, values)
        return areas(above, truth.fixated, len(values), self._others)


class _Density:
    """One map of P pixels, with the numbers that its scores share."""

    def __init__(self, num_pixels: int):
        self._logs, self._map, self._deviations = np.empty([3, num_pixels])

    def fill(self, log_map: np.ndarray) -> None:
        self._total = _exponentiate(log_map, self._logs, self._map)
        self._log_total = math.log(self._total)
        self._std = center(self._map, self._total, self._deviations)

    def log_likelihood(self, truth: FrameTruth) -> float:
        logs = self._logs[truth.fixated]
        return _mean(logs, truth.weights) - self._log_total

    def nss(self, truth: FrameTruth) -> float:
        deviations = self._deviations[truth.fixated]
        return _mean(deviations, truth.weights) / (self._std or math.inf)

    def cc(self, truth: FrameTruth, scratch: np.ndarray) -> float:
        # Without the mean, which would drown small deviations in its rounding.
        num_pixels = len(self._map)
        np.subtract(truth.density, truth.total / num_pixels, out=scratch)
        covariance = self._deviations @ scratch / num_pixels
        return covariance / (self._std * truth.std or math.inf)

    def sim(self, truth: FrameTruth, scratch: np.ndarray) -> float:
        np.multiply(truth.density, self._total / truth.total, out=scratch)
        np.minimum(scratch, self._map, out=scratch)
        return scratch.sum() / self._total

    def kl(self, truth: FrameTruth) -> float:
        with np.errstate(invalid="ignore"):
            cross = truth.density @ self._logs
        if np.isnan(cross):  # 0 inf: both densities are zero there.
            is_positive = truth.density > 0
            cross = truth.density[is_positive] @ self._logs[is_positive]
        cross = cross / truth.total - self._log_total
        return truth.negative_entropy - cross


def _of_baseline(log_densities: np.ndarray, truth: GroundTruth) -> np.ndarray:
    log_maps = _check_logs(
        log_densities, truth.densities.shape, "baseline_log_densities"
    )
    logs, scratch = np.empty([2, log_maps.shape[1]])
    scores = np.full(len(truth.frames), np.nan)
    for number, frame in enumerate(truth.frames):
        if number < len(log_maps):
            total = _exponentiate(log_maps[number], logs, scratch)
        if len(frame.fixated):
            mean = _mean(logs[frame.fixated], frame.weights)
            scores[number] = mean - math.log(total)
    if np.isneginf(scores).any():
        raise ValueError(
            "Invalid `baseline_log_densities`. Expected a positive density at "
            "every fixation. Received: -inf in frame "
            f"{np.flatnonzero(np.isneginf(scores))[0]}."
        )
    return scores


def _exponentiate(
    log_map: np.ndarray, logs: np.ndarray, exponentials: np.ndarray
) -> float:
    """Fills both arrays `[P]`; returns the sum of the exponentials."""
    peak = log_map.max()
    if not np.isfinite(peak):
        raise ValueError(
            "Invalid log-densities. Expected finite numbers, or -inf for a "
            f"density of zero in some pixels. Received: a maximum of {peak}."
        )
    np.copyto(logs, log_map)
    if abs(peak) > _SAFE_PEAK:
        np.subtract(logs, peak, out=logs)
    np.exp(logs, out=exponentials)
    return exponentials.sum()


def _finite(log_map: np.ndarray) -> np.ndarray:
    """Replaces -inf by the lowest finite number, which keeps the ranks."""
    lowest = np.finfo(log_map.dtype).min
    return log_map if log_map.min() >= lowest else log_map.clip(min=lowest)


def _mean(values: np.ndarray, weights: np.ndarray) -> float:
    return values @ weights / weights.sum()
