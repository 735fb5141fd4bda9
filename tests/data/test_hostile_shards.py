"""Shards with right checksums and values that no preparation writes."""

import struct

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.record_lengths import (
    RecordLengthError,
    check_record_lengths,
    masked_crc32c,
)
from rmdn_tf.data.windows import Window
from tests.helpers.damaged_datasets import (
    FIRST,
    INFO,
    edit_json,
    edit_record,
    make_sound_dataset,
)
from tests.helpers.made_datasets import grey
from tfrecords_tools.shards.verification import verify

WINDOW = Window(16, 1)


@pytest.fixture
def data_dir(tmp_path):
    make_sound_dataset(tmp_path)
    return tmp_path


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


def read_all(data_dir):
    windows = random_cuts(
        data_dir,
        "train",
        batch_size=1,
        window=WINDOW,
        fixations_per_frame=2,
        seed=0,
    )
    return list(windows)


LENGTHS = [2**20, 2**33, 2**40, 2**62, 2**63, 2**64 - 1, 2**64 - 5]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("index", [0, 2])
def test_a_length_beyond_the_shard_is_told_before_memory_is_taken(
    data_dir, length, index
):
    """TensorFlow would end the process by SIGSEGV at 2**40."""
    set_length(data_dir / FIRST, length, index)
    for read in (read_dataset_info, read_all):
        with pytest.raises(RecordLengthError, match=f"{FIRST}.*{length}"):
            read(data_dir)
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


NAN = float("nan")


@pytest.mark.parametrize(
    ("key", "features"),
    [
        ("num_frames", {"num_frames": [2]}),
        ("num_frames", {"num_frames": [2**31 - 1]}),
        ("num_frames", {"num_frames": [2**62]}),
        ("num_frames", {"num_frames": [-1]}),
        ("first_frame", {"first_frame": [-1]}),
        ("video_id", {"video_id": [b"\xd0a"]}),
        ("video_id", {"video_id": [b"a" * 4097]}),
        ("labels", {"labels": [b"a" * 4097]}),
        ("labels", {"labels": [b"a"] * 1001}),
        ("frames_per_second", {"frames_per_second": [NAN]}),
        ("frames_per_second", {"frames_per_second": [0.0]}),
        ("fixation_frame", {"fixation_frame": [0, 1, 3]}),
        ("fixation_frame", {"fixation_frame": [0, -1, 2]}),
        ("fixation_x", {"fixation_x": [0.5, NAN, 0.5]}),
        ("fixation_x", {"fixation_x": [0.5, 0.5]}),
        ("fixation_y", {"fixation_y": [0.5, 1.5, 0.5]}),
        ("fixation_y", {"fixation_y": [0.5, float("inf"), 0.5]}),
    ],
)
def test_values_that_break_the_contract_reach_no_network(
    data_dir, key, features
):
    edit_record(data_dir, **features)
    for read in (read_all, lambda path: read_videos(path, "train")):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=f"Invalid `{key}`"
        ):
            read(data_dir)
    assert f"{FIRST}: record 0, video" in verify(data_dir).problems[0]


def claim_size(jpeg, height, width):
    place = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:place] + struct.pack(">HH", height, width) + jpeg[place + 4 :]


WHOLE = grey((8, 24), 20)
NOISE = tf.io.encode_jpeg(
    np.random.default_rng(0).integers(0, 256, (8, 24, 3), np.uint8)
).numpy()


@pytest.mark.parametrize(
    "damaged",
    [
        *(NOISE[: len(NOISE) * share // 100] for share in (10, 50, 90, 99)),
        NOISE[:-1],
        NOISE[:-2],
        b"",
    ],
    ids=len,
)
def test_a_picture_that_was_cut_is_found_and_never_trained_on(
    data_dir, damaged
):
    edit_record(data_dir, frames=[WHOLE, damaged, WHOLE])
    (problem,) = verify(data_dir).problems
    assert "Expected whole JPEGs. Received: frame 1 of the record" in problem
    with pytest.raises(tf.errors.InvalidArgumentError):
        read_all(data_dir)


@pytest.mark.parametrize("max_size", [None, 24])
def test_a_picture_that_claims_another_size_takes_no_memory(data_dir, max_size):
    if max_size:
        edit_json(data_dir, INFO, lambda info: info.update(max_size=max_size))
    large = claim_size(WHOLE, 13_000, 13_000)
    edit_record(data_dir, frames=[WHOLE, large, WHOLE])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected JPEGs"):
        read_all(data_dir)
    (problem, *_) = verify(data_dir).problems
    assert "[13000, 13000, 3] in the JPEG of frame 1" in problem
