"""Who trains, who chooses and who tests: the splits of a recognition task.

A dataset has one split of its own, or folds: sets of test videos, beside which
all other videos train. Of those that train a fifth is held out to choose the
SVM's C; where the dataset has a validation split, it is that.
"""

import collections
import csv
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from rmdn_tf.data.records import RecordError

NUM_PARTS = 5
"""A fifth of the training videos is held out: 20 %, as in the paper."""

GROUPS = {"ucf101": re.compile(r"v_\w+?_g\d+")}
"""What begins the names of videos that are cut from one recording; they stay
on one side where videos are held out."""


class Partition(NamedTuple):
    """One way to part the videos; names of videos, sorted.

    Attributes:
        name: of the fold, or "" of the only one.
        train: to be trained on first, to choose C.
        held_out: C is chosen on; then it is trained on as well.
        test: to be scored.
    """

    name: str
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    test: tuple[str, ...]


def own_partition(splits: Mapping[str, str], dataset: str) -> Partition:
    """Returns the dataset's own: train, validation, test.

    Args:
        splits: of each video, by name.
        dataset: its name, for errors.

    Raises:
        RecordError: one of the three is empty.
    """
    parts = {
        split: tuple(sorted(v for v in splits if splits[v] == split))
        for split in ("train", "validation", "test")
    }
    empty = [split for split in parts if not parts[split]]
    if empty:
        raise RecordError(
            f"No video in the split {empty[0]!r} of '{dataset}'. Expected "
            "some in train, validation and test, or `--folds`."
        )
    return Partition("", *parts.values())


def partitions_of(
    folds: Mapping[str, Sequence[str]],
    labels: Mapping[str, tuple[str, ...]],
    dataset: str,
    seed: int = 0,
) -> list[Partition]:
    """Makes a partition of every fold.

    Args:
        folds: test videos by the name of the fold; all others train. Videos
            that the dataset lacks do not count.
        labels: of each video of the dataset, by name.
        dataset: its name, which tells whether videos go together.
        seed: of who is held out.

    Raises:
        RecordError: a fold leaves no video to test, or none to train on.
    """
    partitions = []
    for name, listed in folds.items():
        test = tuple(sorted(set(listed) & labels.keys()))
        rest = sorted(labels.keys() - set(test))
        if not test or len(rest) < NUM_PARTS:
            raise RecordError(
                f"Invalid fold '{name}'. Expected videos to test and at least "
                f"{NUM_PARTS} to train on. Received: {len(test)} and "
                f"{len(rest)}."
            )
        partitions.append(
            Partition(name, *_hold_out(rest, labels, dataset, seed), test)
        )
    return partitions


def all_videos(
    labels: Mapping[str, tuple[str, ...]], dataset: str, seed: int = 0
) -> Partition:
    """Makes the one that trains on everything, for use on other videos."""
    return Partition("", *_hold_out(sorted(labels), labels, dataset, seed), ())


def made_folds(
    labels: Mapping[str, tuple[str, ...]],
    num_folds: int,
    seed: int = 0,
    dataset: str = "",
) -> dict[str, list[str]]:
    """Deals the videos to folds in which every class has its share.

    The same videos, number and seed give the same folds, on any machine.

    Args:
        labels: of each video, by name; several classes count as one of their
            own.
        num_folds: 2 or more.
        seed: of who goes where.
        dataset: its name, which tells whether videos go together.

    Returns:
        Test videos by the name of the fold, "1", "2", ...

    Raises:
        ValueError: there are fewer videos of a class than folds.
    """
    videos = np.array(sorted(labels))
    classes = _classes_of(videos, labels)
    _, counts = np.unique(classes, return_counts=True)
    if num_folds < 2 or counts.min() < num_folds:
        raise ValueError(
            "Invalid `folds`. Expected a number from 2 to that of the videos "
            "of each class, or of each set of classes, which is "
            f"{counts.min()} at least. Received: folds={num_folds}."
        )
    kind = StratifiedGroupKFold if dataset in GROUPS else StratifiedKFold
    dealt = kind(num_folds, shuffle=True, random_state=seed)
    groups = [group_of(video, dataset) for video in videos]
    return {
        str(number): videos[test].tolist()
        for number, (_, test) in enumerate(
            dealt.split(videos, classes, groups), 1
        )
    }


def group_of(video: str, dataset: str) -> str:
    """Names the recording that a video is cut from; else the video itself."""
    pattern = GROUPS.get(dataset)
    match = pattern and pattern.match(video)
    return match.group() if match else video


def read_folds(path: str | os.PathLike) -> dict[str, list[str]]:
    """Reads folds from a table with the header `video,fold`.

    Raises:
        OSError: it cannot be read.
        ValueError: it is malformed; names the file and the line.
    """
    folds, seen = {}, set()
    try:
        for number, cells in _lines(path):
            if len(cells) != 2 or not all(cells) or cells[0] in seen:
                raise ValueError(
                    f"Invalid line {number} of '{path}'. Expected a video, "
                    f"once, and its fold. Received: {','.join(cells)!r}."
                )
            seen.add(cells[0])
            folds.setdefault(cells[1], []).append(cells[0])
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"Unreadable table '{path}': {error}.") from error
    if not folds:
        raise ValueError(f"No video in '{path}'.")
    return folds


def require_known(
    folds: Mapping[str, Sequence[str]],
    labels: Mapping[str, tuple[str, ...]],
    path: str | os.PathLike,
) -> None:
    """Refuses names in a table that no video of the dataset has.

    Raises:
        ValueError: there are some; names the file and the first of them.
    """
    unknown = [v for of in folds.values() for v in of if v not in labels]
    if unknown:
        raise ValueError(
            f"No video '{unknown[0]}' in the dataset, though '{path}' names "
            f"it, and {len(unknown) - 1} more."
        )


def _lines(path: str | os.PathLike) -> Iterator[tuple[int, list[str]]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        if next(reader, None) != ["video", "fold"]:
            raise ValueError(
                f"Invalid header of '{path}'. Expected 'video,fold'."
            )
        for cells in reader:
            yield reader.line_num, cells


def _hold_out(
    videos: list[str],
    labels: Mapping[str, tuple[str, ...]],
    dataset: str,
    seed: int,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Parts training videos in those that train and a fifth that chooses."""
    groups = [group_of(video, dataset) for video in videos]
    classes = _classes_of(videos, labels)
    # Of few videos a larger share than a fifth, so that it holds every class.
    most = max(collections.Counter(classes).values())
    if most < 2 or len(set(groups)) < 2:
        raise RecordError(
            f"Too few videos of '{dataset}' to hold some out. Expected two or "
            "more of some class to train on. Received: "
            f"{len(videos)} videos, no two alike."
        )
    num_parts = max(2, min(NUM_PARTS, most, len(set(groups))))
    dealt = StratifiedGroupKFold(num_parts, shuffle=True, random_state=seed)
    train, held_out = next(dealt.split(videos, classes, groups))
    return (
        tuple(videos[index] for index in train),
        tuple(videos[index] for index in held_out),
    )


def _classes_of(
    videos: Sequence[str], labels: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """What is spread evenly: the classes of each video, as one name."""
    return [";".join(labels[video]) for video in videos]
