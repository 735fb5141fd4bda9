"""The baselines of a split, and what is chosen for them on another split.

The other split serves to choose the number of components of the trained centre
and the blur of the observers.
"""

import dataclasses
import os
from collections.abc import Iterable

import numpy as np

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import SPLITS
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.evaluation import centre_bias, predictors, protocols
from rmdn_tf.evaluation.inter_observer import (
    Blur,
    Halves,
    LeaveOneOut,
    PreviousFrame,
    choose_blur,
    describe_observers,
)
from rmdn_tf.evaluation.predictors import Size
from rmdn_tf.metrics.true_density import PAPER_SHARES, PAPER_SIGMAS

HUMAN_SIGMAS = (0.01, 0.02, 0.03, 0.045, 0.07, 0.1)
HUMAN_SHARES = (0.01, 0.03, 0.1, 0.25, 0.5)
# Baselines that are scored only on request.
EXTRAS = {"human_leave_one_out": LeaveOneOut, "previous_frame": PreviousFrame}


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a split is scored.

    Attributes:
        protocol: one of `rmdn_tf.evaluation.protocols.PROTOCOLS`.
        size: (H, W) of the maps, or "original" for that of each video; None for
            that of the stored frames (`exact`, `paper`) or the original (`mit`,
            `dhf1k`).
        degree: of the visual field, as a share of the frame's width. The
            default is that of Hollywood2 and UCF Sports: 33 of 1,280 pixels.
        baseline: the predictor that `information_gain` compares with.
        extras: names of `EXTRAS`.
        seed: seed of the baselines and of random frames.
    """

    protocol: str = "exact"
    size: Size | str | None = None
    degree: float = 33 / 1280
    baseline: str = "TCB"
    extras: tuple[str, ...] = ()
    seed: int = 0


class SplitBaselines:
    """The videos of a split, its protocol and its baselines.

    Takes the arguments of `rmdn_tf.evaluation.split_evaluation.SplitEvaluation`
    and raises its errors.

    Attributes:
        videos: name -> video.
        tuning_split: the split that settings are chosen on; None without one.
        tuning_videos: name -> video of that split.
        protocol: how predictions are scored.
        trained_centre: parameters of `TCB`, float32 `[C, 6]`.
        predictors: the baselines, by name.
        about: what is scored and how, for the report.
    """

    def __init__(
        self, data_dir: str | os.PathLike, split: str, settings: Settings
    ):
        self._data_dir = data_dir
        self._split = split
        self._settings = settings
        self._info = read_dataset_info(data_dir)
        self.videos = read_videos(data_dir, split)
        self._check_fixations()
        self.tuning_split = self._find_tuning_split()
        self.tuning_videos = (
            read_videos(data_dir, self.tuning_split)
            if self.tuning_split
            else {}
        )
        self.about: dict[str, str | int | float | None] = {
            "dataset": self._info.name,
            "split": split,
            "chosen_on": self.tuning_split,
            "observers": describe_observers(
                self.videos.values(), self._info.num_observers
            ),
            "degree_of_width": self._settings.degree,
        }
        self.protocol = self._make_protocol()
        self.about["protocol"] = self.protocol.name
        self.about["protocol_text"] = self.protocol.describe()
        self.trained_centre = self._fit_trained_centre()
        self.predictors: dict[str, predictors.Predictor] = {
            **predictors.static_predictors(self.trained_centre),
            **self._humans(),
        }
        if self._info.truth_num_components:
            self.predictors["oracle"] = predictors.Oracle()

    def _check_fixations(self) -> None:
        if not has_fixations(self._info, self._split):
            fit = [s for s in SPLITS if has_fixations(self._info, s)]
            raise ValueError(
                f"Invalid `split` of '{self._data_dir}'. Expected videos with "
                f"fixations, as in {fit}. Received: split='{self._split}', "
                f"{len(self.videos)} videos without a fixation."
            )

    def _find_tuning_split(self) -> str | None:
        """Returns the validation split, or "train" if that one is scored."""
        for split in ("validation", "train"):
            is_scored = split in self._split.split("+")
            if not is_scored and has_fixations(self._info, split):
                return split
        return None

    def _make_protocol(self) -> protocols.Protocol:
        settings = self._settings
        kind = protocols.PROTOCOLS.get(settings.protocol)
        if kind is None:
            raise ValueError(
                "Invalid `protocol`. Expected one of "
                f"{tuple(protocols.PROTOCOLS)}. Received: "
                f"protocol={settings.protocol!r}."
            )
        sigma, share = kind.blur_of(settings.degree), 0.0
        if kind is protocols.PaperProtocol:
            blur = self._choose_blur(
                [s * settings.degree for s in PAPER_SIGMAS],
                PAPER_SHARES,
            )
            sigma, share = blur.sigma, blur.uniform_share
        size = settings.size
        if size is None and not kind.at_original_size:
            size = self._info.size
        size = None if isinstance(size, str) else size
        return kind(self.videos, sigma, share, size)

    def _choose_blur(
        self, sigmas: Iterable[float], shares: Iterable[float]
    ) -> Blur:
        return choose_blur(
            list(self.tuning_videos.values()),
            self._info.size,
            list(sigmas),
            list(shares),
            self._settings.seed,
        )

    def _fit_trained_centre(self) -> np.ndarray:
        held_out = None
        if self.tuning_split == "validation":
            held_out = fixations_of(self.tuning_videos)
        fitted = centre_bias.trained_centre(
            fixations_of(read_videos(self._data_dir, "train")),
            held_out,
            self._settings.seed,
        )
        self.about["TCB_components"] = len(fitted)
        return fitted

    def _humans(self) -> dict[str, predictors.Predictor]:
        """Makes the inter-observer predictors, if a blur can be chosen."""
        unknown = set(self._settings.extras) - set(EXTRAS)
        if unknown:
            raise ValueError(
                f"Invalid `extras`. Expected some of {tuple(EXTRAS)}. "
                f"Received: {sorted(unknown)}."
            )
        try:
            blur = self._choose_blur(HUMAN_SIGMAS, HUMAN_SHARES)
        except ValueError as error:
            if self._settings.extras:
                raise
            self.about["human"] = f"not scored: {error}"
            return {}
        self.about["human_blur_of_width"] = blur.sigma
        self.about["human_blur_degrees"] = blur.sigma / self._settings.degree
        if self.protocol.fixed_size:
            width = self.protocol.fixed_size[1]
            self.about["human_blur_pixels"] = blur.sigma * width
        self.about["human_uniform_share"] = blur.uniform_share
        extras = {name: EXTRAS[name](blur) for name in self._settings.extras}
        return {"human": Halves(blur, seed=self._settings.seed), **extras}
