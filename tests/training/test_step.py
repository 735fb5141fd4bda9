"""The training step: its laws, its precisions, and what is not finite."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.losses import negative_log_likelihood
from rmdn_tf.model.parts import model_inputs
from rmdn_tf.model.spatial_context import ResidualContext
from rmdn_tf.model.spatial_mixture import SpatialMixture
from rmdn_tf.training.config import RunConfig, TrainingConfig
from rmdn_tf.training.step import NOT_FINITE, make_optimizer
from tests.helpers.made_steps import (
    after,
    assert_alike,
    make_batch,
    make_state,
    make_step,
)

pytestmark = [pytest.mark.slow, pytest.mark.versions]

NUM_FEATURES = 5


def test_a_step_gives_loss_count_and_norm_of_its_batch(tiny_model):
    made, batch = make_step(tiny_model), make_batch(tiny_model)
    inputs = model_inputs(batch, make_state(made), tiny_model.clip_stride)
    with tf.GradientTape() as tape:
        total, count = negative_log_likelihood(
            made.network(inputs)["parameters"],
            batch["fixations"],
            batch["fixation_mask"],
        )
        loss = total / count
    gradients = tape.gradient(loss, made.network.trainable_variables)
    got, _ = made.run(batch, make_state(made))
    expected = (loss, count, tf.linalg.global_norm(gradients))
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_steps_lower_the_loss_of_their_batch(tiny_model):
    made, batch = (
        make_step(tiny_model, optimizer="Adam"),
        make_batch(tiny_model),
    )
    losses = [made.run(batch)[0][0] for _ in range(60)]
    assert losses[-1] < losses[0] - 0.02


@pytest.mark.parametrize(
    ("recurrent", "number"), [("lstm", 4), ("rnn", 2), ("none", 2)]
)
def test_micro_batches_step_as_the_whole_batch(recurrent, number, tiny_model):
    config = dataclasses.replace(tiny_model, recurrent=recurrent)
    batch = make_batch(config)
    made = make_step(config)
    before = made.weights()
    expected = after(made, batch)
    assert any(np.any(before[n] != expected[2][n]) for n in before)
    run_config = RunConfig(micro_batches=number, xla=False)
    got = after(make_step(config, run_config), batch)
    assert_alike(got, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("recurrent", "micro_batches", "frame_size"),
    [("lstm", 2, (50, 60)), ("none", 1, (16, 16))],
)
def test_xla_steps_as_without(recurrent, micro_batches, frame_size, tiny_model):
    """In micro-batches and of frames that shrink by much, too."""
    config = dataclasses.replace(tiny_model, recurrent=recurrent)
    batch = make_batch(dataclasses.replace(config, input_size=frame_size))
    expected = after(make_step(config), batch)
    run_config = RunConfig(micro_batches=micro_batches, xla=True)
    got = after(make_step(config, run_config), batch)
    assert_alike(got, expected)


def test_xla_on_two_devices_steps_as_on_one(tiny_model, two_devices):
    """With dropout, whose draws XLA makes in a way of its own."""
    config = dataclasses.replace(tiny_model, dropout=0.5)
    batch = make_batch(config)
    one, two = (
        make_step(config, RunConfig(xla=True), strategy=strategy, flip=True)
        for strategy in (None, two_devices)
    )
    expected = after(one, batch, 2)
    assert_alike(after(two, batch, 2), expected)


def test_bfloat16_stays_near_float32(tiny_model):
    batch = make_batch(tiny_model)
    (expected, *_), _, _ = after(make_step(tiny_model), batch, 3)
    # By XLA, since oneDNN's bfloat16 gradient of so small a Conv3D reads memory
    # that nobody wrote, and now and then is not finite.
    run_config = RunConfig(precision="mixed_bfloat16", xla=True)
    made = make_step(tiny_model, run_config)
    (loss, *_), state, weights = after(made, batch, 3)
    # 8 bits of mantissa, in C3D alone.
    assert loss != expected
    assert abs(loss - expected) < 2e-2
    for value in (*state.values(), *weights.values()):
        assert value.dtype == np.float32


SCALED = "scaled by 2^15"


def _head(tiny_model, **options):
    """The head on cached features: C3D in float16 asks for a GPU."""
    config = dataclasses.replace(tiny_model, units=3)
    return make_step(config, from_features=True, **options)


def _features(made, tiny_model):
    num_features = made.network.input["features"].shape[-1]
    return make_batch(tiny_model, num_features=num_features)


def _scale(made):
    return float(made.optimizer.dynamic_scale.numpy())


@pytest.mark.parametrize("num_replicas", [1, 2])
def test_a_scaled_loss_updates_as_one_that_is_not(
    num_replicas, tiny_model, two_devices
):
    strategy = two_devices if num_replicas == 2 else None
    plain = _head(tiny_model)
    batch = _features(plain, tiny_model)
    scaled = _head(tiny_model, optimizer=SCALED, strategy=strategy)
    before = plain.weights()
    expected = after(plain, batch)
    assert_alike(after(scaled, batch), expected, rtol=1e-3, atol=1e-6)
    for name in before:
        np.testing.assert_allclose(
            scaled.weights()[name] - before[name],
            expected[2][name] - before[name],
            rtol=1e-3,
            atol=1e-6,
            err_msg=name,
        )


@pytest.mark.parametrize("num_replicas", [1, 2])
def test_an_overflow_skips_the_update_and_halves_the_scale(
    num_replicas, tiny_model, two_devices
):
    strategy = two_devices if num_replicas == 2 else None
    made = _head(tiny_model, optimizer="scaled by 2^127", strategy=strategy)
    batch = _features(made, tiny_model)
    batch["fixations"] += 5  # The farther, the steeper.
    weights = made.weights()
    (loss, *_), _ = made.run(batch)
    assert np.isfinite(loss)
    assert _scale(made) == 2.0**126
    assert int(made.optimizer.iterations.numpy()) == 0
    for name, weight in made.weights().items():
        np.testing.assert_array_equal(weight, weights[name], name)


@pytest.mark.parametrize("optimizer", [None, "scaled by 2^4", SCALED])
def test_the_bound_holds_for_the_gradient_without_its_scale(
    optimizer, tiny_model
):
    made = _head(tiny_model, optimizer=optimizer, clip_norm=1e-2)
    before = made.weights()
    (_, _, norm), _ = made.run(_features(made, tiny_model))
    assert norm > 1e-2
    moved = [made.weights()[name] - before[name] for name in before]
    # SGD at 0.1 moves by a tenth of the gradient.
    np.testing.assert_allclose(
        tf.linalg.global_norm(moved), 0.1 * 1e-2, rtol=1e-3
    )


def _with_an_invalid_fixation(made, batch):
    fixations = batch["fixations"].numpy()
    fixations[0, 1, 0, 0] = np.nan
    batch["fixations"] = tf.constant(fixations)


def _with_an_invalid_weight(made, batch):
    weight = made.network.trainable_variables[0]
    weight.assign(np.full(weight.shape, np.nan))


def _with_a_fixation_out_of_reach(made, batch):
    batch["fixations"] += 1e25


def _with_a_gradient_alone(made, batch):
    features = batch["features"].numpy()
    # It saturates its unit; the gradient of its weights is infinite times 0.
    features[0, 0, 0] = np.inf
    batch["features"] = tf.constant(features)


@pytest.mark.parametrize(
    ("spoil", "loss"),
    [
        (_with_an_invalid_fixation, "nan"),
        (_with_an_invalid_weight, "nan"),
        (_with_a_fixation_out_of_reach, "inf"),
        (_with_a_gradient_alone, r"\d.\d+"),
    ],
)
@pytest.mark.parametrize("name", ["RMSprop", "Adam"])
def test_what_is_not_finite_changes_nothing(spoil, loss, name, tiny_model):
    made = _head(tiny_model, optimizer=name)
    batch = _features(made, tiny_model)
    made.run(batch)  # So that the slots hold something.
    spoil(made, batch)
    weights, slots = made.weights(), made.slots()
    message = rf"{NOT_FINITE}\] \[-?{loss}\] \[-?(nan|inf)\]"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        made.run(batch)
    for now, before in (made.weights(), weights), (made.slots(), slots):
        for key in before:
            np.testing.assert_array_equal(now[key], before[key], key)


def test_an_invalid_loss_is_told_from_an_overflow(tiny_model):
    made = _head(tiny_model, optimizer=SCALED)
    batch = _features(made, tiny_model)
    _with_an_invalid_fixation(made, batch)
    with pytest.raises(tf.errors.InvalidArgumentError, match=NOT_FINITE):
        made.run(batch)
    assert _scale(made) == 2.0**15


def _apply_zeros(strategy, optimizer, variables):
    gradients = [tf.zeros(v.shape) for v in variables]

    @tf.function
    def step():
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    strategy.run(step)


def _spatial_variables():
    """Returns the variables of a small head on 2x2 cells, and gains."""
    context, mixture = ResidualContext((2, 2, 5), 2, units=2), SpatialMixture()
    normalized = keras.layers.LayerNormalization()
    mixture(normalized(context(tf.zeros([1, 1, 20]))))
    parts = (context, normalized, mixture)
    return [v for part in parts for v in part.trainable_variables]


def test_adamw_shrinks_kernels_but_no_biases_gains_or_prior(two_devices):
    """Also as a part of a distributed step."""
    config = TrainingConfig(
        optimizer="adamw", weight_decay=0.1, learning_rate=0.5
    )
    for strategy in (tf.distribute.get_strategy(), two_devices):
        with strategy.scope():
            variables = _spatial_variables()
            optimizer = make_optimizer(config, RunConfig(), variables)
        before = [np.ones(v.shape) for v in variables]
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
        # Without a gradient, only the decay moves a weight.
        _apply_zeros(strategy, optimizer, variables)
        shrunk = {v.path for v in variables if np.all(v.numpy() != 1)}
        kernels = {v.path for v in variables if v.path.endswith("kernel")}
        assert shrunk == kernels and len(kernels) > 4
        for variable in variables:
            if variable.path in kernels:
                np.testing.assert_allclose(variable, 0.95, rtol=1e-6)
