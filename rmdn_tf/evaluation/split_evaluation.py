"""Scores models and maps beside the baselines, on one split.

The share of the trained centre beside a model is chosen on another split.
"""

import functools
import os
from collections.abc import Mapping, Sequence

import numpy as np

from rmdn_tf.data.annotations import Video
from rmdn_tf.data.windows import Window
from rmdn_tf.engines.processes import in_this_process
from rmdn_tf.engines.tasks import Run
from rmdn_tf.evaluation import best_maps, predictors
from rmdn_tf.evaluation.cross_fitting import ByVideo, distinct
from rmdn_tf.evaluation.dataset_checks import require_baseline
from rmdn_tf.evaluation.evaluation_loop import require_scores
from rmdn_tf.evaluation.frames import ChosenFrames, random_frames
from rmdn_tf.evaluation.map_directory import MapDirectory
from rmdn_tf.evaluation.mixture_share import best_share
from rmdn_tf.evaluation.part_scoring import (
    PartScoring,
    PartWatcher,
    ShareScoring,
)
from rmdn_tf.evaluation.part_tasks import PartTasks
from rmdn_tf.evaluation.protocols import TwoPassProtocol
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.evaluation.split_baselines import Settings, SplitBaselines
from rmdn_tf.runs.loading import Predict


