"""Scores of the actions that a network predicts for whole videos."""

import json

import keras
import numpy as np
import pytest
from scipy import special

from rmdn_tf.data.annotations import Video, actions_of
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.records import Fixations
from rmdn_tf.data.windows import Window
from rmdn_tf.evaluation.action_scores import ActionRecorder, ActionScores
from rmdn_tf.metrics.intervals import mean_interval
from rmdn_tf.metrics.score_ranges import POSITIVE
from rmdn_tf.model.presets import with_changes
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.training.objective import Objective
from rmdn_tf.training.validation import Validation
from tests.helpers.labelled_videos import LABELS

pytestmark = pytest.mark.slow

NAMES = ("a", "b", "c")
LOGITS = {
    "first": [2.0, 1.0, -1.0],
    "second": [0.5, 0.0, 1.0],
    "third": [-1.0, 3.0, 0.0],
    "fourth": [9.0, 0.0, 0.0],
}


def videos_of(labels):
    return {
        name: Video(name, shown, (8, 8), 10.0, 20, Fixations.empty())
        for name, shown in labels.items()
    }


def scores_of(multi_label):
    logits = {name: np.array(row) for name, row in LOGITS.items()}
    return ActionScores.of(logits, videos_of(LABELS), NAMES, multi_label)


def test_a_video_without_any_of_the_actions_is_not_scored():
    scores = scores_of(False)
    assert scores.video_ids == ("first", "second", "third")
    expected = [[True, False, False], [False, True, False], [True, True, False]]
    np.testing.assert_array_equal(scores.targets, expected)


def test_videos_of_other_actions_alone_cannot_be_scored():
    with pytest.raises(ValueError, match="videos of x, y.*4 videos without"):
        ActionScores.of({}, videos_of(LABELS), ("x", "y"), False)


def test_the_likeliest_action_is_right_if_it_is_one_of_the_video():
    np.testing.assert_array_equal(scores_of(False).correct, [True, False, True])
    assert scores_of(False).metrics()["action_accuracy"] == 2 / 3


def test_the_loss_is_that_of_training():
    logits = np.array([LOGITS[name] for name in ("first", "second", "third")])
    said = special.log_softmax(logits, -1)
    expected = [-said[0, 0], -said[1, 1], -(said[2, 0] + said[2, 1]) / 2]
    np.testing.assert_allclose(scores_of(False).losses, expected, rtol=1e-6)
    share = special.expit(logits)
    right = np.where(scores_of(True).targets, share, 1 - share)
    expected = -np.log(right).mean(-1)
    np.testing.assert_allclose(scores_of(True).losses, expected, rtol=1e-6)


def test_of_several_labels_the_average_precision_counts():
    # "a": the first is found first, the third last. "b": the third, then the
    # first, which has none, then the second. No video shows "c".
    expected = np.mean([np.mean([1, 2 / 3]), np.mean([1, 2 / 3])])
    metrics = scores_of(True).metrics()
    np.testing.assert_allclose(metrics["action_map"], expected, rtol=1e-6)
    assert "action_accuracy" not in metrics


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_summary_is_json_with_an_interval_over_videos(multi_label):
    scores = scores_of(multi_label)
    summary = json.loads(json.dumps(scores.summary(), allow_nan=False))
    assert summary["actions"] == list(NAMES)
    assert summary["num_videos"] == 3
    loss = summary["scores"]["action_loss"]
    expected = mean_interval(scores.losses, np.ones(3), ranges=POSITIVE)
    np.testing.assert_allclose(
        [loss["mean"], loss["low"], loss["high"]],
        [expected.mean, expected.low, expected.high],
    )
    third = summary["videos"]["third"]
    assert third["labels"] == ["a", "b"]
    make = special.expit if multi_label else special.softmax
    np.testing.assert_allclose(
        third["probabilities"], make(np.array(LOGITS["third"])), rtol=1e-6
    )


def test_of_one_video_no_interval_is_told():
    only = {"first": LABELS["first"]}
    scores = ActionScores.of(
        {"first": np.array(LOGITS["first"])}, videos_of(only), NAMES, False
    )
    assert scores.summary()["scores"]["action_accuracy"] == {
        "mean": 1.0,
        "low": None,
        "high": None,
    }
    assert scores.describe().endswith("accuracy 1.000 n too small")


def test_the_classes_are_the_labels_of_the_videos():
    assert actions_of(videos_of(LABELS)) == (("a", "b"), True)
    single = {"first": ("b",), "second": ("a",), "third": ()}
    assert actions_of(videos_of(single)) == (("a", "b"), False)


@pytest.mark.parametrize("labels", [(), ("a",)])
def test_fewer_than_two_classes_are_no_task(labels):
    with pytest.raises(ValueError, match="two or more actions.*2 videos"):
        actions_of(videos_of({"first": labels, "second": labels}))


@pytest.fixture(scope="module")
def config(tiny_model):
    return with_changes(tiny_model, input_size=(32, 32), actions=("a", "b"))


@pytest.fixture(scope="module")
def model(config):
    keras.utils.set_random_seed(0)
    return build_rmdn(config)


def alone(model, data_dir, window, batch_size):
    predictor = ActionRecorder(StatefulNetwork(model, 4))
    for batch in ordered_windows(
        data_dir, "test", batch_size=batch_size, window=window
    ):
        predictor(batch)
    predictor.logits.pop("", None)  # Rows that had run out.
    return predictor.logits


def test_a_video_is_told_by_all_its_clips(model, labelled):
    """The windows, and the videos in other rows, do not matter."""
    whole = alone(model, labelled, Window(39, 4), 1)  # All 24 frames at once.
    assert set(whole) == {f"{name}-test" for name in LABELS}
    parts = alone(model, labelled, Window(23, 4), 3)
    for name in whole:
        np.testing.assert_allclose(
            parts[name], whole[name], rtol=1e-5, atol=1e-6
        )


def test_validation_weighs_both_losses(model, labelled):
    objective = Objective(True, density_weight=0.5, action_weight=2.0)
    run = Validation(
        model,
        labelled,
        2,
        Window(23, 4),
        actions=("a", "b"),
        objective=objective,
    ).run
    first, second = run(), run()
    logits = first.actions.logits
    assert logits.shape == (3, 2)
    said = special.log_softmax(logits, -1)
    by_name = dict(zip(first.actions.video_ids, said, strict=True))
    expected = -np.mean(
        [
            by_name["first-validation"][0],
            by_name["second-validation"][1],
            by_name["third-validation"].mean(),
        ]
    )
    metrics = first.metrics()
    np.testing.assert_allclose(metrics["action_loss"], expected, rtol=1e-5)
    assert metrics["loss"] == first.loss
    np.testing.assert_allclose(
        first.loss, 0.5 * metrics["density_loss"] + 2 * expected, rtol=1e-5
    )
    assert second.metrics() == metrics
