"""Features of a cell -> a few numbers: principal components, whitened.

A pretrained network gives hundreds of numbers a cell. With few videos the
layers after it would overfit; a few components, found without gaze, generalise
better.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


@keras.saving.register_keras_serializable("rmdn_tf")
class CellProjection(layers.Layer):
    """A fixed affine map of each cell.

    Until `fit` is called the components are random. The plain features pass
    unchanged even then: what follows relies on their range.

    Takes float `[B, T, h, w, D + M]`, returns float `[B, T, h * w * (P + M)]`,
    row by row, cell by cell.

    Args:
        num_components: P, number of principal components.
        num_plain: M, the last features of a cell, which pass unchanged:
            they are of order 1 by definition, and may be 0 in all cells that
            the components are found in.
    """

    def __init__(self, num_components: int, num_plain: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.num_components = num_components
        self.num_plain = num_plain

    @property
    def num_outputs(self) -> int:
        """P + M, the numbers of a cell."""
        return self.num_components + self.num_plain

    def build(self, input_shape):
        num_inputs = input_shape[-1]
        if self.num_components > num_inputs - self.num_plain:
            raise ValueError(
                "Invalid `projection`. Expected at most the features of a "
                f"cell, {num_inputs - self.num_plain}. "
                f"Received: projection={self.num_components}."
            )
        self.kernel = self.add_weight(
            shape=(num_inputs, self.num_outputs),
            initializer=self._initial_kernel,
            trainable=False,
            name="kernel",
        )
        self.bias = self.add_weight(
            shape=(self.num_outputs,),
            initializer="zeros",
            trainable=False,
            name="bias",
        )

    def _initial_kernel(self, shape, dtype=None):
        size = (shape[0] - self.num_plain, self.num_components)
        return self._beside_plain(
            keras.initializers.GlorotUniform()(size, dtype)
        )

    def _beside_plain(self, components):
        """Makes a kernel of components `[D, P]`; plain features pass."""
        num_features, num_components = components.shape
        plain = ops.eye(self.num_plain, dtype=components.dtype)
        plain = ops.pad(plain, [(num_features, 0), (num_components, 0)])
        return plain + ops.pad(components, [(0, self.num_plain)] * 2)

    def fit(self, cells: np.ndarray) -> None:
        """Finds the components of cells, float `[n, D + M]`.

        The D features are brought to variance 1 first, so that units do not
        count.
        The largest entry of a component is made positive: the same cells give
        the same map.
        """
        num_features = cells.shape[1] - self.num_plain
        cells = np.asarray(cells, np.float64)[:, :num_features]
        mean, scale = cells.mean(0), cells.std(0) + 1e-3
        standard = (cells - mean) / scale
        values, vectors = np.linalg.eigh(standard.T @ standard / len(cells))
        values = values[::-1][: self.num_components]
        vectors = vectors[:, ::-1][:, : self.num_components]
        largest = np.abs(vectors).argmax(0)
        vectors = vectors * np.sign(vectors[largest, range(len(largest))])
        components = vectors / np.sqrt(np.maximum(values, 1e-9))
        components /= scale[:, None]
        bias = np.zeros(self.num_outputs)
        bias[: self.num_components] = -mean @ components
        self.set_weights([self._beside_plain(np.float32(components)), bias])

    def call(self, cells):
        shape = tf.shape(cells)
        outputs = tf.reshape(cells, [-1, *cells.shape[2:]])
        outputs = tf.matmul(outputs, tf.cast(self.kernel, cells.dtype))
        outputs += tf.cast(self.bias, cells.dtype)
        num_outputs = self.compute_output_shape(cells.shape)[-1]
        return tf.reshape(outputs, [shape[0], shape[1], num_outputs])

    def compute_output_shape(self, input_shape):
        batch_size, num_steps, rows, columns, _ = input_shape
        return (batch_size, num_steps, rows * columns * self.num_outputs)

    def get_config(self):
        names = ("num_components", "num_plain")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}
