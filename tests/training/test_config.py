"""Settings of training: presets, and what is refused."""

import dataclasses
import math

import numpy as np
import pytest

from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.model.config import DenseConfig, JointConfig
from rmdn_tf.training.config import (
    PRESETS,
    RunConfig,
    TrainingConfig,
    check_training,
)
from rmdn_tf.training.windows import make_mix


def test_the_papers_schedule_is_the_default():
    config = PRESETS["paper"]
    assert config.optimizer == "rmsprop"
    assert (config.loss_reduction, config.clip_norm) == ("sum", 20)
    rates = [config.learning_rate_at(epoch) for epoch in range(10)]
    assert rates[:8] == [3e-4] * 8
    assert math.isclose(rates[8], 3e-4 * 0.95)
    assert math.isclose(rates[9], 3e-4 * 0.95**2)


def test_a_cosine_falls_at_each_step_from_the_first_rate_to_0():
    config = TrainingConfig(num_epochs=4, learning_rate=2.0, schedule="cosine")
    rates = [
        config.learning_rate_at(epoch, step / 5)
        for epoch in range(4)
        for step in range(5)
    ]
    steps = np.arange(20)
    np.testing.assert_allclose(rates, 1 + np.cos(np.pi * steps / 20))
    assert rates[0] == 2 and abs(config.learning_rate_at(4)) < 1e-12


@pytest.mark.parametrize(
    ("config", "values"),
    [
        (TrainingConfig, {"num_epochs": 0}),
        (TrainingConfig, {"batch_size": -1}),
        (TrainingConfig, {"learning_rate": 0.0}),
        (TrainingConfig, {"learning_rate": float("nan")}),
        (TrainingConfig, {"optimizer": "sgd"}),
        (TrainingConfig, {"schedule": "linear"}),
        (TrainingConfig, {"weight_decay": 1e-3}),
        (TrainingConfig, {"weight_decay": -1.0, "optimizer": "adamw"}),
        (TrainingConfig, {"ema_decay": 1.0}),
        (TrainingConfig, {"ema_decay": -0.5}),
        (TrainingConfig, {"mix_share": 0.0}),
        (TrainingConfig, {"mix_share": 1.0}),
        (TrainingConfig, {"loss_reduction": "median"}),
        (TrainingConfig, {"seed": -1}),
        (TrainingConfig, {"density_weight": -1.0}),
        (TrainingConfig, {"action_weight": -1.0}),
        (TrainingConfig, {"action_weight": 0.0, "density_weight": 0.0}),
        (TrainingConfig, {"carry_state": True, "flip": True}),
        (TrainingConfig, {"cache_features": True, "train_c3d": True}),
        (RunConfig, {"micro_batches": 0}),
        (RunConfig, {"checkpoint_steps": 0}),
        (RunConfig, {"keep_checkpoints": -1}),
        (RunConfig, {"profile": -1}),
        (RunConfig, {"precision": "float16"}),
    ],
)
def test_an_invalid_setting_is_named(config, values):
    name, value = next(iter(values.items()))
    with pytest.raises(ValueError, match=f"Invalid `{name}`.*{name}={value!r}"):
        config(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch_size": 6}, "multiple of 4, .* batch_size=6"),
        ({"flip": True, "cache_features": True}, "Invalid `cache_features`"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    values, message, tiny_model, demo_dir
):
    training = dataclasses.replace(TrainingConfig(), **values)
    info = read_dataset_info(demo_dir)
    run = RunConfig(micro_batches=2)
    check_training(tiny_model, TrainingConfig(), run, 2, info)
    with pytest.raises(ValueError, match=message):
        check_training(tiny_model, training, run, 2, info)


@pytest.mark.parametrize(
    ("actions", "advice"),
    [((), "Prepare the dataset with gaze"), (("a", "b"), "--density_weight 0")],
)
def test_a_training_split_without_fixations_is_refused_with_advice(
    actions, advice, demo_dir
):
    info = read_dataset_info(demo_dir)
    unseen = dataclasses.replace(info.splits["train"], num_fixations=0)
    info = dataclasses.replace(info, splits={**info.splits, "train": unseen})
    model = JointConfig(actions=actions) if actions else DenseConfig()
    with pytest.raises(ValueError, match=f"no frame has .*{advice}"):
        check_training(model, TrainingConfig(), RunConfig(), 1, info)
    actions_alone = TrainingConfig(density_weight=0.0)
    check_training(model, actions_alone, RunConfig(), 1, info)
    both = TrainingConfig(train_split="train+validation")
    check_training(model, both, RunConfig(), 1, info)


@pytest.mark.parametrize(
    ("values", "model", "message"),
    [
        ({"mix_share": 0.01}, DenseConfig(), "`mix_share`.* 1 to 7 of the 8"),
        ({"carry_state": True}, DenseConfig(), "no mix with carry_state"),
        ({}, JointConfig(actions=("a", "b")), "no mix with actions"),
    ],
)
def test_a_mix_that_does_not_go_with_the_settings_is_refused(
    values, model, message
):
    with pytest.raises(ValueError, match=message):
        make_mix(model, TrainingConfig(**values), ["pictures"])


@pytest.mark.parametrize(("share", "rows"), [(0.5, 4), (0.3, 2), (0.9, 7)])
def test_a_share_of_the_batch_is_mixed_in(share, rows):
    config = TrainingConfig(batch_size=8, mix_share=share)
    assert make_mix(DenseConfig(), config, ["pictures"]).num_rows == rows
    assert make_mix(DenseConfig(), config, []) is None
