"""Tests of `tfrecords_tools.shards.survey`."""

import os
import time

import pytest

from rmdn_tf.engines.processes import in_this_process
from tests.helpers.made_up import MadeUp
from tfrecords_tools.raw_video import VideoEntry
from tfrecords_tools.shards import survey as surveying
from tfrecords_tools.shards.hash_memory import open_memory
from tfrecords_tools.shards.survey import (
    SurveyedVideo,
    checksum,
    survey,
    survey_all,
)


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


class Counted(MadeUp):
    """Videos in a file each, with a table for all; counts what is read."""

    def __init__(self, folder, names="abc"):
        self.folder = folder
        self.measured = []
        super().__init__(dict.fromkeys(names, 5))
        for name in (*names, "table"):
            (folder / name).write_text(f"content of {name}")

    def files(self, entry):
        return [self.measured_file(entry), str(self.folder / "table")]

    def measured_file(self, entry):
        return str(self.folder / entry.video_id)

    def num_frames(self, entry):
        self.measured.append(entry.video_id)
        return os.path.getsize(self.measured_file(entry))


@pytest.fixture
def source(tmp_path):
    return Counted(tmp_path)


@pytest.fixture(autouse=True)
def read(tmp_path, monkeypatch):
    """The names of the files read; the clock runs a minute ahead."""
    names = []
    content = surveying._content.__wrapped__

    def read_content(path):
        names.append(os.path.basename(path))
        return content(path)

    monkeypatch.setattr(surveying, "_content", read_content)
    monkeypatch.setattr(
        surveying.time, "time_ns", lambda: int((time.time() + 60) * 1e9)
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return names


def survey_again(source, run=in_this_process, rehash=False):
    """Returns id -> surveyed video, and what was measured."""
    videos = []
    source.measured.clear()
    with open_memory("1", rehash=rehash) as memory:
        survey_all(source, source.entries(), memory, run, videos.append)
    return {v.entry.video_id: v for v in videos}


def test_a_second_survey_reads_no_file_and_finds_the_same(source, read):
    first = survey_again(source)
    assert first == {e.video_id: survey(source, e) for e in source.entries()}
    read.clear()
    assert survey_again(source) == first
    assert read == source.measured == []


def test_files_that_have_just_changed_are_read_again(source, read, monkeypatch):
    monkeypatch.setattr(surveying.time, "time_ns", lambda: int(1e9))
    first = survey_again(source)
    read.clear()
    assert survey_again(source) == first
    assert {*read} == {"a", "b", "c", "table"}


def test_all_files_are_read_again_on_request(source, read):
    first = survey_again(source)
    read.clear()
    assert survey_again(source, rehash=True) == first
    assert {*read} == {"a", "b", "c", "table"}
    read.clear()
    survey_again(source)
    assert read == []


def _change(path):
    path.write_text("Content of b")


def _change_and_restore_time(path):
    before = path.stat()
    path.write_text("CONTENT of b")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replace(path):
    before = path.stat()
    other = path.with_name("other")
    other.write_text("CONTENT of b")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize(
    "change", [_change, _change_and_restore_time, _replace]
)
def test_only_a_changed_file_is_read_again(source, read, tmp_path, change):
    first = survey_again(source)
    read.clear()
    change(tmp_path / "b")
    second = survey_again(source)
    assert read == source.measured == ["b"]
    assert second["b"].sha256 != first["b"].sha256
    assert second["b"] == survey(source, VideoEntry("b", "train"))
    assert second["a"] == first["a"]


def test_a_touched_file_is_read_again_and_found_unchanged(
    source, read, tmp_path
):
    first = survey_again(source)
    read.clear()
    (tmp_path / "b").touch()
    assert survey_again(source) == first
    assert read == ["b"]


def test_a_renamed_file_is_another_video(source, read, tmp_path):
    first = survey_again(source)
    read.clear()
    (tmp_path / "b").rename(tmp_path / "d")
    source._lengths = dict.fromkeys("acd", 5)
    second = survey_again(source)
    assert read == ["d"]
    assert second["d"].sha256 != first["b"].sha256


def test_a_file_whose_content_comes_back_has_its_checksum_again(
    source, tmp_path
):
    first = survey_again(source)
    text = (tmp_path / "b").read_text()
    _change(tmp_path / "b")
    assert survey_again(source) != first
    (tmp_path / "b").write_text(text)
    assert survey_again(source) == first


def test_a_missing_file_is_an_unreadable_video_until_it_is_there(
    source, tmp_path
):
    first = survey_again(source)
    (tmp_path / "b").rename(tmp_path / "away")
    assert survey_again(source)["b"] == SurveyedVideo(
        VideoEntry("b", "train"), 0, ""
    )
    (tmp_path / "away").rename(tmp_path / "b")
    assert survey_again(source) == first


def test_a_changed_table_changes_all_videos_but_reads_none_of_them(
    source, read, tmp_path
):
    first = survey_again(source)
    read.clear()
    (tmp_path / "table").write_text("other gaze")
    second = survey_again(source)
    assert {*read} == {"table"}
    assert all(second[name] != first[name] for name in "abc")
    assert source.measured == []


def test_a_table_of_all_videos_is_looked_at_once(source, monkeypatch):
    survey_again(source)
    looked_at = []
    state = surveying.file_state

    def counted(path):
        looked_at.append(os.path.basename(path))
        return state(path)

    monkeypatch.setattr(surveying, "file_state", counted)
    survey_again(source)
    assert looked_at == ["a", "table", "b", "c"]


def test_a_known_table_is_not_read_for_a_new_video(source, read, tmp_path):
    survey_again(source)
    read.clear()
    (tmp_path / "d").write_text("content of d")
    source._lengths["d"] = 5
    survey_again(source)
    assert read == ["d"]


def test_a_run_that_is_broken_off_does_not_forget_what_it_read(source, read):
    def run(function, items, name):
        for item in items:
            if item[0].video_id == "c":
                raise KeyboardInterrupt
            yield function(item)

    with pytest.raises(KeyboardInterrupt):
        survey_again(source, run)
    read.clear()
    survey_again(source)
    assert read == ["c"]


def test_a_video_that_could_not_be_measured_is_measured_again(source, tmp_path):
    (tmp_path / "b").write_text("")
    survey_again(source)
    survey_again(source)
    assert source.measured == ["b"]
