"""Tests of `tfrecords_tools.sources.hollywood2`, whole clips and shots."""

import pytest

from tests.helpers.raw_images import write_frame, write_map
from tests.helpers.raw_writers import (
    LEVELS,
    write_hollywood2,
    write_hollywood2_shots,
    write_labels,
)
from tests.helpers.source_checks import (
    check_fixations,
    files_of,
    lengths_of,
    levels_of,
    numbers_of,
    open_named,
    prepare_small,
    records_of,
)
from tfrecords_tools.frames import fixation_maps, opening
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources import (
    actions_in_the_eye,
    actions_in_the_eye_gaze,
    hollywood2,
)
from tfrecords_tools.sources.disk_source import ABSENT_VIDEOS
from tfrecords_tools.sources.hollywood2 import CLASSES, Hollywood2
from tfrecords_tools.sources.splits import train_or_validation

LABEL_FILES = [
    f"ClipSets/{name}_{split}.txt"
    for name in CLASSES
    for split in ("train", "test")
]


@pytest.fixture
def original(copy_of):
    return copy_of(write_hollywood2)


@pytest.fixture
def shots(copy_of):
    return copy_of(write_hollywood2_shots)


def test_the_clips_of_actions_are_listed_with_their_splits(original):
    assert Hollywood2(original).entries() == [
        VideoEntry("actioncliptest00001", "test"),
        VideoEntry("actioncliptrain00001", "train"),
        VideoEntry("actioncliptrain00004", "validation"),
    ]
    # Pinned: a model trained on one split must not meet it in another.
    splits = [
        train_or_validation(f"actioncliptrain{number:05d}")
        for number in range(1, 824)
    ]
    assert splits.count("validation") == 168


def test_a_clip_its_gaze_and_the_labels_decide_what_is_written(original):
    tables = ["gaze/geometry.txt", "gaze/resolution.txt", *LABEL_FILES]
    assert files_of(Hollywood2(original), original) == {
        "actioncliptest00001": [
            "AVIClips/actioncliptest00001.avi",
            "gaze/samples/001_actioncliptest00001.avi.txt",
            *tables,
        ],
        "actioncliptrain00001": ["AVIClips/actioncliptrain00001.AVI", *tables],
        "actioncliptrain00004": [
            "AVIClips/actioncliptrain00004.avi",
            "gaze/samples/001_actioncliptrain00004.avi.txt",
            "gaze/samples/019_actioncliptrain00004.avi.txt",
            *tables,
        ],
    }


def test_a_clip_opens_with_labels_and_gaze(original):
    raw = open_named(Hollywood2(original), "actioncliptrain00004")
    assert raw.original_size == (48, 64)
    assert raw.frames_per_second == 25.0
    assert raw.knows_observers
    assert raw.labels == ("HugPerson", "Kiss")
    assert levels_of(raw.frames) == list(LEVELS)
    places = [0.5, 0.25, 0.75]
    check_fixations(raw.fixations, [0, 1, 1], [1, 1, 19], places, places)
    assert raw.left_out == {
        gaze.SAMPLES_OF_SACCADES: 1,
        gaze.SAMPLES_OF_BLINKS: 1,
        gaze.SAMPLES_PAST_END: 1,
        gaze.SAMPLES_OUTSIDE: 1,
    }


def test_clips_without_gaze_and_lists_of_labels_are_counted(original):
    (original / "gaze").rename(original.parent / "gaze")
    (original / "ClipSets").rename(original.parent / "ClipSets")
    source = Hollywood2(original)
    name = "actioncliptrain00004"
    assert files_of(source, original)[name] == [f"AVIClips/{name}.avi"]
    raw = open_named(source, name)
    assert raw.labels == ()
    assert len(raw.fixations) == 0
    assert raw.left_out == {
        hollywood2.VIDEOS_WITHOUT_LABELS: 1,
        actions_in_the_eye_gaze.VIDEOS_WITHOUT_GAZE: 1,
    }


