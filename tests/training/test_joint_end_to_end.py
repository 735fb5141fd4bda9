"""`train_tf.py --joint`: from made-up videos to a network of both tasks."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import train_tf
from rmdn_tf.model import config as model_config
from rmdn_tf.model.saving import load_model
from rmdn_tf.reports import split_report
from rmdn_tf.runs.loading import served_metadata
from rmdn_tf.training.config import PRESETS, TrainingConfig
from rmdn_tf.training.trainer import Trainer
from tests.helpers.labelled_videos import prepare_labelled
from tfrecords_tools.sources.demo_actions import ACTIONS

TRAINING = TrainingConfig(
    num_epochs=1,
    batch_size=4,
    fixations_per_frame=4,
    loss_reduction="mean",
    train_c3d=True,
)


@pytest.fixture
def data_dir(action_dir):
    return action_dir


@pytest.fixture
def main(tiny_model, tmp_path, monkeypatch):
    """Runs the command with a tiny network; returns its exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(model_config.PRESETS, "small", tiny_model)
    monkeypatch.setitem(PRESETS, "small", TRAINING)

    def run(data_dir, *arguments):
        return train_tf.main(
            [
                "--dataset=demo_actions",
                f"--data_dir={data_dir}",
                *arguments,
            ]
        )

    return run


def test_one_command_trains_scores_and_exports_both(
    data_dir, main, tmp_path, capsys, monkeypatch
):
    # Without the densities' report, which takes long and is tested elsewhere.
    monkeypatch.setattr(
        split_report, "write_results", lambda evaluation, *_: evaluation.run()
    )
    assert main(data_dir, "--joint") == 0
    run_dir = tmp_path / "runs" / "demo_actions-small-joint"
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
    assert actions["num_videos"] == 2
    metadata = served_metadata("saved_models/demo_actions-small-joint")
    assert metadata["model"]["actions"] == list(ACTIONS)
    assert "accuracy" in capsys.readouterr().out
    logged = {
        value.tag
        for file in (run_dir / "logs").rglob("events*")
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }
    names = ("loss", "density_loss", "action_loss", "action_accuracy", "bits")
    assert {f"validation/{name}" for name in names} <= logged


@pytest.fixture
def configs(monkeypatch):
    """Network and training of the runs that the command would make."""
    made = []

    def make(model, training, *_, **__):
        made.append((model, training))
        raise ValueError("That is all.")

    monkeypatch.setattr(train_tf, "Trainer", make)
    return made


def test_its_parts_can_be_left_out(data_dir, main, configs):
    arguments = ("--nofeedback", "--density_weight=0", "--action_weight=2")
    assert main(data_dir, "--joint", *arguments) == 1
    ((model, training),) = configs
    assert model.actions == ACTIONS and not model.feedback
    assert (training.density_weight, training.action_weight) == (0, 2)


def test_without_the_flag_the_labels_are_not_looked_at(data_dir, main, configs):
    assert main(data_dir) == 1
    assert configs[0][0].actions == ()


def test_videos_of_several_labels_make_a_network_of_several(
    main, configs, tmp_path
):
    data_dir = prepare_labelled(tmp_path / "data")
    assert main(data_dir, "--joint") == 1
    assert configs[0][0].actions == ("a", "b")
    assert configs[0][0].multi_label
    assert main(data_dir, "--joint", "--nomulti_label") == 1
    assert not configs[1][0].multi_label


def test_videos_without_labels_are_an_error(demo_dir, main, tmp_path, capsys):
    assert main(demo_dir, "--joint") == 1
    error = capsys.readouterr().err
    assert "two or more actions. Received: 8 videos with the labels" in error
    assert not (tmp_path / "runs").exists()


def test_features_without_a_place_are_an_error(data_dir, main, capsys):
    assert main(data_dir, "--joint", "--features=fc6") == 1
    assert "one of ('conv5b', 'pool5') with actions" in capsys.readouterr().err


def test_features_of_cells_are_cached_beside_those_without(
    data_dir, tiny_model, tmp_path
):
    """The same encoder, whose numbers lie in another order."""
    training = dataclasses.replace(
        TRAINING, train_c3d=False, cache_features=True
    )
    joint = model_config.with_changes(tiny_model, actions=ACTIONS)
    directories = {
        Trainer(config, training, data_dir, tmp_path / name).feature_dir
        for name, config in (("plain", tiny_model), ("joint", joint))
    }
    assert len(directories) == 2


def test_a_joint_run_trains_from_cached_features(
    data_dir, tiny_model, tmp_path
):
    data_dir = shutil.copytree(data_dir, tmp_path / "data")
    training = dataclasses.replace(
        TRAINING, train_c3d=False, cache_features=True, flip=True
    )
    config = model_config.with_changes(
        tiny_model, input_size=(32, 32), actions=ACTIONS
    )
    trainer = Trainer(config, training, data_dir, tmp_path / "run")
    assert trainer.train() is not None
    assert trainer.progress.epoch == 1
