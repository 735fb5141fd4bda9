"""Partitions of the videos: to train on, to choose C on, and to test.

A dataset has its own split, or folds. With folds, the videos of one fold are
tested and all others train, except a fifth of them that is held out to choose
the SVM's C. In the dataset's own split the validation videos choose C.
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
from rmdn_tf.files.safe_names import composed

# As in the paper, one in five training videos is held out.
NUM_PARTS = 5

# Beginning of the names of videos that are cut from one recording. Such videos
# stay together: all train, all are held out or all are tested.
GROUPS = {"ucf101": re.compile(r"v_\w+?_g\d+")}


class Partition(NamedTuple):
    """Names of videos, sorted, and of their fold ("" for the only partition).

    The videos of `held_out` choose C; the final classifier trains on them too.
    """

    name: str
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    test: tuple[str, ...]


def own_partition(splits: Mapping[str, str], dataset: str) -> Partition:
    """Returns the dataset's own split, given the split of each video."""
    parts = {
        split: tuple(sorted(v for v in splits if splits[v] == split))
        for split in ("train", "validation", "test")
    }
    empty = [split for split in parts if not parts[split]]
    if empty:
        raise RecordError(
            f"No video in the split {empty[0]!r} of '{dataset}'. Expected "
            "videos in train, validation and test, or `--folds`."
        )
    return Partition("", *parts.values())


def partitions_of(
    folds: Mapping[str, Sequence[str]],
    labels: Mapping[str, tuple[str, ...]],
    dataset: str,
    seed: int = 0,
) -> list[Partition]:
    """Makes a partition of every fold; ignores videos that the dataset lacks.

    Args:
        folds: test videos by fold.
        labels: classes by video of the dataset.
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
    """Makes the partition without test videos, for use on new videos."""
    return Partition("", *_hold_out(sorted(labels), labels, dataset, seed), ())


def made_folds(
    labels: Mapping[str, tuple[str, ...]],
    num_folds: int,
    seed: int = 0,
    dataset: str = "",
) -> dict[str, list[str]]:
    """Draws folds "1", "2", ... with the same share of every class.

    A seed gives the same folds on any machine. Each combination of classes
    counts as a class.
    """
    names = sorted(labels)
    videos, classes = np.array(names), _classes_of(names, labels)
    _, counts = np.unique(classes, return_counts=True)
    if num_folds < 2 or counts.min() < num_folds:
        raise ValueError(
            "Invalid `folds`. Expected a number from 2 to "
            f"{counts.min()}, the videos of the rarest combination of classes. "
            f"Received: folds={num_folds}."
        )
    kind, groups = StratifiedKFold, None
    if dataset in GROUPS:
        kind = StratifiedGroupKFold
        groups = [group_of(video, dataset) for video in videos]
    dealt = kind(num_folds, shuffle=True, random_state=seed)
    return {
        str(number): videos[test].tolist()
        for number, (_, test) in enumerate(
            dealt.split(videos, classes, groups), 1
        )
    }


def group_of(video: str, dataset: str) -> str:
    """Returns the recording that a video is cut from, or the video itself."""
    pattern = GROUPS.get(dataset)
    match = pattern and pattern.match(video)
    return match.group() if match else video


def read_folds(
    path: str | os.PathLike, labels: Mapping[str, tuple[str, ...]]
) -> dict[str, list[str]]:
    """Reads test videos by fold from a CSV table, header `video,fold`."""
    folds: dict[str, list[str]] = {}
    seen = set()
    ids = {composed(video): video for video in labels}
    try:
        for number, cells in _lines(path):
            cells[:1] = [ids.get(composed(c), c) for c in cells[:1]]
            if len(cells) != 2 or not all(cells) or cells[0] in seen:
                raise ValueError(
                    f"Invalid line {number} of '{path}'. Expected a new video "
                    f"and its fold. Received: {','.join(cells)!r}."
                )
            seen.add(cells[0])
            folds.setdefault(cells[1], []).append(cells[0])
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"Unreadable table '{path}': {error}.") from error
    if not folds:
        raise ValueError(f"No video in '{path}'.")
    unknown = sorted(seen - labels.keys())
    if unknown:
        raise ValueError(
            f"Unknown video '{unknown[0]}' in '{path}'. Expected videos of the "
            f"dataset. Unknown in all: {len(unknown)}."
        )
    return folds


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
    """Splits training videos into those to train on and those held out."""
    groups = [group_of(video, dataset) for video in videos]
    classes = _classes_of(videos, labels)
    # Few videos: more than a fifth, so that the share has every class.
    most = max(collections.Counter(classes).values())
    if most < 2 or len(set(groups)) < 2:
        raise RecordError(
            f"Too few videos of '{dataset}' to hold some out. Expected two or "
            f"more of a class. Received: {len(videos)} videos, each of "
            "another class or all of one recording."
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
    return [";".join(labels[video]) for video in videos]
