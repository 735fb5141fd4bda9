"""Features in cells and a state -> hidden and the next state, cell by cell."""

import keras
import tensorflow as tf
from keras import ops

from rmdn_tf.recurrent import run_recurrence

SPATIAL_RECURRENCES = ("gru", "none")

KERNEL_SIZE = 3
"""Cells that a step looks at, to a side."""

SLOW = -1.0
"""First bias of the update gate: a step replaces a quarter of the state."""


@keras.saving.register_keras_serializable("rmdn_tf")
class SpatialRecurrence(keras.layers.Layer):
    """A convolutional GRU whose state is explicit, each row with its own video.

    The contract is that of `rmdn_tf.recurrent.RecurrentCore`: a row flagged
    `is_first` starts from zero, a masked step leaves the row's state alone, and
    two halves of a sequence with the state carried over equal the whole. With
    `*` a convolution over 3x3 cells and z, r, c the gates and the candidate:

        z, r = sigmoid(x * W + h * U)
        c = tanh(x * V + (r h) * Q)
        h <- (1 - z) h + z c

    Args:
        grid: (h, w), the cells.
        units: U, size of the output and of the state of a cell, default 16.
        recurrent: "gru", or "none", tanh(x * V).

    Call arguments:
        features: float `[B, T, h, w, D]`.
        state: dict of `hidden`, float32 `[B, h, w, U]`; empty without one.
        is_first: bool `[B]`, True where a new video begins.
        mask: bool `[B, T]`, False where a step is padding.

    Output shape:
        float32 `[B, T, h, w, U]`, and the next state, a dict like `state`.

    References:
        - Ballas et al., "Delving Deeper into Convolutional Networks for
          Learning Video Representations", ICLR 2016.
    """

    def __init__(
        self,
        grid: tuple[int, int],
        units: int = 16,
        recurrent: str = "gru",
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        if units < 1:
            raise ValueError(
                "Invalid `units`. Expected a positive integer. "
                f"Received: units={units}."
            )
        if recurrent not in SPATIAL_RECURRENCES:
            raise ValueError(
                f"Invalid `recurrent`. Expected one of {SPATIAL_RECURRENCES}. "
                f"Received: recurrent={recurrent}."
            )
        self.grid = tuple(grid)
        self.units = units
        self.recurrent = recurrent

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of what is carried on from call to call; may be none."""
        return ("hidden",) if self.recurrent == "gru" else ()

    @property
    def state_shape(self) -> tuple[int, int, int]:
        """Shape of each part of the state, without the batch."""
        return (*self.grid, self.units)

    def build(self, features_shape, *_):
        num_features = features_shape[-1]
        num_gates = 3 if self.state_names else 1
        window = (KERNEL_SIZE, KERNEL_SIZE)
        self.kernel = self.add_weight(
            shape=(*window, num_features, num_gates * self.units),
            initializer="glorot_uniform",
            name="kernel",
        )
        self.bias = self.add_weight(
            shape=(num_gates * self.units,),
            initializer=self._initial_bias,
            name="bias",
        )
        if self.state_names:
            for name, num_outputs in (("gate", 2), ("candidate", 1)):
                kernel = self.add_weight(
                    shape=(*window, self.units, num_outputs * self.units),
                    initializer="glorot_uniform",
                    name=f"{name}_kernel",
                )
                setattr(self, f"{name}_kernel", kernel)

    def _initial_bias(self, shape, dtype=None):
        bias = ops.zeros(shape, dtype)
        if not self.state_names:
            return bias
        slow = ops.full((self.units,), SLOW, dtype)
        return ops.concatenate([slow, bias[self.units :]])

    def initial_state(self, batch_size: int) -> dict:
        """Returns the state before a video: zeros, `[batch_size, h, w, U]`."""
        return {
            name: ops.zeros((batch_size, *self.state_shape), self.compute_dtype)
            for name in self.state_names
        }

    def call(self, features, state, is_first, mask):
        features = tf.cast(features, self.compute_dtype)
        sizes = tf.shape(features)[:2]
        flat = tf.reshape(features, [-1, *features.shape[2:]])
        projected = _convolve(flat, self.kernel) + self.bias
        back = [sizes, self.grid, [projected.shape[-1]]]
        projected = tf.reshape(projected, tf.concat(back, 0))
        projected.set_shape([None, None, *self.grid, projected.shape[-1]])
        if not self.state_names:
            return ops.tanh(projected), {}
        outputs, (hidden,) = run_recurrence(
            self._step, projected, (state["hidden"],), is_first, mask
        )
        return outputs, {"hidden": hidden}

    def _step(self, projected, hidden):
        of_gates, of_candidate = tf.split(
            projected, [2 * self.units, self.units], axis=-1
        )
        gates = ops.sigmoid(of_gates + _convolve(hidden, self.gate_kernel))
        update, reset = tf.split(gates, 2, axis=-1)
        candidate = ops.tanh(
            of_candidate + _convolve(reset * hidden, self.candidate_kernel)
        )
        return (hidden + update * (candidate - hidden),)

    def compute_output_shape(self, features_shape, *_):
        batch_size, num_steps, *grid, _ = features_shape
        state = {
            name: (batch_size, *grid, self.units) for name in self.state_names
        }
        return (batch_size, num_steps, *grid, self.units), state

    def get_config(self):
        names = ("grid", "units", "recurrent")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}


def _convolve(cells, kernel):
    return ops.conv(cells, kernel, padding="same")
