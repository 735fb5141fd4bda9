"""Tests of `tfrecords_tools.shards.video_table`."""

import tracemalloc

import pytest

from rmdn_tf.files.settings_file import MAX_NAMED
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.shards.plan import plan_shards
from tfrecords_tools.shards.survey import SurveyedVideo
from tfrecords_tools.shards.video_table import PlacedVideo, VideoTable


def entries_of(number):
    return (VideoEntry(f"{index:06d}", "train") for index in range(number))


def filled(entries):
    table = VideoTable()
    table.list_videos("made", entries)
    for entry in table.entries():
        table.add(SurveyedVideo(entry, len(entry.video_id), "ab" * 32))
    table.number_videos()
    return table


def peak_bytes(number):
    """Returns the most memory of planning so many videos."""
    tracemalloc.start()
    try:
        with filled(entries_of(number)) as table:
            plans = plan_shards(table, number // 100)
            assert sum(len(plan.videos) for plan in plans) == number
            assert sum(1 for _ in table.placed_videos()) == number
            table.add_earlier(table.placed_videos())
            assert table.differences(MAX_NAMED) == ([], 0)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ten_times_as_many_videos_take_hardly_more_memory():
    peak_bytes(200)
    # A list of their ids alone would take a megabyte more.
    assert peak_bytes(20_000) - peak_bytes(2_000) < 200_000


def test_names_of_all_languages_are_sorted_as_python_sorts_them():
    names = ["z", "ä", "\N{GRINNING FACE}", "\uffff", "Z", "a/b", "a\0", "a"]
    with filled(VideoEntry(name, "test") for name in names) as table:
        found = [entry.video_id for entry in table.entries()]
    assert found == sorted(names)


def test_a_name_that_is_not_utf8_is_an_error():
    with VideoTable() as table:
        with pytest.raises(SourceError, match=r"'a\\udcff'. Expected UTF-8"):
            table.list_videos("made", [VideoEntry("a\udcff", "test")])


def test_the_first_differences_are_told_and_all_are_counted():
    with filled(entries_of(20)) as table:
        shard = "train.tfrecord-00000-of-00001"
        table.add_earlier(
            PlacedVideo(name, "test", shard, None, None)
            for name in ("000003", "x")
        )
        differences, total = table.differences(3)
    assert differences == ["'x' is gone", "'000000' is new", "'000001' is new"]
    assert total == 1 + 19 + 1


def test_shots_are_counted_by_their_videos():
    cut = [VideoEntry(name, "test", name[0]) for name in ("a1", "a2", "b1")]
    with filled(cut) as table:
        assert table.num_videos_before_cutting() == 2
    with filled(entries_of(2)) as table:
        assert table.num_videos_before_cutting() == 0


def test_a_full_disk_is_told_with_a_way_out():
    with pytest.raises(OSError, match="disk is full.*TMPDIR"):
        with VideoTable() as table:
            table._database.execute("PRAGMA max_page_count = 20")
            table.list_videos("made", entries_of(10_000))
