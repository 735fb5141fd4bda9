"""One shard -> what it holds and what is wrong with it.

Reads record after record and holds one at a time. What a record must hold by
itself is in `tfrecords_tools.shards.record_checks`; here is what records owe to
each other and to the shard's entry in `dataset_info.json`.
"""

import collections
import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from rmdn_tf.data.dataset_info import (
    DatasetInfo,
    ShardInfo,
    SplitInfo,
    VideoInfo,
)
from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE, check_shard
from rmdn_tf.data.record_lengths import RecordLengthError, check_record_lengths
from rmdn_tf.data.record_parsing import parse_unchecked
from rmdn_tf.data.records import RecordError
from tfrecords_tools.shards.record_checks import check_record, wrong


@dataclasses.dataclass
class Totals:
    """What was counted in a shard, or in several together.

    Attributes:
        num_records: records.
        frames: video id -> frames.
        fixations: video id -> fixations.
        max_fixations_per_frame: the most in any frame.
        num_frames_without_fixation: frames that nobody looked at.
        observers: who looked.
    """

    num_records: int = 0
    frames: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    fixations: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )
    max_fixations_per_frame: int = 0
    num_frames_without_fixation: int = 0
    observers: set[int] = dataclasses.field(default_factory=set)

    def count(self, record: Mapping[str, tf.Tensor]) -> None:
        """Adds a record."""
        video_id = record["video_id"].numpy().decode(errors="replace")
        num_frames = len(record["frames"])
        frame = record["fixation_frame"].numpy()
        frame = frame[(frame >= 0) & (frame < num_frames)]
        per_frame = np.bincount(frame, minlength=num_frames)
        self.num_records += 1
        self.frames[video_id] += num_frames
        self.fixations[video_id] += len(record["fixation_frame"])
        self.max_fixations_per_frame = max(
            self.max_fixations_per_frame, int(per_frame.max(initial=0))
        )
        self.num_frames_without_fixation += int(np.sum(per_frame == 0))
        self.observers.update(record["fixation_observer"].numpy().tolist())

    def add(self, other: "Totals") -> None:
        """Adds another shard."""
        self.num_records += other.num_records
        self.frames += other.frames
        self.fixations += other.fixations
        self.max_fixations_per_frame = max(
            self.max_fixations_per_frame, other.max_fixations_per_frame
        )
        self.num_frames_without_fixation += other.num_frames_without_fixation
        self.observers |= other.observers


@dataclasses.dataclass(frozen=True)
class VerifiedShard:
    """What came out of reading a shard.

    Attributes:
        info: what `dataset_info.json` says of it.
        totals: what it holds.
        problems: sentences, each with the shard's name.
        is_complete: whether it could be read to its end.
    """

    info: ShardInfo
    totals: Totals
    problems: Sequence[str]
    is_complete: bool

    def __str__(self) -> str:
        found = f"{len(self.problems)} problems" if self.problems else "sound"
        return (
            f"{self.info.file}: {len(self.totals.frames)} videos, "
            f"{self.totals.num_records} records, "
            f"{self.totals.frames.total()} frames, "
            f"{self.totals.fixations.total()} fixations, {found}"
        )


def verify_shard(
    data_dir: str | os.PathLike, info: DatasetInfo, split: str, shard: ShardInfo
) -> VerifiedShard:
    """Reads a shard to its end, or to where it is damaged.

    Args:
        data_dir: directory of a prepared dataset.
        info: the dataset.
        split: the split that the shard belongs to.
        shard: the shard to read.

    Returns:
        The `VerifiedShard`.
    """
    totals = Totals()
    problems = []
    is_complete = False
    order = VideoOrder(shard.videos)
    try:
        problems += _check_length(data_dir, shard)
        path = os.path.join(data_dir, shard.file)
        check_record_lengths(path)
        for index, serialized in enumerate(tf.data.TFRecordDataset(path)):
            found = _check_serialized(serialized, info, split, order, totals)
            problems += [f"record {index}, {problem}" for problem in found]
        is_complete = True
        problems += _check_shard_totals(shard, totals)
    except (tf.errors.OpError, OSError, RecordLengthError) as error:
        cause = getattr(error, "message", str(error))
        problems.append(
            f"unreadable after {totals.num_records} of "
            f"{shard.num_records} records: {cause}"
        )
    problems = [f"{shard.file}: {problem}" for problem in problems]
    return VerifiedShard(shard, totals, problems, is_complete)


