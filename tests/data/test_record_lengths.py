"""Lengths of records that no writer writes, with valid checksums."""

import struct

import pytest
import tensorflow as tf

from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.record_lengths import (
    RecordLengthError,
    check_record_lengths,
    masked_crc32c,
)
from tests.helpers.damaged_datasets import FIRST, make_sound_dataset
from tfrecords_tools.shards.verification import verify

pytestmark = pytest.mark.slow


@pytest.fixture
def data_dir(tmp_path):
    make_sound_dataset(tmp_path)
    return tmp_path


def test_the_checksum_is_that_of_tensorflow(data_dir):
    header = (data_dir / FIRST).read_bytes()[:12]
    assert struct.pack("<I", masked_crc32c(header[:8])) == header[8:]


def set_length(path, length, index=0, checksum=None):
    """Writes another length into a record, with its right checksum."""
    content = bytearray(path.read_bytes())
    place = 0
    for _ in range(index):
        (number,) = struct.unpack_from("<Q", content, place)
        place += 16 + number
    header = struct.pack("<Q", length)
    if checksum is None:
        checksum = masked_crc32c(header)
    content[place : place + 12] = header + struct.pack("<I", checksum)
    path.write_bytes(content)


LENGTHS = [2**20, 2**33, 2**40, 2**62, 2**63, 2**64 - 1, 2**64 - 5]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("index", [0, 2])
def test_a_length_beyond_the_shard_is_told_before_memory_is_taken(
    data_dir, length, index
):
    """TensorFlow would end the process by SIGSEGV at 2**40."""
    set_length(data_dir / FIRST, length, index)
    with pytest.raises(RecordLengthError, match=f"{FIRST}.*{length}"):
        read_dataset_info(data_dir)
    (problem,) = verify(data_dir).problems
    assert f"{FIRST}: unreadable after 0 of 4 records" in problem
    assert str(length) in problem


def test_a_length_of_a_wrong_checksum_is_left_to_tensorflow(data_dir):
    check_record_lengths(data_dir / FIRST)
    set_length(data_dir / FIRST, 2**40, index=1, checksum=0)
    check_record_lengths(data_dir / FIRST)
    (problem,) = verify(data_dir).problems
    assert "unreadable after 1 of 4 records" in problem
    assert "corrupted record at" in problem


@pytest.mark.parametrize("num_bytes", [0, 1, 11, 12, 100])
def test_lengths_of_a_shard_that_was_cut_are_checked(tmp_path, num_bytes):
    path = tmp_path / "shard"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"x" * 200)
    path.write_bytes(path.read_bytes()[:num_bytes])
    if num_bytes < 12:  # Nothing follows that memory would be taken for.
        check_record_lengths(path)
    else:
        with pytest.raises(RecordLengthError, match="length of 200"):
            check_record_lengths(path)
