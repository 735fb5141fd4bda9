"""Training: steps, validation, checkpoints, faults."""

import dataclasses
import json
import math

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.files.settings_file import OtherSettingsError
from rmdn_tf.model.losses import negative_log_likelihood
from rmdn_tf.model.rmdn import load_model, model_inputs
from rmdn_tf.runs.directory import BEST, TrainingError
from rmdn_tf.training.config import PRESETS, RunConfig, TrainingConfig
from rmdn_tf.training.trainer import Trainer

CONFIG = TrainingConfig(
    num_epochs=2,
    batch_size=2,
    fixations_per_frame=4,
    optimizer="adam",
    learning_rate=1e-2,
    loss_reduction="mean",
    flip=True,
    train_c3d=True,
)
IN_ORDER = dataclasses.replace(CONFIG, flip=False, carry_state=True)


def _weights(model):
    return [weight.numpy() for weight in model.trainable_variables]


@pytest.fixture(scope="module")
def finished(demo_dir, tiny_model, tmp_path_factory):
    """A run of two epochs: its directory, its trainer and the best model."""
    run_dir = tmp_path_factory.mktemp("run")
    trainer = Trainer(tiny_model, CONFIG, demo_dir, run_dir)
    return run_dir, trainer, trainer.train()


def test_training_lowers_the_loss_of_the_batch_it_trains_on(
    demo_dir, tiny_model, tmp_path
):
    trainer = Trainer(tiny_model, CONFIG, demo_dir, tmp_path)
    batch = _first_batch(trainer)
    state = trainer.example()[1]
    losses = [
        float(trainer.train_step(batch, state, tf.constant([0, 0]))[0])
        for _ in range(20)
    ]
    assert losses[-1] < losses[0] - 0.05


def _first_batch(trainer):
    return next(
        iter(
            random_cuts(
                trainer.data_dir,
                "train",
                batch_size=2,
                window=trainer.window,
                fixations_per_frame=4,
                seed=0,
            )
        )
    )


def test_a_step_reports_loss_count_and_norm_of_its_batch(
    demo_dir, tiny_model, tmp_path
):
    config = dataclasses.replace(CONFIG, flip=False)
    trainer = Trainer(tiny_model, config, demo_dir, tmp_path)
    batch = _first_batch(trainer)
    state = trainer.example()[1]
    inputs = model_inputs(batch, state, tiny_model.clip_stride)
    with tf.GradientTape() as tape:
        total, count = negative_log_likelihood(
            trainer.model(inputs)["parameters"],
            batch["fixations"],
            batch["fixation_mask"],
        )
        loss = total / count
    gradients = tape.gradient(loss, trainer.model.trainable_variables)
    seed = tf.constant([0, 0])
    got = trainer.train_step(batch, state, seed)[:3]
    expected = (loss, count, tf.linalg.global_norm(gradients))
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_the_gradient_is_clipped(demo_dir, tiny_model, tmp_path):
    config = dataclasses.replace(CONFIG, flip=False, clip_norm=1e-9)
    trainer = Trainer(tiny_model, config, demo_dir, tmp_path)
    before = _weights(trainer.model)
    trainer.train_step(
        _first_batch(trainer), trainer.example()[1], tf.constant([0, 0])
    )
    after = _weights(trainer.model)
    # Adam divides by the gradient's size plus 1e-7: a gradient of norm 1e-9
    # moves a weight by less than a hundredth of the learning rate.
    moved = max(np.abs(a - b).max() for a, b in zip(after, before, strict=True))
    assert 0 < moved < 1e-2 * config.learning_rate


@pytest.mark.parametrize("carry_state", [False, True])
def test_two_devices_train_as_one_with_the_same_batch(
    carry_state, demo_dir, tiny_model, tmp_path, two_devices
):
    """The law that makes one code path serve any number of devices."""
    model_config = dataclasses.replace(tiny_model, dropout=0.5)
    config = TrainingConfig(
        num_epochs=2,  # of ten steps each
        batch_size=2,
        fixations_per_frame=4,
        # Sums are taken in another order, which grows with every step.
        learning_rate=1e-4,
        flip=not carry_state,
        carry_state=carry_state,
        train_c3d=True,
        train_split="train+validation",
    )
    one, two = (
        Trainer(
            model_config, config, demo_dir, tmp_path / name, strategy=strategy
        )
        for name, strategy in (("one", None), ("two", two_devices))
    )
    before = _weights(one.model)
    for trainer in (one, two):
        for epoch in range(config.num_epochs):
            trainer._run_steps(epoch)
            trainer.progress.finish_epoch()
        assert trainer.progress.step == 20
    for start, ours, theirs in zip(
        before, _weights(two.model), _weights(one.model), strict=True
    ):
        assert np.abs(theirs - start).max() > 1e-4
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_a_run_on_two_devices_goes_from_start_to_end(
    demo_dir, tiny_model, tmp_path, two_devices
):
    config = dataclasses.replace(IN_ORDER, num_epochs=1)
    trainer = Trainer(
        tiny_model, config, demo_dir, tmp_path, strategy=two_devices
    )
    trainer.train()
    assert trainer.progress.epoch == 1
    assert math.isfinite(trainer.progress.best_loss)


def test_a_batch_that_devices_cannot_share_is_refused(
    demo_dir, tiny_model, tmp_path, two_devices
):
    config = dataclasses.replace(CONFIG, batch_size=3)
    with pytest.raises(ValueError, match="batch_size=3"):
        Trainer(tiny_model, config, demo_dir, tmp_path, strategy=two_devices)


