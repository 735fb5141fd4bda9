"""Training's scores of the validation split are those of `rmdn_tf.evaluate`."""

import dataclasses
import json

import numpy as np
import pytest

from rmdn_tf.model.config import with_changes
from rmdn_tf.model.saving import load_model
from rmdn_tf.reports import split_report
from rmdn_tf.reports.summary import summarize
from rmdn_tf.training import validation
from rmdn_tf.training.config import TrainingConfig
from rmdn_tf.training.trainer import Trainer
from rmdn_tf.training.validation import METRICS, Validation
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo_actions import ACTIONS, DemoActions

# A window of other length than evaluation's: every frame has to be seen with
# the same memory of its video.
CONFIG = TrainingConfig(
    num_epochs=1,
    batch_size=2,
    window_frames=35,
    fixations_per_frame=4,
    loss_reduction="mean",
    train_c3d=True,
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Demo videos with gaze and actions: 8 to train on, 2 to validate."""
    directory = tmp_path_factory.mktemp("demo_actions")
    size = (48, 64)
    source = DemoActions(12, size=size)
    prepare(source, directory, FrameFormat(size), num_workers=1)
    return directory


def trained(model_config, data_dir, run_dir, **training):
    """Trains; returns what the run says of its best epoch."""
    config = dataclasses.replace(CONFIG, **training)
    Trainer(model_config, config, data_dir, run_dir).train()
    return json.loads((run_dir / "best" / "validation.json").read_text())


def evaluated(run_dir, data_dir):
    """Evaluates the best model on the same split; returns metric -> mean."""
    model, config = load_model(run_dir / "best")
    summary = split_report.evaluate_model(
        model, config, data_dir, "validation", run_dir
    )
    scores = dict(summary["scores"]["model"])
    if config.actions:
        file = run_dir / "validation_actions.json"
        scores |= json.loads(file.read_text())["scores"]
    return {metric: score["mean"] for metric, score in scores.items()}


@pytest.fixture(autouse=True)
def _without_report(monkeypatch):
    """Leaves out the pictures and the page, which take long."""
    monkeypatch.setattr(
        split_report,
        "write_results",
        lambda evaluation, *_: summarize(
            evaluation.run(), reference="TCB", labels=evaluation.labels
        ),
    )


@pytest.mark.parametrize("actions", [(), ACTIONS])
def test_training_and_evaluation_score_a_model_alike(
    actions, data_dir, tiny_model, tmp_path
):
    model_config = with_changes(tiny_model, actions=actions)
    written = trained(model_config, data_dir, tmp_path)
    expected = evaluated(tmp_path, data_dir)
    both = written.keys() & expected.keys()
    assert both >= set(METRICS)
    if actions:
        assert both >= {"action_loss", "action_accuracy"}
    for metric in both:
        np.testing.assert_allclose(
            written[metric], expected[metric], rtol=1e-4, err_msg=metric
        )


def test_a_sample_of_an_epoch_gives_way_to_all_frames_at_the_end(
    data_dir, tiny_model, tmp_path, monkeypatch
):
    monkeypatch.setattr(validation, "MAX_FRAMES", 50)
    scored = []
    run = Validation.run

    def spy(self, **options):
        scored.append(run(self, **options))
        return scored[-1]

    monkeypatch.setattr(Validation, "run", spy)
    written = trained(tiny_model, data_dir, tmp_path, num_epochs=2)
    assert [one.num_frames for one in scored] == [50, 50, written["num_frames"]]
    # Which frames are drawn does not depend on the epoch.
    first, second, last = (one.scores.num_frames for one in scored)
    assert first == second
    assert written["num_frames"] > 50 and set(last) == set(first)
    expected = evaluated(tmp_path, data_dir)
    for metric in METRICS:
        np.testing.assert_allclose(
            written[metric], expected[metric], rtol=1e-4, err_msg=metric
        )
