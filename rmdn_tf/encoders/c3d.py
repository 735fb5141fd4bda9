"""Clips -> features: Conv3D blocks, and the cutting of clips before them.

Clips overlap and are cut on the device: sixteen times fewer bytes travel there
than with clips.
"""

import math
import random
from collections.abc import Sequence

import keras
import tensorflow as tf
from keras import initializers, layers

from rmdn_tf.data.windows import CLIP_LENGTH, CONTEXT
from rmdn_tf.encoders.preprocessing import Preprocessing

PAPER_FILTERS = ((64,), (128,), (256, 256), (512, 512), (512, 512))
"""Filters of conv1a .. conv5b (Tran et al. 2015)."""

FEATURES = ("conv5b", "pool5", "fc6", "fc7")
"""Layers whose output may be the features, from first to last."""

CELL_FEATURES = ("conv5b", "pool5")
"""Features that lie in cells: each cell sees a part of the frame."""

MEAN_RGB = (102.0, 98.0, 90.0)
"""Mean colour of Sports-1M, 0 to 255: its mean cube in one colour, rounded.

Ports that read BGR with OpenCV subtract 90, 98, 102 [1]. For the cube itself
see `rmdn_tf.encoders.c3d_weights.read_mean_rgb`.

[1] https://github.com/jfzhang95/pytorch-video-recognition, dataloaders/
"""

PIXEL_SCALE = 1 / 64
"""Brings pixels to about unit variance, -1.6 to 2.6; a pretrained network's
first kernel is divided by it once, which gives the same features."""


def c3d_preprocessing(height: int, width: int, **kwargs) -> Preprocessing:
    """Returns the layer that makes C3D's input of frames."""
    return Preprocessing(height, width, MEAN_RGB, PIXEL_SCALE, **kwargs)


