"""Frames that were stored at their own aspect ratio, as the reader serves them.

Of `rmdn_tf.data.input_pipeline`, which brings them to the size of the dataset.
"""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.windows import CONTEXT, Window
from tests.helpers.made_datasets import grey, jpeg, make_dataset, make_record

SIZE = (8, 24)
WINDOW = Window(17)  # F = 2
# Shrunk alike, shrunk in height alone, magnified, and no multiple of `SIZE`.
STORED = {
    "double": (16, 48),
    "tall": (32, 24),
    "half": (4, 12),
    "odd": (13, 30),
}
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
    """Checks the grey frame and the split one of a window."""
    first, second = window["frames"][CONTEXT : CONTEXT + 2].astype(int)
    np.testing.assert_array_equal(first, GREY)
    # JPEG rings at the edge, by a tenth of its height at most.
    np.testing.assert_allclose(second[:, :11], DARK, rtol=0, atol=21)
    np.testing.assert_allclose(second[:, 13:], LIGHT, rtol=0, atol=21)


def check_fixations(window):
    assert window["fixation_mask"].tolist() == [[True], [True]]
    np.testing.assert_array_equal(
        window["fixations"], [[[0.25, 0.5]], [[0.5, 0.25]]]
    )


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
    dataset = random_cuts(
        data_dir,
        "train",
        batch_size=len(STORED),
        window=WINDOW,
        fixations_per_frame=1,
        seed=0,
    )
    (batch,) = dataset.as_numpy_iterator()
    assert batch["frames"].shape == (len(STORED), 17, *SIZE, 3)
    for row in range(len(STORED)):
        window = {key: value[row] for key, value in batch.items()}
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
