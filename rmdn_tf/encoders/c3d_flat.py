"""C3D with operations on pictures in place of volumes.

Few runtimes pool volumes, and fewer convolve them fast or in int8. A picture is
one frame of a clip, `[n T, h, w, c]`, so the operations have at most four axes.
"""

import keras
import tensorflow as tf
from keras import layers


def flatten_c3d(network: keras.Model) -> keras.Model:
    """Replaces operations on volumes by operations on pictures.

    Poolings stay exactly equal. Convolutions sum in another order, so they
    differ by rounding.

    Args:
        network: of `build_c3d`, or a model that contains it.

    Returns:
        A model that shares the weights.
    """
    return keras.models.clone_model(network, clone_function=_flat)


def _flat(layer: keras.Layer) -> keras.Layer:
    if isinstance(layer, keras.Model):
        return flatten_c3d(layer)
    if isinstance(layer, layers.Conv3D):
        return FlatConvolution(layer)
    if isinstance(layer, layers.MaxPooling3D):
        return FlatPooling(layer.pool_size, name=layer.name)
    return layer


class FlatConvolution(layers.Layer):
    """Convolves each picture together with the ones before and after it.

    Three pictures lie side by side as channels, so one convolution of 3x3
    computes the 3x3x3.

    Args:
        convolution: of 3x3x3, with the padding "same"; its weights are used.
    """

    def __init__(self, convolution: layers.Conv3D):
        super().__init__(name=convolution.name)
        self._convolution = convolution

    def call(self, clips):
        _, length, *sizes = clips.shape
        flat = tf.reshape(clips, [-1, length, sizes[0] * sizes[1] * sizes[2]])
        padded = tf.pad(flat, [[0, 0], [1, 1], [0, 0]])
        moved = (padded[:, begin : begin + length] for begin in range(3))
        pictures = tf.concat([tf.reshape(m, [-1, *sizes]) for m in moved], -1)
        kernel = tf.transpose(self._convolution.kernel, [1, 2, 0, 3, 4])
        kernel = tf.reshape(kernel, [3, 3, 3 * sizes[2], -1])
        outputs = tf.nn.conv2d(pictures, kernel, 1, "SAME")
        outputs += tf.convert_to_tensor(self._convolution.bias)
        outputs = self._convolution.activation(outputs)
        return tf.reshape(outputs, [-1, length, *outputs.shape[1:]])

    def compute_output_shape(self, input_shape):
        return self._convolution.compute_output_shape(input_shape)


class FlatPooling(layers.Layer):
    """Takes the largest number in space, then in time.

    Padding is "same": at the right and at the bottom. A clip of 16 frames has
    an even length until it has one frame, so time is never padded.

    Args:
        pool_size: 1x2x2 or 2x2x2.
    """

    def __init__(self, pool_size: tuple[int, int, int], **kwargs):
        super().__init__(**kwargs)
        self._frames, *self._window = pool_size

    def call(self, clips):
        length = clips.shape[1]
        pictures = tf.reshape(clips, [-1, *clips.shape[2:]])
        pictures = tf.nn.max_pool2d(
            pictures, self._window, self._window, "SAME"
        )
        if self._frames == 2 and length > 1:
            pictures = tf.maximum(pictures[::2], pictures[1::2])
            length //= 2
        return tf.reshape(pictures, [-1, length, *pictures.shape[1:]])

    def compute_output_shape(self, input_shape):
        size, length, *sides, channels = input_shape
        if self._frames == 2 and length > 1:
            length //= 2
        sides = (-(-side // 2) for side in sides)
        return (size, length, *sides, channels)
