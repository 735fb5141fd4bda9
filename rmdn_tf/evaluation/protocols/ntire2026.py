"""The formulas of the NTIRE 2026 challenge on video saliency."""

from collections.abc import Callable, Collection, Mapping

import numpy as np

from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.protocols.protocol import (
    Protocol,
    Scorer,
    computed,
    peaked_at_one,
    scaled_to_one,
)
from rmdn_tf.metrics import msu_challenge
from rmdn_tf.metrics.score_ranges import ANY, Range

# Share of the width: the true maps have 120 of 1,920 pixels.
NTIRE_BLUR = 120 / 1920

_CODE = (
    "msu-video-group/NTIRE26_Saliency_Prediction, "
    "a4f7ed64295c3240e41f1b5b672689dd6c875423"
)


class Ntire2026Protocol(Protocol):
    """The code of NTIRE 2026, see `rmdn_tf.metrics.msu_challenge`."""

    name = "ntire2026"
    at_original_size = True
    mean = "videos"
    # Fixations that share a pixel may give more than 1.
    ranges: Mapping[str, Range] = {"auc_judd": ANY}
    metrics: tuple[str, ...] = (
        "cc",
        "sim",
        "nss",
        "auc_judd",
        "auc_judd_points",
    )
    text = (
        f"The formulas of the challenge's code ({_CODE}), which are those of "
        "AIM 2024: both maps are scaled to [0, 1]; every fixation counts, also "
        "two in one pixel; SIM, CC and NSS add 1e-7 to sums and deviations; "
        "AUC-Judd by trapezoids between the fixated values, where ties do not "
        "count half. auc_judd is that of the leaderboard, whose code drops "
        "equal columns of the table of fixations in place of equal points, so "
        "that 2 or 1 pixels count as fixated; auc_judd_points counts the "
        "points. Means are over the means of videos. The true maps of the "
        "challenge are stored in 10 bits; ours are not rounded."
    )

    @staticmethod
    def blur_of(degree: float) -> float:
        return NTIRE_BLUR

    def scorer(self, frames: Frames, mask: np.ndarray) -> Scorer:
        counts, density = self._truth(frames.video, frames.gaze.points, mask)
        truth = self._scaled(scaled_to_one(density))
        is_fixated = counts.any((1, 2))

        def score(
            log_maps: np.ndarray,
            baseline: np.ndarray,
            metrics: Collection[str] | None = None,
        ) -> dict[str, np.ndarray]:
            maps = self._scaled(peaked_at_one(log_maps))
            maps = np.broadcast_to(maps, counts.shape)
            calls = self._calls(maps, truth, counts)
            return computed(calls, metrics, is_fixated)

        return score

    @staticmethod
    def _scaled(maps: np.ndarray) -> np.ndarray:
        return msu_challenge.scale(maps)

    @staticmethod
    def _calls(
        maps: np.ndarray, truth: np.ndarray, counts: np.ndarray
    ) -> dict[str, Callable[[], np.ndarray]]:
        return {
            "cc": lambda: msu_challenge.cc(maps, truth),
            "sim": lambda: msu_challenge.sim(maps, truth),
            "nss": lambda: msu_challenge.nss(maps, counts),
            "auc_judd": lambda: msu_challenge.auc_judd(maps, counts),
            "auc_judd_points": lambda: msu_challenge.auc_judd(
                maps, counts, count_points=True
            ),
        }
