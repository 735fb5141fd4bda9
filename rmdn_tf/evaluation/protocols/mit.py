"""The formulas of the MIT and DHF1K benchmarks."""

import functools
import zlib
from collections.abc import Callable, Collection, Mapping

import numpy as np

from rmdn_tf.data.annotations import Video
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Size
from rmdn_tf.evaluation.protocols.protocol import (
    Protocol,
    Scorer,
    computed,
    densities,
)
from rmdn_tf.metrics import mit
from rmdn_tf.metrics.exact import cc
from rmdn_tf.metrics.fixation_maps import count_fixations

# Share of the width, as in the maps of the release.
DHF1K_BLUR = 12.74 / 640
DHF1K_FRAMES = 50_000
# The benchmarks take the negatives of the shuffled AUC from so many frames.
NUM_OTHER_FRAMES = 10


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
    # Its AUCs round the values of a map, or add noise to them.
    best_maps: Mapping[str, str] = {
        **Protocol.best_maps,
        "auc_judd": "order",
        "auc_borji": "order",
        "auc_shuffled": "order_of_ratio",
    }

    @staticmethod
    def blur_of(degree: float) -> float:
        return degree

    def scorer(self, frames: Frames, mask: np.ndarray) -> Scorer:
        counts, truth = self._truth(
            frames.video, frames.gaze.points, mask, binary=True
        )
        others = self.negatives(frames)
        is_fixated = counts.any((1, 2))

        def score(
            log_maps: np.ndarray,
            baseline: np.ndarray,
            metrics: Collection[str] | None = None,
        ) -> dict[str, np.ndarray]:
            maps = densities(len(counts), log_maps)
            calls = self._calls(maps, baseline, counts, truth, others)
            with np.errstate(invalid="ignore", divide="ignore"):
                return computed(calls, metrics or self.metrics, is_fixated)

        return score

    @staticmethod
    def _calls(
        maps: np.ndarray,
        baseline: np.ndarray,
        counts: np.ndarray,
        truth: np.ndarray,
        others: np.ndarray,
    ) -> dict[str, Callable[[], np.ndarray]]:
        # Each call draws the same noise.
        jitter = np.random.default_rng(0)
        return {
            "auc_judd": lambda: mit.auc_judd(maps, counts, jitter),
            "auc_borji": lambda: mit.auc_borji(maps, counts),
            "auc_shuffled": lambda: mit.auc_shuffled(maps, counts, others),
            "nss": lambda: mit.nss(maps, counts),
            "cc": lambda: cc(maps, truth),
            "sim": lambda: mit.sim(maps, truth),
            "kl": lambda: mit.kl(maps, truth),
            "information_gain": lambda: mit.information_gain(
                maps, densities(len(counts), baseline), counts
            ),
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
