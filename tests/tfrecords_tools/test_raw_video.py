"""Tests of `tfrecords_tools.raw_video`."""

import os

import pytest

from tfrecords_tools.raw_video import SourceError, walk


def test_a_walk_follows_links_to_folders(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.avi").touch()
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside)
    found = {path: files for path, _, files in walk(os.fspath(root))}
    assert found[os.path.join(root, "link")] == ["a.avi"]


@pytest.mark.parametrize("target", [".", ".."])
def test_links_that_lead_round_in_a_circle_are_an_error(tmp_path, target):
    folder = tmp_path / "root" / "inner"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(target)
    with pytest.raises(SourceError, match="link' leads round in a circle"):
        list(walk(os.fspath(tmp_path / "root")))


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="Unreadable folder .*absent'"):
        list(walk(os.fspath(tmp_path / "absent")))
