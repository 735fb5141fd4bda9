"""A run from start to end, on one device and on two, and what stops it."""

import dataclasses
import json
import math
import shutil

import numpy as np
import pytest

from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE
from rmdn_tf.files.locks import InUseError
from rmdn_tf.files.settings_file import OtherSettingsError
from rmdn_tf.model.presets import with_changes
from rmdn_tf.model.saving import load_model
from rmdn_tf.runs.directory import BEST, TrainingError
from rmdn_tf.training.trainer import Trainer
from tests.helpers.event_files import curve, read_events
from tests.helpers.held_directories import held_by_another
from tests.helpers.made_steps import TINY_TRAINING

pytestmark = pytest.mark.slow

WITHOUT_VALIDATION = dataclasses.replace(
    TINY_TRAINING, train_split="train+validation"
)


def _weights(model):
    return [weight.numpy() for weight in model.trainable_variables]


@pytest.fixture
def run_dir(trained_run, tmp_path):
    """A copy of the trained run, to go on with."""
    return shutil.copytree(trained_run, tmp_path / "run")


def test_a_run_leaves_best_model_settings_and_curves(trained_run, tiny_model):
    _, config = load_model(trained_run / BEST)
    assert config == tiny_model
    settings = json.loads((trained_run / "training.json").read_text())
    assert settings["training"]["learning_rate"] == 1e-2
    assert settings["model"]["num_components"] == 3


def test_the_curves_of_a_run_count_steps_and_epochs_from_1(trained_run):
    logs = trained_run / "logs"
    train = read_events(logs / "train")
    for tag in ("loss/step", "training/gradient_norm"):
        points = curve(train, tag)
        assert list(points) == [1, 2, 3, 4]
        assert np.isfinite(list(points.values())).all()
    for name in ("learning_rate", "clipped_share", "frames_per_second"):
        assert list(curve(train, f"training/{name}")) == [1]
    for folder in ("train", "validation", "TCB", "best"):
        assert list(curve(read_events(logs / folder), "loss/epoch")) == [1]


def test_more_epochs_may_be_asked_of_a_finished_run(
    run_dir, demo_dir, tiny_model
):
    config = dataclasses.replace(TINY_TRAINING, num_epochs=2)
    trainer = Trainer(tiny_model, config, demo_dir, run_dir)
    assert trainer.progress.epoch == 1
    trainer.train()
    assert trainer.progress.epoch == 2


def test_two_devices_train_as_one_with_the_same_batch(
    demo_dir, tiny_model, tmp_path, two_devices
):
    """The law that makes one code path serve any number of devices."""
    config = dataclasses.replace(
        TINY_TRAINING,
        optimizer="rmsprop",
        # Sums are taken in another order, which grows with every step.
        learning_rate=1e-4,
        flip=False,
        carry_state=True,
    )
    one, two = (
        Trainer(
            with_changes(tiny_model, dropout=0.5),
            config,
            demo_dir,
            tmp_path / name,
            strategy=strategy,
        )
        for name, strategy in (("one", None), ("two", two_devices))
    )
    before = _weights(one.model)
    for trainer in (one, two):
        trainer.train()
        assert trainer.progress.epoch == 1
        assert trainer.progress.step == 4
    for start, ours, theirs in zip(
        before, _weights(two.model), _weights(one.model), strict=True
    ):
        assert np.abs(theirs - start).max() > 1e-4
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    assert math.isclose(
        one.progress.best_loss, two.progress.best_loss, rel_tol=1e-4
    )


def test_a_loss_that_is_not_finite_stops_the_run(
    demo_dir, tiny_model, tmp_path
):
    trainer = Trainer(tiny_model, WITHOUT_VALIDATION, demo_dir, tmp_path)
    variable = trainer.model.trainable_variables[-1]
    variable.assign(np.full(variable.shape, np.nan))
    before = _weights(trainer.model)
    message = r"not finite. Step 0, the windows 'demo_\d+' from frame \d+, '"
    with pytest.raises(TrainingError, match=message):
        trainer.train()
    assert not (tmp_path / BEST).exists()
    failed, _ = load_model(tmp_path / "failed")
    for ours, theirs in zip(_weights(failed), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


IN_ORDER = dataclasses.replace(
    WITHOUT_VALIDATION, batch_size=10, flip=False, carry_state=True
)


@pytest.fixture(scope="module")
def in_order(demo_dir, tiny_model, tmp_path_factory):
    """A run in time order: directory, best model, and the states it saw."""
    run_dir = tmp_path_factory.mktemp("in_order")
    trainer = Trainer(tiny_model, IN_ORDER, demo_dir, run_dir)
    states = []
    step = trainer._run_step

    def spy(batch, state):
        states.append((batch["is_first"].numpy(), state["hidden"].numpy()))
        return step(batch, state)

    trainer._run_step = spy
    return run_dir, trainer.train(), states


def test_training_in_time_order_carries_the_state(in_order):
    *_, states = in_order
    # Ten videos of two windows in ten rows: the second goes on.
    assert [is_first.all() for is_first, _ in states] == [True, False]
    assert not states[1][0].any()
    assert np.abs(states[1][1]).max() > 0


def test_a_finished_run_is_not_trained_again(in_order, demo_dir, tiny_model):
    run_dir, best, _ = in_order
    again = Trainer(tiny_model, IN_ORDER, demo_dir, run_dir)
    assert again.progress.epoch == 1
    again._run_step = None
    for ours, theirs in zip(
        _weights(again.train()), _weights(best), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_of_other_settings_or_of_another_dataset_is_refused(
    run_dir, demo_dir, tiny_model, tmp_path
):
    other_dir = shutil.copytree(demo_dir, tmp_path / "data")
    info = other_dir / DATASET_INFO_FILE
    document = json.loads(info.read_text()) | {"manifest_sha256": "0" * 64}
    info.write_text(json.dumps(document))
    config = dataclasses.replace(TINY_TRAINING, learning_rate=1.0)
    message = "dataset/sha256 was .*, training/learning_rate was 0.01 and is no"
    with pytest.raises(OtherSettingsError, match=message):
        Trainer(tiny_model, config, other_dir, run_dir)


def test_a_trainer_writes_nothing_before_it_trains_or_where_another_does(
    demo_dir, tiny_model, tmp_path
):
    trainer = Trainer(tiny_model, TINY_TRAINING, demo_dir, tmp_path / "run")
    assert not list(tmp_path.iterdir())
    with held_by_another(tmp_path / "run"):
        before = list((tmp_path / "run").iterdir())
        with pytest.raises(InUseError, match="run' is in use"):
            trainer.train()
    assert list((tmp_path / "run").iterdir()) == before


def test_a_trainer_does_not_go_on_where_another_has_trained_meanwhile(
    trained_run, demo_dir, tiny_model, tmp_path
):
    trainer = Trainer(tiny_model, TINY_TRAINING, demo_dir, tmp_path / "run")
    shutil.copytree(trained_run, tmp_path / "run")
    with pytest.raises(TrainingError, match="Another process trained in"):
        trainer.train()
