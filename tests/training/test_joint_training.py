"""Training for density and action: losses, devices, batches, one step."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from rmdn_tf.data.feature_cache import cache_features
from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.windows import Window
from rmdn_tf.model.losses import action_cross_entropy, negative_log_likelihood
from rmdn_tf.model.parts import initial_state, model_inputs
from rmdn_tf.model.presets import with_changes
from rmdn_tf.training.config import RunConfig
from rmdn_tf.training.objective import Objective
from tests.helpers.made_steps import (
    after,
    assert_alike,
    make_batch,
    make_step,
)
from tests.helpers.numbered_videos import batches as all_batches

pytestmark = pytest.mark.slow

ACTIONS = ("jump", "run", "walk")
TARGETS = np.array([[1, 0, 0], [0, 0, 0], [0, 1, 1], [0, 0, 1]], np.float32)


@pytest.fixture
def joint_model(tiny_model):
    """The smallest network with actions and more than one cell."""
    return with_changes(
        tiny_model, input_size=(32, 32), actions=ACTIONS, dropout=0.5
    )


def joint_batch(config, num_features=None):
    batch = make_batch(config, num_features=num_features)
    return batch | {"actions": tf.constant(TARGETS)}


def objective(**options):
    return Objective(has_actions=True, **options)


@pytest.fixture
def logits():
    return np.random.default_rng(0).normal(0, 2, (4, 3)).astype(np.float32)


def test_one_action_excludes_the_others(logits):
    loss, count = action_cross_entropy(logits, TARGETS)
    said = -special.log_softmax(logits.astype(float), -1)
    # Of two labels each is half of it; a window without any does not count.
    expected = said[0, 0] + (said[2, 1] + said[2, 2]) / 2 + said[3, 2]
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    assert count == 3


def test_each_of_several_labels_is_a_question(logits):
    loss, count = action_cross_entropy(logits, TARGETS, multi_label=True)
    share = special.expit(logits.astype(float))
    right = np.where(TARGETS > 0, share, 1 - share)
    expected = -np.log(right).mean(-1)[[0, 2, 3]].sum()
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    assert count == 3


def test_an_action_that_is_thought_impossible_has_a_finite_loss():
    logits = tf.constant([[-500.0, 500.0, 0.0]])
    loss, _ = action_cross_entropy(logits, tf.constant([[1.0, 0, 0]]))
    np.testing.assert_allclose(loss, 1000, rtol=1e-5)


def test_the_loss_is_the_weighted_sum_of_two_means(tiny_model, logits):
    batch = joint_batch(tiny_model)
    parameters = tf.random.stateless_normal([4, 3, 2, 6], [0, 0])
    outputs = {
        "parameters": parameters,
        "evidence": logits * 5,
        "count": tf.fill([4, 1], 5.0),
    }
    density, num_fixations = negative_log_likelihood(
        parameters, batch["fixations"], batch["fixation_mask"]
    )
    action, num_windows = action_cross_entropy(logits, TARGETS)
    for weights in ((1, 1), (0.5, 2), (0, 3), (2, 0)):
        names = ("density_weight", "action_weight")
        made = objective(**dict(zip(names, weights, strict=True)))
        counts = made.counts(batch)
        assert counts == (num_fixations, num_windows)
        expected = weights[0] * density / num_fixations
        expected += weights[1] * action / num_windows
        np.testing.assert_allclose(
            made.loss(outputs, batch, counts), expected, rtol=1e-5
        )


def test_without_actions_the_loss_is_nats_per_fixation(tiny_model):
    batch = make_batch(tiny_model)
    parameters = tf.random.stateless_normal([4, 3, 2, 6], [0, 0])
    total, count = negative_log_likelihood(
        parameters, batch["fixations"], batch["fixation_mask"]
    )
    made = Objective()
    counts = made.counts(batch)
    assert counts == (count, 4)
    loss = made.loss({"parameters": parameters}, batch, counts)
    assert loss == total / count


def step_of(config, run_config=None, **options):
    """The step on features: what is new lies in the head."""
    made = objective(multi_label=config.multi_label)
    return make_step(
        config, run_config, from_features=True, objective=made, **options
    )


NUM_FEATURES = 4 * 4  # 2x2 cells of 2 filters at 2 times


def test_two_devices_step_as_one(joint_model, two_devices):
    """With dropout, and with rows without any action."""
    config = dataclasses.replace(joint_model, multi_label=True)
    batch = joint_batch(config, NUM_FEATURES)
    expected = after(step_of(config), batch)
    assert_alike(after(step_of(config, strategy=two_devices), batch), expected)


def test_a_step_in_parts_and_compiled_is_the_same(joint_model):
    config = dataclasses.replace(joint_model, dropout=0.0)
    batch = joint_batch(config, NUM_FEATURES)
    expected = after(step_of(config), batch)
    run_config = RunConfig(micro_batches=2, xla=True)
    assert_alike(after(step_of(config, run_config), batch), expected)


def losses_of(network, batch):
    inputs = model_inputs(batch, initial_state(network, 4), clip_stride=4)
    outputs = network(inputs, training=False)
    counts = objective().counts(batch)
    return tuple(
        float(
            objective(density_weight=a, action_weight=1.0 - a).loss(
                outputs, batch, counts
            )
        )
        for a in (1.0, 0.0)
    )


@pytest.mark.parametrize("feedback", [True, False])
def test_training_lowers_both_losses(joint_model, feedback):
    config = dataclasses.replace(joint_model, dropout=0.0, feedback=feedback)
    batch = joint_batch(config)
    made = make_step(config, objective=objective())
    before = losses_of(made.network, batch)
    for _ in range(3):
        made.run(batch)
    now = losses_of(made.network, batch)
    assert now[0] < before[0] and now[1] < before[1]


@pytest.mark.parametrize(
    ("weights", "still"),
    [
        # Without feedback nothing but the density needs the LSTM.
        ({"density_weight": 0.0}, ("mixture", "lstm")),
        ({"action_weight": 0.0}, ("evidence",)),
    ],
)
def test_a_task_that_is_left_out_leaves_its_weights_alone(
    joint_model, weights, still
):
    # With feedback they would learn from the action as well.
    config = dataclasses.replace(joint_model, feedback=False)
    made = make_step(config, objective=objective(**weights))
    before = made.weights()
    made.run(joint_batch(config))
    moved = {n for n, w in made.weights().items() if np.any(w != before[n])}
    of_task = {n for n in before if any(part in n for part in still)}
    assert of_task and not moved & of_task
    assert moved == set(before) - of_task


WANTED = {"first": [1, 0], "second": [0, 1], "third": [1, 1], "fourth": [0, 0]}


@pytest.mark.parametrize("order", [random_cuts, ordered_windows])
@pytest.mark.parametrize("is_cached", [False, True])
def test_batches_say_which_actions_a_video_shows(
    labelled, order, is_cached, tmp_path
):
    feature_dir = None
    if is_cached:
        feature_dir = tmp_path
        cache_features(
            lambda frames: tf.cast(frames[:, 15:, 0, 0], tf.float32),
            labelled,
            "train",
            feature_dir,
            {"features": "a pixel"},
        )
    seen = {}
    for batch in all_batches(
        order(
            labelled,
            "train",
            batch_size=3,
            window=Window(20),
            fixations_per_frame=2,
            seed=0,
            feature_dir=feature_dir,
            actions=("a", "b"),
        )
    ):
        assert batch["actions"].shape == (3, 2)
        for name, row in zip(batch["video_id"], batch["actions"], strict=True):
            seen.setdefault(name.decode(), set()).add(tuple(row))
    blank = seen.pop("", {(0, 0)})
    assert blank == {(0, 0)}
    assert seen == {name: {tuple(row)} for name, row in WANTED.items()}


def test_no_actions_are_in_a_batch_unless_asked_for(labelled):
    dataset = ordered_windows(
        labelled, "train", batch_size=1, window=Window(20)
    )
    assert "actions" not in dataset.element_spec
