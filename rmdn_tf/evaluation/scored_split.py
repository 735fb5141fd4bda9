"""The videos that are scored, and those that settings are chosen on."""

import os

from rmdn_tf.data.annotations import Video
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.split_videos import SplitVideos
from rmdn_tf.evaluation.cross_fitting import Folds
from rmdn_tf.evaluation.dataset_checks import (
    find_tuning_split,
    require_fixations,
)


class ScoredSplit:
    """The videos of a split, and those of the split to choose settings on.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".
        fits_own: whether baselines are fitted to the training videos of this
            dataset.

    Attributes:
        data_dir: as given.
        split: as given.
        info: the facts of the dataset.
        videos: name -> video.
        tuning_split: the split that settings are chosen on: "validation", or
            "train" if that one is scored; None if both are.
        tuning_videos: name -> video of that split.
        scores_training: whether baselines would be fitted to scored videos.
        folds: the folds of the scored videos, if baselines would be fitted to
            them, or settings chosen on them; else None.

    Raises:
        FileNotFoundError, RecordError: the dataset is missing or damaged.
        ValueError: the split has no fixation, or baselines would be fitted to
            the only scored video.
    """

    def __init__(
        self, data_dir: str | os.PathLike, split: str, *, fits_own: bool = True
    ):
        self.data_dir, self.split = data_dir, split
        self.info = read_dataset_info(data_dir)
        require_fixations(self.info, data_dir, split)
        self.videos = SplitVideos(data_dir, split)
        self.tuning_split = find_tuning_split(self.info, split)
        self.tuning_videos: dict[str, Video] = (
            SplitVideos(data_dir, self.tuning_split)
            if self.tuning_split
            else {}
        )
        self.scores_training = fits_own and "train" in split.split("+")
        self.folds = self._make_folds()

    def _make_folds(self) -> Folds | None:
        if self.tuning_split and not self.scores_training:
            return None
        seen = [name for name, one in self.videos.items() if len(one.points)]
        of_shots = self.info.num_videos_before_cutting is not None
        try:
            return Folds(seen, of_shots=of_shots)
        except ValueError:
            if self.scores_training:
                raise
            return None
