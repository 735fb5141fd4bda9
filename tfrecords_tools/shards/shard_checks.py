"""Verifies one shard: its records, their sequence and their number."""

import collections
import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from rmdn_tf.data.dataset_info import SUMMED, DatasetInfo, ShardInfo, VideoInfo
from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE, check_shard
from rmdn_tf.data.record_dataset import iterate_records
from rmdn_tf.data.record_lengths import (
    RecordLengthError,
    check_record_lengths,
    stored_bytes,
)
from rmdn_tf.data.record_parsing import parse_unchecked
from rmdn_tf.data.records import Record, RecordError
from tfrecords_tools.shards.record_checks import (
    check_record,
    record_of,
    wrong,
)
from tfrecords_tools.shards.statistics import Statistics


@dataclasses.dataclass(frozen=True)
class VerifiedShard:
    """The result of reading a shard.

    Attributes:
        info: the shard's entry in `dataset_info.json`.
        videos: video id -> the counts found.
        total: the counts of all videos.
        problems: sentences that begin with the shard's name.
        is_complete: whether the shard could be read to its end.
    """

    info: ShardInfo
    videos: Mapping[str, Statistics]
    total: Statistics
    problems: Sequence[str]
    is_complete: bool

    def __str__(self) -> str:
        found = f"{len(self.problems)} problems" if self.problems else "sound"
        return (
            f"{self.info.file}: {len(self.videos)} videos, "
            f"{self.total.num_records} records, "
            f"{self.total.num_frames} frames, "
            f"{self.total.num_fixations} fixations, {found}"
        )


def verify_shard(
    data_dir: str | os.PathLike, info: DatasetInfo, split: str, shard: ShardInfo
) -> VerifiedShard:
    """Reads and checks a shard up to its end, or to where it is damaged."""
    videos: dict[str, Statistics] = collections.defaultdict(Statistics)
    num_bytes: dict[str, int] = collections.Counter()
    total = Statistics()
    problems = []
    is_complete = False
    order = VideoOrder(shard.videos)
    try:
        problems += _check_length(data_dir, shard)
        path = os.path.join(data_dir, shard.file)
        check_record_lengths(path)
        for index, serialized in enumerate(iterate_records(path)):
            try:
                parsed = parse_unchecked(serialized)
            except tf.errors.InvalidArgumentError as error:
                total.num_records += 1
                cause = error.message.splitlines()[0]
                problems.append(f"record {index}, video unknown: {cause}")
                continue
            record = record_of(parsed)
            total.add_record(record)
            videos[record.video_id].add_record(record)
            num_bytes[record.video_id] += stored_bytes(serialized)
            found = [
                *check_record(parsed, record, info, split),
                *order.follow(record),
            ]
            place = f"record {index}, video '{record.video_id}'"
            problems += [f"{place}: {problem}" for problem in found]
        is_complete = True
        problems += _compare_counts(shard, videos, total)
        problems += _compare_bytes(shard, num_bytes)
    except (tf.errors.OpError, OSError, RecordLengthError) as error:
        cause = getattr(error, "message", str(error))
        problems.append(
            f"unreadable after {total.num_records} of {shard.num_records} "
            f"records: {cause}"
        )
    problems = [f"{shard.file}: {problem}" for problem in problems]
    return VerifiedShard(shard, videos, total, problems, is_complete)


def _check_length(data_dir: str | os.PathLike, shard: ShardInfo) -> list[str]:
    try:
        check_shard(data_dir, shard)
    except RecordError as error:  # Its records may still say more.
        return [str(error)]
    return []


class VideoOrder:
    """Checks that records come in the order of the shard's videos."""

    def __init__(self, videos: Sequence[VideoInfo]):
        self._videos = {video.id: video for video in videos}
        self._position = {id_: i for i, id_ in enumerate(self._videos)}
        self._next_frame: dict[str, int] = {}
        self._last_time: dict[str, float | None] = {}
        self._current: str | None = None

    def follow(self, record: Record) -> list[str]:
        """Returns the problems of the next record's place and frame rate."""
        video_id = record.video_id
        if video_id not in self._videos:
            return ["not announced for this shard"]
        problems = self._turn_to(video_id)
        wanted = self._next_frame.get(video_id, 0)
        if record.first_frame != wanted:
            problems.append(wrong("first_frame", wanted, record.first_frame))
        # Counting on from here reports a gap only once.
        self._next_frame[video_id] = record.first_frame + len(record.frames)
        rate = self._videos[video_id].frames_per_second
        found = np.float32(record.frames_per_second)
        if found != np.float32(rate):
            problems.append(wrong("frames_per_second", rate, found))
        return problems + self._check_times(record)

    def _check_times(self, record: Record) -> list[str]:
        """Compares the times of a record with those of the record before."""
        times = record.frame_times
        first = last = start = None
        if times is not None:
            first, last, start = float(times[0]), float(times[-1]), -np.inf
        before = self._last_time.get(record.video_id, start)
        self._last_time[record.video_id] = last
        if (first is None) != (before is None):
            expected = "times in all records of a video, or in none"
            return [wrong("frame_microseconds", expected, "times in some")]
        if first is not None and before is not None and first <= before:
            expected = f"times after {before:g} seconds"
            return [wrong("frame_microseconds", expected, f"{first:g}")]
        return []

    def _turn_to(self, video_id: str) -> list[str]:
        before, self._current = self._current, video_id
        if before is None or before == video_id:
            return []
        if video_id in self._next_frame:
            return [f"records out of sequence: more of them after '{before}'"]
        if self._position[video_id] < self._position[before]:
            return [f"out of the announced order: after '{before}'"]
        return []


def _compare_counts(
    shard: ShardInfo, videos: Mapping[str, Statistics], total: Statistics
) -> list[str]:
    problems = []
    for video in shard.videos:
        if video.id not in videos:
            problems.append(f"video '{video.id}': missing")
            continue
        found = compare(videos[video.id], video, SUMMED)
        problems += [f"video '{video.id}': {problem}" for problem in found]
    return problems + compare(total, shard, (*SUMMED, "num_records"))


def _compare_bytes(
    shard: ShardInfo, num_bytes: Mapping[str, int]
) -> Iterator[str]:
    for video in shard.videos:
        found = num_bytes[video.id]
        if video.num_bytes is not None and found not in (0, video.num_bytes):
            yield (
                f"video '{video.id}': {DATASET_INFO_FILE} says num_bytes="
                f"{video.num_bytes}, found {found}"
            )


def compare(found: object, announced: object, keys: Iterable[str]) -> list[str]:
    """Returns a sentence for each of the attributes `keys` that differs.

    `announced` comes from `dataset_info.json`.
    """
    return [
        f"{DATASET_INFO_FILE} says {key}={getattr(announced, key)}, found "
        f"{getattr(found, key)}"
        for key in keys
        if getattr(announced, key) != getattr(found, key)
    ]
