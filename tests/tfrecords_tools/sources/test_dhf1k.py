"""Tests of `tfrecords_tools.sources.dhf1k`."""

import collections

import pytest
import tensorflow as tf

from tests.helpers.raw_images import write_frame
from tests.helpers.raw_writers import (
    DHF1K_SIZE,
    write_dhf1k,
    write_dhf1k_clip,
    write_dhf1k_gaze,
    write_dhf1k_maps,
)
from tests.helpers.source_checks import (
    check_fixations,
    files_of,
    lengths_of,
    open_named,
    prepare_small,
    records_of,
)
from tfrecords_tools.frames import fixation_maps, opening
from tfrecords_tools.sources import dhf1k
from tfrecords_tools.sources.dhf1k import Dhf1k, split_of

X, Y = [0.5 / 64, 63.5 / 64, 16.5 / 64], [0.5 / 36, 35.5 / 36, 18.5 / 36]
"""Of the fixations of `write_dhf1k_maps`."""


def test_videos_with_maps_are_prepared(tmp_path):
    raw_dir = tmp_path / "raw"
    for number in ("002", "601", "1000"):
        write_dhf1k_clip(raw_dir, f"video/{number}.AVI")
    write_dhf1k_clip(raw_dir, "video/701.avi")
    write_dhf1k_maps(raw_dir)
    info = prepare_small(Dhf1k(raw_dir), tmp_path / "a")
    assert info.left_out == {
        dhf1k.ABSENT: 996,
        dhf1k.WITHOUT_GAZE: 1,  # 601; that of 701 and 1000 is not public.
        fixation_maps.FRAMES_WITHOUT_MAP: 1,
    }
    records = records_of(tmp_path / "a")
    assert {k: r["split"].numpy().decode() for k, r in records.items()} == {
        "0002": "train",
        "0601": "validation",
        "0701": "test",
        "1000": "test",
    }
    record = records["0002"]
    assert (record["num_frames"], record["frames_per_second"]) == (4, 30)
    check_fixations(record, [0, 0, 3], [0, 1, 0], X, Y)
    assert len(records["0701"]["fixation_frame"]) == 0


def test_extracted_frames_with_maps_are_prepared(tmp_path):
    raw_dir = tmp_path / "raw"
    write_dhf1k_maps(raw_dir)
    images = raw_dir / "annotation" / "0002" / "images"
    for number in (1, 2, 4):
        write_frame(images / f"{number:04d}.png", 10 * number, DHF1K_SIZE)
    write_frame(raw_dir / "annotation/0801/images/0001.png", 80)
    (raw_dir / "annotation/0003/fixation").mkdir(parents=True)
    info = prepare_small(Dhf1k(raw_dir), tmp_path / "a")
    assert info.left_out == {dhf1k.ABSENT: 998, opening.MISSING_FRAMES: 1}
    records = records_of(tmp_path / "a")
    record = records["0002"]
    assert record["frames_per_second"] == 30
    # Frame 3 is missing, so the fixation on 4 is on the third record frame.
    check_fixations(record, [0, 0, 2], [0, 1, 0], X, Y)
    level = tf.io.decode_jpeg(record["frames"][2]).numpy().mean()
    assert abs(level - 40) <= 1
    assert len(records["0801"]["fixation_frame"]) == 0


VIDEO = ["video/002.AVI"]
IMAGES = [f"annotation/0002/images/{n:04d}.png" for n in (1, 2, 3, 4)]
MAPS = [f"annotation/0002/fixation/{n:04d}.png" for n in (1, 2, 4)]
RAW_GAZE = [
    f"exportdata_train/{name}.txt"
    for name in ("P01/P01_Trail002", "P017/P017_Trail0002")
]


@pytest.mark.parametrize(
    ("form", "files"),
    [
        ("video", VIDEO + MAPS),
        ("frames", IMAGES + MAPS),
        ("raw_gaze", VIDEO + RAW_GAZE),
    ],
)
def test_the_form_says_which_files_decide_what_is_written(copy_of, form, files):
    raw_dir = copy_of(write_dhf1k)
    source = Dhf1k(raw_dir, form)
    assert files_of(source, raw_dir) == {"0002": files}
    assert source.settings() == {"form": form}
    assert lengths_of(source) == {"0002": 4}
    # Maps hold the points of all observers together.
    raw = open_named(source, "0002")
    assert raw.knows_observers == (form == "raw_gaze")


def test_by_default_what_is_there_decides_the_form(tmp_path):
    for write, form in (
        (write_dhf1k_maps, "frames"),
        (write_dhf1k_clip, "video"),
        (lambda raw_dir: write_dhf1k_gaze(raw_dir, []), "raw_gaze"),
    ):
        write(tmp_path)
        assert Dhf1k(tmp_path).settings() == {"form": form}
    with pytest.raises(ValueError, match="Invalid `form`"):
        Dhf1k(tmp_path, "images")


def test_the_splits_are_those_published():
    splits = collections.Counter(map(split_of, range(1, 1001)))
    assert splits == {"train": 600, "validation": 100, "test": 300}
    assert [split_of(n) for n in (600, 601, 700, 701)] == [
        "train",
        "validation",
        "validation",
        "test",
    ]
