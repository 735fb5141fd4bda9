"""Scores a density by each metric on the map that suits the metric.

`rmdn_tf.metrics.best_maps` makes the maps; a protocol says which metric gets
which, and how it blurs.
"""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from rmdn_tf.data.annotations import Video
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

_RATIOS = {"ratio", "order_of_ratio"}

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


def references_of(
    predictors: Collection[str], reference: str
) -> dict[str, str]:
    """Says what each predictor is compared with.

    Best maps are compared with the best maps of the reference, if it has any.

    Args:
        predictors: names of all rows.
        reference: the name of one of them.

    Returns:
        Predictor -> the other one, but for those that others are compared with.
    """
    best = best_name(reference)
    of_best = best if best in predictors else reference
    are_best = {best_name(name) for name in predictors}
    others = {p: of_best if p in are_best else reference for p in predictors}
    return {p: other for p, other in others.items() if p != other}


def difference_name(predictor: str, reference: str) -> str:
    """Names the row of a predictor minus its reference, in a narrow table."""
    suffix = best_name("")
    if predictor.endswith(suffix) and reference.endswith(suffix):
        one, other = (n.removesuffix(suffix) for n in (predictor, reference))
        return f"best maps: {one} - {other}"
    return f"{predictor} - {reference}"


class BestMaps(Predictor):
    """A predictor, scored by each metric on the map that suits the metric.

    Args:
        predictor: gives densities.
        protocol: how they are scored.
        maps: metric -> name of its map, one of `MAPS`; None for the best.

    Attributes:
        predictor: gives the densities.
    """

    def __init__(
        self,
        predictor: Predictor,
        protocol: Protocol,
        maps: Mapping[str, str] | None = None,
    ):
        self.predictor = predictor
        self._protocol = protocol
        self._maps = best_map_names(protocol) if maps is None else maps
        self._of_video: dict[str, np.ndarray | None] = {}

    @property
    def networks(self) -> tuple[MixtureNetwork, ...]:
        return self.predictor.networks

    def describe(self) -> str:
        return (
            "The same density, each metric on the map that suits it. "
            f"{_CAUTION}"
        )

    def trials(self, frames: Frames, size: Size) -> Iterator[Trial]:
        return self.predictor.trials(frames, size)

    def score(
        self,
        score: Scorer,
        frames: Frames,
        trial: Trial,
        baseline: np.ndarray,
        of_density: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Scores densities on their best maps.

        Args:
            score: of the protocol, for these frames and fixations.
            frames: n frames of one video.
            trial: the densities, and the fixations that count.
            baseline: as of `score`.
            of_density: metric -> its scores on the density itself; None if
                they are not known.

        Returns:
            Metric -> scores, as of `score`.
        """
        metrics: dict[str, list[str]] = {}
        for metric, name in self._maps.items():
            metrics.setdefault(name, []).append(metric)
        scored: dict[str, np.ndarray] = {}
        if of_density is not None:
            for metric in metrics.pop("density", ()):
                scored[metric] = of_density[metric]
        maker = self._maker(frames, trial.mask)
        for name, maps in maker.make_each(metrics, trial.log_maps):
            scored |= score(maps, baseline, metrics[name])
        return {metric: scored[metric] for metric in self._maps}

    def _maker(self, frames: Frames, mask: np.ndarray) -> "MapMaker":
        """Makes the maps of these frames for the fixations that count."""
        truth = best_maps.Truth(
            # A frame without fixations has no score, so its number is free.
            np.maximum(mask.sum(-1), 1),
            self._sigma(frames.video),
            self._protocol.uniform_share,
        )
        needs_negatives = not _RATIOS.isdisjoint(self._maps.values())
        negatives = self._negatives(frames.video) if needs_negatives else None
        return MapMaker(truth, negatives)

    def _sigma(self, video: Video) -> float:
        """The blur of the true maps of a video, in pixels."""
        return self._protocol.sigma * self._protocol.size(video)[1]

    def _negatives(self, video: Video) -> np.ndarray | None:
        """Blurs the negatives of a video, once for its many frames."""
        of_video = self._of_video
        if video.video_id not in of_video:
            counts = self._protocol.other_fixations(video)
            blurred = blurred_negatives(counts, self._sigma(video))
            # Videos come one after the other: the last one is enough.
            of_video = self._of_video = {video.video_id: blurred}
        return of_video[video.video_id]


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

    def make_each(
        self, names: Collection[str], log_densities: np.ndarray
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Makes maps of each frame.

        Args:
            names: some of `MAPS`.
            log_densities: float `[n, H, W]`, or `[1, H, W]` for all frames;
                nats, up to a constant for each frame.

        Yields:
            Name, and logarithms, float `[n, H, W]` or `[1, H, W]`.
        """
        blurs = [name for name in names if name in ("cc", "kl", "sim")]
        of_blurs = best_maps.maps_of_blurs(blurs, log_densities, self._truth)
        for name, maps in of_blurs.items():
            yield name, maps.astype(log_densities.dtype)
        for name in names:
            if name not in blurs:
                yield name, self._make(name, log_densities)

    def _make(self, name: str, log_densities: np.ndarray) -> np.ndarray:
        negatives = self._log_negatives
        if name == "ratio" and negatives is not None:
            ratio = best_maps.shuffled_auc_map(log_densities, negatives)
            return ratio.astype(log_densities.dtype)
        if name == "order":
            return best_maps.ordered_map(log_densities)
        if name == "order_of_ratio":
            return best_maps.ordered_map(log_densities, negatives)
        return log_densities


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
