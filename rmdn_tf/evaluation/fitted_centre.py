"""Fits the trained centre bias to the gaze of a prepared dataset."""

import os

import numpy as np

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.evaluation.centre_bias import centre_of_groups, trained_centre
from rmdn_tf.evaluation.cross_fitting import ByVideo, Folds, distinct
from rmdn_tf.evaluation.dataset_checks import refuse_scored_videos
from rmdn_tf.evaluation.predictors import (
    Predictor,
    Static,
    describe_trained_centre,
)
from rmdn_tf.evaluation.scored_split import ScoredSplit


def fit_centre(
    data_dir: str | os.PathLike, *, scored: str = "", seed: int = 0
) -> np.ndarray:
    """Fits the trained centre bias to the training fixations of a dataset.

    The validation split chooses the number of components, if it has fixations
    and is not scored.

    Args:
        data_dir: directory of a prepared dataset.
        scored: the split that is scored, or several joined by "+", without
            "train"; "" for none of this dataset.
        seed: seed of the fit.

    Returns:
        Parameters of `rmdn_tf.model.mixture`, float32 `[C, 6]`.

    Raises:
        RecordError: the training videos have fewer than two fixations.
    """
    info = read_dataset_info(data_dir)
    num_fixations = info.splits["train"].num_fixations
    if num_fixations < 2:
        raise RecordError(
            f"Invalid training split of '{data_dir}'. Expected at least 2 "
            "fixations, to fit the trained centre to; name a dataset that has "
            f"them by --tcb_data_dir. Received: {num_fixations} fixations."
        )
    held_out = None
    if "validation" not in scored.split("+"):
        if has_fixations(info, "validation"):
            held_out = fixations_of(read_videos(data_dir, "validation"))
    fixations = fixations_of(read_videos(data_dir, "train"))
    return trained_centre(fixations, held_out, seed)


class TrainedCentre:
    """`TCB` of every scored video, fitted without that video.

    Args:
        scored: the split that is scored.
        tcb_data_dir: prepared dataset to fit it to; None for that of the split.
        seed: seed of the fit.

    Attributes:
        fitted_to: what it was fitted to, in words.

    Raises:
        FileNotFoundError, RecordError: a dataset is missing or damaged, or has
            too few fixations.
        ValueError: see `refuse_scored_videos`.
    """

    def __init__(
        self,
        scored: ScoredSplit,
        tcb_data_dir: str | os.PathLike | None = None,
        seed: int = 0,
    ):
        self.fitted_to = "the fixations on all training videos"
        if tcb_data_dir is not None:
            refuse_scored_videos(tcb_data_dir, scored.info, scored.videos)
            name = read_dataset_info(tcb_data_dir).name
            self.fitted_to += f" of the dataset '{name}' in '{tcb_data_dir}'"
            self._fitted = {"": fit_centre(tcb_data_dir, seed=seed)}
        elif scored.folds and scored.scores_training:
            self.fitted_to = f"the fixations on {scored.folds.describe()}"
            self._fitted = _cross_fitted(scored, scored.folds, seed)
        else:
            self._fitted = {
                "": fit_centre(scored.data_dir, scored=scored.split, seed=seed)
            }

    def of(self, video_id: str) -> np.ndarray:
        """Returns the trained centre of a video.

        Args:
            video_id: name of a scored video, or of one of the split that
                settings are chosen on.

        Returns:
            float32 `[C, 6]`, fitted without that video.
        """
        # No centre was fitted to a split that settings are chosen on.
        return self._fitted.get(video_id, next(iter(self._fitted.values())))

    @property
    def num_components(self) -> float | list[float]:
        """C; a list if it is not the same for all videos."""
        return distinct(len(one) for one in self._fitted.values())

    def predictor(self) -> Predictor:
        """Returns the predictor `TCB`."""
        numbers = sorted({len(one) for one in self._fitted.values()})
        number = " or ".join(map(str, numbers))
        text = describe_trained_centre(number, self.fitted_to)
        # The videos of a fold share one, and its maps.
        made = {id(one): Static(one, text) for one in self._fitted.values()}
        of_video = {v: made[id(one)] for v, one in self._fitted.items()}
        return ByVideo(of_video) if len(made) > 1 else next(iter(made.values()))


def _cross_fitted(
    scored: ScoredSplit, folds: Folds, seed: int
) -> dict[str, np.ndarray]:
    """Fits the centre of each video to the videos of the other folds."""
    held_out = None
    if scored.tuning_split == "validation":
        held_out = fixations_of(scored.tuning_videos)
    centres: dict[str, np.ndarray] = {}
    for number, members in enumerate(folds.members):
        groups = [
            np.concatenate([scored.videos[v].points for v in names])
            for names in folds.others(number)
        ]
        centre = centre_of_groups(groups, held_out, seed)
        centres |= dict.fromkeys(members, centre)
    return centres
