"""Tests of `tfrecords_tools.shards.survey`."""

from tests.helpers.made_up import MadeUp
from tfrecords_tools.shards.survey import SurveyedVideo, checksum, survey


def test_the_checksum_tells_content_and_name_not_place_or_time(tmp_path):
    def write(folder, name, content):
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return str(path)

    first = checksum([write("a", "x.avi", b"abc")])
    assert first == checksum([write("b", "x.avi", b"abc")])
    assert first != checksum([write("b", "y.avi", b"abc")])
    assert first != checksum([write("c", "x.avi", b"abd")])
    assert first != checksum([write("a", "x.avi", b"abd")])
    # Two files are not one of their joined contents.
    one = checksum([write("a", "x", b"ab"), write("a", "y", b"c")])
    assert one != checksum([write("a", "x", b"a"), write("a", "y", b"bc")])


def test_a_video_is_surveyed_with_length_and_checksum(tmp_path):
    path = tmp_path / "a.avi"
    path.write_bytes(b"frames")
    source = MadeUp({"a": 7}, files={"a": [str(path)]})
    (entry,) = source.entries()
    expected = SurveyedVideo(entry, 7, checksum([str(path)]))
    assert survey(source, entry) == expected


def test_an_unreadable_file_leaves_the_checksum_empty(tmp_path):
    source = MadeUp({"a": 7}, files={"a": [str(tmp_path / "absent.avi")]})
    (entry,) = source.entries()
    assert survey(source, entry) == SurveyedVideo(entry, 0, "")
