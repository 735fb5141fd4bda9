"""Tests of `tfrecords_tools.shards.plan`."""

import heapq

from hypothesis import given
from hypothesis import strategies as st

from rmdn_tf.data.records import SPLITS
from tfrecords_tools.raw_video import VideoEntry
from tfrecords_tools.shards import plan as shard_plan
from tfrecords_tools.shards.survey import SurveyedVideo
from tfrecords_tools.shards.video_table import VideoTable


def surveyed(name, num_frames, split="train", sha256="0"):
    return SurveyedVideo(VideoEntry(name, split), num_frames, sha256)


def plan_of(videos, num_shards):
    """Plans on disk, and returns the plans as a list."""
    with VideoTable() as table:
        table.list_videos("made", [video.entry for video in videos])
        for video in videos:
            table.add(video)
        table.number_videos()
        return list(shard_plan.plan_shards(table, num_shards))


def ids(plan):
    return [video.entry.video_id for video in plan.videos]


def test_videos_are_spread_so_that_shards_are_of_equal_length():
    lengths = {"a": 50, "b": 30, "c": 20, "d": 20, "e": 10}
    videos = [surveyed(*item) for item in lengths.items()]
    plans = plan_of(videos, 2)
    # Longest first: a | b, b+c | a, then d to the shard of c (50 | 50 ties
    # go to the one with fewer videos), then e to the other.
    assert [ids(plan) for plan in plans] == [["a", "d"], ["b", "c", "e"]]
    assert [plan.num_frames for plan in plans] == [70, 60]
    assert plan_of(videos[::-1], 2) == plans


def test_each_split_has_at_most_one_shard_a_video():
    videos = [surveyed("a", 0), surveyed("b", 0), surveyed("c", 5, "test")]
    plans = plan_of(videos, 16)
    assert [(plan.file, ids(plan)) for plan in plans] == [
        ("train.tfrecord-00000-of-00002", ["a"]),
        ("train.tfrecord-00001-of-00002", ["b"]),
        ("test.tfrecord-00000-of-00001", ["c"]),
    ]


def test_a_plan_tells_the_checksum_of_each_video():
    plan = shard_plan.ShardPlan(
        "train", "a", (surveyed("v", 5, sha256="1"), surveyed("w", 5))
    )
    assert plan.checksums == {"v": "1", "w": "0"}


def plan_in_memory(videos, num_shards):
    """The plan of the first releases, which kept all videos in memory."""
    plans = []
    for split in SPLITS:
        mine = [video for video in videos if video.entry.split == split]
        groups = [[] for _ in range(min(num_shards, len(mine)))]
        heap = [(0, 0, index) for index in range(len(groups))]
        for video in sorted(
            mine, key=lambda v: (-v.num_frames, v.entry.video_id)
        ):
            num_frames, num_videos, index = heapq.heappop(heap)
            groups[index].append(video)
            heapq.heappush(
                heap, (num_frames + video.num_frames, num_videos + 1, index)
            )
        for index, group in enumerate(groups):
            file = shard_plan.shard_name(split, index, len(groups))
            group.sort(key=lambda v: v.entry.video_id)
            plans.append(shard_plan.ShardPlan(split, file, tuple(group)))
    return plans


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=3),
        # Few lengths, so that many videos tie.
        st.tuples(st.integers(0, 3) | st.integers(0, 10**6), st.integers(0, 2)),
        max_size=25,
    ).filter(bool),
    st.integers(1, 7),
    st.randoms(),
)
def test_the_plan_is_that_of_the_first_releases(facts, num_shards, random):
    videos = [
        surveyed(name, num_frames, SPLITS[split])
        for name, (num_frames, split) in facts.items()
    ]
    random.shuffle(videos)
    assert plan_of(videos, num_shards) == plan_in_memory(videos, num_shards)
