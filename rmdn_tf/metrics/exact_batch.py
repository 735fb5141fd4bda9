"""All metrics of `rmdn_tf.metrics.exact` at once, from log-densities.

It is fast because steps are shared: one exponential per pixel, one pass for all
three AUCs, and one ground truth for all predictors. Maps stay in their type: on
float32, as networks give them, scores are precise to about 1e-7. Nothing takes
the logarithm of an exponential: a mixture too peaked for `exp` still has finite
bits and a finite divergence.
"""

import math
from collections.abc import Collection

import numpy as np

from rmdn_tf.metrics.auc import Areas, SortedPixels, areas
from rmdn_tf.metrics.bands import bands, sum_of, sum_of_products
from rmdn_tf.metrics.ground_truth import (
    STEADY,
    FrameTruth,
    GroundTruth,
    deviation,
)
from rmdn_tf.metrics.map_checks import check_counts

# What takes a pass over all pixels.
_AREAS = ("auc_judd", "auc_borji", "auc_shuffled")
_COMPARISONS = ("cc", "sim", "kl")

NAMES = ("bits", "log_likelihood", *_AREAS, "nss", *_COMPARISONS)


class ImpossibleFixationError(ValueError):
    """A baseline gives a fixation no probability, so any gain is infinite.

    Args:
        frame: index of the first such frame.

    Attributes:
        frame: index of the first such frame.
    """

    def __init__(self, frame: int):
        super().__init__(
            "Invalid `baseline_log_densities`. Expected a positive density at "
            f"every fixation. Received: -inf in frame {frame}."
        )
        self.frame = frame


