"""Protocols: what exactly is computed under the names of the metrics.

A protocol fixes the resolution, the true density, the negatives and the
formulas.

- `exact`: every metric by its definition, see `rmdn_tf.metrics.exact`.
- `paper`: the same, with the true density of `rmdn_tf.metrics.true_density`.
- `mit`: the code of the MIT benchmark, see `rmdn_tf.metrics.mit`.
- `dhf1k`: the same, with the blur, metrics and random frames of DHF1K.
"""

import abc
import functools
import zlib
from collections.abc import Callable, Mapping

import numpy as np

from rmdn_tf.data.annotations import Video, fixations_of
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Size
from rmdn_tf.metrics import mit
from rmdn_tf.metrics.exact import cc
from rmdn_tf.metrics.exact_batch import exact_scores
from rmdn_tf.metrics.fixation_maps import count_fixations
from rmdn_tf.metrics.ground_truth import GroundTruth
from rmdn_tf.metrics.true_density import fixation_densities

# Share of the width. Releases use 0.02 (DHF1K) to about 0.03 (Hollywood2).
EXACT_BLUR = 0.03
# Share of the width, as in the maps of the release.
DHF1K_BLUR = 12.74 / 640
DHF1K_FRAMES = 50_000
# The benchmarks take the negatives of the shuffled AUC from so many frames.
NUM_OTHER_FRAMES = 10

# See `Protocol.scorer`. The baseline is that of `information_gain`.
Scorer = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]


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
    """

    name: str
    metrics: tuple[str, ...]
    text: str
    at_original_size = False
    max_frames: int | None = None

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

    @abc.abstractmethod
    def scorer(self, frames: Frames, mask: np.ndarray) -> Scorer:
        """Prepares the ground truth of frames, to score many maps by it.

        Args:
            frames: n frames of one video.
            mask: bool `[n, N]`, which of their fixations count.

        Returns:
            A function of the log-densities of a predictor and of the baseline,
            float `[n, H, W]` or `[1, H, W]`. It returns metric -> float64
            `[n]`; a frame without a fixation scores NaN.
        """


class ExactProtocol(Protocol):
    """Every metric by its definition, see `rmdn_tf.metrics.exact`."""

    name = "exact"
    metrics = (
        "bits",
        "log_likelihood",
        "information_gain",
        "auc_judd",
        "auc_borji",
        "auc_shuffled",
        "nss",
        "cc",
        "sim",
        "kl",
    )
    text = (
        "Exact definitions on float densities, one value a frame; every "
        "fixation counts, ties count half. bits: information gain over the "
        "uniform density, bits per fixation; log_likelihood: nats per "
        "fixation, of densities that sum to 1 over the pixels; "
        "information_gain: over the named baseline, bits per fixation; AUC: "
        "Mann-Whitney, against the pixels without a fixation (auc_judd), all "
        "pixels (auc_borji), and all fixations of the other videos "
        "(auc_shuffled); nss: std over all pixels; kl: nats."
    )

    def scorer(self, frames: Frames, mask: np.ndarray) -> Scorer:
        size = self.size(frames.video)
        truth = GroundTruth.of_fixations(
            frames.gaze.points,
            mask,
            *size,
            self.sigma * size[1],
            self.uniform_share,
        )
        others = self._others(frames.video, size)
        return lambda log_maps, baseline: exact_scores(
            log_maps, truth, others, baseline
        )

    def _others(self, video: Video, size: Size) -> np.ndarray:
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


class PaperProtocol(ExactProtocol):
    """The exact metrics, against the paper's true density."""

    name = "paper"
    text = (
        "The true density is the paper's. Its blur and uniform share are the "
        "paper's pair by which half of the observers best predict the other "
        "half, on a split that is not scored. " + ExactProtocol.text
    )


