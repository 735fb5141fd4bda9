"""Tests of `tfrecords_tools.sources.hollywood2`: the form of shots."""

import numpy as np
import pytest

from tests.helpers.raw_frames import (
    files_of,
    lengths_of,
    levels_of,
    open_named,
    prepare_small,
    records_of,
)
from tests.tfrecords_tools.frames.test_frame_folders import (
    write_frame,
    write_map,
)
from tests.tfrecords_tools.sources.test_hollywood2 import (
    LABEL_FILES,
    write_labels,
    write_shots,
)
from tfrecords_tools.frames import frame_folders
from tfrecords_tools.raw_video import ABSENT_VIDEOS, SourceError, VideoEntry
from tfrecords_tools.sources import hollywood2
from tfrecords_tools.sources.hollywood2 import Hollywood2


@pytest.fixture
def shots(tmp_path):
    return write_shots(tmp_path / "raw")


def test_images_maps_and_labels_decide_what_is_written_of_a_shot(shots):
    source = Hollywood2(shots)
    folder = "training/actioncliptrain00004_1"
    own = [
        f"{folder}/{kind}/actioncliptrain00004_0000{number}.png"
        for kind in ("images", "fixation")
        for number in (3, 4)
    ]
    assert files_of(source, shots)["actioncliptrain00004_1"] == own
    write_labels(shots)
    (shots / "ClipSets" / "SitUp_test.txt").unlink()
    labels = [f for f in LABEL_FILES if f != "ClipSets/SitUp_test.txt"]
    files = files_of(source, shots)
    assert files["actioncliptrain00004_1"] == own + labels


def test_shots_are_videos_and_stay_with_their_video(shots):
    source = Hollywood2(shots)
    test, train, held_out = (
        "actioncliptest00001",
        "actioncliptrain00001",
        "actioncliptrain00004",
    )
    assert source.entries() == [
        VideoEntry(f"{test}_1", "test", test),
        VideoEntry(f"{train}_1", "train", train),
        VideoEntry(f"{held_out}_1", "validation", held_out),
        VideoEntry(f"{held_out}_10", "validation", held_out),
        VideoEntry(f"{held_out}_2", "validation", held_out),
    ]
    assert list(lengths_of(source).values()) == [1, 1, 2, 1, 3]


def test_the_frames_of_a_shot_count_from_its_first(shots):
    raw = open_named(Hollywood2(shots), "actioncliptrain00004_2")
    assert raw.original_size == (24, 32)
    assert raw.frames_per_second == 24.0
    assert not raw.knows_observers
    assert levels_of(raw.frames) == [80, 90, 100]
    np.testing.assert_array_equal(raw.fixations.frame, [1, 1, 2])
    np.testing.assert_array_equal(raw.fixations.observer, [0, 1, 0])
    np.testing.assert_allclose(
        raw.fixations.x, [8.5 / 32, 24.5 / 32, 24.5 / 32], rtol=1e-6
    )
    np.testing.assert_allclose(
        raw.fixations.y, [6.5 / 24, 18.5 / 24, 18.5 / 24], rtol=1e-6
    )


def test_shots_take_the_labels_of_their_video(shots):
    source = Hollywood2(shots)
    raw = open_named(source, "actioncliptrain00004_10")
    assert raw.labels == ()
    assert raw.left_out == {hollywood2.VIDEOS_WITHOUT_LABELS: 1}
    write_labels(shots)
    raw = open_named(source, "actioncliptrain00004_10")
    assert raw.labels == ("HugPerson", "Kiss")
    assert not raw.left_out
    assert source.left_out() == {ABSENT_VIDEOS: 1}


def test_shots_come_out_as_records(shots, tmp_path):
    write_frame(shots / "training/actioncliptrain00001_1/images/x_5.png", 50)
    write_map(shots / "testing/actioncliptest00001_1/fixation/x_9.png", [])
    (shots / "training" / "extra").mkdir()
    output_dir = tmp_path / "prepared"
    info = prepare_small(Hollywood2(shots), output_dir)
    assert {
        split: (n.num_videos, n.num_frames, n.num_fixations)
        for split, n in info.splits.items()
    } == {"train": (1, 2, 0), "validation": (3, 6, 5), "test": (1, 1, 1)}
    assert info.left_out == {
        frame_folders.FRAMES_WITHOUT_MAP: 1,
        frame_folders.MAPS_WITHOUT_FRAME: 1,
        frame_folders.MISSING_FRAMES: 1,
        frame_folders.OTHER_FOLDERS: 1,
        hollywood2.VIDEOS_WITHOUT_LABELS: 5,
    }
    record = records_of(output_dir)["actioncliptrain00004_2"]
    assert record["fixation_frame"].numpy().tolist() == [1, 1, 2]
    assert record["first_frame"].numpy() == 0
    assert record["num_frames"].numpy() == 3


def test_a_shot_without_frames_is_listed_and_fails_when_opened(shots):
    (shots / "testing" / "actioncliptest00002_1").mkdir()
    source = Hollywood2(shots)
    assert lengths_of(source)["actioncliptest00002_1"] == 0
    with pytest.raises(SourceError, match="actioncliptest00002_1"):
        open_named(source, "actioncliptest00002_1")


def test_one_shot_in_training_and_in_test_is_an_error(shots):
    (shots / "testing" / "actioncliptrain00001_1").mkdir()
    with pytest.raises(SourceError, match="Two folders .*00001_1.*training"):
        Hollywood2(shots).entries()


def test_a_video_that_is_gone_is_an_error(shots):
    source = Hollywood2(shots)
    (entry, *_) = source.entries()
    (shots / "testing").rename(shots / "gone")
    assert source.num_frames(entry) == 0
    assert source.files(entry) == []
    with pytest.raises(SourceError, match="actioncliptest00001_1.*No such"):
        source.open(entry)
    source.entries()
    with pytest.raises(SourceError, match="No video 'actioncliptest00001_1'"):
        source.open(entry)
