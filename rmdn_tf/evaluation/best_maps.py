"""Scores a density by each metric on the map that suits the metric.

`rmdn_tf.metrics.best_maps` makes the maps; a protocol says which metric gets
which, and how it blurs.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import (
    Maps,
    MixtureNetwork,
    Predictor,
    Size,
    Trial,
)
from rmdn_tf.evaluation.protocols import Protocol, Scorer
from rmdn_tf.metrics import best_maps
from rmdn_tf.metrics.blurred_maps import Blurred

# What the maps are, by the names that protocols give.
MAPS: Mapping[str, str] = {
    "density": "the density",
    "cc": "the mean of the true maps with mean 0 and standard deviation 1",
    "kl": "the mean of the true maps",
    "sim": "the same upper quantile of the true maps in every pixel",
    "ratio": "the density over that of the negatives",
    "order": "the order of the density, evenly spread",
    "order_of_ratio": "the order of the density over that of the negatives, "
    "evenly spread",
}

# Share of a uniform density in that of the negatives: where nobody looked in
# other videos, somebody may.
NEGATIVES_SHARE = 0.01

# What such a row is, and is not.
_CAUTION = (
    "Compare such rows with each other: the density is no better than in its "
    "own row."
)

NOTE = (
    "In a row of best maps, each metric is scored on the map that suits it, "
    f"made of the same density. {_CAUTION}"
)


def best_name(name: str) -> str:
    """Names the row of a predictor's best maps."""
    return f"{name}, best maps"


class BestMaps(Predictor):
    """A predictor, scored by each metric on the map that suits the metric.

    Args:
        predictor: gives densities.
        protocol: how they are scored.
        maps: metric -> name of its map, one of `MAPS`; None for the best.
    """

    def __init__(
        self,
        predictor: Predictor,
        protocol: Protocol,
        maps: Mapping[str, str] | None = None,
    ):
        self._predictor = predictor
        self._protocol = protocol
        self._maps = best_map_names(protocol) if maps is None else maps

    @property
    def networks(self) -> tuple[MixtureNetwork, ...]:
        return self._predictor.networks

    def describe(self) -> str:
        return (
            "The same density, each metric on the map that suits it. "
            f"{_CAUTION}"
        )

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        return self._predictor.trials(frames, size)

    def scorer(self, score: Scorer, frames: Frames, mask: np.ndarray) -> Scorer:
        """Prepares to score densities on their best maps.

        Args:
            score: of the protocol, for these frames and fixations.
            frames: n frames of one video.
            mask: bool `[n, N]`, which of their fixations count.

        Returns:
            The same as `Protocol.scorer` returns.
        """
        maker = MapMaker.of_frames(self._protocol, frames, mask)

        def score_each(
            log_maps: np.ndarray, baseline: np.ndarray
        ) -> dict[str, np.ndarray]:
            scored = {
                name: score(maker.make(name, log_maps), baseline)
                for name in dict.fromkeys(self._maps.values())
            }
            return {
                metric: scored[name][metric]
                for metric, name in self._maps.items()
            }

        return score_each


def with_best_maps(
    predictors: Mapping[str, Predictor], protocol: Protocol
) -> dict[str, Predictor]:
    """Adds a row of best maps below each predictor that has densities.

    The uniform density and one centre need none. Maps of other tools are not
    densities.
    """
    rows: dict[str, Predictor] = {}
    for name, predictor in predictors.items():
        rows[name] = predictor
        has_row = name not in ("uniform", "centre")
        if has_row and not isinstance(predictor, Maps):
            rows[best_name(name)] = BestMaps(predictor, protocol)
    return rows


def best_map_names(protocol: Protocol) -> dict[str, str]:
    """Names the best map of each metric of a protocol, one of `MAPS`."""
    names = protocol.best_maps
    return {metric: names.get(metric, "density") for metric in protocol.metrics}


def describe_best_maps(protocol: Protocol) -> str:
    """Says which map suits each metric, for the report."""
    metrics: dict[str, list[str]] = {}
    for metric, name in best_map_names(protocol).items():
        metrics.setdefault(name, []).append(metric)
    parts = (f"{', '.join(of)}: {MAPS[name]}" for name, of in metrics.items())
    return f"{NOTE} {'; '.join(parts)}."


class MapMaker:
    """Makes the best maps of n frames.

    Args:
        truth: how the true maps of the frames are made.
        log_negatives: float `[H, W]`, log-density of the negatives of the
            shuffled AUC; None without other videos.
    """

    def __init__(
        self, truth: best_maps.Truth, log_negatives: np.ndarray | None = None
    ):
        self._truth = truth
        self._log_negatives = log_negatives

    @classmethod
    def of_frames(
        cls, protocol: Protocol, frames: Frames, mask: np.ndarray
    ) -> "MapMaker":
        """Makes the maps that suit a protocol's metrics.

        Args:
            protocol: how the frames are scored.
            frames: n frames of one video.
            mask: bool `[n, N]`, which of their fixations count.
        """
        width = protocol.size(frames.video)[1]
        truth = best_maps.Truth(
            # A frame without fixations has no score, so its number is free.
            np.maximum(mask.sum(-1), 1),
            protocol.sigma * width,
            protocol.uniform_share,
        )
        counts = protocol.other_fixations(frames.video)
        return cls(truth, blurred_negatives(counts, truth.sigma))

    def make(self, name: str, log_densities: np.ndarray) -> np.ndarray:
        """Makes one map of each frame.

        Args:
            name: one of `MAPS`.
            log_densities: float `[n, H, W]`, or `[1, H, W]` for all frames;
                nats, up to a constant for each frame.

        Returns:
            Logarithms, float `[n, H, W]` or `[1, H, W]`.
        """
        negatives = self._log_negatives
        if name == "ratio" and negatives is not None:
            return best_maps.shuffled_auc_map(log_densities, negatives)
        if name in ("density", "ratio"):
            return log_densities
        if name == "order":
            return best_maps.ordered_map(log_densities)
        if name == "order_of_ratio":
            return best_maps.ordered_map(log_densities, negatives)
        make = {
            "cc": best_maps.cc_map,
            "kl": best_maps.kl_map,
            "sim": best_maps.sim_map,
        }[name]
        return make(log_densities, self._truth)


def blurred_negatives(counts: np.ndarray, sigma: float) -> np.ndarray | None:
    """Blurs the negatives of the shuffled AUC to a density.

    Args:
        counts: int `[H, W]`, fixations on other videos.
        sigma: standard deviation of the blur, in pixels.

    Returns:
        Log-density, float64 `[H, W]`; None without fixations.
    """
    if not counts.any():
        return None
    blurred = Blurred(sigma)(counts.astype(np.float64))
    share = NEGATIVES_SHARE
    return np.log((1 - share) * blurred / blurred.sum() + share / counts.size)
