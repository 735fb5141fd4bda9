"""The MSU benchmark, with and without its remapping, fitted to the truth."""

import copy
import dataclasses
import functools
import math
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Self, cast

import numpy as np

from rmdn_tf.data.annotations import Video
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.protocols.protocol import (
    Observer,
    Protocol,
    Scorer,
    TwoPassProtocol,
    computed,
    peaked_at_one,
    scaled_to_one,
)
from rmdn_tf.metrics import msu_challenge
from rmdn_tf.metrics.letterbox import letterbox_fixations, letterbox_maps
from rmdn_tf.metrics.remapping import Remapping, RemappingSums, fit_remapping
from rmdn_tf.metrics.score_ranges import ANY, FITTED, Range

# Share of the width: 120 of 1,920 pixels.
BLUR = 120 / 1920
# Rows and columns of the frame in which all maps are compared.
FRAME = (360, 640)

_METRICS = ("cc", "sim", "nss", "auc_judd", "kl")

# Pixels of true maps to make at once.
_PIXELS_AT_ONCE = 2**20


_CODE = (
    "msu-video-group/video-saliency-prediction-benchmark: bench.py at "
    "03c639cb8cce82497d6f740ffe12529a5702c7a4, utils.py and "
    "ss_robust_metric2.py at d27143652f6269110e1b64bef46ec231e00a972e"
)


