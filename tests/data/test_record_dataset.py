"""Remote shards are read as those of this machine are."""

import pathlib
import struct

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.prepared_dataset import damage_named, read_dataset_info
from rmdn_tf.data.record_dataset import (
    clear_errors_of_records,
    iterate_records,
    reader_of,
    records_of,
)
from rmdn_tf.data.record_lengths import RecordLengthError, masked_crc32c
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.windows import Window
from rmdn_tf.files.file_systems import remove_directory
from rmdn_tf.files.published import write_content
from tests.helpers.damaged_datasets import FIRST, SECOND
from tests.helpers.made_datasets import make_dataset, make_record

pytestmark = pytest.mark.slow

pytest.importorskip("fsspec")

CONTENTS = [b"", b"a", b"b" * 1000, bytes(range(256)) * 20]


@pytest.fixture
def shard(tmp_path):
    """Returns a shard of this machine."""
    path = tmp_path / "shard"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for content in CONTENTS:
            writer.write(content)
    return path


@pytest.fixture
def put(request):
    """Returns a function that copies a file to a folder in memory."""
    folder = f"memory://{abs(hash(request.node.name))}"

    def put_file(path, name=None):
        remote = f"{folder}/{name or path.name}"
        write_content(remote, path.read_bytes())
        return remote

    yield put_file
    remove_directory(folder)


@pytest.fixture
def twins(tmp_path, put):
    """Returns a dataset of this machine, and the same one elsewhere."""
    shards = {FIRST: ["a", "b"], SECOND: ["c"]}
    make_dataset(
        tmp_path,
        {file: list(map(make_record, names)) for file, names in shards.items()},
    )
    for path in tmp_path.iterdir():
        remote = put(path)
    return tmp_path, remote.rpartition("/")[0]


def flip(path):
    """Changes a byte of the content of the last record."""
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(content)


def contents(dataset):
    return list(dataset.as_numpy_iterator())


def test_the_records_of_a_shard_are_those_that_tensorflow_reads(shard, put):
    remote = put(shard)
    assert contents(records_of(shard)) == CONTENTS
    assert contents(records_of(remote)) == CONTENTS
    assert list(iterate_records(shard)) == CONTENTS
    assert list(iterate_records(remote)) == CONTENTS
    both = [remote, str(shard)]
    assert contents(records_of(both)) == CONTENTS * 2
    assert contents(records_of([])) == []


def test_shards_of_this_machine_are_left_to_tensorflow(shard):
    assert reader_of([shard, str(shard)]) is tf.data.TFRecordDataset


def test_windows_of_a_remote_dataset_are_those_of_this_machine(twins):
    window = Window(18)

    def batches(data_dir, skip):
        cuts = random_cuts(
            data_dir,
            "train",
            batch_size=2,
            window=window,
            fixations_per_frame=2,
            seed=3,
            skip=skip,
        )
        ordered = ordered_windows(
            data_dir, "train", batch_size=2, window=window, skip=skip
        )
        return [*cuts.as_numpy_iterator(), *ordered.as_numpy_iterator()]

    for skip in (0, 1):
        expected, received = (batches(one, skip) for one in twins)
        assert len(expected) == len(received) > 0
        for one, other in zip(expected, received, strict=True):
            for key in one:
                np.testing.assert_array_equal(one[key], other[key])


def test_a_wrong_checksum_names_the_shard(shard, put):
    flip(shard)
    remote = put(shard)
    for path in (shard, remote):
        with pytest.raises(tf.errors.DataLossError, match="corrupted record"):
            list(iterate_records(path))
    with pytest.raises(RecordError, match=f"corrupted record at .*'{remote}'"):
        with clear_errors_of_records():
            contents(records_of(remote))


def test_a_damaged_remote_dataset_is_told_as_one_of_this_machine(twins):
    data_dir, remote = twins
    flip(data_dir / FIRST)
    write_content(f"{remote}/{FIRST}", (data_dir / FIRST).read_bytes())
    for directory in (data_dir, remote):
        windows = ordered_windows(
            directory, "train", batch_size=1, window=Window(18)
        )
        with pytest.raises(RecordError, match=f"(?i)corrupted.*{FIRST}"):
            with damage_named(directory):
                contents(windows)


@pytest.mark.parametrize("num_bytes", [5, 13, 30, 1000])
def test_a_shard_that_was_cut_is_told(shard, put, num_bytes):
    shard.write_bytes(shard.read_bytes()[:-num_bytes])
    remote = put(shard)
    expected = (tf.errors.DataLossError, RecordLengthError)
    with pytest.raises(expected, match=f"(?i)(truncated|at most).*|{remote}"):
        list(iterate_records(remote))


@pytest.mark.parametrize("length", [2**31, 2**40, 2**64 - 1])
def test_a_length_beyond_the_shard_takes_no_memory(tmp_path, put, length):
    path = tmp_path / "shard"
    header = struct.pack("<Q", length)
    checksum = struct.pack("<I", masked_crc32c(header))
    path.write_bytes(header + checksum + b"x" * 100)
    remote = put(path)
    with pytest.raises(RecordLengthError, match=f"'{remote}'.*{length}"):
        list(iterate_records(remote))
    with pytest.raises(RecordError, match=f"'{remote}'.*{length}"):
        with clear_errors_of_records():
            contents(records_of(remote))


def test_a_missing_remote_shard_is_told(put, shard):
    remote = put(shard) + "-missing"
    with pytest.raises(FileNotFoundError, match=remote):
        list(iterate_records(remote))
    with pytest.raises(OSError, match=remote):
        with clear_errors_of_records():
            contents(records_of(remote))


def test_a_missing_shard_of_a_remote_dataset_is_told(twins):
    _, remote = twins
    remove_directory(f"{remote}/{FIRST}")
    with pytest.raises(FileNotFoundError, match=f"'{remote}/{FIRST}' is"):
        read_dataset_info(remote)


def test_another_error_of_tensorflow_stays_as_it_is():
    with pytest.raises(tf.errors.InvalidArgumentError):
        with clear_errors_of_records():
            tf.io.decode_jpeg(b"no JPEG")


def test_a_whole_shard_of_this_machine_is_read_after_a_pause(shard):
    """Iterating twice gives the records twice."""
    dataset = records_of(pathlib.Path(shard))
    assert contents(dataset) == contents(dataset) == CONTENTS