class SplitEvaluation:
    """Scores models and maps beside the baselines.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".
        settings: how the split is scored; None for the defaults.
        run: does the tasks, one for each part of a split; see
            `rmdn_tf.engines`. Other processes need models that can be pickled,
            such as `rmdn_tf.runs.shared_model.SharedModel`.

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
        run: Run = in_this_process,
    ):
        self._split = split
        self._settings = settings or Settings()
        baselines = SplitBaselines(data_dir, split, self._settings)
        self._baselines = baselines
        self._scored = baselines.scored
        self._tasks = PartTasks(data_dir, baselines.scored.info, run)
        self.videos, self.about = baselines.scored.videos, baselines.about
        self.predictors = dict(baselines.predictors)
        if self._settings.optimal_maps:
            text = best_maps.describe_best_maps(baselines.protocol)
            self.about["best_maps"] = text
        self._stride: int | None = None
        self._added: list[str] = []
        self.missing: dict[str, str] = {}

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
        if mix and (self._scored.tuning_split or self._scored.folds):
            self._add(f"{name}+TCB", self._mix(name, network))

    def _mix(
        self, name: str, network: predictors.MixtureNetwork
    ) -> predictors.Predictor:
        """Mixes a network with `TCB`, by a share chosen on other videos."""
        scored, static = self._scored, self.predictors["TCB"]
        videos = scored.tuning_videos or scored.videos
        scoring = ShareScoring(
            network, self._baselines.trained_centre.of, videos
        )
        parts = self._tasks.each(
            scored.tuning_split or scored.split,
            self._window(videos),
            scoring.score,
        )
        scores = {v: of for part in parts for v, of in part.items()}
        if scored.tuning_split or not scored.folds:
            share = best_share(scores)
            self.about[f"{name}+TCB_share"] = share
            return predictors.Mixed(network, static, share)
        folds = scored.folds
        shares = folds.choose(lambda video_ids: best_share(scores, video_ids))
        self.about[f"{name}+TCB_share"] = distinct(shares.values())
        place = folds.describe()
        mixed = {
            share: predictors.Mixed(network, static, share, place)
            for share in shares.values()
        }
        return ByVideo(
            {video_id: mixed[share] for video_id, share in shares.items()},
            predictors.describe_mixture(shares.values(), place),
        )

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
        names = {name, best_maps.best_name(name)}
        if names & self.rows.keys():
            raise ValueError(
                "Invalid name of a model. Expected a name other than "
                f"{tuple(self.rows)}. Received: '{name}'."
            )
        self._added.append(name)
        oracle = self.predictors.pop("oracle", None)
        self.predictors[name] = predictor
        if oracle:  # The oracle stays the last.
            self.predictors["oracle"] = oracle

    @property
    def rows(self) -> dict[str, predictors.Predictor]:
        """The predictors, and the best maps of those that give densities."""
        if not self._settings.optimal_maps:
            return dict(self.predictors)
        return best_maps.with_best_maps(
            self.predictors, self._baselines.protocol
        )

    def _window(self, videos: Mapping[str, Video]) -> Window:
        longest = max(video.num_frames for video in videos.values())
        return Window.for_videos(longest, self._stride or 1)

    @functools.cached_property
    def _choice(self) -> ChosenFrames | None:
        """The frames to score; None for all."""
        most = self._baselines.protocol.max_frames
        if most is None:
            return None
        frames = {v: np.arange(of.num_frames) for v, of in self.videos.items()}
        return random_frames(frames, most, self._settings.seed)

    def first_scored(self, most: int) -> list[str]:
        """Names the first videos with a frame to score.

        Args:
            most: number of videos.

        Returns:
            Names, in the order of the shards.
        """
        found: list[str] = []
        for video_id, video in self.videos.items():
            numbers = np.arange(video.num_frames)
            if self._choice:
                numbers = numbers[self._choice(video, numbers)]
            if not self._baselines.protocol.scores_unseen:
                numbers = np.intersect1d(numbers, video.fixations.frame)
            found += [video_id] if len(numbers) else []
            if len(found) == most:
                break
        return found

    def run(self, watchers: Sequence[PartWatcher] = ()) -> Scores:
        """Scores all predictors on every frame of the split; call it once.

        Args:
            watchers: get some of the frames, to draw them.

        Returns:
            Scores of every frame, by predictor and metric.

        Raises:
            ValueError: the baseline is unknown or has several maps of a frame,
                or gives a fixation no probability; or maps have no prediction
                for any frame.
        """
        require_baseline(self._settings.baseline, self.predictors)
        baseline = self.predictors[self._settings.baseline]
        if isinstance(baseline, predictors.Maps) and baseline.skips:
            raise ValueError(
                "Invalid `baseline`. Expected a predictor of every frame. "
                f"Received: {self._settings.baseline!r}, maps that skip frames."
            )
        protocol = self._baselines.protocol
        scoring = PartScoring(
            self.rows, baseline, protocol, self.videos, watchers
        )
        each = functools.partial(
            self._tasks.each, self._split, self._window(self.videos)
        )
        if isinstance(protocol, TwoPassProtocol):
            observed = each(scoring.observe, self._choice)
            scoring = scoring.learnt(observed)
        scores = scoring.add(each(scoring.score, self._choice))
        require_scores(scores)
        self._count_missing(scores)
        return scores

    def _count_missing(self, scores: Scores) -> None:
        """Notes how many of the scored frames have no map."""
        num_asked = scores.num_frames.total()
        if not self._baselines.protocol.scores_unseen:
            num_asked -= scores.num_without_fixation.total()
        for name, predictor in self.predictors.items():
            if not isinstance(predictor, predictors.Maps):
                continue
            count = predictor.directory.num_without_prediction
            causes = predictor.directory.describe_missing()
            if count == num_asked:
                raise ValueError(
                    f"Invalid maps '{name}'. Expected the prediction of some "
                    f"frame. Received: {causes}"
                )
            self.about[f"{name}_frames_without_prediction"] = count
            if causes:
                self.missing[name] = self.about[f"{name}_missing"] = causes

    @property
    def mean(self) -> str:
        """What has the same weight in a mean, by the protocol."""
        return self._baselines.protocol.mean

    @property
    def added(self) -> tuple[str, ...]:
        """The models, their mixtures and the maps, in the order of adding."""
        return tuple(self._added)

    @property
    def descriptions(self) -> dict[str, str]:
        """What each predictor is, by name."""
        return {name: of.describe() for name, of in self.rows.items()}

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        return {name: video.labels for name, video in self.videos.items()}
