"""The baselines of a split, and what is chosen for them on another split.

The other split serves to choose the number of components of the trained centre
and the blur of the observers.
"""

import dataclasses
import os

from rmdn_tf.evaluation import predictors, protocols
from rmdn_tf.evaluation.dataset_checks import require_tuning_split
from rmdn_tf.evaluation.fitted_centre import TrainedCentre
from rmdn_tf.evaluation.inter_observer import (
    LeaveOneOut,
    PreviousFrame,
    choose_blur,
    describe_observers,
)
from rmdn_tf.evaluation.observer_rows import (
    about_blurs,
    choose_blurs,
    given_blur,
    observer_rows,
)
from rmdn_tf.evaluation.predictors import Size
from rmdn_tf.evaluation.scored_split import ScoredSplit
from rmdn_tf.metrics.true_density import PAPER_SHARES, PAPER_SIGMAS

# A value of `about`.
AboutValue = str | int | float | list[float] | None

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
            that of the stored frames (`exact`, `paper`) or the original (the
            protocols of benchmarks).
        degree: of the visual field, as a share of the frame's width. The
            default is that of Hollywood2 and UCF Sports: 33 of 1,280 pixels.
        baseline: the predictor that `information_gain` compares with.
        extras: names of `EXTRAS`.
        optimal_maps: also score each density on the map that suits the metric.
        seed: seed of the baselines and of random frames.
        tcb_data_dir: prepared dataset whose training videos `TCB` is fitted to;
            None for the one that is scored.
        human_blur: standard deviation, as a share of the width, and uniform
            share of the observers' blur; None to choose them.
    """

    protocol: str = "exact"
    size: Size | str | None = None
    degree: float = 33 / 1280
    baseline: str = "TCB"
    extras: tuple[str, ...] = ()
    optimal_maps: bool = False
    seed: int = 0
    tcb_data_dir: str | os.PathLike | None = None
    human_blur: tuple[float, float] | None = None


class SplitBaselines:
    """The videos of a split, its protocol and its baselines.

    Takes the arguments of `rmdn_tf.evaluation.split_evaluation.SplitEvaluation`
    and raises its errors.

    Attributes:
        scored: the scored videos, and those that settings are chosen on.
        protocol: how predictions are scored.
        trained_centre: `TCB` of every video.
        predictors: the baselines, by name.
        about: what is scored and how, for the report.
    """

    def __init__(
        self, data_dir: str | os.PathLike, split: str, settings: Settings
    ):
        self._settings = settings
        fits_own = settings.tcb_data_dir is None
        self.scored = ScoredSplit(data_dir, split, fits_own=fits_own)
        info, folds = self.scored.info, self.scored.folds
        self.about: dict[str, AboutValue] = {
            "dataset": info.name,
            "split": split,
            "chosen_on": self.scored.tuning_split
            or (folds.describe() if folds else None),
            "observers": describe_observers(
                self.scored.videos.values(), info.num_observers
            ),
            "degree_of_width": settings.degree,
        }
        self.protocol = self._make_protocol()
        self.about["protocol"] = self.protocol.name
        self.about["protocol_text"] = self.protocol.describe()
        self.trained_centre = TrainedCentre(
            self.scored, settings.tcb_data_dir, settings.seed
        )
        self.about["TCB_fitted_to"] = self.trained_centre.fitted_to
        self.about["TCB_components"] = self.trained_centre.num_components
        self.predictors: dict[str, predictors.Predictor] = {
            **predictors.untrained_predictors(),
            "TCB": self.trained_centre.predictor(),
            **self._humans(),
        }
        if info.truth_num_components:
            self.predictors["oracle"] = predictors.Oracle()

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
            require_tuning_split(self.scored.info, self.scored.split, kind.name)
            blur = choose_blur(
                list(self.scored.tuning_videos.values()),
                self.scored.info.size,
                [s * settings.degree for s in PAPER_SIGMAS],
                PAPER_SHARES,
                settings.seed,
            )
            sigma, share = blur.sigma, blur.uniform_share
        size = settings.size
        if size is None and not kind.at_original_size:
            size = self.scored.info.size
        size = None if isinstance(size, str) else size
        return kind(self.scored.videos, sigma, share, size)

    def _humans(self) -> dict[str, predictors.Predictor]:
        """Makes the inter-observer predictors, if a blur can be chosen."""
        settings = self._settings
        unknown = set(settings.extras) - set(EXTRAS)
        if unknown:
            raise ValueError(
                f"Invalid `extras`. Expected some of {tuple(EXTRAS)}. "
                f"Received: {sorted(unknown)}."
            )
        scored, given, seed = self.scored, settings.human_blur, settings.seed
        try:
            if given is not None:
                blurs = given_blur(scored, *given, seed)
            else:
                blurs = choose_blurs(scored, HUMAN_SIGMAS, HUMAN_SHARES, seed)
        except ValueError as error:
            if settings.extras:
                raise
            self.about["human"] = f"not scored: {error}"
            return {}
        size = self.protocol.fixed_size
        self.about |= about_blurs(blurs, settings.degree, size and size[1])
        extras = {name: EXTRAS[name] for name in settings.extras}
        return observer_rows(blurs, extras, seed)
