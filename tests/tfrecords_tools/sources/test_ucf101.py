"""Tests of `tfrecords_tools.sources.ucf101`."""

import pickle

import pytest
import tensorflow as tf
from absl import flags

from rmdn_tf.data.record_parsing import parse_example
from tests.helpers.raw_frames import (
    files_of,
    lengths_of,
    open_named,
    prepare_small,
)
from tests.tfrecords_tools.frames.test_video_files import (
    grey_frames,
    write_video,
)
from tfrecords_tools import prepare as prepare_module
from tfrecords_tools.raw_video import ABSENT_VIDEOS, SourceError, VideoEntry
from tfrecords_tools.sources import ucf101
from tfrecords_tools.sources.splits import train_or_validation
from tfrecords_tools.sources.ucf101 import Ucf101

CLASSES = "1 Archery\n2 HandstandPushups\n3 YoYo\n"
# Two clips a group; the groups 8 to 12 of each class are for training.
TRAIN = [
    f"{folder}/v_{action}_g{group:02d}_c{clip:02d}.avi {index}"
    for index, folder, action in (
        (1, "Archery", "Archery"),
        (2, "HandstandPushups", "HandStandPushups"),
    )
    for group in range(8, 13)
    for clip in (1, 2)
]
TEST = [
    "Archery/v_Archery_g01_c01.avi",
    "HandstandPushups/v_HandStandPushups_g01_c01.avi",
    "YoYo/v_YoYo_g01_c01.avi",
]


def write_lists(raw_dir, split=1, train=TRAIN, test=TEST):
    folder = raw_dir / "ucfTrainTestlist"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "classInd.txt").write_text(CLASSES)
    (folder / f"trainlist0{split}.txt").write_text("\r\n".join(train) + "\r\n")
    (folder / f"testlist0{split}.txt").write_text("\n".join(test) + "\n\n")


def write_clip(raw_dir, name, num_frames=3):
    path = raw_dir / "UCF-101" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, grey_frames(range(10, 10 * num_frames + 10, 10)))


@pytest.fixture
def raw_dir(tmp_path):
    """All that the lists name but the one of YoYo, and a file too many."""
    path = tmp_path / "raw"
    write_lists(path)
    for line in (*TRAIN, *TEST[:2]):
        write_clip(path, line.split()[0])
    write_clip(path, "YoYo/v_YoYo_g25_c07.avi")
    (path / "UCF-101" / "Archery" / "Thumbs.db").write_bytes(b"no video")
    (path / "UCF-101" / "readme.avi").write_bytes(b"no folder of a class")
    return path


def test_the_videos_are_prepared_with_labels_and_without_gaze(
    raw_dir, tmp_path
):
    info = prepare_small(Ucf101(raw_dir), tmp_path / "a")
    assert info.left_out == {ABSENT_VIDEOS: 1, ucf101.UNLISTED_VIDEOS: 1}
    records = [
        {key: value.numpy() for key, value in parse_example(r).items()}
        for path in sorted((tmp_path / "a").glob("*.tfrecord-*"))
        for r in tf.data.TFRecordDataset(str(path))
    ]
    assert len(records) == 22
    for record in records:
        assert record["num_frames"] == 3
        assert len(record["fixation_frame"]) == 0
        is_archery = record["video_id"].startswith(b"v_Archery")
        label = b"Archery" if is_archery else b"HandstandPushups"
        assert record["labels"].tolist() == [label]


def test_official_test_videos_are_kept_and_groups_stay_together(raw_dir):
    splits = {e.video_id: e.split for e in Ucf101(raw_dir).entries()}
    test = [name for name, split in splits.items() if split == "test"]
    assert test == ["v_Archery_g01_c01", "v_HandStandPushups_g01_c01"]
    for name, split in splits.items():
        if split != "test":
            other = name[:-1] + ("2" if name.endswith("1") else "1")
            assert splits[other] == split
            # The rule, which another machine has to find again.
            assert split == train_or_validation(name[2:].rpartition("_c")[0])
    # Pinned: a model trained on one split must not meet it in another.
    assert [n for n in splits if splits[n] == "validation"] == [
        "v_HandStandPushups_g08_c01",
        "v_HandStandPushups_g08_c02",
    ]


def test_a_video_and_the_lists_decide_what_is_written(raw_dir):
    source = Ucf101(raw_dir)
    lists = [
        "ucfTrainTestlist/classInd.txt",
        "ucfTrainTestlist/trainlist01.txt",
        "ucfTrainTestlist/testlist01.txt",
    ]
    assert files_of(source, raw_dir) == {
        entry.video_id: [
            f"UCF-101/{folder}/{entry.video_id}.avi",
            *lists,
        ]
        for entry in source.entries()
        for folder in ("Archery", "HandstandPushups")
        if folder.lower() in entry.video_id.lower()
    }
    assert source.settings() == {"official_split": 1}


def test_an_unreadable_video_is_listed_and_fails_when_opened(raw_dir):
    name = "v_Archery_g08_c01"
    (raw_dir / "UCF-101" / "Archery" / f"{name}.avi").write_bytes(b"no video")
    source = Ucf101(raw_dir)
    lengths = lengths_of(source)
    assert lengths.pop(name) == 0
    assert set(lengths.values()) == {3}
    with pytest.raises(SourceError, match=f"Unreadable video .*{name}.avi"):
        open_named(source, name)