def _check_length(data_dir: str | os.PathLike, shard: ShardInfo) -> list[str]:
    try:
        check_shard(data_dir, shard)
    except RecordError as error:  # Its records may still say more.
        return [str(error)]
    return []


def _check_serialized(
    serialized: tf.Tensor,
    info: DatasetInfo,
    split: str,
    order: "VideoOrder",
    totals: Totals,
) -> list[str]:
    """Checks a record and counts it; sentences that begin with its video."""
    try:
        record = parse_unchecked(serialized)
    except tf.errors.InvalidArgumentError as error:
        totals.num_records += 1
        return [f"video unknown: {error.message.splitlines()[0]}"]
    totals.count(record)
    video_id = record["video_id"].numpy().decode(errors="replace")
    problems = [*check_record(record, info, split), *order.follow(record)]
    return [f"video '{video_id}': {problem}" for problem in problems]


class VideoOrder:
    """Follows the records of a shard, which come in an order announced.

    Args:
        videos: the videos of the shard.
    """

    def __init__(self, videos: Sequence[VideoInfo]):
        self._videos = {video.id: video for video in videos}
        self._position = {id_: i for i, id_ in enumerate(self._videos)}
        self._next_frame = {}
        self._current = None

    def follow(self, record: Mapping[str, tf.Tensor]) -> list[str]:
        """Returns what is wrong with a record that comes next."""
        video_id = record["video_id"].numpy().decode(errors="replace")
        if video_id not in self._videos:
            return ["not announced for this shard"]
        problems = self._turn_to(video_id)
        first_frame = int(record["first_frame"])
        wanted = self._next_frame.get(video_id, 0)
        if first_frame != wanted:
            problems.append(wrong("first_frame", wanted, first_frame))
        # From here on, so that one gap is one problem.
        self._next_frame[video_id] = first_frame + len(record["frames"])
        rate = self._videos[video_id].frames_per_second
        found = record["frames_per_second"].numpy()
        if found != np.float32(rate):
            problems.append(wrong("frames_per_second", rate, found))
        return problems

    def _turn_to(self, video_id: str) -> list[str]:
        before, self._current = self._current, video_id
        if before in (None, video_id):
            return []
        if video_id in self._next_frame:
            return [f"its records do not follow each other: after '{before}'"]
        if self._position[video_id] < self._position[before]:
            return [f"out of the announced order: after '{before}'"]
        return []


def _check_shard_totals(shard: ShardInfo, totals: Totals) -> list[str]:
    problems = []
    for video in shard.videos:
        name = video.id
        if name not in totals.frames:
            problems.append(f"video '{name}': missing")
            continue
        found = {
            "num_frames": totals.frames[name],
            "num_fixations": totals.fixations[name],
        }
        problems += [
            f"video '{name}': {problem}" for problem in compare(found, video)
        ]
    found = {
        "num_frames": totals.frames.total(),
        "num_records": totals.num_records,
        "num_fixations": totals.fixations.total(),
    }
    return problems + compare(found, shard)


def compare(
    found: Mapping[str, int],
    announced: DatasetInfo | SplitInfo | ShardInfo | VideoInfo,
) -> list[str]:
    """Compares numbers found with those that `dataset_info.json` announces.

    Args:
        found: name of the field -> number.
        announced: holds the fields.

    Returns:
        A sentence for each number that differs.
    """
    return [
        f"{DATASET_INFO_FILE} says {key}={getattr(announced, key)}, "
        f"found {number}"
        for key, number in found.items()
        if getattr(announced, key) != number
    ]
