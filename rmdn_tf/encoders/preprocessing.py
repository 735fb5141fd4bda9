"""Frames as stored, uint8 of any size -> the input of a network.

It runs on the device: pixels travel there as bytes.
"""

import keras
import tensorflow as tf
from keras import layers

from rmdn_tf.video.resizing import resize_frames


@keras.saving.register_keras_serializable("rmdn_tf")
class Preprocessing(layers.Layer):
    """Resizes frames and scales their pixels to the range of a network.

    Takes uint8 `[B, L, H, W, 3]` RGB, returns float `[B, L, height, width, 3]`
    of the layer's compute type. Frames are stretched, not cropped, so that no
    fixation leaves the frame.

    Args:
        mean_rgb: colour to subtract, 0 to 255.
        scale: factor on the difference.
    """

    def __init__(
        self,
        height: int,
        width: int,
        mean_rgb: tuple[float, float, float],
        scale: float,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.height = height
        self.width = width
        self.mean_rgb = tuple(mean_rgb)
        self.scale = scale

    def call(self, frames):
        shape, size = tf.shape(frames), (self.height, self.width)
        frames = tf.reshape(frames, tf.concat([[-1], shape[2:]], 0))
        frames = resize_frames(frames, size)
        frames = self.scale_pixels(frames)
        return tf.reshape(frames, [shape[0], shape[1], *size, 3])

    def scale_pixels(self, frames: tf.Tensor) -> tf.Tensor:
        """Scales pixels, float of 0 to 255, to the range of the network."""
        frames = (frames - tf.constant(self.mean_rgb)) * self.scale
        return tf.cast(frames, self.compute_dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], self.height, self.width, 3)

    def get_config(self):
        names = ("height", "width", "mean_rgb", "scale")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}


def take_frames(frames: tf.Tensor, indices: tf.Tensor) -> tf.Tensor:
    """Takes some frames of each window, window by window.

    Args:
        frames: float `[B, N, h, w, 3]`.
        indices: int32 `[T]`.

    Returns:
        float `[B T, h, w, 3]`.
    """
    if frames.shape[0] == 1:  # Other runtimes are made for 4 axes.
        return tf.gather(tf.squeeze(frames, 0), indices)
    chosen = tf.gather(frames, indices, axis=1)
    return tf.reshape(chosen, [-1, *frames.shape[2:]])
