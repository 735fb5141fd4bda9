"""What happens to the pixels of frames."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.encoders.c3d import MEAN_RGB, c3d_preprocessing


def random_frames(*shape):
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)


def pixels_again(preprocessed):
    return np.asarray(preprocessed) * 64 + MEAN_RGB


def test_a_pixel_becomes_its_difference_to_the_mean_over_64():
    frames = random_frames(2, 3, 4, 5)
    values = c3d_preprocessing(4, 5)(frames)
    assert values.dtype == tf.float32
    np.testing.assert_allclose(
        values, (frames.astype(np.float64) - [102, 98, 90]) / 64, rtol=1e-5
    )


def test_a_shrink_by_2_takes_the_mean_of_4_pixels():
    frames = random_frames(1, 2, 8, 12)
    blocks = frames.reshape(1, 2, 4, 2, 6, 2, 3).mean((3, 5))
    np.testing.assert_allclose(
        pixels_again(c3d_preprocessing(4, 6)(frames)),
        blocks,
        rtol=1e-5,
        atol=1e-4,  # of 255; the way there subtracts the mean
    )


def triangle_matrix(size, new_size):
    """Weights of an antialiased linear resize of one axis."""
    shrink = size / new_size
    centre = (np.arange(new_size) + 0.5) * shrink
    pixel = np.arange(size) + 0.5
    weights = np.maximum(0, 1 - np.abs(centre[:, None] - pixel) / shrink)
    return weights / weights.sum(1, keepdims=True)


def test_a_shrink_by_4_sees_every_pixel():
    frames = random_frames(1, 2, 16, 24)
    expected = np.einsum(
        "ih,jw,blhwc->blijc",
        triangle_matrix(16, 4),
        triangle_matrix(24, 6),
        frames.astype(np.float64),
    )
    np.testing.assert_allclose(
        pixels_again(c3d_preprocessing(4, 6)(frames)),
        expected,
        rtol=1e-5,
        atol=1e-3,  # of 255; the resize's own weights are float32
    )


@pytest.mark.parametrize("axis", [2, 3])
def test_one_axis_that_shrinks_by_much_is_enough_for_antialiasing(axis):
    shape = [1, 1, 4, 4, 3]
    shape[axis] = 16
    frames = np.zeros(shape, np.uint8)
    # A plain bilinear resize reads the two middle pixels of four.
    np.moveaxis(frames, axis, 0)[4] = 255
    values = pixels_again(c3d_preprocessing(4, 4)(frames))
    assert np.take(values, 1, axis).max() > 20


@pytest.mark.parametrize("size", [(8, 8), (20, 30), (60, 64), (5, 7)])
@pytest.mark.parametrize(
    ("row", "column"), [(0, 0), (0, -1), (-1, 0), (-1, -1)]
)
def test_the_whole_frame_is_kept(size, row, column):
    frames = np.zeros([1, 1, *size, 3], np.uint8)
    frames[0, 0, row, column] = 255
    values = pixels_again(c3d_preprocessing(8, 8)(frames))[0, 0, ..., 0]
    peak = np.unravel_index(values.argmax(), values.shape)
    assert peak == (row % 8, column % 8)


@pytest.mark.parametrize("size", [(9, 14), (16, 24), (16, 7), (3, 50)])
def test_a_size_that_the_graph_knows_gives_the_same_pixels(size):
    frames = random_frames(2, 2, *size)
    layer = c3d_preprocessing(4, 6)
    unknown = tf.function(
        layer,
        input_signature=[tf.TensorSpec([None, None, None, None, 3], tf.uint8)],
    )
    compiled = tf.function(layer, jit_compile=True)
    expected = pixels_again(unknown(frames))
    for values in (layer(frames), compiled(frames)):
        np.testing.assert_allclose(
            pixels_again(values),
            expected,
            rtol=1e-5,
            atol=1e-3,  # of 255; the resize's own weights are float32
        )


def test_the_configuration_of_preprocessing_makes_the_same_layer():
    layer = c3d_preprocessing(4, 6, name="preprocessing")
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
