"""C3D's weights in the network: what it computes, and what does not fit."""

import keras
import numpy as np
import pytest

from rmdn_tf.encoders.c3d import MEAN_RGB, build_c3d, c3d_preprocessing
from rmdn_tf.encoders.c3d_mean import move_mean
from rmdn_tf.encoders.c3d_weights import assign_c3d_weights
from tests.helpers.foreign_network import (
    FRAMES,
    LARGE,
    assert_close,
    c3d_with_fc7,
    features_of,
    read_foreign,
    reference_dense,
    reference_pool5,
)
from tests.helpers.foreign_weights import FILTERS, FOREIGN


@pytest.fixture
def weights(tmp_path):
    return read_foreign(tmp_path)


def test_pool5_and_fc6_and_fc7_are_those_of_the_foreign_network(weights):
    pool5 = reference_pool5(LARGE)
    found = features_of(weights, build_c3d((48, 48), FILTERS, "pool5"), LARGE)
    assert_close(found, np.moveaxis(pool5, 0, -1))
    fc6 = reference_dense("fc6", pool5)
    assert 0 < np.count_nonzero(fc6) < len(fc6)  # The ReLU is seen.
    network = build_c3d((48, 48), FILTERS, "fc6", 5)
    assert_close(features_of(weights, network, LARGE), fc6)
    fc7 = reference_dense("fc7", fc6)
    assert_close(features_of(weights, c3d_with_fc7(), LARGE), fc7)


@pytest.mark.parametrize("mean", [(102.0, 98.0, 90.0), (120.0, 100.0, 80.0)])
def test_a_mean_is_exact_where_no_padding_is_seen(weights, mean):
    network = build_c3d((16, 16), FILTERS)
    if mean != MEAN_RGB:
        weights = move_mean(weights, mean)
    assign_c3d_weights(network, weights)
    conv1a = keras.Model(network.input, network.get_layer("conv1a").output)
    found = conv1a(c3d_preprocessing(16, 16)(FRAMES[None])).numpy()[0]
    x = (FRAMES - np.float64(mean))[..., ::-1]
    kernel, bias = FOREIGN["conv1"]
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3, 3), (0, 1, 2))
    inner = np.einsum("thwixyz,oixyz->thwo", windows, kernel) + bias
    assert_close(found[1:-1, 1:-1, 1:-1], np.maximum(inner, 0))


def assert_refused(network, weights, message):
    before = network.get_weights()
    with pytest.raises(ValueError, match=message):
        assign_c3d_weights(network, weights)
    for old, new in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_network_of_other_widths_is_refused_and_unchanged(weights):
    network = build_c3d((16, 16), ((2,), (3,), (4, 3), (2, 5), (4, 4)))
    assert_refused(network, weights, "conv5b/kernel.*not .3, 3, 3, 4, 4")
    narrow = build_c3d((16, 16), ((2,), (3,), (4,), (2,), (4,)))
    assert_refused(narrow, weights, "without conv3b, conv4b, conv5b")


def test_dense_layers_that_do_not_fit_the_network_are_named(weights):
    of_one_place = build_c3d((16, 16), FILTERS, "fc6", 5)
    assert_refused(
        of_one_place, weights, r"fc6/kernel' of shape \(12, 5\), not \(3, 5"
    )
    wide = build_c3d((48, 48), FILTERS, "fc7", 5)
    assert_refused(
        wide, weights, r"fc7/kernel' of shape \(5, 4\), not \(5, 5\)"
    )
    bare = {name: weights[name] for name in weights if "fc" not in name}
    missing = "without fc6/kernel, fc6/bias, fc7/kernel, fc7/bias"
    assert_refused(c3d_with_fc7(), bare, missing)
