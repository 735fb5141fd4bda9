"""Features in cells and a state -> a density for each clip, and an action."""

import math

import keras
import tensorflow as tf
from keras import ops

from rmdn_tf.model.dropout import Dropout
from rmdn_tf.model.mixture import NUM_PARAMETERS, MixtureDensity
from rmdn_tf.model.recurrent import (
    LARGEST_SUM,
    RecurrentCore,
    RecurrentLayer,
    lstm_step,
    reset_rows,
    run_recurrence,
)
from rmdn_tf.model.saliency_maps import saliency_map

# The density is evaluated at POINTS x POINTS points in each cell.
POINTS = 4


def cell_masses(parameters: tf.Tensor, grid: tuple[int, int]) -> tf.Tensor:
    """Integrates mixtures `[..., C, 6]` over the cells of a grid (h, w).

    Returns float32 `[..., h, w]` of sum 1: the probability of each cell, given
    that gaze lies in the frame.
    """
    rows, columns = grid
    points = saliency_map(parameters, POINTS * rows, POINTS * columns)
    of_rows = tf.reshape(points, [-1, POINTS, columns, POINTS])
    sizes = tf.shape(points)[:-2]
    return tf.reshape(
        tf.reduce_sum(of_rows, [1, 3]), tf.concat([sizes, grid], 0)
    )


def action_logits(state: dict) -> tf.Tensor:
    """Returns the mean evidence for each action so far, float32 `[..., A]`.

    `state` has `evidence`, `[..., A]`, and the number of clips, `count`,
    `[..., 1]`.
    """
    return state["evidence"] / ops.maximum(state["count"], 1.0)


