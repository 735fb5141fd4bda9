"""Every number that a training reports is the one of `rmdn_tf.evaluate`.

Both score the validation split: TensorBoard's curves and HPARAMS, the run's
best model, and the metadata of the SavedModel.
"""

import json
import shutil

import keras
import numpy as np
import pytest

from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.model.presets import with_changes
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import load_model
from rmdn_tf.reports import split_report
from rmdn_tf.runs.directory import RunDirectory
from rmdn_tf.runs.run_facts import describe_run
from rmdn_tf.training import validation
from rmdn_tf.training.best_model import score_best
from rmdn_tf.training.objective import Objective
from rmdn_tf.training.validated import BASELINE, METRICS
from rmdn_tf.training.validation import Validation, fit_baseline
from tests.helpers.event_files import curve, read_events
from tests.helpers.quick_choices import choose_quickly, leave_out_report
from tfrecords_tools.sources.demo_actions import ACTIONS

pytestmark = pytest.mark.slow


def evaluated(model, config, data_dir, output_dir):
    """Evaluates a model on the validation split.

    Returns:
        predictor -> metric -> mean.
    """
    summary = split_report.evaluate_model(
        model, config, data_dir, "validation", output_dir
    )
    scores = summary["scores"]
    if config.actions:
        file = output_dir / "validation_actions.json"
        scores["model"] |= json.loads(file.read_text())["scores"]
    return {
        row: {metric: score["mean"] for metric, score in of_row.items()}
        for row, of_row in scores.items()
    }


def assert_alike(written, expected, metrics):
    for metric in metrics:
        np.testing.assert_allclose(
            written[metric], expected[metric], rtol=1e-4, err_msg=metric
        )


@pytest.fixture(autouse=True, scope="module")
def _quick():
    with pytest.MonkeyPatch.context() as patch:
        choose_quickly(patch)
        leave_out_report(patch)
        yield


@pytest.fixture(scope="module")
def best(trained_run):
    """The best model of the run, and its settings."""
    return load_model(trained_run / "best")


@pytest.fixture(scope="module")
def evaluation(best, demo_dir, tmp_path_factory):
    """Means of the best model and of TCB; the model's score of each frame."""
    with pytest.MonkeyPatch.context() as patch:
        values = _record(patch)
        output_dir = tmp_path_factory.mktemp("evaluated")
        means = evaluated(*best, demo_dir, output_dir)
    return means, {m: np.concatenate(of) for m, of in values.items()}


def _record(monkeypatch):
    """Records the model's score of each frame: metric -> list of `[n]`."""
    values, add = {metric: [] for metric in METRICS}, Scores.add

    def recording(self, video_id, seconds, num_fixations, scored):
        if "TCB" in scored:  # Not the search for the share of a mixture.
            for metric in METRICS:
                values[metric].append(scored["model"][metric])
        add(self, video_id, seconds, num_fixations, scored)

    monkeypatch.setattr(Scores, "add", recording)
    return values


def test_all_reports_of_a_run_agree_with_evaluation(trained_run, evaluation):
    expected = evaluation[0]["model"]
    for name in ("validation", "best"):  # "best" is that of HPARAMS.
        events = read_events(trained_run / "logs" / name)
        last = {m: curve(events, f"metrics/{m}").popitem() for m in METRICS}
        assert {epoch for epoch, _ in last.values()} == {1}
        assert_alike({m: v for m, (_, v) in last.items()}, expected, METRICS)
    written = json.loads((trained_run / "best/validation.json").read_text())
    # What `train_tf.py` puts into the metadata of the SavedModel.
    exported = describe_run(trained_run)["validation"]
    for reported in (written, exported):
        assert_alike(reported, expected, METRICS)
        assert reported["scored_frames"] == (
            "all 192 frames with a fixation of the split 'validation'"
        )


def test_the_baseline_of_the_charts_is_that_of_evaluation(
    best, evaluation, demo_dir
):
    model, config = best
    window = Window(35, config.clip_stride)
    baseline = fit_baseline(demo_dir)
    made = Validation(model, demo_dir, 2, window, baseline=baseline)
    first, second = made.run().baseline, made.run().baseline
    assert_alike(first, evaluation[0][BASELINE], METRICS)
    assert second == first


def test_a_sample_agrees_with_evaluation_within_its_error(
    best, evaluation, demo_dir, monkeypatch
):
    model, config = best
    monkeypatch.setattr(validation, "MAX_FRAMES", 50)
    # Other windows and rows than evaluation's, which do not decide the frames.
    window = Window(31, config.clip_stride)
    made = Validation(model, demo_dir, 3, window).run()
    assert made.scored_frames == (
        "a fixed random sample, 50 of the 192 frames with a fixation of the "
        "split 'validation', the same share of every video"
    )
    assert set(made.scores.num_frames.values()) == {25}
    for metric in METRICS:
        population = evaluation[1][metric]
        assert len(population) == 192
        error = population.std() / np.sqrt(50) * np.sqrt(1 - 50 / 192)
        difference = made.metrics()[metric] - population.mean()
        assert 0 < abs(difference) < 4 * error, metric


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
    expected = evaluated(model, config, action_dir, tmp_path)["model"]
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
