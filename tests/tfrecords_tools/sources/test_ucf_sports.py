"""Tests of `tfrecords_tools.sources.ucf_sports`, videos and frames."""

import pytest

from tests.helpers.raw_writers import (
    write_gaze,
    write_ucf_sports,
    write_ucf_sports_frames,
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
from tfrecords_tools.gaze import fixations as gaze
from tfrecords_tools.raw_video import VideoEntry
from tfrecords_tools.sources import (
    actions_in_the_eye,
    actions_in_the_eye_gaze,
    ucf_sports,
)
from tfrecords_tools.sources.ucf_sports import UcfSports, split_of

# All 150 of the dataset, by kind.
NUM_VIDEOS = {
    "Diving-Side": 14,
    "Golf-Swing-Back": 5,
    "Golf-Swing-Front": 8,
    "Golf-Swing-Side": 5,
    "Kicking-Front": 10,
    "Kicking-Side": 10,
    "Lifting": 6,
    "Riding-Horse": 12,
    "Run-Side": 13,
    "SkateBoarding-Front": 12,
    "Swing-Bench": 20,
    "Swing-SideAngle": 13,
    "Walk-Front": 22,
}


@pytest.fixture
def videos(copy_of):
    return copy_of(write_ucf_sports)


@pytest.fixture
def frames(copy_of):
    return copy_of(write_ucf_sports_frames)


def test_videos_are_found_by_their_names_or_their_folders(videos):
    source = UcfSports(videos)
    lengths = {
        "Diving-Side_001": 5,
        "Golf-Swing-Back_002": 3,
        "Kicking-Front_002": 5,
    }
    assert lengths_of(source) == lengths
    assert source.entries() == [VideoEntry(n, split_of(n)) for n in lengths]


def test_a_video_and_its_gaze_decide_what_is_written(videos):
    write_gaze(videos, {}, sizes=["Diving-Side_001.avi 64 48 1"])
    tables = ["geometry.txt", "resolution.txt"]
    golf = "ucf action/Golf-Swing-Back/002"
    assert files_of(UcfSports(videos), videos) == {
        "Diving-Side_001": [
            "Diving-Side_001.avi",
            "samples/003_Diving-Side_001.avi.txt",
            *tables,
        ],
        "Golf-Swing-Back_002": [
            f"{golf}/2538-5_7070.jpg",
            f"{golf}/2538-5_7071.jpg",
            f"{golf}/2538-5_7072.jpg",
            "samples/001_Golf-Swing-Back_002.avi.txt",
            "samples/003_Golf-Swing-Back_002.avi.txt",
            *tables,
        ],
        "Kicking-Front_002": [
            "ucf action/Kicking-Front/002/7608-9_70(2)151.avi",
            *tables,
        ],
    }


def test_images_and_maps_decide_what_is_written(frames):
    files = files_of(UcfSports(frames), frames)
    folder = "training/Diving-Side-001"
    assert files["Diving-Side_001"] == [
        f"{folder}/{kind}/Diving-Side_001_00{number}.png"
        for kind in ("images", "fixation")
        for number in (1, 2)
    ]


def test_a_video_that_is_only_there_as_frames_opens_with_gaze(videos):
    raw = open_named(UcfSports(videos), "Golf-Swing-Back_002")
    assert raw.original_size == (48, 64)
    assert raw.frames_per_second == 10.0
    assert raw.labels == ("Golf-Swing",)
    assert levels_of(raw.frames) == [70, 71, 72]
    # 100 ms are one frame.
    check_fixations(raw.fixations, [0, 1], [3, 1], [0.75] * 2, [0.75] * 2)
    assert not raw.left_out


def test_videos_come_out_as_records(videos, tmp_path):
    info = prepare_small(UcfSports(videos), tmp_path / "prepared")
    assert numbers_of(info) == {
        "train": (1, 3, 2),
        "validation": (0, 0, 0),
        "test": (2, 10, 2),
    }
    assert info.left_out == {
        actions_in_the_eye_gaze.GAZE_WITHOUT_VIDEO: 1,
        actions_in_the_eye_gaze.MISSING_OBSERVERS: 1,
        gaze.SAMPLES_OF_SACCADES: 1,
        actions_in_the_eye_gaze.VIDEOS_WITHOUT_GAZE: 1,
        UcfSports.other_clips: 1,
    }
    record = records_of(tmp_path / "prepared")["Diving-Side_001"]
    assert record["labels"].numpy().tolist() == [b"Diving"]
    assert record["frames_per_second"] == 25
    check_fixations(record, [0, 1], [3, 3], [0.5, 0.25], [0.5, 0.25])


def test_letters_of_another_case_are_the_same_video(videos):
    path = videos / "Diving-Side_001.avi"
    path.rename(videos / "diving-side_001.AVI")
    raw = open_named(UcfSports(videos), "Diving-Side_001")
    assert len(raw.fixations) == 2


def test_folders_of_frames_keep_the_official_test_split(frames):
    assert UcfSports(frames).entries() == [
        VideoEntry("Diving-Side_001", "train"),
        VideoEntry("Golf-Swing-Back_002", "train"),
        VideoEntry("Walk-Front_020", "test"),
    ]


def test_frames_come_out_as_records(frames, tmp_path):
    (frames / "training" / "Chess-001").mkdir()
    info = prepare_small(UcfSports(frames), tmp_path / "prepared")
    assert numbers_of(info) == {
        "train": (2, 3, 3),
        "validation": (0, 0, 0),
        "test": (1, 1, 1),
    }
    assert info.left_out == {actions_in_the_eye.OTHER_FOLDERS: 1}
    record = records_of(tmp_path / "prepared")["Golf-Swing-Back_002"]
    assert record["labels"].numpy().tolist() == [b"Golf-Swing"]
    assert record["frames_per_second"] == 10
    x, y = [8.5 / 32, 24.5 / 32], [6.5 / 24, 18.5 / 24]
    check_fixations(record, [0, 0], [0, 1], x, y)


def test_the_split_of_the_videos_does_not_change():
    # Pinned: a model trained on one split must not meet it in another.
    splits = [
        split_of(f"{kind}_{number:03d}")
        for kind, count in NUM_VIDEOS.items()
        for number in range(1, count + 1)
    ]
    counts = {split: splits.count(split) for split in set(splits)}
    assert counts == {"train": 84, "validation": 19, "test": 47}
    assert ucf_sports.CLASSES.keys() == NUM_VIDEOS.keys()
    assert len(set(ucf_sports.CLASSES.values())) == 10
