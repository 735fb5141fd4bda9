"""Mirrored rows, and the gaze in them."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.augmentation import flip, flip_at_random


def batch_of(num_rows):
    """Frames with one bright pixel each, and the fixation at its centre."""
    rng = np.random.default_rng(0)
    frames = np.zeros([num_rows, 3, 4, 5, 3], np.uint8)
    fixations = np.zeros([num_rows, 3, 1, 2], np.float32)
    for row in range(num_rows):
        for frame in range(3):
            i, j = rng.integers(4), rng.integers(5)
            frames[row, frame, i, j] = 255
            fixations[row, frame, 0] = [(j + 0.5) / 5, (i + 0.5) / 4]
    return {
        "frames": tf.constant(frames),
        "fixations": tf.constant(fixations),
        "other": tf.range(num_rows),
    }


def places_of_bright_pixels(frames):
    row, frame, i, j = np.nonzero(np.asarray(frames)[..., 0])
    places = np.stack([(j + 0.5) / 5, (i + 0.5) / 4], -1)
    return places.reshape(*frames.shape[:2], 1, 2)


def test_only_the_named_rows_are_mirrored():
    batch = batch_of(2)
    frames, fixations = (batch[n].numpy() for n in ("frames", "fixations"))
    flipped = flip(frames, fixations, tf.constant([True, False]))
    assert flipped["frames"].dtype == tf.uint8
    np.testing.assert_array_equal(flipped["frames"][0], frames[0, :, :, ::-1])
    np.testing.assert_array_equal(flipped["frames"][1], frames[1])
    np.testing.assert_array_equal(flipped["fixations"][1], fixations[1])
    mirrored = np.abs([1, 0] - fixations[0])
    # 1 - x rounds once.
    np.testing.assert_allclose(flipped["fixations"][0], mirrored, rtol=1e-6)


def test_gaze_stays_on_what_it_lies_on():
    batch = batch_of(16)
    flipped = flip_at_random(batch, tf.constant([1, 2]))
    np.testing.assert_allclose(
        flipped["fixations"],
        places_of_bright_pixels(flipped["frames"]),
        rtol=1e-5,
    )
    assert not np.array_equal(flipped["frames"], batch["frames"])
    assert flipped.keys() == batch.keys()
    np.testing.assert_array_equal(flipped["other"], batch["other"])


def test_half_of_the_rows_are_mirrored_by_the_seed_alone():
    batch = {key: tf.repeat(v, 400, 0) for key, v in batch_of(1).items()}

    def x_of(batch):
        return batch["fixations"].numpy()[:, 0, 0, 0]

    x, x_again, x_another = (
        x_of(flip_at_random(batch, tf.constant(seed)))
        for seed in ([3, 4], [3, 4], [3, 5])
    )
    np.testing.assert_array_equal(x, x_again)
    assert not np.array_equal(x, x_another)
    share = np.mean(x != x_of(batch))
    # The standard error is .025.
    assert 0.4 < share < 0.6


@pytest.mark.parametrize("num_replicas", [2, 4])
def test_rows_are_mirrored_the_same_however_many_replicas_share_them(
    num_replicas,
):
    batch = batch_of(16)
    seed = tf.constant([1, 2])
    whole = flip_at_random(batch, seed)
    num_rows = 16 // num_replicas
    for replica in range(num_replicas):
        rows = slice(replica * num_rows, (replica + 1) * num_rows)
        own = {key: value[rows] for key, value in batch.items()}
        # On a device the number of the replica is a tensor.
        flipped = flip_at_random(own, seed, num_replicas, tf.constant(replica))
        for key in ("frames", "fixations"):
            np.testing.assert_array_equal(flipped[key], whole[key][rows])


def test_a_network_with_cells_mirrors_frames_where_it_reads_frames():
    batch, seed = batch_of(16), tf.constant([1, 2])
    expected = flip_at_random(batch, seed)
    flipped = flip_at_random(batch, seed, cell_grid=(2, 3))
    for key, value in expected.items():
        np.testing.assert_array_equal(flipped[key], value)