def exact_scores(
    log_densities: np.ndarray,
    truth: GroundTruth,
    other_fixation_maps: np.ndarray | None = None,
    baseline_log_densities: np.ndarray | None = None,
    metrics: Collection[str] | None = None,
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
        metrics: some of `NAMES` and "information_gain"; None for all that the
            arguments allow.

    Returns:
        Metric -> float64 `[n]`, NaN for a frame without fixations; "bits" is
        the gain over the uniform density.

    Raises:
        ValueError: the maps are invalid, or a metric is unknown or lacks its
            argument.
    """
    shape = truth.densities.shape
    log_maps = _check_logs(log_densities, shape, "log_densities")
    others = None
    if other_fixation_maps is not None:
        others = check_counts(
            other_fixation_maps, shape[1:], "other_fixation_maps"
        )
        others = others.astype(np.float64)
    possible = [*NAMES, "information_gain"]
    if others is None:
        possible.remove("auc_shuffled")
    if baseline_log_densities is None:
        possible.remove("information_gain")
    metrics = _check_metrics(metrics, possible)
    scorer = _Scorer(log_maps, others, len(truth.frames), metrics)
    rows = [
        scorer.score(number, frame) if len(frame.fixated) else {}
        for number, frame in enumerate(truth.frames)
    ]
    scores = {
        name: np.array([row.get(name, np.nan) for row in rows], np.float64)
        for name in NAMES
    }
    if baseline_log_densities is not None and "information_gain" in metrics:
        of_baseline = _of_baseline(baseline_log_densities, truth)
        gain = scores["log_likelihood"] - of_baseline
        scores["information_gain"] = gain / math.log(2)
    return {name: scores[name] for name in metrics}


def _check_metrics(
    metrics: Collection[str] | None, possible: list[str]
) -> Collection[str]:
    """Returns the metrics to compute; by default all that are possible."""
    if metrics is None:
        return possible
    if not set(metrics) <= set(possible):
        raise ValueError(
            f"Invalid `metrics`. Expected some of {possible}. Received: "
            f"metrics={metrics}."
        )
    return metrics


def _check_logs(
    logs: np.ndarray, shape: tuple[int, ...], name: str
) -> np.ndarray:
    """Checks shape and dtype; returns contiguous maps."""
    logs = np.asarray(logs)
    fits = logs.ndim == 3 and logs.shape in (shape, (1, *shape[1:]))
    if not fits or logs.dtype not in (np.float32, np.float64):
        raise ValueError(
            f"Invalid `{name}`. Expected float32 or float64 of shape {shape}, "
            f"or one map. Received: {logs.dtype} of {logs.shape}."
        )
    return np.ascontiguousarray(logs)


class _Scorer:
    """Scores frames one after the other."""

    def __init__(
        self,
        log_maps: np.ndarray,
        others: np.ndarray | None,
        num_frames: int,
        metrics: Collection[str],
    ):
        self._log_maps, self._others = log_maps, others
        self._has_areas = not set(_AREAS).isdisjoint(metrics)
        self._compared = set(_COMPARISONS).intersection(metrics)
        self._num_others = 0.0 if others is None else float(others.sum())
        self._room = np.empty(log_maps.shape[1:], log_maps.dtype)
        self._is_shared = len(log_maps) == 1 < num_frames
        if self._is_shared:
            self._density = density_of(log_maps[0], self._room)
        if self._is_shared and self._has_areas:
            pixels = self._density.finite_logs.ravel()
            flat_others = None if others is None else others.ravel()
            self._sorted = SortedPixels(pixels, flat_others)

    def score(self, number: int, truth: FrameTruth) -> dict[str, float]:
        if not self._is_shared:
            self._density = density_of(self._log_maps[number], self._room)
        log_likelihood = self._density.log_likelihood(truth)
        num_pixels = truth.density.size
        scores = {
            "bits": (log_likelihood + math.log(num_pixels)) / math.log(2),
            "log_likelihood": log_likelihood,
            "nss": self._density.nss(truth),
        }
        if self._has_areas:
            area = self._areas(self._density.finite_logs, truth)
            values = (area.judd, area.borji, area.shuffled)
            scores |= zip(_AREAS, values, strict=True)
        if truth.total:
            scores |= self._density.compare(truth, self._compared)
        return scores

    def _areas(self, logs: np.ndarray, truth: FrameTruth) -> Areas:
        if self._is_shared:
            of_fixated = logs.ravel()[truth.fixated]
            return self._sorted.areas(of_fixated, truth.weights)
        return areas(
            logs,
            self._density.extremes,
            truth.fixated,
            truth.weights,
            self._others,
            self._num_others,
        )


def density_of(log_map: np.ndarray, room: np.ndarray) -> "_Density":
    """Computes a density; in float64 if float32 would blur its deviations."""
    density = _Density(log_map, room)
    limit = STEADY[log_map.dtype] * density.mean**2
    if log_map.dtype == np.float32 and density.std**2 <= limit:
        double = log_map.astype(np.float64)
        return _Density(double, np.empty_like(double))
    return density


class _Density:
    """The density of a map of logarithms, with the numbers its scores share.

    Args:
        log_map: float32 or float64 `[H, W]`, contiguous.
        room: the same, overwritten by the exponentials, at another scale.

    Attributes:
        extremes: the lowest and the highest of `finite_logs`.
        mean: mean of the exponentials.
        std: their standard deviation.
    """

    def __init__(self, log_map: np.ndarray, room: np.ndarray):
        lowest, peak = log_map.min(), log_map.max()
        if not np.isfinite(peak):
            raise ValueError(
                "Invalid log-densities. Expected finite numbers, or -inf for a "
                "density of zero in some pixels. Received: a maximum of "
                f"{peak}."
            )
        self._logs, self._exponentials = log_map, room
        # Subtracting a whole number rarely rounds.
        self._shift = np.rint(peak)
        self.extremes = max(lowest, np.finfo(log_map.dtype).min), peak
        self._total = squares = 0.0
        for band in bands(log_map.shape):
            part = np.exp(log_map[band] - self._shift, out=room[band])
            self._total += sum_of(part)
            squares += sum_of_products(part, part)
        self.mean = self._total / log_map.size
        self.std = deviation(room, self._total, squares)

    @property
    def finite_logs(self) -> np.ndarray:
        """The logarithms, which have the same ranks and do not underflow.

        -inf becomes the lowest finite number.
        """
        lowest, _ = self.extremes
        if lowest > np.finfo(self._logs.dtype).min:
            return self._logs
        return self._logs.clip(min=lowest)

    def log_likelihood(self, truth: FrameTruth) -> float:
        mean = float(self._at(truth) @ truth.shares)
        return mean - math.log(self._total)

    def nss(self, truth: FrameTruth) -> float:
        above = np.exp(self._at(truth)) - self.mean
        return float(above @ truth.shares) / (self.std or math.inf)

    def compare(
        self, truth: FrameTruth, metrics: Collection[str]
    ) -> dict[str, float]:
        """Computes "cc", "sim" or "kl" against the true density."""
        scale = self._total / truth.total
        overlap = joint = cross = 0.0
        with np.errstate(invalid="ignore"):  # 0 inf, see `_divergence`.
            for band in bands(self._logs.shape) if metrics else ():
                part = self._exponentials[band]
                true = truth.density[band].astype(part.dtype, copy=False)
                if "cc" in metrics:
                    joint += sum_of_products(part, true)
                if "sim" in metrics:
                    least = true * scale
                    overlap += sum_of(np.minimum(part, least, out=least))
                if "kl" in metrics:
                    logs = self._logs[band] - self._shift
                    cross += sum_of_products(logs, true)
        scores = {}
        if "cc" in metrics:
            scores["cc"] = self._correlation(truth, joint)
        if "sim" in metrics:
            scores["sim"] = overlap / self._total
        if "kl" in metrics:
            scores["kl"] = self._divergence(truth, cross)
        return scores

    def _correlation(self, truth: FrameTruth, joint: float) -> float:
        """Computes the correlation from the sum of the maps' product."""
        std, mean = self.std * truth.std, self.mean * truth.mean
        covariance = joint / truth.density.size - mean
        if std <= STEADY[self._logs.dtype] * mean:
            deviations = self._exponentials - np.float64(self.mean)
            product = deviations * (truth.density - truth.mean)
            covariance = float(product.mean())
        return covariance / (std or math.inf)

    def _divergence(self, truth: FrameTruth, cross: float) -> float:
        """Computes the divergence from the sum of g times the logarithm."""
        if math.isnan(cross):  # Both densities are zero in a pixel.
            there = truth.density > 0
            logs = self._logs[there].astype(np.float64) - self._shift
            cross = float((truth.density[there] * logs).sum())
        cross = cross / truth.total - math.log(self._total)
        return truth.negative_entropy - cross

    def _at(self, truth: FrameTruth) -> np.ndarray:
        """Returns the logarithms of the exponentials at the fixated pixels."""
        logs = self._logs.ravel()[truth.fixated]
        return logs.astype(np.float64) - self._shift


def _of_baseline(log_densities: np.ndarray, truth: GroundTruth) -> np.ndarray:
    log_maps = _check_logs(
        log_densities, truth.densities.shape, "baseline_log_densities"
    )
    room = np.empty(log_maps.shape[1:], log_maps.dtype)
    scores = np.full(len(truth.frames), np.nan)
    for number, frame in enumerate(truth.frames):
        if number < len(log_maps):
            density = _Density(log_maps[number], room)
        if len(frame.fixated):
            scores[number] = density.log_likelihood(frame)
    if np.isneginf(scores).any():
        raise ImpossibleFixationError(
            int(np.flatnonzero(np.isneginf(scores))[0])
        )
    return scores