def test_a_run_leaves_best_model_checkpoints_and_curves(finished):
    run_dir, trainer, best = finished
    model, config = load_model(run_dir / BEST)
    assert config == trainer.model_config
    for ours, theirs in zip(_weights(model), _weights(best), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    tags = _summaries(run_dir / "logs")
    assert {
        "train/loss",
        "train/gradient_norm",
        "train/clipped_share",
        "train/learning_rate",
        "validation/loss",
        "validation/bits",
        "validation/nss",
        "validation/picture",
    } <= set(tags)
    assert len(tags["train/loss"]) == 2 * trainer.num_steps
    assert np.isfinite(tags["train/loss"]).all()
    picture = tf.io.decode_png(tags["validation/picture"][0][2])
    assert picture.shape == (4 * 48, 6 * 64, 3)


def _summaries(directory):
    tags = {}
    for path in directory.iterdir():
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                tensor = tf.make_ndarray(value.tensor)
                tags.setdefault(value.tag, []).append(tensor)
    return tags


def test_a_finished_run_is_not_trained_again(finished, demo_dir, tiny_model):
    run_dir, trainer, best = finished
    again = Trainer(tiny_model, CONFIG, demo_dir, run_dir)
    assert again.progress.epoch == 2
    for ours, theirs in zip(
        _weights(again.train()), _weights(best), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_of_other_settings_is_refused(finished, demo_dir, tiny_model):
    run_dir, *_ = finished
    other = dataclasses.replace(CONFIG, learning_rate=1.0)
    with pytest.raises(OtherSettingsError, match="rate was 0.01 and is now 1."):
        Trainer(tiny_model, other, demo_dir, run_dir)


def test_more_epochs_may_be_asked_of_a_finished_run(
    demo_dir, tiny_model, tmp_path
):
    config = dataclasses.replace(CONFIG, num_epochs=1)
    Trainer(tiny_model, config, demo_dir, tmp_path).train()
    longer = Trainer(tiny_model, CONFIG, demo_dir, tmp_path)
    longer.train()
    assert longer.progress.epoch == CONFIG.num_epochs


def test_a_loss_that_is_not_finite_stops_the_run(
    demo_dir, tiny_model, tmp_path
):
    trainer = Trainer(tiny_model, CONFIG, demo_dir, tmp_path)
    trainer.model.trainable_variables[-1].assign(
        np.full(trainer.model.trainable_variables[-1].shape, np.nan)
    )
    before = _weights(trainer.model)
    message = r"not finite. Step 0, the windows 'demo_\d+' from frame \d+, '"
    with pytest.raises(TrainingError, match=message):
        trainer.train()
    assert not (tmp_path / BEST).exists()
    failed, _ = load_model(tmp_path / "failed")
    for ours, theirs in zip(_weights(failed), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_training_in_time_order_carries_the_state(
    demo_dir, tiny_model, tmp_path, monkeypatch
):
    config = dataclasses.replace(
        IN_ORDER, batch_size=10, train_split="train+validation"
    )
    trainer = Trainer(tiny_model, config, demo_dir, tmp_path)
    states = []
    step = trainer._run_step

    def spy(batch, state):
        states.append((batch["is_first"].numpy(), state["hidden"].numpy()))
        return step(batch, state)

    monkeypatch.setattr(trainer, "_run_step", spy)
    trainer.train_epoch()
    # Ten videos of two windows in ten rows: the second goes on.
    assert [is_first.all() for is_first, _ in states] == [True, False]
    assert not states[1][0].any()
    assert np.abs(states[1][1]).max() > 0


def test_settings_may_change_while_nothing_is_saved(
    demo_dir, tiny_model, tmp_path
):
    Trainer(tiny_model, CONFIG, demo_dir, tmp_path)
    other = dataclasses.replace(CONFIG, learning_rate=1.0)
    Trainer(tiny_model, other, demo_dir, tmp_path)
    settings = json.loads((tmp_path / "training.json").read_text())
    assert settings["training"]["learning_rate"] == 1.0


def test_training_stops_when_validation_no_longer_improves(
    demo_dir, tiny_model, tmp_path, monkeypatch
):
    config = dataclasses.replace(CONFIG, num_epochs=50, patience=2)
    trainer = Trainer(tiny_model, config, demo_dir, tmp_path)
    monkeypatch.setattr(trainer, "_run_steps", lambda epoch: 0.0)
    trainer.train()
    # Nothing changes, so the first epoch stays the best.
    assert trainer.progress.epoch == 3
    assert trainer.progress.best_epoch == 0


def test_the_papers_schedule_is_the_default():
    config = PRESETS["paper"]
    assert config.optimizer == "rmsprop"
    assert (config.loss_reduction, config.clip_norm) == ("sum", 20)
    rates = [config.learning_rate_at(epoch) for epoch in range(10)]
    assert rates[:8] == [3e-4] * 8
    assert math.isclose(rates[8], 3e-4 * 0.95)
    assert math.isclose(rates[9], 3e-4 * 0.95**2)


@pytest.mark.parametrize(
    "values",
    [
        {"num_epochs": 0},
        {"batch_size": -1},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"optimizer": "sgd"},
        {"seed": -1},
        {"carry_state": True, "flip": True},
    ],
)
def test_a_wrong_setting_names_itself(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        TrainingConfig(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"micro_batches": 0},
        {"checkpoint_steps": 0},
        {"keep_checkpoints": -1},
        {"profile": -1},
        {"precision": "float16"},
    ],
)
def test_a_wrong_way_to_run_names_itself(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        RunConfig(**values)


def test_settings_are_saved_beside_the_run(finished):
    run_dir, trainer, _ = finished
    settings = json.loads((run_dir / "training.json").read_text())
    assert settings["training"]["learning_rate"] == 1e-2
    assert settings["model"]["num_components"] == 3
