"""Tests of `tfrecords_tools.sources.actions_in_the_eye`."""

import pytest

from tests.helpers.raw_writers import (
    write_gaze,
    write_hollywood2,
    write_ucf_sports,
)
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.ucf_sports import UcfSports


@pytest.mark.parametrize(
    ("source", "write"),
    [(Hollywood2, write_hollywood2), (UcfSports, write_ucf_sports)],
)
def test_a_folder_with_neither_form_or_both_is_an_error(
    copy_of, tmp_path, source, write
):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="Received: neither"):
        source(tmp_path / "empty").entries()
    raw_dir = copy_of(write)
    (raw_dir / "testing").mkdir()
    with pytest.raises(SourceError, match="Received: both"):
        source(raw_dir).entries()


@pytest.mark.parametrize(
    ("source", "write", "folder"),
    [
        (Hollywood2, write_hollywood2, "gaze"),
        (UcfSports, write_ucf_sports, "."),
    ],
)
def test_gaze_for_an_unknown_video_is_an_error(copy_of, source, write, folder):
    raw_dir = copy_of(write)
    write_gaze(raw_dir / folder, {"002_Chess_001.avi.txt": []})
    with pytest.raises(SourceError, match="002_Chess_001.avi.txt"):
        source(raw_dir).entries()
