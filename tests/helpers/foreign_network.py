"""The network of `foreign_weights`: computed in SciPy, and by ours."""

import keras
import numpy as np
import scipy.ndimage

from rmdn_tf.encoders.c3d import MEAN_RGB, build_c3d, c3d_preprocessing
from rmdn_tf.encoders.c3d_weights import assign_c3d_weights, read_c3d_weights
from tests.helpers.foreign_weights import (
    FILTERS,
    FOREIGN,
    LAYERS,
    PLACES,
    write_caffe,
)


def read_foreign(directory):
    """The foreign weights as ours, by way of a file."""
    write_caffe(directory / "c3d", FOREIGN)
    return read_c3d_weights(directory / "c3d")


def reference_features(frames):
    """conv5b of the foreign network on uint8 RGB frames, in SciPy."""
    x = (frames - np.float64(MEAN_RGB))[..., ::-1].transpose(3, 0, 1, 2)
    for name in LAYERS:
        kernel, bias = FOREIGN[name]
        x = [
            bias[out]
            + sum(
                scipy.ndimage.correlate(plane, taps, mode="constant")
                for plane, taps in zip(x, kernel[out], strict=True)
            )
            for out in range(len(bias))
        ]
        x = np.maximum(x, 0)
        if name in ("conv1", "conv2", "conv3b", "conv4b"):
            t, (h, w) = 1 if name == "conv1" else 2, x.shape[2:]
            x = x.reshape(len(x), -1, t, h // 2, 2, w // 2, 2).max((2, 4, 6))
    return x.transpose(1, 2, 3, 0)


def reference_pool5(frames):
    """Of the foreign network, [channels, *PLACES], windows at 0 and 2."""
    conv5b = reference_features(frames)
    starts = [(i, j) for i in (0, 2) for j in (0, 2)]
    pool5 = [conv5b[:, i : i + 2, j : j + 2].max((0, 1, 2)) for i, j in starts]
    return np.transpose(pool5).reshape(-1, *PLACES)


def reference_dense(name, inputs):
    kernel, bias = FOREIGN[name]
    return np.maximum(kernel @ inputs.ravel() + bias, 0)


FRAMES = np.random.default_rng(1).integers(0, 256, (16, 16, 16, 3), np.uint8)
# conv5b is 2 x 3 x 3, so that pool5 cuts its last windows.
LARGE = np.random.default_rng(3).integers(0, 256, (16, 48, 48, 3), np.uint8)


def c3d_with_fc7():
    """The foreign network as ours, up to fc6 of 5 units and fc7 of 4."""
    network = build_c3d((48, 48), FILTERS, "fc6", 5)
    outputs = keras.layers.Dense(4, "relu", name="fc7")(network.output)
    return keras.Model(network.input, outputs, name="c3d")


def features_of(weights, network=None, frames=FRAMES):
    network = network or build_c3d((16, 16), FILTERS)
    assign_c3d_weights(network, weights)
    frames = c3d_preprocessing(*frames.shape[1:3])(frames[None])
    return network(frames).numpy()[0]


def assert_close(found, expected):
    assert np.abs(expected).max() > 1
    # Relative to the largest: a sum that cancels has no digits of its own.
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found / scale, expected / scale, atol=1e-4)
