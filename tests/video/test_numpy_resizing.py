"""Resizing in NumPy gives the pixels of TensorFlow's."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.video.numpy_resizing import resize_arrays, resizing_matrix
from rmdn_tf.video.resizing import resize_frames

SIZES = [(7, 9), (18, 32), (40, 32), (18, 64), (36, 50), (1, 1)]


@pytest.mark.parametrize("size", SIZES)
def test_arrays_get_the_pixels_that_tensorflow_gives(size):
    frames = np.random.default_rng(0).integers(0, 256, (2, 18, 32, 3), np.uint8)
    resized = resize_arrays(frames, size)
    expected = resize_frames(tf.constant(frames), size)
    assert resized.dtype == np.float32
    assert resized.shape == (2, *size, 3)
    np.testing.assert_allclose(resized, expected, rtol=0, atol=1e-4)


def test_few_means_half_way_between_two_levels_round_the_other_way():
    shape = (3, 128, 171, 3)
    frames = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    resized = resize_arrays(frames, (64, 80))
    expected = resize_frames(tf.constant(frames), (64, 80))
    differences = np.abs(resized - expected)
    assert differences.max() <= 1
    assert np.count_nonzero(differences) < 1e-3 * differences.size


@pytest.mark.parametrize("sides", [(5, 3), (3, 5), (7, 7), (1, 4), (4, 1)])
def test_an_output_pixel_is_a_mean(sides):
    matrix = resizing_matrix(*sides)
    assert matrix.shape == sides[::-1]
    assert matrix.min() >= 0
    np.testing.assert_allclose(matrix.sum(1), 1, rtol=1e-6)
