"""Described videos -> actions recognised, partition by partition."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np

from rmdn_tf.action_recognition.linear_svm import (
    Fitted,
    LinearClassifier,
    SvmTraining,
)
from rmdn_tf.action_recognition.partitions import (
    Partition,
    group_of,
    made_folds,
    own_partition,
    partitions_of,
    read_folds,
    require_known,
)
from rmdn_tf.action_recognition.weighted_clips import (
    ATTENTION_PART,
    CONTEXT_PART,
    PARTS,
)
from rmdn_tf.data.annotations import Video, actions_of, read_videos
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.metrics.classification import Predictions

BOTH = "both"
USES = {
    CONTEXT_PART: (CONTEXT_PART,),
    ATTENTION_PART: (ATTENTION_PART,),
    BOTH: PARTS,
}
"""What a classifier may use: one part of the descriptor, or both, one after
the other."""


OFFICIAL_FOLDS = ("ucf101",)
"""Datasets with several splits, all of which are to be scored."""

MULTI_LABEL = ("hollywood2",)
"""Datasets whose videos may be of several classes, whichever of them are
there."""


class LabelledVideos:
    """The videos of a dataset with their classes.

    Args:
        dataset: its name.
        videos: of each split, by name.

    Attributes:
        dataset: the same.
        labels: of each video.
        splits: of each video.
        classes: all that there are, sorted.
        multi_label: whether a video may be of none or of several.

    Raises:
        RecordError: there are not two classes, or a video has none though
            every other has one.
    """

    def __init__(self, dataset: str, videos: Mapping[str, Mapping[str, Video]]):
        self.dataset = dataset
        self.splits = {v: split for split in videos for v in videos[split]}
        every = {v: one for of in videos.values() for v, one in of.items()}
        self.labels = {name: video.labels for name, video in every.items()}
        try:
            self.classes, several = actions_of(every)
        except ValueError as error:
            raise RecordError(
                f"{error} Of a folder of videos, `--labels_from_folders` in "
                "preparing makes its sub-folders the classes."
            ) from error
        self.multi_label = several or dataset in MULTI_LABEL
        none = sorted(name for name, of in self.labels.items() if not of)
        if none and not self.multi_label:
            raise RecordError(
                f"No class of {len(none)} videos of '{dataset}', '{none[0]}' "
                "among them. Expected one of each video, or several of some."
            )

    def truth(self, names: Sequence[str]) -> np.ndarray:
        """Says which classes some videos are of, bool `[V, A]`."""
        return np.array(
            [
                [one in self.labels[name] for one in self.classes]
                for name in names
            ]
        )


def read_labelled(data_dir: str | os.PathLike) -> LabelledVideos:
    """Reads which classes the videos of a dataset are of; decodes no frame.

    Raises:
        FileNotFoundError, RecordError: no dataset, or none of classes.
    """
    info = read_dataset_info(data_dir)
    return LabelledVideos(
        info.name,
        {
            split: read_videos(data_dir, split)
            for split, of_split in info.splits.items()
            if of_split.num_videos
        },
    )


def choose_partitions(
    videos: LabelledVideos,
    official: Mapping[str, Sequence[str]] | None,
    folds: str | None = None,
    seed: int = 0,
) -> list[Partition]:
    """Chooses who trains and who tests.

    Args:
        videos: the dataset.
        official: its official folds, see `partitions_of`; None where the
            dataset's info does not say.
        folds: other folds: their number, or the path of a table. None for the
            official folds, or the dataset's own split if it has none.
        seed: of the random folds.

    Raises:
        OSError, RecordError, ValueError: the folds are invalid.
    """
    labels, name = videos.labels, videos.dataset
    if folds is None:
        if official is None and name in OFFICIAL_FOLDS:
            raise RecordError(
                f"The info of '{name}' does not say which the official splits "
                "are: an earlier release prepared it. Prepare it again."
            )
        chosen = official
    elif folds.isdecimal():
        chosen = made_folds(labels, int(folds), seed, name)
    else:
        chosen = read_folds(folds)
        require_known(chosen, labels, folds)
    if not chosen:
        return [own_partition(videos.splits, name)]
    return partitions_of(chosen, labels, name, seed)


Descriptors = Mapping[str, Mapping[str, np.ndarray]]
"""Of each video, by its name, float32 `[F]` of each part, by its name."""


def joined(
    descriptors: Descriptors, names: Sequence[str], use: str
) -> np.ndarray:
    """Joins the parts of some videos, `[V, F]`."""
    return np.stack([join_parts(descriptors[name], use) for name in names])


def join_parts(descriptors: Mapping[str, np.ndarray], use: str) -> np.ndarray:
    """Joins the parts of a descriptor that a classifier uses, `[F]`."""
    return np.concatenate([descriptors[part] for part in USES[use]])


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One partition, recognised.

    Attributes:
        partition: the `Partition`.
        fitted: what was trained on it.
        tested: scores of its test videos; of none in a partition without.
    """

    partition: Partition
    fitted: Fitted
    tested: Predictions

    @property
    def classifier(self) -> LinearClassifier:
        """What was trained."""
        return self.fitted.classifier


def recognize(
    videos: LabelledVideos,
    descriptors: Descriptors,
    partition: Partition,
    use: str,
    *,
    reduce: bool = False,
    seed: int = 0,
) -> Outcome:
    """Trains on one partition and scores its test videos.

    Args:
        videos: the dataset.
        descriptors: of its videos.
        partition: who trains, chooses and tests.
        use: of `USES`.
        reduce: whether "both" parts are reduced by a PCA to as many numbers as
            one of them has.
        seed: of the SVM.

    Raises:
        RecordError: a class has nothing to be trained on; names the fold.
    """
    names = (*partition.train, *partition.held_out)
    known = joined(descriptors, names, use)
    num_components = None
    if reduce and use == BOTH:
        num_components = known.shape[1] // len(PARTS)
    training = SvmTraining(
        videos.classes, videos.multi_label, num_components, seed
    )
    is_held_out = np.arange(len(names)) >= len(partition.train)
    try:
        fitted = training.choose_and_fit(
            known, videos.truth(names), is_held_out
        )
    except ValueError as error:
        fold = f"fold '{partition.name}' of " if partition.name else ""
        raise RecordError(f"In {fold}'{videos.dataset}': {error}") from error
    tested = _test(videos, descriptors, partition, use, fitted)
    return Outcome(partition, fitted, tested)


def _test(
    videos: LabelledVideos,
    descriptors: Descriptors,
    partition: Partition,
    use: str,
    fitted: Fitted,
) -> Predictions:
    if not partition.test:
        none = np.zeros([0, len(videos.classes)])
        return Predictions((), none, none.astype(bool))
    return Predictions(
        partition.test,
        fitted.classifier.scores(joined(descriptors, partition.test, use)),
        videos.truth(partition.test),
        tuple(group_of(name, videos.dataset) for name in partition.test),
    )
