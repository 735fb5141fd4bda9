"""Tests of `tfrecords_tools.shards.plan`."""

from tfrecords_tools.raw_video import VideoEntry
from tfrecords_tools.shards import plan as shard_plan
from tfrecords_tools.shards.survey import SurveyedVideo


def surveyed(name, num_frames, split="train", sha256="0"):
    return SurveyedVideo(VideoEntry(name, split), num_frames, sha256)


def ids(plan):
    return [video.entry.video_id for video in plan.videos]


def test_videos_are_spread_so_that_shards_are_of_equal_length():
    lengths = {"a": 50, "b": 30, "c": 20, "d": 20, "e": 10}
    videos = [surveyed(*item) for item in lengths.items()]
    plans = shard_plan.plan_shards(videos, 2)
    # Longest first: a | b, b+c | a, then d to the shard of c (50 | 50 ties
    # go to the one with fewer videos), then e to the other.
    assert [ids(plan) for plan in plans] == [["a", "d"], ["b", "c", "e"]]
    assert [plan.num_frames for plan in plans] == [70, 60]
    assert shard_plan.plan_shards(videos[::-1], 2) == plans


def test_each_split_has_at_most_one_shard_a_video():
    videos = [surveyed("a", 0), surveyed("b", 0), surveyed("c", 5, "test")]
    plans = shard_plan.plan_shards(videos, 16)
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
