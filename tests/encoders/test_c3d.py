"""C3D: its shapes, its weights, and the cutting of clips."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.encoders.c3d import PAPER_FILTERS, ClipFeatures, Clips, build_c3d


@pytest.fixture(scope="module")
def paper_network():
    return build_c3d()


def random_clips(number, height, width):
    shape = number, 16, height, width, 3
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_the_last_convolution_of_the_paper_is_2_by_7_by_7_by_512(paper_network):
    assert paper_network.input_shape == (None, 16, 112, 112, 3)
    assert paper_network.output_shape == (None, 2, 7, 7, 512)
    assert [
        (layer.name, *layer.output.shape[1:])
        for layer in paper_network.layers[1:]
    ] == [
        ("conv1a", 16, 112, 112, 64),
        ("pool1", 16, 56, 56, 64),
        ("conv2a", 16, 56, 56, 128),
        ("pool2", 8, 28, 28, 128),
        ("conv3a", 8, 28, 28, 256),
        ("conv3b", 8, 28, 28, 256),
        ("pool3", 4, 14, 14, 256),
        ("conv4a", 4, 14, 14, 512),
        ("conv4b", 4, 14, 14, 512),
        ("pool4", 2, 7, 7, 512),
        ("conv5a", 2, 7, 7, 512),
        ("conv5b", 2, 7, 7, 512),
    ]


def test_the_convolutions_have_c3ds_number_of_parameters(paper_network):
    sizes = [3, *(size for block in PAPER_FILTERS for size in block)]
    expected = sum(
        3 * 3 * 3 * before * after + after
        for before, after in zip(sizes[:-1], sizes[1:], strict=True)
    )
    assert expected == 27_655_936
    assert paper_network.count_params() == expected


NARROW = ((2,), (2,), (2,), (2,), (3,))


@pytest.mark.parametrize(
    ("features", "shape", "num_numbers"),
    [
        ("conv5b", (2, 7, 7, 512), 50_176),
        ("pool5", (1, 4, 4, 512), 8_192),
        ("fc6", (4096,), 4_096),
        ("fc7", (4096,), 4_096),
    ],
)
def test_what_describes_a_clip_has_the_size_that_is_told(
    features, shape, num_numbers
):
    width = 1 if features.startswith("fc") else 512
    network = build_c3d((112, 112), (*NARROW[:4], (width,)), features)
    assert network.output_shape == (None, *shape)
    assert np.prod(shape) == num_numbers


def test_dense_features_go_on_from_pool5_with_relu():
    clips = random_clips(2, 48, 48)
    network = build_c3d((48, 48), NARROW, "fc7", 5)
    values = keras.Model(
        network.input,
        [network.get_layer(name).output for name in ("pool5", "fc6", "fc7")],
    )(clips)
    pool5, fc6, fc7 = (value.numpy() for value in values)
    np.testing.assert_array_equal(network(clips), fc7)
    steps = [("fc6", pool5.reshape(2, -1), fc6), ("fc7", fc6, fc7)]
    for name, before, after in steps:
        kernel, bias = network.get_layer(name).get_weights()
        assert kernel.shape == (before.shape[1], 5)
        expected = np.maximum(before @ kernel + bias, 0)
        np.testing.assert_allclose(after, expected, rtol=1e-5, atol=1e-6)


def draw_of_each_generator():
    return [random.random(), np.random.random(), float(tf.random.uniform([]))]


def test_a_seed_draws_the_weights_of_the_global_seed_and_leaves_that_alone():
    keras.utils.set_random_seed(3)
    expected = build_c3d((16, 16), NARROW, "fc7", 5)
    keras.utils.set_random_seed(0)
    undisturbed = draw_of_each_generator()
    keras.utils.set_random_seed(0)
    network = build_c3d((16, 16), NARROW, "fc7", 5, seed=3)
    assert draw_of_each_generator() == undisturbed
    for one, other in zip(network.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_unknown_feature_is_an_error():
    with pytest.raises(ValueError, match="Received: features=fc8"):
        build_c3d((16, 16), NARROW, "fc8")


def test_clips_are_described_in_half_precision_with_whole_weights():
    clips = random_clips(3, 32, 32)
    keras.utils.set_random_seed(3)  # Some draws give features near zero.
    whole = build_c3d((32, 32), NARROW, "fc7", 5)
    half = build_c3d((32, 32), NARROW, "fc7", 5, "mixed_bfloat16")
    half.set_weights(whole.get_weights())
    assert {layer.compute_dtype for layer in half.layers[1:]} == {"bfloat16"}
    assert {weight.dtype for weight in half.weights} == {"float32"}
    found = half(clips)
    assert found.dtype == tf.bfloat16
    expected = whole(clips).numpy()
    difference = np.linalg.norm(tf.cast(found, tf.float32) - expected)
    # 8 bits, a dozen layers.
    assert 0 < difference < 0.05 * np.linalg.norm(expected)


@pytest.mark.parametrize(
    ("num_frames", "stride", "num_clips"),
    [(16, 1, 1), (20, 1, 5), (16, 4, 1), (24, 4, 3), (27, 4, 3)],
)
def test_clips_are_those_of_a_plain_loop(num_frames, stride, num_clips):
    frames = np.random.default_rng(0).normal(size=(2, num_frames, 2, 3, 3))
    frames = frames.astype(np.float32)
    expected = [
        row[first : first + 16]
        for row in frames
        for first in range(0, num_frames - 15, stride)
    ]
    clips = Clips(stride)(frames)
    np.testing.assert_array_equal(clips, expected)
    features = ClipFeatures()(clips, frames)
    assert features.shape == (2, num_clips, 16 * 2 * 3 * 3)
    np.testing.assert_array_equal(tf.reshape(features, clips.shape), clips)


def test_features_in_cells_keep_their_place():
    described = np.random.default_rng(0).normal(size=(6, 2, 3, 4, 5))
    cells = ClipFeatures(in_cells=True)(described, np.zeros([3, 1]))
    assert cells.shape == (3, 2, 3, 4, 10)
    expected = described[2, :, 2, 1].reshape(-1)
    np.testing.assert_allclose(cells[1, 0, 2, 1], expected, rtol=1e-6)
