"""Tests of `tfrecords_tools.sources.ucf101`."""

import pytest

from tests.helpers.raw_writers import (
    UCF101_TEST,
    UCF101_TRAIN,
    write_ucf101,
    write_ucf101_lists,
)
from tests.helpers.source_checks import (
    files_of,
    numbers_of,
    prepare_small,
    records_of,
)
from tfrecords_tools.raw_video import SourceError, VideoEntry
from tfrecords_tools.sources.disk_source import ABSENT_VIDEOS
from tfrecords_tools.sources.splits import train_or_validation
from tfrecords_tools.sources.ucf101 import Ucf101


@pytest.fixture
def raw_dir(copy_of):
    return copy_of(write_ucf101)


def test_the_videos_are_prepared_with_labels_and_without_gaze(
    raw_dir, tmp_path
):
    write_ucf101_lists(raw_dir, 3, UCF101_TRAIN[2:], UCF101_TRAIN[:2])
    info = prepare_small(Ucf101(raw_dir), tmp_path / "a")
    assert numbers_of(info) == {
        "train": (18, 54, 0),
        "validation": (2, 6, 0),
        "test": (2, 6, 0),
    }
    assert info.left_out == {ABSENT_VIDEOS: 1, Ucf101.others: 1}
    # All splits: the others can be scored from the same shards.
    assert info.folds == {
        "split 1": [
            "v_Archery_g01_c01",
            "v_HandStandPushups_g01_c01",
            "v_YoYo_g01_c01",
        ],
        "split 3": ["v_Archery_g08_c01", "v_Archery_g08_c02"],
    }
    for video_id, record in records_of(tmp_path / "a").items():
        is_archery = video_id.startswith("v_Archery")
        label = b"Archery" if is_archery else b"HandstandPushups"
        assert record["labels"].numpy().tolist() == [label]


def test_official_test_videos_are_kept_and_groups_stay_together(raw_dir):
    splits = {e.video_id: e.split for e in Ucf101(raw_dir).entries()}
    test = [name for name, split in splits.items() if split == "test"]
    assert test == ["v_Archery_g01_c01", "v_HandStandPushups_g01_c01"]
    for name in splits.keys() - set(test):
        group = name.removeprefix("v_").rpartition("_c")[0]
        assert splits[name] == train_or_validation(group)
    # Pinned: a model trained on one split must not meet it in another.
    assert [n for n in splits if splits[n] == "validation"] == [
        "v_HandStandPushups_g08_c01",
        "v_HandStandPushups_g08_c02",
    ]


def test_a_video_and_the_lists_decide_what_is_written(raw_dir):
    lists = [
        "ucfTrainTestlist/classInd.txt",
        "ucfTrainTestlist/trainlist01.txt",
        "ucfTrainTestlist/testlist01.txt",
    ]
    listed = [line.split()[0] for line in (*UCF101_TRAIN, *UCF101_TEST[:2])]
    assert files_of(Ucf101(raw_dir), raw_dir) == {
        name.split("/")[1].removesuffix(".avi"): [f"UCF-101/{name}", *lists]
        for name in listed
    }


def test_another_official_split_reads_other_lists(raw_dir):
    write_ucf101_lists(raw_dir, 3, UCF101_TRAIN[:2], UCF101_TRAIN[2:3])
    source = Ucf101(raw_dir, 3)
    entries = source.entries()
    assert source.settings() == {"official_split": 3}
    assert source.files(entries[0])[-1].endswith("testlist03.txt")
    assert [entry.video_id for entry in entries] == [
        "v_Archery_g08_c01",
        "v_Archery_g08_c02",
        "v_Archery_g09_c01",
    ]
    assert entries[2].split == "test"
    with pytest.raises(SourceError, match="trainlist02.txt.*No such.*archive"):
        Ucf101(raw_dir, 2).entries()
    with pytest.raises(ValueError, match="Invalid `official_split`"):
        Ucf101(raw_dir, 4)


@pytest.mark.parametrize("folder", ["HandStandPushups", "handstandpushups"])
def test_the_case_of_a_folder_does_not_count(raw_dir, folder):
    path = raw_dir / "UCF-101" / "HandstandPushups"
    path.rename(path.with_name(folder))
    source = Ucf101(raw_dir)
    entry = VideoEntry("v_HandStandPushups_g09_c02", "train")
    assert entry in source.entries()
    assert source.open(entry).labels == ("HandstandPushups",)


@pytest.mark.parametrize(
    "line",
    [
        "Archery/v_Archery_g08.avi 1",
        "Archery/v_YoYo_g08_c01.avi 1",
        "Unheard/v_Unheard_g08_c01.avi 1",
        "Archery/v_Archery_g08_c01.mp4 1",
        "v_Archery_g08_c01.avi",
        "\0",
    ],
)
def test_a_malformed_line_of_a_list_is_an_error(raw_dir, line):
    write_ucf101_lists(raw_dir, train=[*UCF101_TRAIN[:2], line])
    with pytest.raises(SourceError, match="line 3 of .*trainlist01.txt"):
        Ucf101(raw_dir).entries()


@pytest.mark.parametrize("line", [b"YoYo", b"2 Yo-Yo", b"\xff\xfe"])
def test_a_malformed_list_of_classes_is_an_error(raw_dir, line):
    path = raw_dir / "ucfTrainTestlist" / "classInd.txt"
    path.write_bytes(b"1 Archery\n" + line)
    with pytest.raises(SourceError, match="line 2 of .*classInd.txt"):
        Ucf101(raw_dir).entries()


def test_a_video_in_both_lists_is_an_error(raw_dir):
    test = [*UCF101_TEST, UCF101_TRAIN[0].split()[0]]
    write_ucf101_lists(raw_dir, test=test)
    with pytest.raises(SourceError, match="testlist01.*'v_Archery_g08_c01'"):
        Ucf101(raw_dir).entries()


def test_real_videos_are_prepared(real_data, tmp_path):
    videos = real_data / "ucf101" / "UCF-101"
    if not videos.is_dir():
        pytest.skip(f"'{videos}' is not there.")
    raw_dir = tmp_path / "raw"
    paths = sorted(videos.rglob("*.avi"))
    test = [f"{path.parent.name}/{path.name}" for path in paths]
    write_ucf101_lists(raw_dir, train=[], test=test)
    classes = enumerate((path.parent.name for path in paths), start=1)
    (raw_dir / "ucfTrainTestlist" / "classInd.txt").write_text(
        "".join(f"{index} {name}\n" for index, name in classes)
    )
    (raw_dir / "UCF-101").symlink_to(videos)
    info = prepare_small(Ucf101(raw_dir), tmp_path / "a")
    assert numbers_of(info)["test"] == (len(paths), 271, 0)
    assert info.left_out == {}
