"""What happens to the pixels of frames."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.encoders.c3d import MEAN_RGB, c3d_preprocessing
from tests.helpers.resized_pixels import resized


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


@pytest.mark.parametrize("size", [(9, 14), (3, 50)])
def test_frames_of_any_size_become_pictures_of_the_networks_size(size):
    frames = random_frames(1, 2, *size)
    layer = c3d_preprocessing(4, 6)
    unknown = tf.function(
        layer,
        input_signature=[tf.TensorSpec([None, None, None, None, 3], tf.uint8)],
    )
    compiled = tf.function(layer, jit_compile=True)
    expected = [[resized(frame, (4, 6)) for frame in frames[0]]]
    for values in (layer(frames), unknown(frames), compiled(frames)):
        pixels = pixels_again(values)
        # Half a level is rounding; the way here subtracts the mean.
        np.testing.assert_allclose(pixels, expected, rtol=0, atol=0.501)


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


def test_the_configuration_of_preprocessing_makes_the_same_layer():
    layer = c3d_preprocessing(4, 6, name="preprocessing")
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
