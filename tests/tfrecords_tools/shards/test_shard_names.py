"""Names of shards that a file gives never lead out of its directory."""

import pytest
import tensorflow as tf

from rmdn_tf.data.feature_cache import cache_features
from rmdn_tf.data.prepared_dataset import MANIFEST_FILE, load_dataset_info
from rmdn_tf.data.records import RecordError
from tests.helpers.damaged_datasets import (
    FIRST,
    INFO,
    make_sound_dataset,
    put,
)
from tests.helpers.made_up import FORMAT, MadeUp
from tfrecords_tools.shards.manifest import ManifestError
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.shards.shard_reports import REPORT_FOLDER, read_report

PLACE = "splits/train/shards/0/file"
OUTSIDE = ["../victim", "/victim", "a/../../victim", "C:victim", "..\\victim"]
NO_NAMES = ["", ".", "..", "a\0", None, 3, ["victim"]]


@pytest.mark.parametrize("name", OUTSIDE + NO_NAMES)
def test_a_dataset_whose_shard_lies_elsewhere_is_refused(tmp_path, name):
    make_sound_dataset(tmp_path)
    put(tmp_path, INFO, PLACE, name)
    with pytest.raises(ValueError, match="Invalid .*dataset_info.json"):
        load_dataset_info(tmp_path)


def test_features_are_not_written_over_a_shard_elsewhere(tmp_path):
    make_sound_dataset(tmp_path / "data")
    victim = tmp_path / "victim"
    (tmp_path / "data" / FIRST).rename(victim)
    before = victim.read_bytes()
    put(tmp_path / "data", INFO, PLACE, str(victim))
    with pytest.raises(ValueError, match="Invalid name of a file"):
        cache_features(
            lambda frames: tf.reduce_mean(tf.cast(frames, float), [2, 3]),
            tmp_path / "data",
            "train",
            tmp_path / "features",
            {},
        )
    assert victim.read_bytes() == before


def prepare_one(output_dir):
    source = MadeUp({"a": 3})
    return prepare(source, output_dir, FORMAT, num_shards=1, num_workers=1)


@pytest.mark.parametrize("name", [*OUTSIDE, *NO_NAMES, MANIFEST_FILE, "other"])
def test_a_shard_is_not_written_where_a_manifest_leads_elsewhere(
    tmp_path, name
):
    output_dir = tmp_path / "data"
    prepare_one(output_dir)
    victim = tmp_path / "victim"
    victim.write_bytes(b"somebody's")
    if name == "/victim":
        name = str(victim)
    put(output_dir, MANIFEST_FILE, "videos/a/shard", name)
    (output_dir / INFO).unlink()
    with pytest.raises(ManifestError, match=f"Invalid .*{MANIFEST_FILE}"):
        prepare_one(output_dir)
    assert victim.read_bytes() == b"somebody's"


def test_a_report_tells_of_its_own_shard_only(tmp_path):
    info = prepare_one(tmp_path)
    file = info.splits["train"].shards[0].file
    put(tmp_path, f"{REPORT_FOLDER}/{file}.json", "file", "../victim")
    with pytest.raises(RecordError, match="Received: '../victim'"):
        read_report(tmp_path, file)