def test_another_official_split_reads_other_lists(raw_dir):
    write_lists(raw_dir, 3, train=TRAIN[:2], test=TRAIN[2:3])
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
    with pytest.raises(SourceError, match="No list .*trainlist02.txt"):
        Ucf101(raw_dir, 2).entries()


def test_the_official_split_is_a_flag(raw_dir, tmp_path):
    write_lists(raw_dir, 2, train=TRAIN[:1], test=TRAIN[1:2])
    values = flags.FlagValues()
    prepare_module.define_flags(values)
    values(
        [
            "prepare",
            "--dataset=ucf101",
            f"--raw_dir={raw_dir}",
            f"--output_dir={tmp_path / 'a'}",
            "--ucf101_split=2",
            "--workers=1",
        ]
    )
    assert prepare_module.run(values) == 0
    assert len(list((tmp_path / "a").glob("test.tfrecord-*"))) == 1


@pytest.mark.parametrize("folder", ["HandStandPushups", "handstandpushups"])
def test_the_case_of_a_folder_does_not_count(raw_dir, folder):
    path = raw_dir / "UCF-101" / "HandstandPushups"
    path.rename(path.with_name(folder))
    source = Ucf101(raw_dir)
    entry = VideoEntry("v_HandStandPushups_g09_c02", "train")
    assert entry.video_id in [e.video_id for e in source.entries()]
    assert source.open(entry).labels == ("HandstandPushups",)


def test_two_files_that_differ_in_case_are_an_error(raw_dir):
    write_clip(raw_dir, "archery/v_archery_g08_c01.avi")
    with pytest.raises(SourceError, match="Two files for .*_g08_c01'"):
        Ucf101(raw_dir).entries()


def test_a_video_that_vanishes_is_an_error(raw_dir):
    source = Ucf101(raw_dir)
    entry = source.entries()[0]
    (raw_dir / "UCF-101" / "Archery" / f"{entry.video_id}.avi").unlink()
    with pytest.raises(SourceError, match=f"'{entry.video_id}'"):
        source.open(entry)


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
    write_lists(raw_dir, train=[*TRAIN[:2], line])
    with pytest.raises(SourceError, match="line 3 of .*trainlist01.txt"):
        Ucf101(raw_dir).entries()


def test_a_malformed_list_of_classes_is_an_error(raw_dir):
    path = raw_dir / "ucfTrainTestlist" / "classInd.txt"
    path.write_text("1 Archery\nYoYo\n")
    with pytest.raises(SourceError, match="line 2 of .*classInd.txt"):
        Ucf101(raw_dir).entries()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SourceError, match="Unreadable list .*classInd.txt"):
        Ucf101(raw_dir).entries()


def test_a_video_in_both_lists_is_an_error(raw_dir):
    write_lists(raw_dir, test=[*TEST, TRAIN[0].split()[0]])
    with pytest.raises(SourceError, match="testlist01.*'v_Archery_g08_c01'"):
        Ucf101(raw_dir).entries()


def test_a_folder_without_listed_videos_is_an_error(tmp_path):
    with pytest.raises(SourceError, match="No folder .*UCF-101"):
        Ucf101(tmp_path).entries()
    (tmp_path / "UCF-101").mkdir()
    write_lists(tmp_path)
    with pytest.raises(SourceError, match="No video in .*split 1"):
        Ucf101(tmp_path).entries()


def test_an_unknown_official_split_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="Invalid `official_split`"):
        Ucf101(tmp_path, 4)


def test_the_source_goes_to_a_worker(raw_dir):
    source = Ucf101(raw_dir)
    entries = source.entries()
    assert len(pickle.dumps(source)) < 1000
    assert pickle.loads(pickle.dumps(source)).entries() == entries


def test_real_videos_are_prepared(real_data, tmp_path):
    videos = real_data / "ucf101" / "UCF-101"
    if not videos.is_dir():
        pytest.skip(f"'{videos}' is not there.")
    raw_dir = tmp_path / "raw"
    names = sorted(videos.rglob("*.avi"))
    classes = [path.parent.name for path in names]
    write_lists(
        raw_dir, train=[], test=[f"{p.parent.name}/{p.name}" for p in names]
    )
    (raw_dir / "ucfTrainTestlist" / "classInd.txt").write_text(
        "".join(f"{i} {name}\n" for i, name in enumerate(classes, start=1))
    )
    (raw_dir / "UCF-101").symlink_to(videos)
    info = prepare_small(Ucf101(raw_dir), tmp_path / "a")
    assert info.splits["test"].num_videos == len(names)
    assert info.splits["test"].num_frames == 271
    assert info.left_out == {}


def test_the_test_lists_of_all_splits_are_kept(raw_dir, tmp_path):
    """Whichever is prepared: the other two are scored from the same shards."""
    write_lists(raw_dir, 3, train=TRAIN[2:], test=TRAIN[:2])
    info = prepare_small(Ucf101(raw_dir), tmp_path / "a")
    assert info.folds == {
        "split 1": [
            "v_Archery_g01_c01",
            "v_HandStandPushups_g01_c01",
            "v_YoYo_g01_c01",
        ],
        "split 3": ["v_Archery_g08_c01", "v_Archery_g08_c02"],
    }
