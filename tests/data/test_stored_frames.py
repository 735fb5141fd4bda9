"""Stored frames of many sizes, and damaged ones."""

import dataclasses
import struct

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.windows import CONTEXT, Window
from tests.helpers.damaged_datasets import make_damaged_dataset
from tests.helpers.made_datasets import grey, jpeg, make_dataset, make_record
from tests.helpers.numbered_videos import (
    batches,
    points_by_frame,
    random,
    windows_of,
)
from tfrecords_tools.shards.verification import verify

pytestmark = pytest.mark.slow

SIZE = (8, 24)
WINDOW = Window(17)  # F = 2
# Shrunk alike, shrunk in height alone, magnified, and no multiple of `SIZE`.
STORED = dict(double=(16, 48), tall=(32, 24), half=(4, 12), odd=(13, 30))
GREY, DARK, LIGHT = 77, 16, 235


def split_frame(size):
    """Returns a frame, dark on the left and light on the right."""
    pixels = np.full([*size, 3], DARK)
    pixels[:, size[1] // 2 :] = LIGHT
    return jpeg(pixels)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Every video: a grey frame and a split one, a fixation on each."""
    directory = tmp_path_factory.mktemp("sizes")
    records = [
        make_record(
            name,
            size=size,
            frames=[grey(size, GREY), split_frame(size)],
            fixations=make_record("a").fixations.between(0, 2),
        )
        for name, size in STORED.items()
    ]
    shards = {"train.tfrecord-00000-of-00001": records}
    make_dataset(directory, shards, size=SIZE, max_size=48)
    return directory


def check_frames(window):
    first, second = window["frames"][CONTEXT : CONTEXT + 2].astype(int)
    np.testing.assert_array_equal(first, GREY)
    # JPEG rings at the edge, by a tenth of its height at most.
    np.testing.assert_allclose(second[:, :11], DARK, rtol=0, atol=21)
    np.testing.assert_allclose(second[:, 13:], LIGHT, rtol=0, atol=21)


def check_fixations(window):
    found = [points for _, points in points_by_frame(window)]
    assert found == [{(0.25, 0.5)}, {(0.5, 0.25)}]


def test_windows_in_time_order_have_the_size_of_the_dataset(data_dir):
    dataset = ordered_windows(data_dir, "train", batch_size=2, window=WINDOW)
    names = []
    for batch in dataset.as_numpy_iterator():
        assert batch["frames"].shape == (2, 17, *SIZE, 3)
        assert batch["frames"].dtype == np.uint8
        window = {key: value[0] for key, value in batch.items()}
        names.append(window["video_id"].decode())
        check_frames(window)
        check_fixations(window)
        # One shard for two rows: the other row is blank.
        assert not batch["frames"][1].any()
    assert names == list(STORED)


def test_random_cuts_have_the_size_of_the_dataset(data_dir):
    all_batches = batches(random(data_dir, len(STORED), window=WINDOW))
    (batch,) = all_batches
    assert batch["frames"].shape == (len(STORED), 17, *SIZE, 3)
    for window in windows_of(all_batches):
        check_frames(window)
        check_fixations(window)


def test_resizing_rounds_to_the_nearest_level(tmp_path):
    noise = np.random.default_rng(0).integers(100, 120, [16, 48, 3])
    frame = jpeg(noise)
    record = make_record("a", size=(16, 48), frames=[frame] * 3)
    shards = {"train.tfrecord-00000-of-00001": [record]}
    make_dataset(tmp_path, shards, size=SIZE, max_size=48)
    dataset = ordered_windows(tmp_path, "train", batch_size=1, window=WINDOW)
    stored = tf.io.decode_jpeg(frame).numpy().astype(float)
    mean = stored.reshape([8, 2, 24, 2, 3]).mean((1, 3))
    assert (mean % 1 > 0.5).any()  # Cutting off would fail.
    for batch in dataset.as_numpy_iterator():
        np.testing.assert_array_equal(batch["frames"][0, CONTEXT], mean.round())


def test_a_frame_of_another_size_is_an_error_where_all_have_one(tmp_path):
    record = make_record("a", size=(16, 48))
    make_dataset(tmp_path, {"train.tfrecord-00000-of-00001": [record]})
    dataset = ordered_windows(tmp_path, "train", batch_size=1, window=WINDOW)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected JPEGs"):
        list(dataset)


def claim_size(jpeg, height, width):
    place = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:place] + struct.pack(">HH", height, width) + jpeg[place + 4 :]


WHOLE = grey(SIZE, 20)
NOISE = tf.io.encode_jpeg(
    np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
).numpy()
CUT = [
    *(NOISE[: len(NOISE) * share // 100] for share in (10, 50, 90, 99)),
    NOISE[:-1],
    NOISE[:-2],
    b"",
]


@pytest.fixture(scope="module")
def damaged_dir(tmp_path_factory):
    """Returns a dataset of records with a cut picture, and a huge one."""
    directory = tmp_path_factory.mktemp("damaged")
    huge = claim_size(WHOLE, 13_000, 13_000)
    make_damaged_dataset(
        directory, [{"frames": [WHOLE, one, WHOLE]} for one in [*CUT, huge]]
    )
    return directory


@pytest.fixture(scope="module")
def decode(damaged_dir):
    """Returns the decoding of the frames of a record, as in `tf.data`."""
    stored = StoredFrames(read_dataset_info(damaged_dir), damaged_dir)
    return tf.function(stored.decode, [tf.TensorSpec([None], tf.string)])


@pytest.mark.parametrize("damaged", CUT, ids=len)
def test_a_picture_that_was_cut_is_refused(decode, damaged):
    assert decode([WHOLE, WHOLE]).shape == (2, *SIZE, 3)
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode([WHOLE, damaged, WHOLE])


def test_damaged_pictures_are_verified(damaged_dir):
    problems = verify(damaged_dir).shards[0].problems
    assert len(problems) == len(CUT) + 1
    for problem in problems[:-1]:
        assert "Expected whole JPEGs. Received: frame 1 of the rec" in problem
    assert "[13000, 13000, 3] in the JPEG of frame 1" in problems[-1]


@pytest.mark.parametrize("max_size", [None, 24])
def test_a_picture_that_claims_another_size_takes_no_memory(
    damaged_dir, max_size
):
    info = read_dataset_info(damaged_dir)
    info = dataclasses.replace(info, max_size=max_size)
    huge = claim_size(WHOLE, 13_000, 13_000)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected JPEGs"):
        StoredFrames(info, damaged_dir).decode(tf.constant([huge]))