@keras.saving.register_keras_serializable("rmdn_tf")
class JointRecurrence(RecurrentLayer):
    """An LSTM that sees all cells, and their sum weighted by expected gaze.

    With x[t] the features of the cells at clip t, and a[t] the probability that
    gaze lies in each cell (before a video 0, which stands for uniform):

        y = sum over cells of a[t-1] x[t]
        h, c = LSTM([x[t], y], h, c)
        density[t] = mixture(dropout(h)),  a[t] = cell_masses(density[t])
        evidence += linear(y)

    The logits of the action are the mean evidence so far. The LSTM gives no
    evidence itself: it could memorize a few hundred videos.

    Takes features `[B, T, h w D]`, cell by cell, row by row. Returns parameters
    of mixtures, float32 `[B, T, C, 6]`; probabilities of the actions so far,
    float32 `[B, T, A]`, of sum 1 unless `multi_label`; and the next state.

    Args:
        grid: (h, w), the cells.
        num_actions: A.
        units: U of the LSTM.
        num_components: C of the mixture.
        multi_label: whether a video may have any number of actions.
        feedback: whether a is used; otherwise all cells weigh alike.
        action_moves_map: whether the loss of the action also trains a. It makes
            the density worse: use it without the loss of the density.

    References:
        - Sharma et al., "Action Recognition using Visual Attention", 2015.
        - Bazzani et al., ICLR 2017 (see `MixtureDensity`): future work.
    """

    def __init__(
        self,
        grid: tuple[int, int],
        num_actions: int,
        units: int = 128,
        num_components: int = 20,
        dropout: float = 0.5,
        multi_label: bool = False,
        feedback: bool = True,
        action_moves_map: bool = False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.grid = (grid[0], grid[1])
        self.num_actions = num_actions
        self.multi_label = multi_label
        self.feedback = feedback
        self.action_moves_map = action_moves_map
        self.core = RecurrentCore(units, name="lstm")
        self.dropout = Dropout(dropout, dtype="float32", name="dropout")
        self.mixture = MixtureDensity(
            num_components, dtype="float32", name="mixture"
        )
        self.evidence = keras.layers.Dense(
            num_actions, dtype="float32", name="evidence"
        )

    @property
    def state_shapes(self) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {
            "hidden": (self.core.units,),
            "cell": (self.core.units,),
            "evidence": (self.num_actions,),
            "count": (1,),
        }
        if self.feedback:
            shapes["attention"] = self.grid
        return shapes

    @property
    def state_limits(self) -> dict[str, float]:
        limits = {
            **self.core.state_limits,
            # A sum of at most `count` numbers.
            "evidence": LARGEST_SUM**2,
            "count": LARGEST_SUM,
            "attention": 1.0,
        }
        return {name: limits[name] for name in self.state_shapes}

    def build(self, features_shape, *_):
        num_seen = self._num_features(features_shape)
        self.core.build((None, None, features_shape[-1] + num_seen))
        self.mixture.build((None, self.core.units))
        self.evidence.build((None, num_seen))

    def _num_features(self, features_shape) -> int:
        """Number of features in a cell."""
        return features_shape[-1] // math.prod(self.grid)

    def call(self, features, state, is_first, mask, training=False):
        features = tf.cast(features, self.compute_dtype)
        sizes = tf.shape(features)[:2]
        grid = [math.prod(self.grid), self._num_features(features.shape)]
        cells = tf.reshape(features, tf.concat([sizes, grid], 0))
        # The masks of all steps are drawn at once, outside the loop.
        kept = self.dropout(
            tf.ones(tf.concat([sizes, [self.core.units]], 0)),
            training=training,
        )
        state = {name: reset_rows(state[name], is_first) for name in state}
        hidden, seen, after = self._recur(features, cells, kept, state, mask)
        said = self.evidence(seen)
        valid = tf.cast(mask, self.compute_dtype)[..., None]  # [B, T, 1]
        so_far = {
            "evidence": state["evidence"][:, None] + tf.cumsum(said * valid, 1),
            "count": state["count"][:, None] + tf.cumsum(valid, 1),
        }
        logits = action_logits(so_far)
        probabilities = ops.sigmoid if self.multi_label else ops.softmax
        last = {name: part[:, -1] for name, part in so_far.items()}
        return self.mixture(hidden * kept), probabilities(logits), after | last

    def _recur(self, features, cells, kept, state, mask):
        """Returns outputs, attended features `[B, T, D]` and the next state."""
        names = ["hidden", "cell"]
        size = features.shape[-1]
        inputs = ops.matmul(features, self.core.kernel[:size]) + self.core.bias
        seen = tf.reduce_mean(cells, 2)
        if self.feedback:
            names.append("attention")
            inputs = (inputs, cells, kept)
        else:
            inputs += ops.matmul(seen, self.core.kernel[size:])
        steps, last = run_recurrence(
            self._attend if self.feedback else self._advance,
            inputs,
            tuple(state[name] for name in names),
            tf.zeros_like(mask[:, 0]),
            mask,
        )
        if self.feedback:
            maps = tf.concat([state["attention"][:, None], steps[2]], 1)
            maps = maps[:, :-1]
            if not self.action_moves_map:
                maps = tf.stop_gradient(maps)
            seen = self._look(cells, maps)
        return steps[0], seen, dict(zip(names, last, strict=True))

    def _advance(self, projected, hidden, cell):
        return lstm_step(projected, self.core.recurrent_kernel, hidden, cell)

    def _attend(self, inputs, hidden, cell, attention):
        """One step of the LSTM, and the weights of the next step's cells."""
        projected, cells, kept = inputs
        seen = self._look(cells, attention)
        kernel = self.core.kernel[-cells.shape[-1] :]
        hidden, cell = self._advance(
            projected + ops.matmul(seen, kernel), hidden, cell
        )
        parameters = self.mixture(hidden * kept)
        return hidden, cell, cell_masses(parameters, self.grid)

    def _look(self, cells, attention):
        """Sums the cells, `[..., h w, D]`, weighted by a map `[..., h, w]`."""
        is_new = tf.reduce_all(attention == 0, [-2, -1], keepdims=True)
        attention = tf.where(is_new, 1 / math.prod(self.grid), attention)
        # Not `tf.einsum`, which few runtimes have.
        sizes = tf.shape(cells)[:-2]
        row = tf.concat([sizes, [1, math.prod(self.grid)]], 0)
        return tf.squeeze(tf.reshape(attention, row) @ cells, -2)

    def compute_output_shape(self, features_shape, *_):
        sizes = features_shape[:2]
        return (
            (*sizes, self.mixture.num_components, NUM_PARAMETERS),
            (*sizes, self.num_actions),
            self._next_state_shapes(sizes[0]),
        )

    def get_config(self):
        own = {
            name: getattr(self, name)
            for name in (
                "grid",
                "num_actions",
                "multi_label",
                "feedback",
                "action_moves_map",
            )
        }
        own["units"] = self.core.units
        own["num_components"] = self.mixture.num_components
        own["dropout"] = self.dropout.rate
        return {**super().get_config(), **own}
