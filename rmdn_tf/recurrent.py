"""Features and a state -> hidden and the next state: one LSTM layer."""

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable("rmdn_tf")
class RecurrentCore(keras.layers.Layer):
    """An LSTM whose state is explicit and whose rows carry their own video.

    Gates as in Keras' LSTM (input, forget, cell, output; no peepholes; forget
    bias 1). What Keras' layer does not offer: a row flagged `is_first` starts
    from zero, a masked step leaves the row's state alone, and the input
    product, nearly all of the work at C3D's 50,176 features, is one matrix
    product over all time steps.

    Two halves of a sequence with the state carried over equal the whole.

    Args:
        units: U, size of the hidden state, default 128.

    Call arguments:
        features: float `[B, T, D]`.
        hidden, cell: float `[B, U]`, the state before the first step.
        is_first: bool `[B]`, True where a new video begins.
        mask: bool `[B, T]`, False where a step is padding.

    Output shape:
        Hidden states `[B, T, U]`, and the next state, `[B, U]` twice.

    Reference:
        - Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997.
    """

    def __init__(self, units: int = 128, **kwargs):
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(
                "Invalid `units`. Expected a positive integer. "
                f"Received: units={units}."
            )
        self.units = units

    def build(self, features_shape, *_):
        self.kernel = self.add_weight(
            shape=(features_shape[-1], 4 * self.units),
            initializer="glorot_uniform",
            name="kernel",
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, 4 * self.units),
            initializer="orthogonal",
            name="recurrent_kernel",
        )
        self.bias = self.add_weight(
            shape=(4 * self.units,),
            initializer=self._initial_bias,
            name="bias",
        )

    def _initial_bias(self, shape, dtype=None):
        zeros = ops.zeros((self.units,), dtype)
        ones = ops.ones((self.units,), dtype)
        return ops.concatenate([zeros, ones, zeros, zeros])

    def initial_state(self, batch_size: int):
        """Returns the state before a video: zeros, `[batch_size, U]` twice."""
        zeros = ops.zeros((batch_size, self.units), self.compute_dtype)
        return zeros, zeros

    def step(self, projected, hidden, cell):
        """Advances by one time step.

        Args:
            projected: float `[B, 4U]`, features times kernel plus bias.
            hidden, cell: float `[B, U]`.

        Returns:
            The next hidden and cell, `[B, U]` each.
        """
        gates = projected + ops.matmul(hidden, self.recurrent_kernel)
        write, forget, candidate, read = ops.split(gates, 4, axis=-1)
        cell = ops.sigmoid(forget) * cell + ops.sigmoid(write) * ops.tanh(
            candidate
        )
        return ops.sigmoid(read) * ops.tanh(cell), cell

    def call(self, features, hidden, cell, is_first, mask):
        keep = ops.cast(ops.logical_not(is_first), hidden.dtype)[:, None]
        projected = ops.matmul(features, self.kernel) + self.bias

        def advance(state, inputs):
            projected, valid = inputs
            return tuple(
                tf.where(valid[:, None], after, before)
                for after, before in zip(
                    self.step(projected, *state), state, strict=True
                )
            )

        hiddens, cells = tf.scan(
            advance,
            (ops.swapaxes(projected, 0, 1), ops.swapaxes(mask, 0, 1)),
            initializer=(hidden * keep, cell * keep),
        )  # [T, B, U] each
        return ops.swapaxes(hiddens, 0, 1), hiddens[-1], cells[-1]

    def compute_output_shape(self, features_shape, *_):
        batch_size, num_steps, _ = features_shape
        state = (batch_size, self.units)
        return (batch_size, num_steps, self.units), state, state

    def get_config(self):
        return {**super().get_config(), "units": self.units}