@keras.saving.register_keras_serializable("rmdn_tf")
class Clips(layers.Layer):
    """Cuts windows into overlapping clips.

    Args:
        clip_stride: s, frames from one clip to the next.

    Input shape:
        float `[B, L, h, w, 3]`, L of 16 or more.

    Output shape:
        float `[B T, 16, h, w, 3]`, T = (L - 16)//s + 1, window by window.

    Attributes:
        context: frames before a clip's last one that are used.
    """

    context = CONTEXT

    def __init__(self, clip_stride: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.clip_stride = clip_stride

    def call(self, frames):
        last_start = tf.shape(frames)[1] - CLIP_LENGTH
        first = tf.range(0, last_start + 1, self.clip_stride)
        indices = first[:, None] + tf.range(CLIP_LENGTH)  # [T, 16]
        clips = tf.gather(frames, indices, axis=1)  # [B, T, 16, h, w, 3]
        return tf.reshape(clips, [-1, CLIP_LENGTH, *frames.shape[2:]])

    def compute_output_shape(self, input_shape):
        return (None, CLIP_LENGTH, *input_shape[2:])

    def get_config(self):
        return {**super().get_config(), "clip_stride": self.clip_stride}


@keras.saving.register_keras_serializable("rmdn_tf")
class ClipFeatures(layers.Layer):
    """Puts the features of `Clips` in their windows again.

    Args:
        in_cells: whether features keep their place in the frame.

    Call arguments:
        encoded: float `[B T, ...]`, a network's output for the clips; with
            `in_cells` `[B T, k, h', w', d]`.
        frames: `[B, ...]`, the windows.

    Output shape:
        float `[B, T, D]`, D all features of a clip; with `in_cells`
        `[B, T, h', w', k d]`.
    """

    def __init__(self, in_cells: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.in_cells = in_cells

    def call(self, encoded, frames):
        output = self.compute_output_shape(encoded.shape, frames.shape)[2:]
        if self.in_cells:
            encoded = tf.transpose(encoded, [0, 2, 3, 1, 4])
        return tf.reshape(encoded, [tf.shape(frames)[0], -1, *output])

    def compute_output_shape(self, encoded_shape, frames_shape):
        shape = encoded_shape[1:]
        if self.in_cells:
            times, *grid, num_features = shape
            output = (*grid, times * num_features)
        else:
            output = (math.prod(shape),)
        return (frames_shape[0], None, *output)

    def get_config(self):
        return {**super().get_config(), "in_cells": self.in_cells}


def build_c3d(
    input_size: tuple[int, int] = (112, 112),
    filters: Sequence[Sequence[int]] = PAPER_FILTERS,
    features: str = "conv5b",
    dense_units: int = 4096,
    dtype: str = "float32",
    seed: int | None = None,
) -> keras.Model:
    """Builds C3D up to the layer that gives the features.

    A block is one or two convolutions 3x3x3 with ReLU; after a block lies a
    max-pooling, 1x2x2 after the first and 2x2x2 after the others. It begins at
    0 and cuts its last window where a size is odd, as Caffe's does: 7 becomes
    4. The features of a clip of 112x112:

    | features | shape | numbers |
    |---|---|---|
    | conv5b | 2x7x7x512, the last convolution | 50,176 |
    | pool5 | 1x4x4x512, pooled: half of the place is lost | 8,192 |
    | fc6 | the first dense layer with ReLU, without places | 4,096 |
    | fc7 | the second one | 4,096 |

    The dense layers lack the dropout of C3D's own training: use them with
    pretrained weights, frozen.

    Args:
        input_size: (h, w) of the clips.
        filters: filters of each convolution, block by block.
        features: of `FEATURES`.
        dense_units: outputs of fc6 and of fc7.
        dtype: Keras' policy, such as "mixed_float16", for every layer.
        seed: of the random weights; None for that of
            `keras.utils.set_random_seed`. No global generator is touched with
            a seed.

    Returns:
        A functional model, float `[n, 16, h, w, 3]` -> `[n, 2, h/16, w/16,
        filters]` for conv5b of five blocks, `[n, dense_units]` for a dense
        layer; layers named `conv1a`, ..., `conv5b`, `pool5`, `fc6`, `fc7`.

    Raises:
        ValueError: `features` is not one of `FEATURES`.

    Reference:
        - Tran et al., "Learning Spatiotemporal Features with 3D Convolutional
          Networks", ICCV 2015.
    """
    if features not in FEATURES:
        raise ValueError(
            f"Invalid `features`. Expected one of {FEATURES}. "
            f"Received: features={features}."
        )
    clips = outputs = keras.Input(
        (CLIP_LENGTH, *input_size, 3),
        dtype=keras.DTypePolicy(dtype).compute_dtype,
        name="clips",
    )
    # The same draws as Keras makes of its global generator.
    draws = random if seed is None else random.Random(seed)
    for number, block in enumerate(filters, start=1):
        if number > 1:
            outputs = _max_pooling(number - 1, dtype)(outputs)
        for letter, num_filters in zip("ab", block, strict=False):
            outputs = layers.Conv3D(
                num_filters,
                3,
                padding="same",
                activation="relu",
                kernel_initializer=initializers.HeNormal(_seed(draws)),
                dtype=dtype,
                name=f"conv{number}{letter}",
            )(outputs)
    names = FEATURES[1 : FEATURES.index(features) + 1]
    if names:
        outputs = _max_pooling(len(filters), dtype)(outputs)
    if names[1:]:
        outputs = layers.Flatten(dtype=dtype, name="flatten")(outputs)
    for name in names[1:]:
        outputs = layers.Dense(
            dense_units,
            "relu",
            kernel_initializer=initializers.GlorotUniform(_seed(draws)),
            dtype=dtype,
            name=name,
        )(outputs)
    return keras.Model(clips, outputs, name="c3d")


def _seed(draws) -> int:
    return draws.randint(1, 10**9)


def _max_pooling(number, dtype):
    """The pooling after a block; "same" pads at the right and bottom only."""
    size = (1, 2, 2) if number == 1 else (2, 2, 2)
    return layers.MaxPooling3D(
        size, padding="same", dtype=dtype, name=f"pool{number}"
    )


def join_c3d(
    frames: keras.KerasTensor,
    features: str = "conv5b",
    input_size: tuple[int, int] = (112, 112),
    clip_stride: int = 1,
    *,
    filters: Sequence[Sequence[int]] = PAPER_FILTERS,
    dense_units: int = 4096,
    in_cells: bool = False,
    dtype: str = "float32",
) -> keras.KerasTensor:
    """Joins C3D to frames.

    The layers are named `preprocessing`, `clips`, `c3d` and `features`.

    Args:
        frames: uint8 `[B, L, H, W, 3]`.
        features, input_size, filters, dense_units, dtype: see `build_c3d`.
        clip_stride: see `Clips`.
        in_cells: see `ClipFeatures`.

    Returns:
        The output of `ClipFeatures`.
    """
    frames = c3d_preprocessing(*input_size, dtype=dtype, name="preprocessing")(
        frames
    )
    network = build_c3d(input_size, filters, features, dense_units, dtype)
    clips = Clips(clip_stride, dtype=dtype, name="clips")(frames)
    joined = ClipFeatures(in_cells, dtype=dtype, name="features")
    return joined(network(clips), frames)
