"""Clips -> features: Conv3D blocks, and the cutting of clips before them.

Frames arrive as uint8 at the prepared size. Resizing, mean subtraction and the
cutting of overlapping clips happen here, on the device: sixteen times less
travels there than if clips did.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf
from keras import layers

from rmdn_tf.windows import CLIP_LENGTH

PAPER_FILTERS = ((64,), (128,), (256, 256), (512, 512), (512, 512))
"""Filters of conv1a .. conv5b (Tran et al. 2015)."""

MEAN_RGB = (90.0, 98.0, 102.0)
"""Mean colour of Sports-1M, rounded; 0 to 255."""

PIXEL_SCALE = 1 / 64
"""Brings pixels to about unit variance; a pretrained network's first kernel
is divided by it once, which gives the same features."""

MAX_PLAIN_SHRINK = 2.5
"""Frames that shrink by more are resized with antialiasing."""


@keras.saving.register_keras_serializable("rmdn_tf")
class Preprocessing(layers.Layer):
    """Resizes whole frames and subtracts the mean colour.

    The aspect ratio is not kept and nothing is cropped: no fixation may leave
    the frame.

    Args:
        height: rows of the network's input.
        width: columns of the network's input.

    Input shape:
        uint8 `[B, L, H, W, 3]`, RGB.

    Output shape:
        float `[B, L, height, width, 3]`, about -1.6 to 2.6.
    """

    def __init__(self, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        self.height = height
        self.width = width

    def call(self, frames):
        shape = tf.shape(frames)
        frames = tf.reshape(frames, tf.concat([[-1], shape[2:]], 0))
        frames = (self._resize(frames) - tf.constant(MEAN_RGB)) * PIXEL_SCALE
        frames = tf.cast(frames, self.compute_dtype)
        return tf.reshape(
            frames, [shape[0], shape[1], self.height, self.width, 3]
        )

    def _resize(self, frames):
        size = [self.height, self.width]
        shrink = tf.shape(frames)[1:3] / tf.constant(size)
        # Bilinear interpolation reads two pixels of an axis: up to a shrink of
        # about two that is all of them, and a sixth of the antialiased time.
        return tf.cond(
            tf.reduce_max(shrink) > MAX_PLAIN_SHRINK,
            lambda: tf.image.resize(frames, size, antialias=True),
            lambda: tf.image.resize(frames, size),
        )

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], self.height, self.width, 3)

    def get_config(self):
        size = {"height": self.height, "width": self.width}
        return {**super().get_config(), **size}


@keras.saving.register_keras_serializable("rmdn_tf")
class ClipFeatures(layers.Layer):
    """Cuts a window into overlapping clips and describes each by a network.

    Args:
        network: a model, `[n, 16, h, w, 3]` -> `[n, ...]`.
        clip_stride: s, frames from one clip to the next.

    Input shape:
        float `[B, L, h, w, 3]`, L of 16 or more.

    Output shape:
        float `[B, T, D]`, T = (L - 16)//s + 1, D the network's outputs.
    """

    def __init__(self, network: keras.Model, clip_stride: int = 1, **kwargs):
        super().__init__(**kwargs)
        self.network = network
        self.clip_stride = clip_stride

    def build(self, input_shape):
        self.network.build((None, CLIP_LENGTH, *input_shape[2:]))

    def call(self, frames, training=None):
        shape = tf.shape(frames)
        first = tf.range(0, shape[1] - CLIP_LENGTH + 1, self.clip_stride)
        indices = first[:, None] + tf.range(CLIP_LENGTH)  # [T, 16]
        clips = tf.gather(frames, indices, axis=1)  # [B, T, 16, h, w, 3]
        clips = tf.reshape(clips, [-1, CLIP_LENGTH, *frames.shape[2:]])
        features = self.network(clips, training=training)  # [B * T, ...]
        num_features = self.compute_output_shape(frames.shape)[-1]
        return tf.reshape(features, [shape[0], -1, num_features])

    def compute_output_shape(self, input_shape):
        num_frames = input_shape[1]
        num_clips = (
            None
            if num_frames is None
            else (num_frames - CLIP_LENGTH) // self.clip_stride + 1
        )
        num_features = 1
        for size in self.network.output_shape[1:]:
            num_features *= size
        return (input_shape[0], num_clips, num_features)

    def get_config(self):
        return {
            **super().get_config(),
            "network": keras.saving.serialize_keras_object(self.network),
            "clip_stride": self.clip_stride,
        }

    @classmethod
    def from_config(cls, config):
        network = keras.saving.deserialize_keras_object(config.pop("network"))
        return cls(network, **config)


def build_c3d(
    input_size: tuple[int, int] = (112, 112),
    filters: Sequence[Sequence[int]] = PAPER_FILTERS,
) -> keras.Model:
    """Builds C3D up to its last convolution.

    A block is one or two convolutions 3x3x3 with ReLU; between two blocks lies
    a max-pooling, 1x2x2 after the first block and 2x2x2 after the others. The
    pooling after the last block is left out: it would cost place.

    Args:
        input_size: (h, w) of the clips.
        filters: filters of each convolution, block by block.

    Returns:
        A functional model, float `[n, 16, h, w, 3]` -> `[n, 2, h/16, w/16,
        filters]` for five blocks, layers named `conv1a`, ..., `conv5b`.

    Reference:
        - Tran et al., "Learning Spatiotemporal Features with 3D Convolutional
          Networks", ICCV 2015.
    """
    clips = outputs = keras.Input((CLIP_LENGTH, *input_size, 3), name="clips")
    for number, block in enumerate(filters, start=1):
        if number > 1:
            size = (1, 2, 2) if number == 2 else (2, 2, 2)
            outputs = layers.MaxPooling3D(
                size, padding="same", name=f"pool{number - 1}"
            )(outputs)
        for letter, num_filters in zip("ab", block, strict=False):
            outputs = layers.Conv3D(
                num_filters,
                3,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                name=f"conv{number}{letter}",
            )(outputs)
    return keras.Model(clips, outputs, name="c3d")
