"""Training's scores of the validation split are those of `rmdn_tf.evaluate`."""

import json
import shutil

import keras
import numpy as np
import pytest

from rmdn_tf.data.windows import Window
from rmdn_tf.model.config import with_changes
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import load_model
from rmdn_tf.reports import split_report
from rmdn_tf.runs.directory import RunDirectory
from rmdn_tf.training import validation
from rmdn_tf.training.best_model import score_best
from rmdn_tf.training.objective import Objective
from rmdn_tf.training.validation import METRICS, Validation
from tests.helpers.quick_choices import choose_quickly, leave_out_report
from tfrecords_tools.sources.demo_actions import ACTIONS

pytestmark = pytest.mark.slow


def evaluated(model, config, data_dir, output_dir):
    """Evaluates a model on the validation split; returns metric -> mean."""
    summary = split_report.evaluate_model(
        model, config, data_dir, "validation", output_dir
    )
    scores = dict(summary["scores"]["model"])
    if config.actions:
        file = output_dir / "validation_actions.json"
        scores |= json.loads(file.read_text())["scores"]
    return {metric: score["mean"] for metric, score in scores.items()}


def assert_alike(written, expected, metrics):
    for metric in metrics:
        np.testing.assert_allclose(
            written[metric], expected[metric], rtol=1e-4, err_msg=metric
        )


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    choose_quickly(monkeypatch)
    leave_out_report(monkeypatch)


def test_training_and_evaluation_score_a_model_alike(
    trained_run, demo_dir, tmp_path
):
    written = json.loads((trained_run / "best/validation.json").read_text())
    model, config = load_model(trained_run / "best")
    assert_alike(written, evaluated(model, config, demo_dir, tmp_path), METRICS)


def test_training_and_evaluation_score_actions_alike(
    action_dir, tiny_model, tmp_path
):
    config = with_changes(tiny_model, actions=ACTIONS)
    model = build_rmdn(config)
    # A window of another length than evaluation's: every frame has to be seen
    # with the same memory of its video.
    made = Validation(
        model,
        action_dir,
        2,
        Window(35, config.clip_stride),
        actions=ACTIONS,
        objective=Objective(has_actions=True),
    )
    metrics = {*METRICS, "action_loss", "action_accuracy"}
    expected = evaluated(model, config, action_dir, tmp_path)
    assert_alike(made.run().metrics(), expected, metrics)


def test_an_epoch_scores_a_sample_of_frames_and_the_best_model_all(
    trained_run, demo_dir, tmp_path, monkeypatch
):
    monkeypatch.setattr(validation, "MAX_FRAMES", 50)
    scored = []

    def make_validation(model: keras.Model) -> Validation:
        made = Validation(model, demo_dir, 2, Window(65, 4))
        scored.extend([made.run(), made.run()])
        return made

    run_dir = RunDirectory(shutil.copytree(trained_run, tmp_path / "run"))
    before = run_dir.read_validation()
    scores = score_best(run_dir, make_validation)
    assert [one.num_frames for one in scored] == [50, 50]
    # Which frames are drawn does not depend on the epoch.
    first, second = (one.scores.num_frames for one in scored)
    assert first == second
    assert scores == run_dir.read_validation()
    assert scores["num_frames"] == before["num_frames"] > 50
    assert_alike(scores, before, METRICS)
