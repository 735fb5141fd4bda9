"""Values in the JSON files of a dataset that no preparation writes."""

import json
import re

import pytest

from rmdn_tf.data.prepared_dataset import load_dataset_info, read_dataset_info
from rmdn_tf.data.records import RecordError
from tests.helpers.damaged_datasets import (
    FIRST,
    INFO,
    MANIFEST,
    SECOND,
    edit_json,
    make_sound_dataset,
)
from tests.helpers.made_up import MadeUp
from tests.tfrecords_tools.shards.test_writing import write
from tfrecords_tools.shards.shard_reports import REPORT_FOLDER, read_report
from tfrecords_tools.shards.verification import verify

HUGE = 10**18


@pytest.fixture
def data_dir(tmp_path):
    make_sound_dataset(tmp_path)
    return tmp_path


def put(data_dir, file, place, value):
    """Puts a value at a place, such as "splits/train/shards/0/file"."""
    *parents, last = [
        int(key) if key.isdigit() else key for key in place.split("/")
    ]

    def change(document):
        for key in parents:
            document = document[key]
        document[last] = value

    edit_json(data_dir, file, change)


SHARD = "splits/train/shards/0"
VIDEO = f"{SHARD}/videos/0"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("name", 3),
        ("size", "16"),
        ("size", [16]),
        ("size", [16, 24.0]),
        ("size", [0, 24]),
        ("size", [10**6, 10**6]),
        ("max_size", "24"),
        ("max_size", -1),
        ("frames_per_second", 0),
        ("max_fixations_per_frame", -1),
        ("truth_num_components", HUGE),
        ("num_observers", [1]),
        ("splits", []),
        ("splits/train", None),
        ("splits/train/num_frames", "5"),
        ("splits/train/shards", {}),
        ("splits/trial", {}),
        ("splits/train/shards/0", None),
        (f"{SHARD}/num_bytes", None),
        (f"{SHARD}/num_frames", 5.0),
        (f"{SHARD}/num_records", True),
        (f"{SHARD}/videos", {"a": 1}),
        (f"{VIDEO}/id", 3),
        (f"{VIDEO}/num_frames", -1),
        (f"{VIDEO}/frames_per_second", 0),
        ("unreadable", []),
        ("folds", {"1": "a"}),
    ],
)
def test_a_value_of_another_kind_is_refused_with_its_place(
    data_dir, place, value
):
    put(data_dir, INFO, place, value)
    keys = [f"[{k}]" if k.isdigit() else f".{k}" for k in place.split("/")]
    where = place.rpartition("/")[0] if "trial" in place else "".join(keys)
    with pytest.raises(RecordError, match=re.escape(where)) as error:
        load_dataset_info(data_dir)
    assert str(error.value).startswith(f"Invalid '{data_dir / INFO}' at $")


@pytest.mark.parametrize(
    ("place", "value", "cause"),
    [
        ("splits/train/num_frames", HUGE, "split 'train': num_frames"),
        ("splits/train/num_fixations", 0, "split 'train': num_fixations"),
        (f"{SHARD}/num_frames", 3, "split 'train': num_frames"),
        (f"{VIDEO}/num_frames", HUGE, f"{FIRST}: num_frames"),
        (f"{VIDEO}/id", "e", "the video 'e' 2 times"),
        (f"{SHARD}/num_records", HUGE, f"{FIRST}: num_records={HUGE}, more"),
        ("splits/train/shards/1/file", FIRST, f"shard '{FIRST}' 2 times"),
        ("max_fixations_per_frame", HUGE, "max_fixations_per_frame"),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(
    data_dir, place, value, cause
):
    read_dataset_info(data_dir)
    put(data_dir, INFO, place, value)
    with pytest.raises(RecordError, match=re.escape(cause)):
        read_dataset_info(data_dir)


def test_keys_of_a_newer_release_are_left_alone(data_dir):
    put(data_dir, INFO, "colour", {"of": "frames"})
    put(data_dir, INFO, f"{SHARD}/sha256", "0" * 64)
    assert "colour" not in read_dataset_info(data_dir).to_json()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("settings", []),
        ("videos", []),
        ("videos/a", "train"),
        ("videos/a/split", "trial"),
        ("videos/a/shard", None),
        ("videos/a/shard", f"{SECOND}\n"),
    ],
)
def test_an_invalid_manifest_is_refused_with_the_place(data_dir, place, value):
    put(data_dir, MANIFEST, place, value)
    where = re.escape(".".join(["$", *place.split("/")]))
    with pytest.raises(RecordError, match=f"manifest.json' at {where}. Exp"):
        verify(data_dir)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("checksums", []),
        ("num_bytes", "5"),
        ("videos", [[]]),
        ("statistics", None),
        ("statistics/observers", [None]),
        ("statistics/left_out", {"blinks": "6"}),
        ("statistics/colour", 1),
    ],
)
def test_an_invalid_report_of_a_shard_is_refused(tmp_path, place, value):
    (report,) = write(MadeUp({"a": 3}), tmp_path)
    file = f"{REPORT_FOLDER}/{report.file}.json"
    assert json.loads((tmp_path / file).read_text())["num_bytes"]
    put(tmp_path, file, place, value)
    with pytest.raises(
        RecordError, match="invalid report .* Expected .* Remove"
    ):
        read_report(tmp_path, report.file)
