"""Frames as stored, uint8 of any size -> the input of a network.

It runs on the device: pixels travel there as bytes.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

# Frames that shrink more are resized with antialiasing.
MAX_PLAIN_SHRINK = 2.5


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
        shape, size = tf.shape(frames), frames.shape[2:4]
        frames = tf.reshape(frames, tf.concat([[-1], shape[2:]], 0))
        if None in size:
            frames = self._resize(frames)
        else:
            frames = self._resize_known(frames, *size)
        frames = (frames - tf.constant(self.mean_rgb)) * self.scale
        frames = tf.cast(frames, self.compute_dtype)
        return tf.reshape(
            frames, [shape[0], shape[1], self.height, self.width, 3]
        )

    def _resize(self, frames):
        return resize_frames(frames, (self.height, self.width))

    def _resize_known(self, frames, height, width):
        """Equals `_resize`, with operations that XLA and GPUs have."""
        shrink = max(height / self.height, width / self.width)
        if shrink <= MAX_PLAIN_SHRINK:
            return tf.image.resize(frames, [self.height, self.width])
        rows = _antialiasing(height, self.height)  # [h, H]
        columns = _antialiasing(width, self.width)
        # The colours lie between the columns.
        columns = np.kron(columns.T, np.eye(3, dtype=np.float32))
        frames = tf.cast(frames, tf.float32)
        frames = tf.reshape(frames, [-1, height, 3 * width])
        return tf.reshape(
            rows @ frames @ columns, [-1, self.height, self.width, 3]
        )

    def compute_output_shape(self, input_shape):
        return (*input_shape[:2], self.height, self.width, 3)

    def get_config(self):
        names = ("height", "width", "mean_rgb", "scale")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}


def resize_frames(frames: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """Resizes frames as `Preprocessing` does.

    Maps uint8 `[n, H, W, 3]` to float32 `[n, h, w, 3]`, 0 to 255.
    """
    shrink = tf.shape(frames)[1:3] / tf.constant(size)
    # Bilinear interpolation reads two pixels of an axis. Up to a shrink of
    # about two that is all of them, in a sixth of the time of antialiasing.
    return tf.cond(
        tf.reduce_max(shrink) > MAX_PLAIN_SHRINK,
        lambda: tf.image.resize(frames, size, antialias=True),
        lambda: tf.image.resize(frames, size),
    )


def _antialiasing(size: int, new_size: int) -> np.ndarray:
    """Returns the matrix `[new_size, size]` that resizes one axis."""
    with tf.init_scope():
        resized = tf.image.resize(
            tf.eye(size)[..., None], [new_size, size], antialias=True
        )
        return resized[..., 0].numpy()
