"""One step of training: gradients of the loss, clipped and applied.

The step runs on every replica of a `tf.distribute` strategy, with the rows of
that replica. It takes and returns the recurrence's state, so each replica keeps
the state of its rows. (Keras' `fit` hides the state, and fails with several
workers.)
"""

import functools
from collections.abc import Sequence

import keras
import tensorflow as tf

from rmdn_tf.data.augmentation import flip_at_random
from rmdn_tf.model.parts import model_inputs
from rmdn_tf.training.config import OPTIMIZERS, RunConfig, TrainingConfig
from rmdn_tf.training.objective import Objective

NOT_FINITE = "The loss or its gradient is not finite."


def make_optimizer(
    config: TrainingConfig,
    run_config: RunConfig,
    variables: Sequence[keras.Variable],
) -> keras.optimizers.Optimizer:
    """Makes the optimizer of variables, which scales the loss with float16."""
    kind = getattr(keras.optimizers, OPTIMIZERS[config.optimizer])
    if config.optimizer == "adamw":
        optimizer = kind(config.learning_rate, weight_decay=config.weight_decay)
        # Biases, gains and the prior of a spatial mixture are vectors.
        optimizer.exclude_from_weight_decay(
            [v for v in variables if len(v.shape) < 2]
        )
    else:
        optimizer = kind(config.learning_rate)
    if run_config.precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(variables)
    return optimizer


class TrainingStep:
    """Trains on one batch; compiled once, without AutoGraph.

    The loss is a mean over the global batch, so the number of replicas and
    micro-batches does not matter. Its gradient is multiplied by the objective's
    `gradient_scale`, then clipped.

    Args:
        network: takes frames or features.
        optimizer: built under the strategy's scope.
        cell_grid: (h, w) of the features' cells; None without cells.

    Call arguments:
        batch: a batch of `rmdn_tf.data.input_pipeline`, or its parts by
            replica.
        state: the recurrence's state, whole or by replica, too.
        seed: int32 `[2]`, for the flips.

    Returns:
        Mean loss, number of fixations and norm of the multiplied gradient
        before clipping, all scalars, and the next state.

    Raises:
        tf.errors.InvalidArgumentError: `NOT_FINITE`; no weight has changed.
    """

    def __init__(
        self,
        network: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        strategy: tf.distribute.Strategy,
        config: TrainingConfig,
        run_config: RunConfig,
        clip_stride: int,
        cell_grid: tuple[int, int] | None = None,
        objective: Objective | None = None,
    ):
        self._network = network
        self._optimizer = optimizer
        self._strategy = strategy
        self._config = config
        self._num_micro_batches = run_config.micro_batches
        self._clip_stride = clip_stride
        self._cell_grid = cell_grid
        self._objective = objective or Objective()
        # XLA has no collectives. Everything between them is one function, since
        # what the recurrence's loop keeps for its gradient cannot leave XLA.
        self._gradients = tf.function(
            self._compute_gradients,
            jit_compile=run_config.uses_xla(),
            autograph=False,
        )

    @tf.function(jit_compile=False, autograph=False)
    def __call__(self, batch, state, seed):
        *scalars, state = self._strategy.run(
            self._on_replica, (batch, state, seed)
        )
        first = self._strategy.experimental_local_results
        return *(first(scalar)[0] for scalar in scalars), state

    def _on_replica(self, batch, state, seed):
        """Runs the step on the rows of one replica."""
        replica = tf.distribute.get_replica_context()
        total_of = functools.partial(
            replica.all_reduce, tf.distribute.ReduceOp.SUM
        )
        if self._config.flip:
            batch = flip_at_random(
                batch,
                seed,
                replica.num_replicas_in_sync,
                replica.replica_id_in_sync_group,
                self._cell_grid,
            )
        counts = tuple(
            tf.maximum(total_of(count), 1.0)
            for count in self._objective.counts(batch)
        )
        loss, gradients, state = self._sum_micro_batches(batch, state, counts)
        loss = total_of(loss)
        scale = self._objective.gradient_scale(counts)
        gradients, norm = self._clip(
            [gradient * scale for gradient in total_of(gradients)]
        )
        # The optimizer will sum over replicas again, so each gives its share.
        share = self._loss_scale() / replica.num_replicas_in_sync
        # The whole update waits for the check.
        with tf.control_dependencies([self._check(loss, norm)]):
            self._optimizer.apply_gradients(
                (gradient * share, variable)
                for gradient, variable in zip(
                    gradients, self._network.trainable_variables, strict=True
                )
            )
        return loss, counts[0], norm, state

    def _sum_micro_batches(self, batch, state, counts):
        """Returns loss, gradients and state, computed part by part."""
        number = self._num_micro_batches
        if number == 1:
            return self._gradients(batch, state, counts)
        inputs = tf.nest.map_structure(
            lambda rows: tf.reshape(
                rows, [number, rows.shape[0] // number, *rows.shape[1:]]
            ),
            (batch, state),
        )
        sums = (
            tf.zeros([]),
            [tf.zeros_like(v) for v in self._network.trainable_variables],
        )

        # The loop keeps only one part in memory at a time.
        def add(number, sums, states):
            part = tf.nest.map_structure(lambda rows: rows[number], inputs)
            *addends, state = self._gradients(*part, counts)
            sums = tf.nest.map_structure(tf.add, sums, tuple(addends))
            states = {
                key: states[key].write(number, state[key]) for key in state
            }
            return number + 1, sums, states

        states = {
            key: tf.TensorArray(rows.dtype, number)
            for key, rows in state.items()
        }
        _, sums, states = tf.while_loop(
            lambda index, *_: index < number,
            add,
            (0, sums, states),
            parallel_iterations=1,
        )
        return *sums, {key: rows.concat() for key, rows in states.items()}

    def _compute_gradients(self, batch, state, counts):
        """Returns these rows' share of loss and gradients, and the state."""
        variables = self._network.trainable_variables
        inputs = model_inputs(batch, state, self._clip_stride)
        with tf.GradientTape() as tape:
            outputs = self._network(inputs, training=True)
            loss = self._objective.loss(outputs, batch, counts)
            scaled = loss * self._loss_scale()
        gradients = tape.gradient(scaled, variables)
        gradients = [
            # Weights of a task that is left out have no gradient.
            tf.zeros_like(variable)
            if gradient is None
            else gradient / self._loss_scale()
            for gradient, variable in zip(gradients, variables, strict=True)
        ]
        state = {key: tf.stop_gradient(outputs[key]) for key in state}
        return loss, gradients, state

    def _loss_scale(self):
        """Returns the factor for float16, where small gradients vanish."""
        return tf.convert_to_tensor(
            getattr(self._optimizer, "dynamic_scale", 1.0)
        )

    def _clip(self, gradients):
        return tf.clip_by_global_norm(gradients, self._config.clip_norm)

    def _check(self, loss, norm):
        """Returns an operation that fails if loss or norm is not finite."""
        finite = tf.math.is_finite(loss)
        # A gradient that overflows float16 only lowers the scale.
        if not hasattr(self._optimizer, "dynamic_scale"):
            finite &= tf.math.is_finite(norm)
        return tf.debugging.Assert(finite, [NOT_FINITE, loss, norm])
