"""A prepared dataset that is missing, damaged or made by somebody else."""

import json
import os
import re
import shutil

import pytest
import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.prepared_dataset import (
    damage_named,
    load_dataset_info,
    read_dataset_info,
)
from rmdn_tf.data.records import SPEC_VERSION, RecordError
from tests.helpers.damaged_datasets import (
    FIRST,
    INFO,
    edit_json,
    make_sound_dataset,
    put,
)

HUGE = 10**18


@pytest.fixture
def data_dir(tmp_path):
    make_sound_dataset(tmp_path)
    return tmp_path


def test_the_info_of_a_sound_dataset_is_read_and_written_as_it_is(data_dir):
    written = json.loads((data_dir / INFO).read_text())
    info = read_dataset_info(data_dir)
    assert info == read_dataset_info(str(data_dir))
    document = json.loads(json.dumps(info.to_json()))
    assert document.items() >= written.items()
    assert DatasetInfo.from_json(document) == info


def test_a_missing_directory_is_an_error_that_says_how_to_prepare(tmp_path):
    message = "nowhere'.*rmdn prepare"
    with pytest.raises(FileNotFoundError, match=message):
        read_dataset_info(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "content",
    [
        b'{"spec_version": 1, "spl',
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"spec_version": 1}',
        b'{"spec_version": 1, "splits": []}',
        b'{"spec_version": 1, "splits": {"train": {}}}',
    ],
)
def test_a_broken_info_is_an_error_that_names_it(data_dir, content):
    (data_dir / INFO).write_bytes(content)
    path = re.escape(str(data_dir / INFO))
    with pytest.raises(RecordError, match=f"Invalid '{path}'.* Expected "):
        read_dataset_info(data_dir)


@pytest.mark.parametrize("key", ["name", "size", "max_size", "splits"])
def test_an_info_without_a_key_is_an_error_that_names_the_key(data_dir, key):
    edit_json(data_dir, INFO, lambda info: info.pop(key))
    with pytest.raises(RecordError, match=f"Expected the key '{key}'"):
        read_dataset_info(data_dir)


@pytest.mark.parametrize("version", [SPEC_VERSION + 1, 0, None])
def test_an_info_of_another_version_is_an_error(data_dir, version):
    # The error names the version, not another change of the file.
    changes = {"spec_version": version, "splits": "elsewhere"}
    edit_json(data_dir, INFO, lambda info: info.update(changes))
    path = re.escape(str(data_dir / INFO))
    message = rf"'{path}' at \$.spec_version. Expected version .*{version}"
    with pytest.raises(RecordError, match=message):
        read_dataset_info(data_dir)


def test_a_missing_shard_is_an_error_that_names_it(data_dir):
    path = data_dir / FIRST
    path.unlink()
    with pytest.raises(FileNotFoundError, match=re.escape(str(path))):
        read_dataset_info(data_dir)


@pytest.mark.parametrize("change", [-1, 1, None])
def test_a_shard_of_another_size_is_an_error_that_names_it(data_dir, change):
    path = data_dir / FIRST
    length = path.stat().st_size
    os.truncate(path, 0 if change is None else length + change)
    message = f"{re.escape(str(path))}'.*{length} bytes. Received: "
    with pytest.raises(RecordError, match=message):
        read_dataset_info(data_dir)


SHARD = "splits/train/shards/0"
VIDEO = f"{SHARD}/videos/0"


INVALID = {
    "name": [3],
    "size": ["16", [16], [16, 24.0], [0, 24], [10**6, 10**6]],
    "max_size": ["24", -1],
    "frames_per_second": [0],
    "max_fixations_per_frame": [-1],
    "truth_num_components": [HUGE],
    "num_observers": [[1]],
    "splits": [[]],
    "splits/train": [None],
    "splits/train/num_frames": ["5"],
    "splits/train/shards": [{}],
    "splits/trial": [{}],
    SHARD: [None],
    f"{SHARD}/num_bytes": [None],
    f"{SHARD}/num_frames": [5.0],
    f"{SHARD}/num_records": [True],
    f"{SHARD}/videos": [{"a": 1}],
    f"{VIDEO}/id": [3],
    f"{VIDEO}/num_frames": [-1],
    f"{VIDEO}/frames_per_second": [0],
    f"{VIDEO}/num_bytes": ["1", -1],
    "unreadable": [[]],
    "folds": [{"1": "a"}],
}


@pytest.mark.parametrize(
    ("place", "value"),
    [(place, value) for place in INVALID for value in INVALID[place]],
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
        ("splits/train/num_videos", 5, "split 'train': num_videos"),
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
    before = read_dataset_info(data_dir)
    put(data_dir, INFO, "colour", {"of": "frames"})
    put(data_dir, INFO, f"{SHARD}/sha256", "0" * 64)
    assert read_dataset_info(data_dir) == before


def test_of_several_datasets_the_damaged_shard_is_named(
    data_dir, tmp_path_factory
):
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(data_dir, other, dirs_exist_ok=True)
    shard = min(other.glob("*.tfrecord*"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(RecordError, match=re.escape(str(shard))):
        with damage_named(data_dir, other):
            raise tf.errors.DataLossError(None, None, "corrupted record")


def test_a_sound_dataset_is_not_blamed_for_another_damaged_file(data_dir):
    damaged = tf.errors.DataLossError(None, None, "a checksum of a model")
    with pytest.raises(tf.errors.DataLossError, match="of a model"):
        with damage_named(data_dir):
            raise damaged
