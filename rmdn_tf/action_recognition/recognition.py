"""Descriptors of labelled videos -> trained and tested classifiers."""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np

from rmdn_tf.action_recognition.choices import BOTH, PARTS, USES
from rmdn_tf.action_recognition.descriptor_table import DescriptorTable
from rmdn_tf.action_recognition.linear_svm import Fitted, SvmTraining
from rmdn_tf.action_recognition.partitions import (
    Partition,
    group_of,
    made_folds,
    own_partition,
    partitions_of,
    read_folds,
)
from rmdn_tf.data.annotations import Video, actions_of, read_videos
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.metrics.classification import Predictions

# Datasets with several official splits, whose scores are averaged.
OFFICIAL_FOLDS = ("ucf101",)

# Datasets whose videos may have several classes.
MULTI_LABEL = ("hollywood2",)


class LabelledVideos:
    """The videos of a dataset with their classes.

    Attributes:
        labels: classes by video.
        splits: split by video.
        classes: names of all classes, sorted.
        multi_label: whether a video may have several classes, or no class.
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
                f"{error} Prepare a folder of videos with "
                "`--labels_from_folders` to make its sub-folders the classes."
            ) from error
        self.multi_label = several or dataset in MULTI_LABEL
        bare = sorted(name for name, of in self.labels.items() if not of)
        if bare and not self.multi_label:
            raise RecordError(
                f"Missing class of {len(bare)} videos of '{dataset}', such as "
                f"'{bare[0]}'. Expected one class for each video, or several "
                "classes for some."
            )

    def truth(self, names: Sequence[str]) -> np.ndarray:
        """Returns the classes of some videos, bool `[V, A]`."""
        labels = [self.labels[name] for name in names]
        return np.array([[one in of for one in self.classes] for of in labels])


def read_labelled(data_dir: str | os.PathLike) -> LabelledVideos:
    """Reads the classes of the videos of a dataset; decodes no frame."""
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
    """Chooses the videos that train and test.

    Args:
        official: official folds of the dataset; None if its info lacks them.
        folds: number of random folds, or path of a table of folds. None for the
            official folds, or else the dataset's own split.
    """
    labels, name = videos.labels, videos.dataset
    if folds is None:
        if official is None and name in OFFICIAL_FOLDS:
            raise RecordError(
                f"Missing official splits in the info of '{name}', which an "
                "earlier release prepared. Prepare it again."
            )
        chosen = official
    elif folds.isdecimal():
        chosen = made_folds(labels, int(folds), seed, name)
    else:
        chosen = read_folds(folds, labels)
    if not chosen:
        return [own_partition(videos.splits, name)]
    return partitions_of(chosen, labels, name, seed)


def join_parts(descriptors: Mapping[str, np.ndarray], use: str) -> np.ndarray:
    """Joins the parts of a descriptor that a classifier uses, `[F]`."""
    return np.concatenate([descriptors[part] for part in USES[use]])


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A classifier, trained and tested on one partition."""

    partition: Partition
    fitted: Fitted
    tested: Predictions


def recognize(
    videos: LabelledVideos,
    descriptors: DescriptorTable,
    partition: Partition,
    use: str,
    *,
    reduce: bool = False,
) -> Outcome:
    """Trains a classifier on one partition and scores the test videos.

    Args:
        use: one of `USES`.
        reduce: whether a PCA reduces "both" parts to the length of one.
    """
    known = descriptors.of_use(use)
    num_components = None
    if reduce and use == BOTH:
        num_components = known.shape[1] // len(PARTS)
    training = SvmTraining(videos.classes, videos.multi_label, num_components)
    train, held_out, test = map(
        descriptors.rows_of,
        (partition.train, partition.held_out, partition.test),
    )
    truth = videos.truth(list(descriptors.rows))
    try:
        fitted = training.choose_and_fit(known, truth, train, held_out)
    except ValueError as error:
        fold = f"fold '{partition.name}' of " if partition.name else ""
        raise RecordError(f"In {fold}'{videos.dataset}': {error}") from error
    if not partition.test:
        empty = np.zeros([0, len(videos.classes)])
        return Outcome(
            partition, fitted, Predictions((), empty, empty.astype(bool))
        )
    tested = Predictions(
        partition.test,
        fitted.classifier.scores(known[test]),
        truth[test],
        tuple(group_of(name, videos.dataset) for name in partition.test),
    )
    return Outcome(partition, fitted, tested)