class MsuProtocol(TwoPassProtocol):
    """The scores of the MSU benchmark, with and without its remapping.

    Until a remapping is `learnt`, the maps of the second scores are only
    rounded to 8 bits.
    """

    name = "msu"
    at_original_size = True
    mean = "videos"
    metrics = _METRICS + tuple(metric + FITTED for metric in _METRICS)
    # Ties give less than 0 where many pixels are fixated.
    ranges: Mapping[str, Range] = {"auc_judd": ANY, f"auc_judd{FITTED}": ANY}
    # 8 bits make ties, which count as misses. The fit changes the density.
    best_maps: Mapping[str, str] = {**Protocol.best_maps, "auc_judd": "order"}
    text = (
        f"The scores of the MSU benchmark's code ({_CODE}). Means are over the "
        "means of videos. Maps and true density become "
        "8 bits of grey with a peak of 255, and are resized into 360 rows and "
        "640 columns with black bars; a pixel counts once however often it is "
        "fixated. CC, SIM and NSS have 1e-7 in their divisors, KL has 2.2e-16 "
        "in its logarithm; AUC-Judd by trapezoids between the fixated values, "
        "and ties do not count half. "
        f"Scores named *{FITTED} are FITTED ON THE TRUTH OF THE TEST SET, as "
        "those of the benchmark's leaderboard: for each predictor, one table "
        "of greys and one weight of the mean true map were fitted to the true "
        "maps of all scored frames, and its maps were changed by them. They "
        "tell how good a predictor could be made, not how well it predicts; "
        "compare them only with each other."
    )

    _remappings: Mapping[str, Remapping] = {}
    _lock = threading.Lock()  # Held while `centre` is made.

    @staticmethod
    def blur_of(degree: float) -> float:
        return BLUR

    def num_pixels(self, video: Video) -> int:
        return max(super().num_pixels(video), math.prod(FRAME))

    def scorer(self, frames: Frames, mask: np.ndarray) -> "MsuScorer":
        points = frames.gaze.points
        return MsuScorer(*self._framed_truth(frames.video, points, mask))

    def scorer_of(self, predictor: str, scorer: Scorer) -> Scorer:
        if predictor not in self._remappings:
            return scorer
        remap = functools.partial(
            self._remappings[predictor].apply, centre=self.centre
        )
        return dataclasses.replace(cast("MsuScorer", scorer), remap=remap)

    def observer(self, frames: Frames, mask: np.ndarray) -> Observer:
        with self._lock:  # Threads wait for the first one to make it.
            centre = self.centre
        return functools.partial(self.scorer(frames, mask).sums, centre=centre)

    def observed_of(self, stored: Mapping) -> RemappingSums:
        return RemappingSums(**stored)

    def learnt(self, observed: Mapping[str, RemappingSums]) -> Self:
        protocol = copy.copy(self)
        protocol._remappings = {
            name: fit_remapping(sums)
            for name, sums in observed.items()
            # Without a pixel there is nothing to fit, and nothing to score.
            if sums.num_pixels.any()
        }
        return protocol

    def __getstate__(self) -> dict[str, Any]:
        _ = self.centre  # Made once for all processes.
        return vars(self)

    @functools.cached_property
    def centre(self) -> np.ndarray:
        """The mean of all true maps, float64 `[360, 640]`."""
        total, number = np.zeros(FRAME), 0
        for maps in self._all_truth():
            total += maps.sum(0)
            number += len(maps)
        return total / max(number, 1)

    def _all_truth(self) -> Iterator[np.ndarray]:
        for video in self._videos.values():
            seen = np.unique(video.fixations.frame)
            length = max(1, _PIXELS_AT_ONCE // self.num_pixels(video))
            for begin in range(0, len(seen), length):
                gaze = video.gaze_on(seen[begin : begin + length])
                yield self._framed_truth(video, gaze.points, gaze.mask)[0]

    def _framed_truth(
        self, video: Video, points: np.ndarray, mask: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns true maps, and where people looked, `[n, 360, 640]` both."""
        counts, density = self._truth(video, points, mask)
        framed = _framed(scaled_to_one(density))
        return framed, letterbox_fixations(counts, FRAME)


@dataclasses.dataclass(frozen=True)
class MsuScorer:
    """Scores n frames.

    Attributes:
        truth: float64 `[n, 360, 640]`, true maps in [0, 1].
        fixated: bool `[n, 360, 640]`, where people looked.
        remap: what was fitted: maps in [0, 1] -> remapped maps in [0, 1].
    """

    truth: np.ndarray
    fixated: np.ndarray
    remap: Callable[[np.ndarray], np.ndarray] = Remapping.identity().apply

    def __call__(
        self,
        log_maps: np.ndarray,
        baseline: np.ndarray,
        metrics: Collection[str] | None = None,
    ) -> dict[str, np.ndarray]:
        maps = self._maps(log_maps)
        calls = self._calls(lambda: maps)
        # Not remapped before it has to be.
        of_fitted = self._calls(functools.cache(lambda: self.remap(maps)))
        for metric, call in of_fitted.items():
            calls[metric + FITTED] = call
        return computed(calls, metrics, self._is_seen)

    def sums(self, log_maps: np.ndarray, centre: np.ndarray) -> RemappingSums:
        """Sums over the frames with a fixation, to fit a remapping.

        Args:
            log_maps: log-densities of a predictor, as in a call.
            centre: float `[360, 640]`.

        Returns:
            The sums.
        """
        seen = self._is_seen
        return RemappingSums.of_maps(
            self._maps(log_maps)[seen], self.truth[seen], centre
        )

    @property
    def _is_seen(self) -> np.ndarray:
        return self.fixated.any((1, 2))

    def _maps(self, log_maps: np.ndarray) -> np.ndarray:
        framed = _framed(peaked_at_one(log_maps))
        return np.broadcast_to(framed, self.truth.shape)

    def _calls(
        self, maps: Callable[[], np.ndarray]
    ) -> dict[str, Callable[[], np.ndarray]]:
        truth, fixated = self.truth, self.fixated
        return {
            "cc": lambda: msu_challenge.cc(maps(), truth),
            "sim": lambda: msu_challenge.sim(maps(), truth),
            "nss": lambda: msu_challenge.nss(maps(), fixated),
            "auc_judd": lambda: msu_challenge.auc_judd(
                maps(), fixated, count_points=True
            ),
            "kl": lambda: msu_challenge.kl(maps(), truth),
        }


def _framed(maps: np.ndarray) -> np.ndarray:
    """Rounds maps in [0, 1] to 8 bits, and letterboxes them."""
    return letterbox_maps(np.rint(255 * maps) / 255, FRAME)
