"""The evaluation of UNISAL."""

import functools
import random
from collections.abc import Callable, Collection

import numpy as np

from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.predictors import Size
from rmdn_tf.evaluation.protocols.mit import DHF1K_BLUR, NUM_OTHER_FRAMES
from rmdn_tf.evaluation.protocols.protocol import (
    Protocol,
    Scorer,
    computed,
    densities,
)
from rmdn_tf.metrics import exact, mit, unisal
from rmdn_tf.metrics.fixation_maps import count_fixations

# Its code starts from this seed in each video.
_SEED = 27

_CODE = (
    "rdroste/unisal: train.py at 0440df77f6fb4c93bb6f5ba1aa8cf543061ffc56, "
    "salience_metrics.py at a1d2d2c20df12d458c4713188ff6f50bca72fa7f, "
    "utils.py at 87c29c1a4bb2e3d0d4a3b7959654839bf66cf6d3"
)

# Videos and frames that give the negatives of a frame.
Negatives = list[tuple[str, int]]


class UnisalProtocol(Protocol):
    """The code of UNISAL's evaluation, see `rmdn_tf.metrics.unisal`."""

    name = "unisal"
    at_original_size = True
    mean = "videos"
    scores_unseen = True
    best_maps = {
        **Protocol.best_maps,
        "auc_judd": "order",
        "auc_shuffled": "order_of_ratio",
    }
    metrics = ("kl", "nss", "cc", "sim", "auc_judd", "auc_shuffled")
    text = (
        f"The evaluation of UNISAL's code ({_CODE}): a pixel counts once "
        "however often it is fixated; KL, CC and SIM are the exact ones; the "
        "std of NSS divides by one less than the pixels. A frame without a "
        "fixation has scores, too: an NSS of 1, a CC of 0, and KL and SIM "
        "against the uniform density. The AUCs are computed on half of the "
        "frames, drawn as in the code: AUC-Judd by trapezoids between the "
        "distinct fixated values, both axes rounded to four digits; shuffled "
        "AUC with thresholds 0, 0.1 to 0.9 on the scaled map, in the limit of "
        "many random splits, against the fixations of random frames of 10 "
        "random videos, perhaps the scored one. Where a drawn frame has no "
        "fixation, the code ends with an error; here that frame has no AUC. "
        "Means are over the means of videos."
    )

    @staticmethod
    def blur_of(degree: float) -> float:
        return DHF1K_BLUR

    def scorer(self, frames: Frames, mask: np.ndarray) -> Scorer:
        counts, truth = self._truth(
            frames.video, frames.gaze.points, mask, binary=True
        )
        size = self.size(frames.video)
        unseen = frames.gaze.counts == 0
        truth[unseen] = 1 / np.prod(size)
        has_score = unseen | counts.any((1, 2))
        draws = self._draws(frames.video.video_id)
        chosen = np.isin(frames.numbers, list(draws))
        others = self._others(
            [draws[number] for number in frames.numbers[chosen]], size
        )

        def of_chosen(
            area: Callable, maps: np.ndarray, *negatives: np.ndarray
        ) -> np.ndarray:
            areas = np.full(len(counts), np.nan)
            areas[chosen] = area(maps[chosen], counts[chosen], *negatives)
            return areas

        def score(
            log_maps: np.ndarray,
            baseline: np.ndarray,
            metrics: Collection[str] | None = None,
        ) -> dict[str, np.ndarray]:
            maps = densities(len(counts), log_maps)
            calls = {
                "kl": lambda: exact.kl(maps, truth),
                "nss": lambda: np.where(unseen, 1.0, mit.nss(maps, counts)),
                "cc": lambda: exact.cc(maps, truth),
                "sim": lambda: exact.sim(maps, truth),
                "auc_judd": lambda: of_chosen(unisal.auc_judd, maps),
                "auc_shuffled": lambda: of_chosen(
                    unisal.auc_shuffled, maps, others
                ),
            }
            return computed(calls, metrics, has_score)

        return score

    def _others(self, negatives: list[Negatives], size: Size) -> np.ndarray:
        """Marks the pixels fixated in other frames, int `[n, H, W]`."""
        maps = np.zeros([len(negatives), *size], np.int64)
        for map_, places in zip(maps, negatives, strict=True):
            for video_id, frame in places:
                gaze = self._videos[video_id].gaze_on(np.array([frame]))
                map_ |= count_fixations(gaze.points, gaze.mask, *size)[0]
        return maps

    @functools.lru_cache(maxsize=64)  # noqa: B019 - lives as long as the protocol.
    def _draws(self, video_id: str) -> dict[int, Negatives]:
        """Draws half of a video's frames and their negatives, as its code.

        Python's generator gives the same numbers in every version.
        """
        generator = random.Random(_SEED)  # noqa: S311 - no secret.
        num_frames = self._videos[video_id].num_frames
        number = max(1, int(0.5 * num_frames))
        chosen = sorted(generator.sample(range(num_frames), number))
        ids = sorted(self._videos)
        number = min(NUM_OTHER_FRAMES, len(ids))
        return {
            frame: [
                (
                    other,
                    generator.randint(1, self._videos[other].num_frames) - 1,
                )
                for other in generator.sample(ids, number)
            ]
            for frame in chosen
        }
