"""Hidden state in cells -> parameters of a mixture, one component a cell."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from rmdn_tf.model.mixture import NUM_PARAMETERS, distribution


@keras.saving.register_keras_serializable("rmdn_tf")
class SpatialMixture(layers.Layer):
    """A Gaussian in each cell of a grid; the cells share their weights.

    Takes float `[B, T, h, w, U]`, returns float32 `[B, T, h * w, 6]` of
    `rmdn_tf.model.mixture`, row by row.

    The logit of a component is its cell's score plus a learned prior of the
    cell, which starts at the centre bias (`set_prior`). A component stays
    within one cell of its own centre, in x and y, and its scale within a factor
    of exp(1/2) of a learned one. Only the prior differs from cell to cell.
    """

    def build(self, input_shape):
        *self._grid, num_inputs = input_shape[2:]
        self.kernel = self.add_weight(
            shape=(num_inputs, NUM_PARAMETERS),
            initializer=keras.initializers.VarianceScaling(0.01),
            name="kernel",
        )
        self.prior = self.add_weight(
            shape=(math.prod(self._grid),), initializer="zeros", name="prior"
        )
        self.log_scale = self.add_weight(
            shape=(2,), initializer=self._cell_size, name="log_scale"
        )

    def _cell_size(self, shape, dtype=None):
        rows, columns = self._grid
        return ops.convert_to_tensor(
            [-math.log(columns), -math.log(rows)], dtype=dtype
        )

    @property
    def cell_centres(self) -> np.ndarray:
        """float32 `[h * w, 2]`, (x, y) in [0, 1], row by row."""
        rows, columns = self._grid
        y, x = np.mgrid[:rows, :columns]
        centres = np.stack([(x + 0.5) / columns, (y + 0.5) / rows], -1)
        return centres.reshape(-1, 2).astype(np.float32)

    def set_prior(self, parameters: np.ndarray) -> None:
        """Sets the prior to the density of a mixture `[C, 6]`."""
        self.prior.assign(distribution(parameters).log_prob(self.cell_centres))

    def widen(self, deviation: float) -> None:
        """Blurs the density, about as a Gaussian of this deviation does.

        A density that is too sharp loses little on the training clips and much
        on others. `deviation` is a share of the frame's width and height.
        """
        scale = ops.exp(self.log_scale)
        self.log_scale.assign(ops.log(ops.sqrt(scale**2 + deviation**2)))

    def call(self, hidden):
        flat = tf.reshape(hidden, [-1, *hidden.shape[2:]])
        outputs = ops.matmul(flat, self.kernel)  # [B T, h, w, 6]
        sizes = tf.shape(hidden)[:2]
        flat = [sizes, [math.prod(self._grid), NUM_PARAMETERS]]
        outputs = tf.reshape(outputs, tf.concat(flat, 0))
        logit, offset, stretch, correlation = tf.split(
            outputs, [1, 2, 2, 1], axis=-1
        )
        rows, columns = self._grid
        cell = tf.constant([1 / columns, 1 / rows])
        return tf.concat(
            [
                logit + self.prior[:, None],
                self.cell_centres + tf.tanh(offset) * cell,
                self.log_scale + 0.5 * tf.tanh(stretch),
                0.5 * tf.tanh(correlation),
            ],
            -1,
        )

    def compute_output_shape(self, input_shape):
        batch_size, num_steps, *grid, _ = input_shape
        return (batch_size, num_steps, math.prod(grid), NUM_PARAMETERS)
