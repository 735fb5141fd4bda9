"""`train_tf.py --joint`: from made-up videos to a network of both tasks."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.presets import with_changes
from rmdn_tf.model.saving import load_model
from rmdn_tf.runs.loading import served_metadata
from rmdn_tf.training.trainer import Trainer
from tests.helpers.made_steps import TINY_TRAINING
from tests.helpers.quick_choices import choose_quickly, leave_out_report

pytestmark = pytest.mark.slow

ACTIONS = ("a", "b")


def test_one_command_trains_scores_and_exports_both(
    labelled, main, tmp_path, capsys, monkeypatch
):
    choose_quickly(monkeypatch)
    leave_out_report(monkeypatch)
    assert main(labelled, "--joint", "--nomulti_label") == 0
    run_dir = tmp_path / "run"
    _, config = load_model(run_dir / "best")
    assert config.actions == ACTIONS
    assert config.feedback and not config.multi_label
    validation = json.loads((run_dir / "best/validation.json").read_text())
    np.testing.assert_allclose(
        validation["loss"],
        validation["density_loss"] + validation["action_loss"],
        rtol=1e-6,
    )
    assert 0 <= validation["action_accuracy"] <= 1
    actions = json.loads((run_dir / "test_actions.json").read_text())
    assert actions["num_videos"] == 3
    metadata = served_metadata("saved")
    assert metadata["model"]["actions"] == list(ACTIONS)
    assert "accuracy" in capsys.readouterr().out
    logged = {
        value.tag
        for file in (run_dir / "logs").rglob("events*")
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }
    assert {
        "loss/epoch",
        "loss/density",
        "loss/action",
        "metrics/action_accuracy",
        "metrics/bits",
    } <= logged


@pytest.fixture
def configs(monkeypatch):
    """Network and training of the runs that the command would make."""
    made = []

    def make(model, training, *_, **__):
        made.append((model, training))
        raise ValueError("That is all.")

    monkeypatch.setattr("rmdn_tf.training.trainer.Trainer", make)
    return made


def test_its_parts_can_be_left_out(labelled, main, configs):
    arguments = ("--nofeedback", "--density_weight=0", "--action_weight=2")
    assert main(labelled, "--joint", *arguments) == 1
    ((model, training),) = configs
    assert model.actions == ACTIONS and not model.feedback
    # There are videos of several labels.
    assert model.multi_label
    assert (training.density_weight, training.action_weight) == (0, 2)


def test_without_the_flag_the_labels_are_not_looked_at(labelled, main, configs):
    assert main(labelled) == 1
    assert configs[0][0].actions == ()


def test_videos_without_labels_are_an_error(demo_dir, main, tmp_path, capsys):
    assert main(demo_dir, "--joint") == 1
    error = capsys.readouterr().err
    assert "two or more actions. Received: 8 videos with the labels" in error
    assert not (tmp_path / "run").exists()


def test_features_without_a_place_are_an_error(labelled, main, capsys):
    assert main(labelled, "--joint", "--features=fc6") == 1
    assert "one of ('conv5b', 'pool5') with actions" in capsys.readouterr().err


def test_features_of_cells_are_cached_beside_those_without(
    labelled, tiny_model, tmp_path
):
    """The same encoder, whose numbers lie in another order."""
    training = dataclasses.replace(
        TINY_TRAINING, train_c3d=False, flip=False, cache_features=True
    )
    joint = with_changes(tiny_model, actions=ACTIONS)
    directories = {
        Trainer(config, training, labelled, tmp_path / name).feature_dir
        for name, config in (("plain", tiny_model), ("joint", joint))
    }
    assert len(directories) == 2


def test_a_joint_run_trains_from_cached_features(
    labelled, tiny_model, tmp_path
):
    data_dir = shutil.copytree(labelled, tmp_path / "data")
    training = dataclasses.replace(
        TINY_TRAINING, train_c3d=False, cache_features=True
    )
    config = with_changes(tiny_model, input_size=(32, 32), actions=ACTIONS)
    trainer = Trainer(config, training, data_dir, tmp_path / "run")
    assert trainer.train() is not None
    assert trainer.progress.epoch == 1
