"""Assigns videos to shards."""

import dataclasses
import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from tfrecords_tools.shards.survey import SurveyedVideo
from tfrecords_tools.shards.video_table import Shard, VideoTable


@dataclasses.dataclass(frozen=True)
class ShardPlan:
    """One shard to write.

    Attributes:
        split: "train", "validation" or "test".
        file: name of the shard, without directory.
        videos: its videos, in the order of writing.
    """

    split: str
    file: str
    videos: tuple[SurveyedVideo, ...]

    @property
    def num_frames(self) -> int:
        """The number of frames, where unknown lengths count as 0."""
        return sum(video.num_frames for video in self.videos)

    @property
    def checksums(self) -> dict[str, str]:
        """Video id -> checksum of its raw files."""
        return {video.entry.video_id: video.sha256 for video in self.videos}


class Plans(Sequence[ShardPlan]):
    """The plans of shards; only the one that is used lies in memory.

    Args:
        table: knows the shard of each video.
        shards: the shards of these plans.
    """

    def __init__(self, table: VideoTable, shards: Sequence[Shard]):
        self._table = table
        self.shards = shards

    def __len__(self) -> int:
        return len(self.shards)

    @overload
    def __getitem__(self, index: int) -> ShardPlan: ...

    @overload
    def __getitem__(self, index: slice) -> "Plans": ...

    def __getitem__(self, index: int | slice) -> "ShardPlan | Plans":
        if isinstance(index, slice):
            return Plans(self._table, self.shards[index])
        shard = self.shards[index]
        videos = tuple(self._table.videos_of(shard))
        return ShardPlan(shard.split, shard.file, videos)


def shard_name(split: str, index: int, num_shards: int) -> str:
    """Returns e.g. "train.tfrecord-00000-of-00032"."""
    return f"{split}.tfrecord-{index:05d}-of-{num_shards:05d}"


def plan_shards(table: VideoTable, num_shards: int) -> Plans:
    """Distributes videos over shards of about equal numbers of frames.

    Each video, the longest first, goes to the shortest shard so far. The plan
    depends on the videos only, not on their order.

    Args:
        table: all videos of all splits, surveyed; gets their shards.
        num_shards: shards of each split, or fewer, so that no shard is empty.
    """
    for split, num_videos in table.num_videos().items():
        num_groups = min(num_shards, num_videos)
        files = [shard_name(split, i, num_groups) for i in range(num_groups)]
        table.place(files, deal(table.lengths_of(split), num_groups))
    return Plans(table, table.shards())


def deal(
    lengths: Iterable[tuple[int, int]], num_groups: int
) -> Iterator[tuple[int, int]]:
    """Puts each video, in turn, into the group of the fewest frames.

    Args:
        lengths: number and length of each video.

    Yields:
        The number of the video, and the index of its group.
    """
    # The second key spreads videos of unknown length, which count as 0 frames.
    heap = [(0, 0, index) for index in range(num_groups)]
    for number, length in lengths:
        num_frames, num_videos, index = heap[0]
        heapq.heapreplace(heap, (num_frames + length, num_videos + 1, index))
        yield number, index
