"""A training step alone: a tiny network, a made-up batch, no dataset."""

import dataclasses
import functools

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.parts import build_head, initial_state
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.training.config import RunConfig, TrainingConfig
from rmdn_tf.training.step import TrainingStep
from rmdn_tf.training.strategies import split_rows

TINY_TRAINING = TrainingConfig(
    num_epochs=1,
    batch_size=4,
    fixations_per_frame=4,
    optimizer="adam",
    learning_rate=1e-2,
    loss_reduction="mean",
    flip=True,
    train_c3d=True,
)
"""Four steps an epoch on the fixture `demo_dir`."""

NUM_CLIPS = 3
NUM_FIXATIONS = 2
SEED = (0, 0)


@dataclasses.dataclass
class MadeStep:
    """A step, what it trains with, and what it left."""

    step: TrainingStep
    network: keras.Model
    optimizer: keras.optimizers.Optimizer
    strategy: tf.distribute.Strategy

    def __post_init__(self):
        variables = [*self.network.variables, *self.optimizer.variables]
        self._initial = [(v, v.numpy()) for v in variables]

    def reset(self):
        """Takes back what the step has learned."""
        for variable, value in self._initial:
            variable.assign(value)

    def run(self, batch, state=None):
        """Makes a step; returns loss, count and norm, and the next state."""
        if state is None:
            state = initial_state(self.network, len(batch["is_first"]))
        batch, state = (split_rows(self.strategy, v) for v in (batch, state))
        *scalars, state = self.step(batch, state, tf.constant(SEED))
        rows = {
            name: self.strategy.gather(value, 0).numpy()
            for name, value in state.items()
        }
        return [float(scalar) for scalar in scalars], rows

    def weights(self):
        return {v.path: v.numpy() for v in self.network.trainable_variables}

    def slots(self):
        """All that the optimizer remembers, its counter too."""
        return {v.path: v.numpy() for v in self.optimizer.variables}


def make_step(
    model_config,
    run_config=None,
    *,
    optimizer=None,
    from_features=False,
    strategy=None,
    objective=None,
    **training,
) -> MadeStep:
    """Makes the step of a network that is the same every time.

    Compiled once for the same arguments: a second call takes back what the
    first one's step has learned.

    Args:
        optimizer: name in `OPTIMIZERS`; SGD by default, since Adam and RMSprop
            hide a gradient of the wrong scale.
    """
    made = _make_step(
        model_config,
        run_config or RunConfig(xla=False),
        optimizer,
        from_features,
        strategy or tf.distribute.get_strategy(),
        objective,
        tuple(sorted(training.items())),
    )
    made.reset()
    return made


OPTIMIZERS = {
    None: lambda: keras.optimizers.SGD(0.1),
    "Adam": keras.optimizers.Adam,
    "RMSprop": keras.optimizers.RMSprop,
    **{
        f"scaled by 2^{power}": functools.partial(
            lambda power: keras.optimizers.LossScaleOptimizer(
                keras.optimizers.SGD(0.1), initial_scale=2.0**power
            ),
            power,
        )
        for power in (4, 15, 127)
    },
}


@functools.lru_cache(maxsize=64)
def _make_step(
    model_config,
    run_config,
    optimizer,
    from_features,
    strategy,
    objective,
    training,
) -> MadeStep:
    keras.utils.set_random_seed(0)
    with strategy.scope():
        network = build_rmdn(model_config, run_config.precision)
        if from_features:
            network = build_head(network)
        optimizer = OPTIMIZERS[optimizer]()
        optimizer.build(network.trainable_variables)
    step = TrainingStep(
        network,
        optimizer,
        strategy,
        TrainingConfig(**dict(training)),
        run_config,
        model_config.clip_stride,
        objective=objective,
    )
    return MadeStep(step, network, optimizer, strategy)


def make_batch(model_config, batch_size=4, num_features=None) -> dict:
    """Makes a batch as `rmdn_tf.data.input_pipeline` gives it.

    The last frames of every other row are padding, and so is a fixation of
    some frames: the parts of the batch weigh differently.
    """
    draw = np.random.default_rng(1)
    stride = model_config.clip_stride
    num_served = NUM_CLIPS * stride
    valid = np.ones((batch_size, num_served), bool)
    valid[1::2, -stride:] = False
    mask = np.repeat(valid[..., None], NUM_FIXATIONS, -1)
    mask[:, ::3, 1] = False
    shape = (*mask.shape, 2)
    batch = {
        "is_first": np.arange(batch_size) % 3 == 0,
        "frame_mask": valid,
        "fixations": draw.random(shape, np.float32),
        "fixation_mask": mask,
    }
    if num_features:
        shape = (batch_size, NUM_CLIPS, num_features)
        batch["features"] = draw.normal(size=shape).astype(np.float16)
    else:
        shape = (batch_size, CONTEXT + num_served, *model_config.input_size, 3)
        batch["frames"] = draw.integers(0, 256, shape, np.uint8)
    return {name: tf.constant(value) for name, value in batch.items()}


def make_state(made: MadeStep, batch_size=4) -> dict:
    """Makes a state as the windows before would have left it."""
    draw = np.random.default_rng(2)
    return {
        name: tf.constant(draw.uniform(-1, 1, zeros.shape), tf.float32)
        for name, zeros in initial_state(made.network, batch_size).items()
    }


def after(made: MadeStep, batch, num_steps=1) -> tuple:
    """Makes steps; returns scalars and state of the last, and the weights."""
    state = make_state(made)
    for _ in range(num_steps):
        scalars, state = made.run(batch, state)
    return scalars, state, made.weights()


def assert_alike(got, expected, rtol=1e-5, atol=1e-6) -> None:
    """Compares what `after` returned; sums may be taken in another order."""
    np.testing.assert_allclose(got[0], expected[0], rtol=rtol)
    for ours, theirs in zip(got[1:], expected[1:], strict=True):
        assert ours.keys() == theirs.keys()
        for name in theirs:
            np.testing.assert_allclose(
                ours[name], theirs[name], rtol=rtol, atol=atol, err_msg=name
            )
