"""Tests of `watched_actions`; the rest is in its sources'."""

import pytest

from tests.helpers.raw_frames import levels_of
from tests.tfrecords_tools.frames.test_frame_folders import (
    write_frame,
    write_map,
)
from tests.tfrecords_tools.frames.test_video_files import (
    grey_frames,
    write_video,
)
from tests.tfrecords_tools.sources.test_hollywood2 import (
    write_original,
    write_shots,
)
from tests.tfrecords_tools.sources.test_ucf_sports import (
    write_frames,
    write_videos,
)
from tfrecords_tools.frames import frame_folders
from tfrecords_tools.sources.hollywood2 import Hollywood2
from tfrecords_tools.sources.ucf_sports import UcfSports
from tfrecords_tools.sources.watched_actions import Place


def test_a_place_is_a_file_or_a_folder_of_images(tmp_path):
    path = write_video(tmp_path / "a.avi", grey_frames(range(7)))
    place = Place(str(path))
    assert (place.num_frames(), place.files()) == (7, [str(path)])
    image = write_frame(tmp_path / "images" / "1.png", 10)
    fixated = write_map(tmp_path / "fixation" / "1.png", [])
    place = Place(str(image.parent))
    assert (place.num_frames(), place.files()) == (1, [str(image)])
    place = Place(str(image.parent), str(fixated.parent))
    assert place.files() == [str(image), str(fixated)]


def test_a_place_that_is_gone_has_no_frames_and_no_files(tmp_path):
    place = Place(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (place.num_frames(), place.files()) == (0, [])


DATASETS = [
    (Hollywood2, write_original),
    (Hollywood2, write_shots),
    (UcfSports, write_videos),
    (UcfSports, write_frames),
]


@pytest.mark.parametrize(("source_class", "write"), DATASETS)
def test_opening_a_video_does_not_walk_the_dataset_again(
    tmp_path, source_class, write, monkeypatch
):
    source = source_class(write(tmp_path / "raw"))
    entries = source.entries()

    def fail(*_):
        raise AssertionError("walked")

    monkeypatch.setattr(source_class, "list_videos", fail)
    monkeypatch.setattr(frame_folders, "list_video_folders", fail)
    for entry in entries:
        assert source.files(entry)
        num_frames = source.num_frames(entry)
        assert len(levels_of(source.open(entry).frames)) == num_frames > 0


def test_entries_sees_what_has_come_since(tmp_path):
    source = UcfSports(write_frames(tmp_path / "raw"))
    before = source.entries()
    write_frame(tmp_path / "raw/testing/Lifting-001/images/1.png", 10)
    (new,) = set(source.entries()) - set(before)
    assert new.video_id == "Lifting_001"
    assert source.num_frames(new) == 1
