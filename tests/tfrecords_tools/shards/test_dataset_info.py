"""Tests of `tfrecords_tools.shards.dataset_info`."""

import json

import numpy as np
import pytest

from rmdn_tf.data.prepared_dataset import read_dataset_info
from tests.helpers.made_up import FORMAT, MadeUp, write
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.shards.dataset_info import (
    Content,
    make_dataset_info,
    write_dataset_info,
)


def test_dataset_info_sums_up_the_shards(tmp_path):
    source = MadeUp({"a": 5, "b": 3, "c": 2})
    reports = write(source, tmp_path, num_shards=2)
    content = Content.of(reports[::-1])
    info = make_dataset_info(source, content, FORMAT, 0, "ab")
    write_dataset_info(tmp_path, info)
    assert read_dataset_info(tmp_path) == info
    empty = {"num_videos": 0, "num_frames": 0, "num_fixations": 0, "shards": []}
    document = json.loads((tmp_path / "dataset_info.json").read_text())
    shards = document["splits"]["train"].pop("shards")
    assert document == {
        "name": "made_up",
        "citation": "Nobody.",
        "spec_version": 1,
        "manifest_sha256": "ab",
        "size": [16, 24],
        "max_size": None,
        "frames_per_second": None,
        "jpeg_quality": 95,
        "max_fixations_per_frame": 1,
        "truth_num_components": 0,
        "num_videos_before_cutting": None,
        "num_observers": 5,
        "num_frames_without_fixation": 0,
        "splits": {
            "train": {"num_videos": 3, "num_frames": 10, "num_fixations": 10},
            "validation": empty,
            "test": empty,
        },
        "splits_from": "",
        "folds": {},
        "left_out": {"blinks": 6},
        "unreadable": {},
    }
    assert [shard["file"] for shard in shards] == [r.file for r in reports]
    for shard in shards:
        size = (tmp_path / shard["file"]).stat().st_size
        assert shard["num_bytes"] == size


def test_shots_tell_how_many_videos_they_were_cut_from(tmp_path):
    source = MadeUp({"a_1": 5, "a_2": 3, "b_1": 2})
    reports = write(source, tmp_path)
    info = make_dataset_info(source, Content.of(reports), FORMAT, 2, "ab")
    assert info.num_videos_before_cutting == 2


def test_observers_that_maps_do_not_tell_apart_are_not_counted(tmp_path):
    source = MadeUp({"a": 5}, knows_observers=False)
    reports = write(source, tmp_path)
    info = make_dataset_info(source, Content.of(reports), FORMAT, 0, "ab")
    assert info.num_observers is None


def test_a_mixed_number_of_true_components_is_an_error(tmp_path):
    plain = MadeUp({"a": 2})
    true = MadeUp({"b": 2}, truth=np.zeros([2, 3, 6], np.float32))
    (tmp_path / "other").mkdir()
    reports = write(plain, tmp_path) + write(true, tmp_path / "other")
    with pytest.raises(SourceError, match=r"'made_up'.*\[0, 3\]"):
        make_dataset_info(plain, Content.of(reports), FORMAT, 0, "ab")
