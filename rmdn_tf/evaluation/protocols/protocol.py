"""What every protocol has: a blur, a size of the maps, a scorer of frames."""

import abc
import functools
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, Self
from typing import Protocol as Interface

import numpy as np

from rmdn_tf.data.annotations import Video, fixations_of
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Size
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.metrics.score_ranges import Range
from rmdn_tf.metrics.true_density import fixation_densities

# Share of the width. Releases use 0.02 (DHF1K) to about 0.03 (Hollywood2).
EXACT_BLUR = 0.03


class Scorer(Interface):
    """Scores the maps of a predictor on n frames; see `Protocol.scorer`."""

    def __call__(
        self,
        log_maps: np.ndarray,
        baseline: np.ndarray,
        metrics: Collection[str] | None = None,
        /,
    ) -> dict[str, np.ndarray]:
        """Scores maps.

        Args:
            log_maps: log-densities of the predictor, float `[n, H, W]` or
                `[1, H, W]`.
            baseline: the same, of the baseline of `information_gain`.
            metrics: which of the protocol's to compute; None for all.

        Returns:
            Metric -> float64 `[n]`; a frame without a fixation scores NaN,
            unless the protocol `scores_unseen` frames.
        """


# See `TwoPassProtocol.observer`.
Observer = Callable[[np.ndarray], Any]


