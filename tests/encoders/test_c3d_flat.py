"""C3D without operations on volumes gives what C3D gives."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from rmdn_tf.encoders.c3d import build_c3d
from rmdn_tf.encoders.c3d_flat import FlatPooling, flatten_c3d

ODD = (23, 37)
NARROW = ((2,), (3,), (4, 3), (2, 5), (4, 4))


def random_clips(*shape):
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("length", [16, 2, 1])
@pytest.mark.parametrize("size", [(8, 6), (7, 5), (1, 2)])
def test_a_flat_pooling_equals_a_pooling_of_volumes(frames, length, size):
    clips = random_clips(2, length, *size, 3) - 5  # A padding of 0 is seen.
    window = (frames, 2, 2)
    expected = layers.MaxPooling3D(window, padding="same")(clips)
    np.testing.assert_array_equal(FlatPooling(window)(clips), expected)


@pytest.mark.parametrize("features", ["conv5b", "pool5", "fc7"])
def test_a_flat_c3d_equals_c3d_up_to_rounding(features):
    network = build_c3d(ODD, NARROW, features, dense_units=5)
    for weight in network.trainable_weights:  # No bias is 0.
        weight.assign(tf.random.stateless_normal(weight.shape, (1, 2)))
    clips = random_clips(2, 16, *ODD, 3)
    flat = flatten_c3d(network)
    expected, found = network(clips).numpy(), flat(clips).numpy()
    assert flat.output_shape == network.output_shape
    assert np.count_nonzero(expected) > 0
    near = 1e-6 * np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=near)


def test_a_clip_of_one_frame_is_not_pooled_in_time():
    network = build_c3d((96, 96), ((1,),) * 7)  # 16 frames, halved 5 times.
    clips = random_clips(1, 16, 96, 96, 3)
    found = flatten_c3d(network)(clips)
    np.testing.assert_allclose(found, network(clips), rtol=1e-4, atol=1e-5)


def test_a_flat_c3d_shares_the_weights():
    network = build_c3d((16, 16), NARROW)
    clips = random_clips(1, 16, 16, 16, 3)
    flat = flatten_c3d(keras.Model(network.input, network.output))
    before = flat(clips).numpy()
    network.get_layer("conv1a").bias.assign([3.0, 4.0])
    assert not np.array_equal(flat(clips), before)
    np.testing.assert_allclose(flat(clips), network(clips), rtol=1e-4)


def test_a_flat_c3d_has_no_operation_on_volumes():
    flat = flatten_c3d(build_c3d(ODD, NARROW, "pool5"))
    spec = tf.TensorSpec((1, 16, *ODD, 3))
    graph = tf.function(flat).get_concrete_function(spec).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert {"Conv2D", "MaxPool"} <= kinds
    assert not {"Conv3D", "MaxPool3D"} & kinds
