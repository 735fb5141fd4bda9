"""Recurrent layers with an explicit state: the LSTM and its ablations."""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf
from keras import ops

# A float32 cannot grow beyond this by steps of 1: 2^24 + 1 rounds to 2^24.
LARGEST_SUM = 2.0**24


def lstm_step(projected, kernel, hidden, cell):
    """Advances an LSTM; gates in Keras' order, no peepholes."""
    gates = projected + ops.matmul(hidden, kernel)
    write, forget, candidate, read = ops.split(gates, 4, axis=-1)
    cell = ops.sigmoid(forget) * cell + ops.sigmoid(write) * ops.tanh(candidate)
    return ops.sigmoid(read) * ops.tanh(cell), cell


def rnn_step(projected, kernel, hidden):
    """Advances a plain RNN: tanh(W x + U h + b)."""
    return (ops.tanh(projected + ops.matmul(hidden, kernel)),)


@dataclasses.dataclass(frozen=True)
class Recurrence:
    """A kind of recurrence; the first part of its state is the output.

    `step`: (projected, kernel, *state) -> the next state.
    """

    state_names: tuple[str, ...]
    num_gates: int
    step: Callable


# Largest magnitudes, apart from rounding: a hidden state is a share of a tanh,
# and a step adds at most 1 to a cell.
STATE_LIMITS = {"hidden": 1.0, "cell": LARGEST_SUM}

# The paper's LSTM and two ablations; "none" is tanh(W x + b).
RECURRENCES = {
    "lstm": Recurrence(("hidden", "cell"), 4, lstm_step),
    "rnn": Recurrence(("hidden",), 1, rnn_step),
    "none": Recurrence((), 1, lambda projected, kernel: ()),
}


def run_recurrence(step, inputs, state: tuple, is_first, mask):
    """Returns the states after each step, `[B, T, ...]`, and the last state.

    Args:
        step: (inputs `[B, ...]`, *state) -> the next state, a tuple.
        inputs: float `[B, T, ...]`, or a tuple of such.
        state: tuple of float `[B, ...]`.
        is_first, mask: see `RecurrentLayer`.
    """

    def advance(state, at_time):
        inputs, valid = at_time
        return tuple(
            tf.where(_like(valid, after), after, before)
            for after, before in zip(step(inputs, *state), state, strict=True)
        )

    start = tuple(reset_rows(part, is_first) for part in state)
    if mask.shape[1] == 1:  # One step needs no loop, which few runtimes have.
        first, valid = tf.nest.map_structure(
            lambda rows: tf.squeeze(rows, 1), (inputs, mask)
        )
        after = advance(start, (first, valid))
        return tuple(tf.expand_dims(part, 1) for part in after), after
    inputs = tf.nest.map_structure(_swap_batch_and_time, inputs)
    steps = tf.scan(
        advance, (inputs, tf.transpose(mask)), initializer=start
    )  # [T, B, ...] each
    return (
        tuple(_swap_batch_and_time(part) for part in steps),
        tuple(part[-1] for part in steps),
    )


def reset_rows(state, is_first):
    """Zeroes the rows of `[B, ...]` that `is_first`, `[B]`, flags."""
    return tf.where(_like(is_first, state), tf.zeros_like(state), state)


def _swap_batch_and_time(rows):
    return tf.transpose(rows, [1, 0, *range(2, len(rows.shape))])


def _like(flags, rows):
    """Reshapes bool `[B]` to broadcast against rows."""
    return tf.reshape(flags, [-1, *[1] * (len(rows.shape) - 1)])


