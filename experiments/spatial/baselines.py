"""What the models are compared with, each fitted on other videos.

Blurs, weights, shares and the number of TCB's components are those that best
predict the gaze on all videos that a fold learns from, videos weighing alike.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from experiments.spatial.folds import SIZE, Fold
from experiments.spatial.maps import StoredMaps, normalized, some_frames
from rmdn_tf.data.annotations import Video, fixations_of
from rmdn_tf.evaluation.centre_bias import cross_validated_centre
from rmdn_tf.evaluation.cross_fitting import ByVideo
from rmdn_tf.evaluation.frames import Frames
from rmdn_tf.evaluation.inter_observer import Halves, choose_blur
from rmdn_tf.evaluation.predictors import Predictor, Size, Static
from rmdn_tf.evaluation.split_baselines import HUMAN_SHARES, HUMAN_SIGMAS
from rmdn_tf.metrics.fixation_maps import fixated_pixels

# So many frames of a clip choose a setting: neighbours tell the same.
NUM_FRAMES = 25

# Added to a map whose peak is 1: no pixel is impossible.
FLOOR = 1e-3


class Family(NamedTuple):
    """Ways to join a map and a centre, and the settings to choose from.

    `join` takes log-maps `[n, H, W]`, the centre's `[1, H, W]` and a setting.
    """

    join: Callable[..., np.ndarray]
    settings: tuple[tuple[float, ...], ...]
    text: str


def product(maps, centre, weight: float, blur: float, power: float):
    """Multiplies a blurred map by a centre, each to a power."""
    height, width = maps.shape[1:]
    peaks = maps.max(axis=(1, 2), keepdims=True)
    blurred = gaussian_filter(
        np.exp(maps - peaks), (0, blur * height, blur * width)
    )
    return weight * np.log(blurred + FLOOR) + power * centre


def mixture(maps, centre, share: float):
    """Adds a map to a centre; a map of zeros leaves the centre alone."""
    with np.errstate(divide="ignore"):
        return np.logaddexp(
            np.log1p(-share) + normalized(centre), np.log(share) + maps
        )


PRODUCT = Family(
    product,
    tuple(
        itertools.product(
            (0.5, 1.0, 2.0, 3.0, 4.0), (0, 0.02, 0.04, 0.08), (0.5, 1.0, 1.5)
        )
    ),
    "The map to a power, blurred, times the trained centre to a power.",
)
MIXTURE = Family(
    mixture,
    tuple((share,) for share in np.arange(1, 20) / 20),
    "The trained centre, and a share of the map.",
)


class Joined(Predictor):
    """A stored map and a centre, joined by one setting of a family."""

    def __init__(
        self, maps: Predictor, centre: Static, family: Family, setting
    ):
        self._maps, self._centre = maps, centre
        self._family, self._setting = family, setting

    def describe(self) -> str:
        return self._family.text

    def log_maps(self, frames: Frames, size: Size) -> np.ndarray:
        """Joins the maps of frames; see `Predictor`."""
        maps = np.asarray(self._maps.log_maps(frames, size), np.float64)
        centre = self._centre.log_maps(frames, size)
        return self._family.join(maps, centre, *self._setting)


class Baselines:
    """Fits baselines for each fold, on what the fold may learn from.

    Args:
        folds: see `Fold`.

    Attributes:
        chosen: baseline -> settings that were chosen, one for each fold.
    """

    def __init__(self, folds: Sequence[Fold]):
        self._folds = folds
        self.centres = [
            Static(
                cross_validated_centre(
                    [fixations_of(group) for group in fold.groups]
                ),
                "Trained centre bias: the same mixture in every frame.",
            )
            for fold in folds
        ]
        self.chosen: dict[str, list] = {
            "TCB components": [len(one.parameters) for one in self.centres]
        }

    def _by_clip(self, of_folds: Iterable[Predictor]) -> ByVideo:
        return ByVideo(
            {
                video_id: predictor
                for fold, predictor in zip(self._folds, of_folds, strict=True)
                for video_id in fold.held_out
            }
        )

    def centre(self) -> Predictor:
        """Returns TCB."""
        return self._by_clip(self.centres)

    def human(self) -> Predictor:
        """Returns the halves of the observers."""
        blurs = [
            choose_blur(fold.training, SIZE, HUMAN_SIGMAS, HUMAN_SHARES)
            for fold in self._folds
        ]
        self.chosen["human"] = [(b.sigma, b.uniform_share) for b in blurs]
        return self._by_clip([Halves(blur) for blur in blurs])

    def joined(self, name: str, maps: StoredMaps, family: Family) -> Predictor:
        """Joins maps with TCB, by the setting that predicts best."""
        settings = [
            _choose(maps, family, centre, fold.training)
            for fold, centre in zip(self._folds, self.centres, strict=True)
        ]
        self.chosen[name] = settings
        return self._by_clip(
            Joined(maps, centre, family, setting)
            for centre, setting in zip(self.centres, settings, strict=True)
        )


def _choose(
    maps: StoredMaps, family: Family, centre: Static, videos: Iterable[Video]
) -> tuple[float, ...]:
    """Returns the setting with the largest likelihood of the gaze."""
    totals = np.zeros(len(family.settings))
    for video in videos:
        frames = some_frames(video, NUM_FRAMES)
        own = np.asarray(maps.log_maps(frames, SIZE), np.float64)
        static = centre.log_maps(frames, SIZE)
        for index, setting in enumerate(family.settings):
            joined = family.join(own, static, *setting)
            totals[index] += log_likelihood(joined, frames)
    return family.settings[int(totals.argmax())]


def log_likelihood(log_maps: np.ndarray, frames: Frames) -> float:
    """Mean log-probability of the pixels of all fixations, nats."""
    gaze = frames.gaze
    logs = normalized(log_maps)
    rows, pixels = fixated_pixels(gaze.points, gaze.mask, *logs.shape[1:])
    return float(logs.reshape(len(logs), -1)[rows, pixels].mean())