class Protocol(abc.ABC):
    """How frames are scored.

    Args:
        videos: all videos of the split, by name; they give the negatives.
        sigma: standard deviation of the blur, as a share of the width.
        uniform_share: of the true density, in [0, 1).
        size: of the maps; None for each video's original size.

    Attributes:
        text: describes the scores in a few sentences.
        max_frames: number of random frames to score; None for all.
        mean: what has the same weight in a mean, "frames" or "videos".
        scores_unseen: whether a frame without a fixation has scores, too.
        ranges: metric -> its range, where it is not that of
            `rmdn_tf.metrics.score_ranges`.
        best_maps: metric -> name of its best map, one of
            `rmdn_tf.evaluation.best_maps.MAPS`. The best map for a metric that
            is not there is the density itself.
    """

    name: str
    metrics: tuple[str, ...]
    text: str
    at_original_size = False
    max_frames: int | None = None
    mean = "frames"
    scores_unseen = False
    ranges: Mapping[str, Range] = {}
    best_maps: Mapping[str, str] = {
        "auc_shuffled": "ratio",
        "cc": "cc",
        "sim": "sim",
        "kl": "kl",
    }

    @staticmethod
    def blur_of(degree: float) -> float:
        """Chooses the blur of the true density.

        Args:
            degree: a degree of the visual field, as a share of the width.

        Returns:
            Standard deviation, as a share of the width.
        """
        return EXACT_BLUR

    def __init__(
        self,
        videos: Mapping[str, Video],
        sigma: float,
        uniform_share: float = 0.0,
        size: Size | None = None,
    ):
        self._videos = videos
        self.sigma = sigma
        self.uniform_share = uniform_share
        self._size = size

    @property
    def fixed_size(self) -> Size | None:
        """The size of all maps; None if each video has its original size."""
        return self._size

    def size(self, video: Video) -> Size:
        """Chooses the size of the maps of a video.

        Args:
            video: a video.

        Returns:
            (height, width) in pixels.
        """
        return self._size or video.original_size

    def num_pixels(self, video: Video) -> int:
        """Counts the pixels of a frame's largest map, which bound the memory.

        Args:
            video: a video.

        Returns:
            Number of pixels.
        """
        return math.prod(self.size(video))

    def describe(self) -> str:
        """Describes what is computed.

        Returns:
            The protocol in a few sentences, with resolution and blur.
        """
        resolution = (
            "{} rows and {} columns".format(*self._size)
            if self._size
            else "the original size of each video"
        )
        share = ""
        if self.uniform_share:
            share = f" with a uniform share of {self.uniform_share:.4g}"
        return (
            f"Protocol {self.name}, on {resolution}. {self.text} The true "
            "density is the fixations blurred by a Gaussian of "
            f"{self.sigma:.4g} of the width{share}."
        )

    def other_fixations(self, video: Video) -> np.ndarray:
        """Counts the fixations on all other videos of the split.

        Args:
            video: a video.

        Returns:
            int64 `[H, W]`, number of fixations in each pixel.
        """
        size = self.size(video)
        return self._counts(None, size) - self._counts(video.video_id, size)

    @functools.lru_cache(maxsize=64)  # noqa: B019 - lives as long as the protocol.
    def _counts(self, video_id: str | None, size: Size) -> np.ndarray:
        """Counts the fixations of a video, or of all (None), `[H, W]`."""
        points = (
            fixations_of(self._videos)
            if video_id is None
            else self._videos[video_id].points
        )
        mask = np.ones([1, len(points)], bool)
        return count_fixations(points[None], mask, *size)[0]

    def _truth(
        self,
        video: Video,
        points: np.ndarray,
        mask: np.ndarray,
        binary: bool = False,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Counts the fixations on frames, and blurs them.

        Args:
            video: the video of the frames.
            points: float `[n, N, 2]`, (x, y) in [0, 1].
            mask: bool `[n, N]`, which of them count.
            binary: count a pixel once, however often it is fixated.

        Returns:
            int64 `[n, H, W]`, number of fixations in each pixel, and float64
            `[n, H, W]`, the true density.
        """
        height, width = self.size(video)
        counts = count_fixations(points, mask, height, width)
        if binary:
            counts = (counts > 0).astype(np.int64)
        sigma, share = self.sigma * width, self.uniform_share
        return counts, fixation_densities(
            points, mask, height, width, sigma, share, binary
        )

    @abc.abstractmethod
    def scorer(self, frames: Frames, mask: np.ndarray) -> Scorer:
        """Prepares the ground truth of frames, to score many maps by it.

        Args:
            frames: n frames of one video.
            mask: bool `[n, N]`, which of their fixations count.

        Returns:
            The scorer.
        """

    def scorer_of(self, predictor: str, scorer: Scorer) -> Scorer:
        """Adds to a scorer what was learnt from the maps of a predictor.

        Args:
            predictor: its name.
            scorer: of `scorer`, for any predictor.

        Returns:
            A scorer for the maps of this predictor.
        """
        return scorer


class TwoPassProtocol(Protocol):
    """A protocol that sees all maps of a predictor before it scores the first.

    Before it has `learnt` from them, it scores the maps as they are.
    """

    @abc.abstractmethod
    def observer(self, frames: Frames, mask: np.ndarray) -> Observer:
        """Prepares the ground truth of frames, to learn from many maps.

        Args:
            frames: n frames of one video.
            mask: bool `[n, N]`, which of their fixations count.

        Returns:
            A function of the log-densities of a predictor, float `[n, H, W]` or
            `[1, H, W]`. It returns what `learnt` needs to know of them, an
            array or a dataclass; sums of it, by +, stand for more frames.
        """

    def observed_of(self, stored: Any) -> Any:
        """Makes what was observed of its values.

        Args:
            stored: an array; or the fields of a dataclass, by name.

        Returns:
            What an `observer` returns.
        """
        return stored

    @abc.abstractmethod
    def learnt(self, observed: Mapping[str, Any]) -> Self:
        """Learns from the maps of each predictor.

        Args:
            observed: name of a predictor -> what was observed of its maps.

        Returns:
            A protocol that scores with it.
        """


def computed(
    calls: Mapping[str, Callable[[], np.ndarray]],
    metrics: Collection[str] | None,
    has_score: np.ndarray,
) -> dict[str, np.ndarray]:
    """Computes some scores.

    Args:
        calls: metric -> function that computes it, `[n]`.
        metrics: the metrics to compute; None for all.
        has_score: bool `[n]`, False for NaN.

    Returns:
        Metric -> float `[n]`.
    """
    return {
        metric: np.where(has_score, call(), np.nan)
        for metric, call in calls.items()
        if metrics is None or metric in metrics
    }


def peaked_at_one(log_maps: np.ndarray) -> np.ndarray:
    """Evaluates densities relative to the peak of each map.

    Args:
        log_maps: float `[n, H, W]`, nats, up to a constant.

    Returns:
        float64 `[n, H, W]`, in [0, 1].
    """
    logs = log_maps.astype(np.float64)
    return np.exp(logs - logs.max((1, 2), keepdims=True))


def scaled_to_one(maps: np.ndarray) -> np.ndarray:
    """Divides each map by its peak.

    Args:
        maps: float `[n, H, W]`, 0 or more.

    Returns:
        float `[n, H, W]`, in [0, 1]; a map of zeros stays zero.
    """
    peaks = maps.max((1, 2), keepdims=True)
    return maps / np.where(peaks > 0, peaks, 1)


def densities(num_frames: int, log_maps: np.ndarray) -> np.ndarray:
    """Evaluates the densities of frames.

    Args:
        num_frames: n.
        log_maps: float `[n, H, W]` or `[1, H, W]`, nats, up to a constant.

    Returns:
        float64 `[n, H, W]`, each map summing to 1.
    """
    maps = peaked_at_one(log_maps)
    maps = maps / maps.sum((1, 2), keepdims=True)
    return np.broadcast_to(maps, (num_frames, *maps.shape[1:]))