class MitProtocol(Protocol):
    """The formulas of the MIT benchmark, see `rmdn_tf.metrics.mit`."""

    name = "mit"
    at_original_size = True
    metrics: tuple[str, ...] = (
        "auc_judd",
        "auc_borji",
        "auc_shuffled",
        "nss",
        "cc",
        "sim",
        "kl",
        "information_gain",
    )
    text = (
        "The formulas of the MIT benchmark's code: a pixel counts once "
        "however often it is fixated; maps are scaled to [0, 1]; AUC-Judd by "
        "trapezoids between the fixated values, ties broken by noise of 1e-7; "
        "AUC-Borji and shuffled AUC with thresholds a tenth apart, in the "
        "limit of many random splits, the latter against the fixations of 10 "
        "random frames of other videos; SIM and information gain of scaled "
        "maps; KL and information gain with 2.2e-16 inside the logarithm; "
        "the std of NSS divides by one less than the pixels."
    )

    @staticmethod
    def blur_of(degree: float) -> float:
        return degree

    def scorer(self, frames: Frames, mask: np.ndarray) -> Scorer:
        points, size = frames.gaze.points, self.size(frames.video)
        counts = (count_fixations(points, mask, *size) > 0).astype(np.int64)
        densities = fixation_densities(
            points,
            mask,
            *size,
            self.sigma * size[1],
            self.uniform_share,
            binary=True,
        )
        others = self.negatives(frames)
        num_frames = len(counts)
        return lambda log_maps, baseline: self._score(
            _densities(num_frames, log_maps),
            _densities(num_frames, baseline),
            counts,
            densities,
            others,
        )

    def _score(
        self,
        maps: np.ndarray,
        baseline: np.ndarray,
        counts: np.ndarray,
        densities: np.ndarray,
        others: np.ndarray,
    ) -> dict[str, np.ndarray]:
        # Each call draws the same noise.
        jitter = np.random.default_rng(0)
        calls = {
            "auc_judd": lambda: mit.auc_judd(maps, counts, jitter),
            "auc_borji": lambda: mit.auc_borji(maps, counts),
            "auc_shuffled": lambda: mit.auc_shuffled(maps, counts, others),
            "nss": lambda: mit.nss(maps, counts),
            "cc": lambda: cc(maps, densities),
            "sim": lambda: mit.sim(maps, densities),
            "kl": lambda: mit.kl(maps, densities),
            "information_gain": lambda: mit.information_gain(
                maps, baseline, counts
            ),
        }
        is_fixated = counts.any((1, 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                metric: np.where(is_fixated, calls[metric](), np.nan)
                for metric in self.metrics
            }

    def negatives(self, frames: Frames) -> np.ndarray:
        """Draws fixations of 10 random frames of other videos, `[n, H, W]`."""
        size = self.size(frames.video)
        maps = [self._others(frames.video, n, size) for n in frames.numbers]
        return np.array(maps).reshape(-1, *size)

    def _others(self, video: Video, number: int, size: Size) -> np.ndarray:
        """Counts the fixations of random frames of other videos, `[H, W]`."""
        name = zlib.crc32(video.video_id.encode())
        generator = np.random.default_rng([name, number])
        ids = [v for v in self._seen if v != video.video_id]
        points = np.zeros([0, 2], np.float32)
        if ids:
            points = np.concatenate(
                [
                    self._points_of_a_frame(generator, ids)
                    for _ in range(NUM_OTHER_FRAMES)
                ]
            )
        mask = np.ones([1, len(points)], bool)
        return count_fixations(points[None], mask, *size)[0]

    def _points_of_a_frame(
        self, generator: np.random.Generator, ids: list[str]
    ) -> np.ndarray:
        video = self._videos[ids[generator.integers(len(ids))]]
        frame = generator.choice(self._seen[video.video_id])
        gaze = video.gaze_on(np.array([frame]))
        return gaze.points[gaze.mask]

    @functools.cached_property
    def _seen(self) -> dict[str, np.ndarray]:
        """The frames with a fixation, of each video that has one."""
        seen = {
            video_id: np.unique(video.fixations.frame)
            for video_id, video in self._videos.items()
        }
        return {key: frames for key, frames in seen.items() if len(frames)}


class Dhf1kProtocol(MitProtocol):
    """The scores of the DHF1K benchmark, on random frames if there are many."""

    name = "dhf1k"
    metrics = ("auc_judd", "auc_shuffled", "nss", "cc", "sim")
    max_frames = DHF1K_FRAMES
    text = (
        f"The five scores of the DHF1K benchmark, on {DHF1K_FRAMES:,} random "
        "frames where there are more. " + MitProtocol.text
    )

    @staticmethod
    def blur_of(degree: float) -> float:
        return DHF1K_BLUR


PROTOCOLS = {
    kind.name: kind
    for kind in (ExactProtocol, PaperProtocol, MitProtocol, Dhf1kProtocol)
}


def _densities(num_frames: int, log_maps: np.ndarray) -> np.ndarray:
    """Returns densities `[n, H, W]`, float64, each map summing to 1."""
    logs = log_maps.astype(np.float64)
    maps = np.exp(logs - logs.max((1, 2), keepdims=True))
    maps = maps / maps.sum((1, 2), keepdims=True)
    return np.broadcast_to(maps, (num_frames, *maps.shape[1:]))