def test_the_original_form_comes_out_as_records(original, tmp_path):
    info = prepare_small(Hollywood2(original), tmp_path / "prepared")
    assert numbers_of(info) == {
        "train": (1, 10, 0),
        "validation": (1, 10, 3),
        "test": (1, 10, 1),
    }
    assert info.left_out == {
        ABSENT_VIDEOS: 1,
        actions_in_the_eye_gaze.GAZE_WITHOUT_VIDEO: 2,
        actions_in_the_eye_gaze.MISSING_OBSERVERS: 1,
        gaze.SAMPLES_OF_BLINKS: 1,
        gaze.SAMPLES_OF_SACCADES: 1,
        actions_in_the_eye_gaze.VIDEOS_WITHOUT_GAZE: 1,
        gaze.SAMPLES_OUTSIDE: 1,
        gaze.SAMPLES_PAST_END: 1,
        Hollywood2.other_clips: 1,
    }
    records = records_of(tmp_path / "prepared")
    labels = records["actioncliptrain00004"]["labels"].numpy().tolist()
    assert labels == [b"HugPerson", b"Kiss"]
    # A clip of no class at all.
    assert len(records["actioncliptrain00001"]["labels"]) == 0


def test_a_missing_list_of_labels_is_an_error(original):
    (original / "ClipSets" / "SitUp_test.txt").unlink()
    with pytest.raises(SourceError, match="SitUp_test.txt.*12 classes"):
        open_named(Hollywood2(original), "actioncliptest00001")


@pytest.mark.parametrize(
    "line",
    [
        "actioncliptrain00009",
        "actioncliptrain00009 0",
        "actioncliptrain00009 1 1",
        "\ufeff",
        "actioncliptrain00004 -1",  # The line above says 1.
    ],
)
def test_a_malformed_line_of_labels_is_an_error(original, line):
    path = original / "ClipSets" / "Kiss_train.txt"
    path.write_text(f"actioncliptrain00004 1\n{line}\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 2 of .*Kiss_train.txt"):
        open_named(Hollywood2(original), "actioncliptest00001")


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
    files = files_of(source, shots)
    assert files["actioncliptrain00004_1"] == own + LABEL_FILES


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


def test_shots_take_the_labels_of_their_video(shots):
    write_labels(shots)
    source = Hollywood2(shots)
    raw = open_named(source, "actioncliptrain00004_10")
    assert raw.labels == ("HugPerson", "Kiss")
    assert not raw.left_out
    assert source.left_out() == {ABSENT_VIDEOS: 1}


def test_shots_come_out_as_records(shots, tmp_path):
    write_frame(shots / "training/actioncliptrain00001_1/images/x_5.png", 50)
    write_map(shots / "testing/actioncliptest00001_1/fixation/x_9.png", [])
    (shots / "training" / "extra").mkdir()
    info = prepare_small(Hollywood2(shots), tmp_path / "prepared")
    assert numbers_of(info) == {
        "train": (1, 2, 0),
        "validation": (3, 6, 5),
        "test": (1, 1, 1),
    }
    assert info.left_out == {
        fixation_maps.FRAMES_WITHOUT_MAP: 1,
        fixation_maps.MAPS_WITHOUT_FRAME: 1,
        opening.MISSING_FRAMES: 1,
        actions_in_the_eye.OTHER_FOLDERS: 1,
        hollywood2.VIDEOS_WITHOUT_LABELS: 5,
    }
    assert info.num_observers is None  # Maps do not tell them apart.
    record = records_of(tmp_path / "prepared")["actioncliptrain00004_2"]
    assert (record["first_frame"], record["num_frames"]) == (0, 3)
    assert record["frames_per_second"] == 24
    x, y = [8.5 / 32, 24.5 / 32, 24.5 / 32], [6.5 / 24, 18.5 / 24, 18.5 / 24]
    check_fixations(record, [1, 1, 2], [0, 1, 0], x, y)
