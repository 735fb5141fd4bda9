"""What tells one preparation of a dataset from another."""

import json

import pytest

from rmdn_tf.data.prepared_dataset import dataset_digest
from tests.helpers.made_up import FORMAT, MadeUp
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare

pytestmark = pytest.mark.slow


def source_of(table):
    return MadeUp({"a": 3, "b": 2}, {name: [str(table)] for name in "ab"})


def digest_of(directory, gaze="1 2 3", workers=1, jpeg_quality=95):
    """Prepares videos beside a table of gaze that only the checksum sees."""
    directory.mkdir()
    table = directory / "gaze.txt"
    table.write_text(gaze)
    source = source_of(table)
    form = FrameFormat(size=(16, 24), jpeg_quality=jpeg_quality)
    prepare(source, directory / "data", form, num_workers=workers)
    return dataset_digest(directory / "data")


@pytest.mark.usefixtures("forked_workers")
def test_the_same_preparation_is_the_same_dataset_anywhere(tmp_path):
    first = digest_of(tmp_path / "one")
    assert digest_of(tmp_path / "two", workers=2) == first


def test_a_preparation_that_went_on_is_the_same_dataset(tmp_path):
    first = digest_of(tmp_path / "one")
    (shard, *_) = (tmp_path / "one/data").glob("train.tfrecord-*")
    shard.unlink()
    source = source_of(tmp_path / "one/gaze.txt")
    prepare(source, tmp_path / "one/data", FORMAT, num_workers=1)
    assert dataset_digest(tmp_path / "one/data") == first


def test_raw_files_of_the_same_lengths_are_another_dataset(tmp_path):
    """Moved gaze changes no length of a shard, nor any count."""
    first = digest_of(tmp_path / "one")
    assert digest_of(tmp_path / "two", gaze="1 2 4") != first
    one, two = (
        json.loads((tmp_path / name / "data/dataset_info.json").read_text())
        for name in ("one", "two")
    )
    assert one.pop("manifest_sha256") != two.pop("manifest_sha256")
    assert one == two


def test_other_settings_are_another_dataset(tmp_path):
    first = digest_of(tmp_path / "one")
    assert digest_of(tmp_path / "two", jpeg_quality=94) != first
