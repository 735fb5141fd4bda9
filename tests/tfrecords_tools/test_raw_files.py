"""Tests of `tfrecords_tools.raw_files`."""

import os

import pytest

from tfrecords_tools import raw_files
from tfrecords_tools.raw_video import SourceError


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="Unreadable folder .*absent'"):
        raw_files.paths_in(tmp_path / "absent")


def test_avi_files_have_their_suffix_in_any_case_and_are_not_hidden():
    paths = ["x/a.AVI", "x/.b.avi", "c.d.avi", "e.txt", "avi"]
    assert list(raw_files.avi_files(paths)) == [
        ("a", "x/a.AVI"),
        ("c.d", "c.d.avi"),
    ]


def test_names_are_sorted_and_unique():
    pairs = [("b", "1"), ("a", "2"), ("b", "1")]
    assert list(raw_files.by_name(pairs, "clip").items()) == [
        ("a", "2"),
        ("b", "1"),
    ]
    with pytest.raises(SourceError, match="for the clip 'b': '1' and '3'"):
        raw_files.by_name([*pairs, ("b", "3")], "clip")


def test_lines_with_text_are_numbered(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a \r\n\n \nb\xff\x85c")
    assert list(raw_files.numbered_lines(path)) == [
        (1, "a "),
        (4, "b\ufffd\ufffdc"),
    ]
    with pytest.raises(SourceError, match="b.txt': No such .*. Fetch it.$"):
        list(raw_files.numbered_lines(tmp_path / "b.txt", "Fetch it."))


def test_a_long_line_is_quoted_in_part():
    error = raw_files.invalid_line("a.txt", 7, "a number", "x" * 10_000)
    assert str(error).startswith("Invalid line 7 of 'a.txt'. Expected a number")
    assert len(str(error)) < 200


def test_a_kept_result_is_forgotten_for_another_preparation(tmp_path):
    @raw_files.kept()
    def names(folder):
        return os.listdir(folder)

    raw_files.forget_kept("first")
    assert names(tmp_path) == []
    (tmp_path / "a").touch()
    raw_files.forget_kept("first")
    assert names(tmp_path) == []
    raw_files.forget_kept("second")
    assert names(tmp_path) == ["a"]
    (tmp_path / "a").unlink()
    raw_files.forget_kept()
    assert names(tmp_path) == []
