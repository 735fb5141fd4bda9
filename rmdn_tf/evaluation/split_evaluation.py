"""Scores models and maps beside the baselines, on one split.

Another split serves to choose the number of components of the trained centre,
its share beside a model, and the blur of the observers.
"""

import dataclasses
import os
from collections.abc import Iterable

import numpy as np
from tqdm import tqdm

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import SPLITS
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation import centre_bias, predictors, protocols
from rmdn_tf.evaluation.evaluation_loop import Watcher, evaluate
from rmdn_tf.evaluation.frames import random_frames
from rmdn_tf.evaluation.inter_observer import (
    Blur,
    Halves,
    LeaveOneOut,
    PreviousFrame,
    choose_blur,
    describe_observers,
)
from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.mixture_share import choose_share
from rmdn_tf.evaluation.predictors import Size
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.metrics.true_density import PAPER_SHARES, PAPER_SIGMAS
from rmdn_tf.runs.loading import Predict

BATCH_SIZE = 4
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


class SplitEvaluation:
    """Scores models and maps beside the baselines.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".
        settings: how the split is scored; None for the defaults.

    Attributes:
        predictors: by name: `uniform`, `centre` and `TCB`, the trained centre
            bias; `human` and the extras, if two observers saw a frame; the
            added ones; `oracle`, if the dataset knows the true density.
        videos: name -> video.
        about: what was scored and how, for the report.
        missing: name of maps -> the frames that they lack, after `run`.

    Raises:
        FileNotFoundError, RecordError: the dataset is missing or damaged.
        ValueError: a setting is invalid, or impossible with this dataset.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike,
        split: str,
        settings: Settings | None = None,
    ):
        self._data_dir = data_dir
        self._split = split
        self._settings = settings or Settings()
        self._info = read_dataset_info(data_dir)
        self.videos = read_videos(data_dir, split)
        self._check_fixations()
        self._tuning_split = self._find_tuning_split()
        self._tuning_videos = (
            read_videos(data_dir, self._tuning_split)
            if self._tuning_split
            else {}
        )
        self._stride: int | None = None
        self._added: list[str] = []
        self.missing: dict[str, str] = {}
        self.about: dict[str, str | int | float | None] = {
            "dataset": self._info.name,
            "split": split,
            "chosen_on": self._tuning_split,
            "observers": describe_observers(
                self.videos.values(), self._info.num_observers
            ),
            "degree_of_width": self._settings.degree,
        }
        self._protocol = self._make_protocol()
        self.about["protocol"] = self._protocol.name
        self.about["protocol_text"] = self._protocol.describe()
        self._trained_centre = self._fit_trained_centre()
        self.predictors: dict[str, predictors.Predictor] = {
            **predictors.static_predictors(self._trained_centre),
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
            list(self._tuning_videos.values()),
            self._info.size,
            list(sigmas),
            list(shares),
            self._settings.seed,
        )

    def _fit_trained_centre(self) -> np.ndarray:
        held_out = None
        if self._tuning_split == "validation":
            held_out = fixations_of(self._tuning_videos)
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
        if self._protocol.fixed_size:
            width = self._protocol.fixed_size[1]
            self.about["human_blur_pixels"] = blur.sigma * width
        self.about["human_uniform_share"] = blur.uniform_share
        extras = {name: EXTRAS[name](blur) for name in self._settings.extras}
        return {"human": Halves(blur, seed=self._settings.seed), **extras}

    def add_model(
        self, name: str, predict: Predict, stride: int, mix: bool = True
    ) -> None:
        """Adds a model `name`, and `<name>+TCB`, its mixture with `TCB`.

        Args:
            name: name in the tables.
            predict: from a batch to mixtures; see
                `rmdn_tf.runs.loading.load_stateful`.
            stride: clip stride of the model.
            mix: whether to add the mixture, with a share chosen on another
                split.

        Raises:
            ValueError: the name is taken, or another model has another stride.
        """
        if self._stride not in (None, stride):
            raise ValueError(
                f"Invalid model '{name}'. Expected the clip stride "
                f"{self._stride} of the models before it; score it in a run "
                f"of its own. Received: clip_stride={stride}."
            )
        self._stride = stride
        network = predictors.MixtureNetwork(predict, stride)
        self._add(name, network)
        if mix and self._tuning_split:
            share = choose_share(
                network,
                self._trained_centre,
                self._batches(self._tuning_split),
                self._tuning_videos,
            )
            self.about[f"{name}+TCB_share"] = share
            static = self.predictors["TCB"]
            mixed = predictors.Mixed(network, static, share)
            self._add(f"{name}+TCB", mixed)

    def add_maps(
        self, name: str, directory: MapDirectory, uniform_share: float = 0.0
    ) -> None:
        """Adds maps that another tool wrote.

        Args:
            name: name in the tables.
            directory: the maps.
            uniform_share: share of a uniform density to mix in, in [0, 1):
                8-bit maps give many pixels a probability of 0.

        Raises:
            ValueError: the name is taken, or the maps do not fit the videos.
        """
        self._add(name, predictors.Maps(directory, uniform_share))
        self.about[f"{name}_maps"] = self.survey(directory)

    def survey(self, directory: MapDirectory) -> str:
        """Finds the maps of the videos with fixations, and checks them.

        Args:
            directory: the maps.

        Returns:
            What was found, in a sentence.

        Raises:
            ValueError: the maps of a video are missing or do not fit it.
        """
        seen = {v: one for v, one in self.videos.items() if len(one.points)}
        return directory.survey(seen)

    def _add(self, name: str, predictor: predictors.Predictor) -> None:
        if name in self.predictors:
            raise ValueError(
                "Invalid name of a model. Expected a name other than "
                f"{tuple(self.predictors)}. Received: '{name}'."
            )
        self._added.append(name)
        oracle = self.predictors.pop("oracle", None)
        self.predictors[name] = predictor
        if oracle:  # The oracle stays the last.
            self.predictors["oracle"] = oracle

    def _batches(self, split: str) -> tqdm:
        window = Window(clip_stride=self._stride or 1)
        batches = ordered_windows(
            self._data_dir, split, batch_size=BATCH_SIZE, window=window
        )
        return tqdm(batches, split, unit="batch", leave=False)

    def run(self, watchers: Iterable[Watcher] = ()) -> Scores:
        """Scores all predictors on every frame of the split; call it once.

        Args:
            watchers: get some of the frames, to draw them.

        Returns:
            Scores of every frame, by predictor and metric.

        Raises:
            ValueError: the baseline is unknown, or maps have no prediction for
                any frame.
        """
        baseline = self.predictors.get(self._settings.baseline)
        if baseline is None:
            raise ValueError(
                "Invalid `baseline`. Expected one of "
                f"{tuple(self.predictors)}. Received: "
                f"baseline={self._settings.baseline!r}."
            )
        if isinstance(baseline, predictors.Maps) and baseline.skips:
            raise ValueError(
                "Invalid `baseline`. Expected a predictor of every frame. "
                f"Received: {self._settings.baseline!r}, maps that skip frames."
            )
        choice, most = None, self._protocol.max_frames
        if most is not None:
            frames = {
                v: np.arange(one.num_frames) for v, one in self.videos.items()
            }
            choice = random_frames(frames, most, self._settings.seed)
        scores = evaluate(
            self.predictors,
            self._batches(self._split),
            self.videos,
            self._protocol,
            baseline=baseline,
            choice=choice,
            watchers=watchers,
        )
        self._count_missing(scores)
        return scores

    def _count_missing(self, scores: Scores) -> None:
        """Notes how many of the scored frames have no map."""
        unseen = scores.num_without_fixation.total()
        for name, predictor in self.predictors.items():
            if not isinstance(predictor, predictors.Maps):
                continue
            count = predictor.directory.num_without_prediction
            causes = predictor.directory.describe_missing()
            if count == scores.num_frames.total() - unseen:
                raise ValueError(
                    f"Invalid maps '{name}'. Expected the prediction of some "
                    f"frame. Received: {causes}"
                )
            self.about[f"{name}_frames_without_prediction"] = count
            if causes:
                self.missing[name] = self.about[f"{name}_missing"] = causes

    @property
    def ranking(self) -> str | None:
        """The predictor that ranks the videos: the first one added."""
        return next(iter(self._added), None)

    @property
    def descriptions(self) -> dict[str, str]:
        """What each predictor is, by name."""
        return {name: of.describe() for name, of in self.predictors.items()}

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        return {name: video.labels for name, video in self.videos.items()}