class RecurrentLayer(keras.layers.Layer):
    """A layer that takes a state and returns the next one, a video in each row.

    Two halves of a sequence, with the state carried over, give the same as the
    whole. The layer computes in float32 under any global policy: in half
    precision the state would drift over a long video.

    Attributes:
        state_shapes: shape of each part of the state, without the batch.
        state_limits: largest magnitude of each part, apart from rounding.

    Call arguments:
        features: float `[B, T, ...]`.
        state: dict of float32 by name, before the first step.
        is_first: bool `[B]`, True where the row starts from zero.
        mask: bool `[B, T]`, False where a step is padding: the state of the
            row stays unchanged.
    """

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each part of the state, without the batch."""
        raise NotImplementedError

    @property
    def state_limits(self) -> dict[str, float]:
        """Largest absolute value of each part of the state."""
        raise NotImplementedError

    def initial_state(self, batch_size: int) -> dict:
        return {
            name: ops.zeros((batch_size, *shape), self.compute_dtype)
            for name, shape in self.state_shapes.items()
        }

    def _next_state_shapes(self, batch_size: int | None) -> dict:
        return {
            name: (batch_size, *shape)
            for name, shape in self.state_shapes.items()
        }


@keras.saving.register_keras_serializable("rmdn_tf")
class RecurrentCore(RecurrentLayer):
    """The paper's LSTM, or one of its ablations.

    Takes features `[B, T, D]`, returns float32 `[B, T, U]` and the next state.
    It equals Keras' LSTM up to rounding; the initial forget bias is 1. Keras'
    layer multiplies features by the kernel in every step; here one product
    covers all steps. For 4 windows of 50 clips with C3D's 50,176 features that
    is 3.6 times as fast on 2 CPU cores (`benchmarks.recurrence_speed`).

    Args:
        units: U, size of the output and of each part of the state.
        recurrent: of `RECURRENCES`.

    References:
        - Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997.
        - Elman, "Finding Structure in Time", 1990.
    """

    def __init__(self, units: int = 128, recurrent: str = "lstm", **kwargs):
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(
                "Invalid `units`. Expected a positive integer. "
                f"Received: units={units}."
            )
        if recurrent not in RECURRENCES:
            raise ValueError(
                f"Invalid `recurrent`. Expected one of {tuple(RECURRENCES)}. "
                f"Received: recurrent={recurrent}."
            )
        self.units = units
        self.recurrent = recurrent
        self._recurrence = RECURRENCES[recurrent]

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: (self.units,) for name in self._recurrence.state_names}

    @property
    def state_limits(self) -> dict[str, float]:
        return {name: STATE_LIMITS[name] for name in self.state_shapes}

    def build(self, features_shape, *_):
        width = self._recurrence.num_gates * self.units
        self.kernel = self.add_weight(
            shape=(features_shape[-1], width),
            initializer="glorot_uniform",
            name="kernel",
        )
        if self.state_shapes:
            self.recurrent_kernel = self.add_weight(
                shape=(self.units, width),
                initializer="orthogonal",
                name="recurrent_kernel",
            )
        self.bias = self.add_weight(
            shape=(width,), initializer=self._initial_bias, name="bias"
        )

    def _initial_bias(self, shape, dtype=None):
        gates = [ops.zeros((self.units,), dtype)] * (shape[0] // self.units)
        if self.recurrent == "lstm":
            gates[1] = ops.ones((self.units,), dtype)
        return ops.concatenate(gates)

    def call(self, features, state, is_first, mask):
        projected = ops.matmul(features, self.kernel) + self.bias
        if not self.state_shapes:
            return ops.tanh(projected), {}
        (outputs, *_), last = run_recurrence(
            lambda projected, *state: self._recurrence.step(
                projected, self.recurrent_kernel, *state
            ),
            projected,
            tuple(state[name] for name in self.state_shapes),
            is_first,
            mask,
        )
        return outputs, dict(zip(self.state_shapes, last, strict=True))

    def compute_output_shape(self, features_shape, *_):
        batch_size, num_steps, _ = features_shape
        state = self._next_state_shapes(batch_size)
        return (batch_size, num_steps, self.units), state

    def get_config(self):
        own = {"units": self.units, "recurrent": self.recurrent}
        return {**super().get_config(), **own}
