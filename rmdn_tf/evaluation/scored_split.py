"""The videos that are scored, and those that settings are chosen on."""

import os

from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import SPLITS
from rmdn_tf.data.shard_dealing import has_fixations
from rmdn_tf.evaluation.cross_fitting import Folds


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
        self.videos = read_videos(data_dir, split)
        self._check_fixations()
        self.tuning_split = self._find_tuning_split()
        self.tuning_videos = (
            read_videos(data_dir, self.tuning_split)
            if self.tuning_split
            else {}
        )
        self.scores_training = fits_own and "train" in split.split("+")
        self.folds = self._make_folds()

    def _check_fixations(self) -> None:
        if not has_fixations(self.info, self.split):
            fit = [s for s in SPLITS if has_fixations(self.info, s)]
            raise ValueError(
                f"Invalid `split` of '{self.data_dir}'. Expected videos with "
                f"fixations, as in {fit}. Received: split='{self.split}', "
                f"{len(self.videos)} videos without a fixation."
            )

    def _find_tuning_split(self) -> str | None:
        """Returns the validation split, or "train" if that one is scored."""
        for split in ("validation", "train"):
            is_scored = split in self.split.split("+")
            if not is_scored and has_fixations(self.info, split):
                return split
        return None

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
