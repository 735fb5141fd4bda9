"""Clips -> features: C3D, and the cutting of clips.

Clips overlap. They are cut on the device: sent as clips, frames would travel
there up to sixteen times.
"""

import math
import random
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import initializers, layers

from rmdn_tf.data.windows import CLIP_LENGTH, CONTEXT
from rmdn_tf.encoders.c3d_constants import (
    FEATURES,
    MEAN_RGB,
    PAPER_FILTERS,
    PIXEL_SCALE,
)
from rmdn_tf.encoders.preprocessing import Preprocessing, take_frames


def c3d_preprocessing(height: int, width: int, **kwargs: Any) -> Preprocessing:
    """Returns the layer from frames to C3D's input.

    Args:
        height: rows of the network's input, in pixels.
        width: columns of the network's input, in pixels.
        kwargs: arguments of a Keras layer, such as `name`.
    """
    return Preprocessing(height, width, MEAN_RGB, PIXEL_SCALE, **kwargs)


@keras.saving.register_keras_serializable("rmdn_tf")
class Clips(layers.Layer):
    """Cuts windows into overlapping clips.

    Takes float `[B, L, h, w, 3]`, returns float `[B T, 16, h, w, 3]`, window by
    window, with T = (L - 16)//s + 1 clips of each; L is at least 16.

    Args:
        clip_stride: s, frames from one clip to the next.

    Attributes:
        context: number of frames that a clip uses before its last one.
    """

    context = CONTEXT

    def __init__(self, clip_stride: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.clip_stride = clip_stride

    def call(self, frames):
        last_start = tf.shape(frames)[1] - CLIP_LENGTH
        first = tf.range(0, last_start + 1, self.clip_stride)
        indices = first[:, None] + tf.range(CLIP_LENGTH)  # [T, 16]
        clips = take_frames(frames, tf.reshape(indices, [-1]))
        return tf.reshape(clips, [-1, CLIP_LENGTH, *frames.shape[2:]])

    def compute_output_shape(self, input_shape):
        return (None, CLIP_LENGTH, *input_shape[2:])

    def get_config(self):
        return {**super().get_config(), "clip_stride": self.clip_stride}


@keras.saving.register_keras_serializable("rmdn_tf")
class ClipFeatures(layers.Layer):
    """Groups the features of clips by window.

    Takes a network's output for the clips, float `[B T, ...]`, and the windows
    `[B, ...]`; returns float `[B, T, D]`. With `in_cells` features keep their
    places in the frame: `[B T, k, h', w', d]` becomes `[B, T, h', w', k d]`.
    """

    def __init__(self, in_cells: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.in_cells = in_cells

    def call(self, encoded, frames):
        output = self.compute_output_shape(encoded.shape, frames.shape)[2:]
        if self.in_cells:
            times, rows, columns, number = encoded.shape[1:]
            cells = [-1, times, rows * columns, number]
            encoded = tf.transpose(tf.reshape(encoded, cells), [0, 2, 1, 3])
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

    Each block has one or two 3x3x3 convolutions with ReLU and a max-pooling,
    1x2x2 in the first block, else 2x2x2. Odd sizes are rounded up, as in Caffe:
    7 becomes 4. The features of a clip of 112x112:

    | features | shape | numbers |
    |---|---|---|
    | conv5b | 2x7x7x512 | 50,176 |
    | pool5 | 1x4x4x512, coarser cells | 8,192 |
    | fc6, fc7 | dense layers with ReLU, no places | 4,096 |

    The dense layers lack the dropout of C3D's own training: use them frozen,
    with pretrained weights.

    Reference: Tran et al., "Learning Spatiotemporal Features with 3D
    Convolutional Networks", ICCV 2015.

    Args:
        input_size: (h, w) of the clips.
        filters: filters of each convolution, block by block.
        features: of `FEATURES`.
        dense_units: outputs of fc6 and of fc7.
        dtype: Keras' policy, such as "mixed_float16", for every layer.
        seed: of the random weights; by default they follow
            `keras.utils.set_random_seed`.

    Returns:
        A functional model from float `[n, 16, h, w, 3]`, with layers named
        `conv1a`, ..., `conv5b`, `pool5`, `fc6`, `fc7`.

    Raises:
        ValueError: `features` is not one of `FEATURES`.
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
    # Draws seeds as Keras does from its global generator.
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
    """Makes the pooling after a block; "same" pads at the right and bottom."""
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
    """Connects C3D to frames, uint8 `[B, L, H, W, 3]`.

    The layers are named `preprocessing`, `clips`, `c3d` and `features`. See
    `build_c3d`, `Clips` and `ClipFeatures` for the arguments, and
    `ClipFeatures` for the output.
    """
    frames = c3d_preprocessing(*input_size, dtype=dtype, name="preprocessing")(
        frames
    )
    network = build_c3d(input_size, filters, features, dense_units, dtype)
    clips = Clips(clip_stride, dtype=dtype, name="clips")(frames)
    joined = ClipFeatures(in_cells, dtype=dtype, name="features")
    return joined(network(clips), frames)
