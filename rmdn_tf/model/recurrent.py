"""Features and a state -> outputs and the next state: one recurrent layer."""

import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf
from keras import ops

LARGEST_SUM = 2.0**24
"""Largest value of a float32 that grows by at most 1 in each step: 2^24 + 1 is
rounded to 2^24."""


def lstm_step(projected, kernel, hidden, cell):
    """Advances an LSTM; gates in Keras' order, no peepholes.

    Args:
        projected: float `[B, 4U]`, features times kernel plus bias.
        kernel: float `[U, 4U]`, the recurrent one.
        hidden, cell: float `[B, U]`.

    Returns:
        The next hidden and cell, `[B, U]` each.
    """
    gates = projected + ops.matmul(hidden, kernel)
    write, forget, candidate, read = ops.split(gates, 4, axis=-1)
    cell = ops.sigmoid(forget) * cell + ops.sigmoid(write) * ops.tanh(candidate)
    return ops.sigmoid(read) * ops.tanh(cell), cell


def rnn_step(projected, kernel, hidden):
    """Advances a plain RNN: tanh(W x + U h + b), `[B, U]`."""
    return (ops.tanh(projected + ops.matmul(hidden, kernel)),)


@dataclasses.dataclass(frozen=True)
class Recurrence:
    """One kind of recurrence.

    Attributes:
        state_names: of what is carried on; the first is the output.
        num_gates: numbers of the input product a unit.
        step: (projected, kernel, *state) -> the next state; None without one.
    """

    state_names: tuple[str, ...]
    num_gates: int
    step: Callable | None


STATE_LIMITS = {"hidden": 1.0, "cell": LARGEST_SUM}
"""Largest magnitude of each part of a state, but for rounding: a hidden state
is a share of a tanh, and a step adds at most 1 to a cell."""

RECURRENCES = {
    "lstm": Recurrence(("hidden", "cell"), 4, lstm_step),
    "rnn": Recurrence(("hidden",), 1, rnn_step),
    "none": Recurrence((), 1, None),
}
"""The paper's model and its two ablations; "none" is tanh(W x + b)."""


def run_recurrence(step, inputs, state: tuple, is_first, mask):
    """Advances a recurrence over all time steps.

    Args:
        step: (inputs `[B, ...]`, *state) -> the next state, a tuple.
        inputs: float `[B, T, ...]`, such as the input product of each step; or
            a tuple of some.
        state: float `[B, ...]` each, before the first step.
        is_first: bool `[B]`, True where the row starts from zero.
        mask: bool `[B, T]`, False where a step leaves the row's state alone.

    Returns:
        The state after each step, a tuple of `[B, T, ...]`, and after the last.
    """

    def advance(state, at_time):
        inputs, valid = at_time
        return tuple(
            tf.where(_like(valid, after), after, before)
            for after, before in zip(step(inputs, *state), state, strict=True)
        )

    start = tuple(reset_rows(part, is_first) for part in state)
    inputs = tf.nest.map_structure(_swap_batch_and_time, inputs)
    steps = tf.scan(
        advance, (inputs, tf.transpose(mask)), initializer=start
    )  # [T, B, ...] each
    return (
        tuple(_swap_batch_and_time(part) for part in steps),
        tuple(part[-1] for part in steps),
    )


def reset_rows(state, is_first):
    """Sets the rows of `[B, ...]` to zero that `is_first`, `[B]`, flags."""
    return tf.where(_like(is_first, state), tf.zeros_like(state), state)


def _swap_batch_and_time(rows):
    return tf.transpose(rows, [1, 0, *range(2, len(rows.shape))])


def _like(flags, rows):
    """Reshapes bool `[B]` so that it selects rows."""
    return tf.reshape(flags, [-1, *[1] * (len(rows.shape) - 1)])


class RecurrentLayer(keras.layers.Layer):
    """A layer whose state goes in and comes out, each row its own video.

    A row flagged `is_first` starts from zero, a masked step leaves the row's
    state alone, and two halves of a sequence with the state carried over equal
    the whole. The layer computes in float32 under any global policy: a state
    that runs over a whole video in half precision drifts.

    Attributes:
        state_shapes: shape of each part of the state by name, without the
            batch.
        state_limits: largest magnitude of each part, but for rounding.
    """

    state_shapes: dict[str, tuple[int, ...]]
    state_limits: dict[str, float]

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def initial_state(self, batch_size: int) -> dict:
        """Returns the state before a video: zeros, `[batch_size, ...]`."""
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

    The LSTM has Keras' gates and starts with a forget bias of 1. Keras' own
    layer takes a state and a mask, too, and gives the same numbers up to
    rounding, but multiplies features by the kernel in every step. Here that
    product, nearly all of the work, is one matrix product over all steps:
    3.6 times as fast on 2 CPU cores for 4 windows of 50 clips with C3D's
    50,176 features (`python -m benchmarks.recurrence_speed`).

    Args:
        units: U, size of the output and of each state, default 128.
        recurrent: of `RECURRENCES`, default "lstm".

    Call arguments:
        features: float `[B, T, D]`.
        state: dict of float32 `[B, U]` by name, before the first step.
        is_first: bool `[B]`, True where a new video begins.
        mask: bool `[B, T]`, False where a step is padding.

    Output shape:
        float32 `[B, T, U]`, and the next state, a dict like `state`.

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
    def state_shapes(self):
        return {name: (self.units,) for name in self._recurrence.state_names}

    @property
    def state_limits(self):
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
