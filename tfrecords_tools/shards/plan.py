"""Assigns videos to shards."""

import dataclasses
import heapq
from collections.abc import Sequence

from rmdn_tf.data.records import SPLITS
from tfrecords_tools.shards.survey import SurveyedVideo


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
        return {_id(video): video.sha256 for video in self.videos}


def shard_name(split: str, index: int, num_shards: int) -> str:
    """Returns e.g. "train.tfrecord-00000-of-00032"."""
    return f"{split}.tfrecord-{index:05d}-of-{num_shards:05d}"


def plan_shards(
    videos: Sequence[SurveyedVideo], num_shards: int
) -> list[ShardPlan]:
    """Distributes videos over shards of about equal numbers of frames.

    Each video, the longest first, goes to the shortest shard so far. The plan
    depends on the videos only, not on their order.

    Args:
        videos: all videos of all splits.
        num_shards: shards of each split, or fewer, so that no shard is empty.
    """
    plans = []
    for split in SPLITS:
        mine = [video for video in videos if video.entry.split == split]
        groups = _balance(mine, min(num_shards, len(mine)))
        for index, group in enumerate(groups):
            file = shard_name(split, index, len(groups))
            plans.append(ShardPlan(split, file, tuple(group)))
    return plans


def _balance(
    videos: Sequence[SurveyedVideo], num_groups: int
) -> list[list[SurveyedVideo]]:
    groups: list[list[SurveyedVideo]] = [[] for _ in range(num_groups)]
    # The second key spreads videos of unknown length, which count as 0 frames.
    heap = [(0, 0, index) for index in range(num_groups)]
    for video in sorted(videos, key=lambda v: (-v.num_frames, _id(v))):
        num_frames, num_videos, index = heapq.heappop(heap)
        groups[index].append(video)
        heapq.heappush(
            heap, (num_frames + video.num_frames, num_videos + 1, index)
        )
    return [sorted(group, key=_id) for group in groups]


def _id(video: SurveyedVideo) -> str:
    return video.entry.video_id
