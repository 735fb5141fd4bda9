"""Features in cells and a state -> outputs and the next state in every cell."""

import math

import keras
import tensorflow as tf
from keras import ops

from rmdn_tf.model.recurrent import (
    LARGEST_SUM,
    RecurrentLayer,
    run_recurrence,
)

# Parts of the state of each kind, the output first, with the largest magnitude
# of each, apart from rounding. A mean of features is far below its limit.
SPATIAL_RECURRENCES = {
    "gru": {"hidden": 1.0},
    "leaky": {"hidden": LARGEST_SUM, "weight": 1.0},
    "none": {},
}

# Cells to a side that a step of the GRU sees.
KERNEL_SIZE = 3

# Initial bias of the update gate: a step replaces a quarter of the state.
SLOW = -1.0

# Initial rate of the running mean.
LEAK = 0.4


@keras.saving.register_keras_serializable("rmdn_tf")
class SpatialRecurrence(RecurrentLayer):
    """A recurrence in every cell.

    Takes features `[B, T, h, w, D]`, returns float32 `[B, T, h, w, U]` and the
    next state.

    "gru" is a convolutional GRU (Ballas et al., "Delving Deeper into
    Convolutional Networks for Learning Video Representations", ICLR 2016). `*`
    is a convolution over 3x3 cells; z, r and c are the gates and the candidate:

        z, r = sigmoid(x * W + h * U)
        c = tanh(x * V + (r h) * Q)
        h <- (1 - z) h + z c

    "leaky" is a running mean of each feature, with a learned rate a in (0, 1).
    The first step gives the features themselves. It hardly overfits. The rate a
    starts at 0.4, and stays there if windows have only one clip:

        w <- w + a (1 - w)
        h <- h + a/w (x - h)

    With `reset_on_cuts` the last number of a cell is the cut c, from 0 to 1,
    the same in all cells. Before a step the w of "leaky", or the h of "gru", is
    multiplied by 1 - c. At c = 1 the step acts as the first of a video.

    Args:
        grid: (h, w), the cells.
        units: U, size of the output and of the state in a cell. Only "gru" may
            have another size than D.
        recurrent: "gru", "leaky", or "none", which returns the features.
        reset_on_cuts: whether the last of D + 1 features is the cut.
    """

    def __init__(
        self,
        grid: tuple[int, int],
        units: int = 16,
        recurrent: str = "gru",
        reset_on_cuts: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(
                "Invalid `units`. Expected a positive integer. "
                f"Received: units={units}."
            )
        if recurrent not in SPATIAL_RECURRENCES:
            raise ValueError(
                "Invalid `recurrent`. Expected one of "
                f"{tuple(SPATIAL_RECURRENCES)}. "
                f"Received: recurrent={recurrent}."
            )
        self.grid = tuple(grid)
        self.units = units
        self.recurrent = recurrent
        self.reset_on_cuts = reset_on_cuts

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: (*self.grid, self.units) for name in self.state_limits}

    @property
    def state_limits(self) -> dict[str, float]:
        return SPATIAL_RECURRENCES[self.recurrent]

    def build(self, features_shape, *_):
        num_features = features_shape[-1] - self.reset_on_cuts
        if self.recurrent != "gru" and num_features != self.units:
            raise ValueError(
                f"Invalid `units`. Expected {num_features}, the features, "
                f"with recurrent='{self.recurrent}'. "
                f"Received: units={self.units}."
            )
        if self.recurrent == "leaky":
            self.rate = self.add_weight(
                shape=(self.units,),
                initializer=keras.initializers.Constant(
                    math.log(LEAK / (1 - LEAK))
                ),
                name="rate",
            )
        if self.recurrent == "gru":
            self._build_gru(num_features)

    def _build_gru(self, num_features: int):
        for name, num_inputs, num_gates in (
            ("kernel", num_features, 3),
            ("gate_kernel", self.units, 2),
            ("candidate_kernel", self.units, 1),
        ):
            shape = (KERNEL_SIZE, KERNEL_SIZE, num_inputs)
            weight = self.add_weight(
                shape=(*shape, num_gates * self.units),
                initializer="glorot_uniform",
                name=name,
            )
            setattr(self, name, weight)
        self.bias = self.add_weight(
            shape=(3 * self.units,), initializer=self._slow, name="bias"
        )

    def _slow(self, shape, dtype=None):
        slow = ops.full((self.units,), SLOW, dtype)
        return ops.concatenate([slow, ops.zeros((2 * self.units,), dtype)])

    def call(self, features, state, is_first, mask):
        features = tf.cast(features, self.compute_dtype)
        if self.recurrent == "none":
            return features, {}
        (outputs, *_), last = run_recurrence(
            self._update if self.recurrent == "gru" else self._leak,
            self._inputs_of_steps(features),
            tuple(state[name] for name in self.state_shapes),
            is_first,
            mask,
        )
        return outputs, dict(zip(self.state_shapes, last, strict=True))

    def _inputs_of_steps(self, features) -> tuple:
        """Returns what the steps take, and the share of the state they keep.

        A GRU takes the features times its input kernels: one product for all
        steps.
        """
        flat = tf.reshape(features, [-1, *features.shape[2:]])  # [B T, h, w, D]
        kept = tf.ones_like(flat[..., :1])
        if self.reset_on_cuts:
            flat, kept = flat[..., :-1], 1 - flat[..., -1:]
        if self.recurrent == "gru":
            flat = _convolve(flat, self.kernel) + self.bias
        sizes = tf.shape(features)[:2]
        return tuple(
            tf.reshape(one, tf.concat([sizes, one.shape[1:]], 0))
            for one in (flat, kept)
        )

    def _leak(self, inputs, mean, weight):
        features, kept = inputs
        before = weight * kept
        rate = ops.sigmoid(self.rate)
        weight = before + rate * (1 - before)
        after = mean + rate / weight * (features - mean)
        # At a first step: exactly the features, and a gradient of exactly 0.
        return tf.where(before == 0, features, after), weight

    def _update(self, inputs, hidden):
        projected, kept = inputs
        hidden *= kept
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
        state = self._next_state_shapes(batch_size)
        return (batch_size, num_steps, *grid, self.units), state

    def get_config(self):
        names = ("grid", "units", "recurrent", "reset_on_cuts")
        own = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **own}


def _convolve(cells, kernel):
    return ops.conv(cells, kernel, padding="same")
