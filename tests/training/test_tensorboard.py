"""What TensorBoard reads back of what was written."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.training.tensorboard import TensorBoard, write_mixtures
from rmdn_tf.training.validated import METRICS, Validated
from tests.helpers.event_files import curve, descriptions, read_events

EPOCH = 3


def mixtures(weights, loc=0.5, scale=(0.1, 0.2), correlation=0.0):
    """Parameters of clips `[n, C]` of weights."""
    moments = np.empty([*np.shape(weights), 6])
    moments[..., 0] = weights
    moments[..., 1:3] = loc
    moments[..., 3:5] = scale
    moments[..., 5] = correlation
    return parameters_from_moments(moments)


@pytest.fixture(scope="module")
def validated():
    """Scores of two frames, 0 and 1 more than the number of the metric."""
    scores = Scores(["model"], METRICS)
    for value in (0.0, 1.0, np.nan):
        values = {m: [n + value] for n, m in enumerate(METRICS)}
        scores.add("a", np.array([0]), np.array([1]), {"model": values})
    picture = np.random.default_rng(0).integers(0, 255, (8, 12, 3), np.uint8)
    parameters = mixtures([[0.5, 0.5]])
    baseline = {"loss": -0.25} | {m: -n for n, m in enumerate(METRICS)}
    return Validated(
        -1.5, scores, "2 frames", parameters, picture, baseline=baseline
    )


@pytest.fixture(scope="module")
def logs(validated, tmp_path_factory):
    """The folders of a run of one step, one epoch and its end."""
    directory = tmp_path_factory.mktemp("logs")
    settings = {
        "dataset": {"name": "demo"},
        "model": {"units": 128},
        "training": {"learning_rate": 3e-4},
        "c3d_weights": None,
        "precision": "float32",
    }
    scores = {"epoch": EPOCH, "scored_frames": "2 frames", "nss": 2.5}
    with TensorBoard(directory) as board:
        board.write("train", {"step_loss": 0.5, "gradient_norm": 2.0}, 1)
        board.write("train", {"loss": 0.25}, EPOCH)
        board.write_validation(validated, EPOCH)
        board.write_best(settings, scores)
    return {folder.name: read_events(folder) for folder in directory.iterdir()}


def test_each_folder_is_a_run_with_a_name(logs):
    assert set(logs) == {"train", "validation", "TCB", "best"}


def test_training_validation_and_baseline_share_the_charts(logs):
    assert curve(logs["train"], "loss/epoch") == {EPOCH: 0.25}
    assert curve(logs["validation"], "loss/epoch") == {EPOCH: -1.5}
    assert curve(logs["TCB"], "loss/epoch") == {EPOCH: -0.25}
    for number, metric in enumerate(METRICS):
        tag = f"metrics/{metric}"
        assert curve(logs["validation"], tag) == {EPOCH: number + 0.5}
        assert curve(logs["TCB"], tag) == {EPOCH: -number}


def test_the_picture_and_the_mixtures_are_those_of_validation(logs, validated):
    (event,) = logs["validation"].Tensors("maps/first_video")
    *_, png = tf.make_ndarray(event.tensor_proto)
    np.testing.assert_array_equal(tf.io.decode_png(png), validated.picture)
    assert event.step == EPOCH
    assert curve(logs["validation"], "mixture/perplexity") == {EPOCH: 2}


def test_final_scores_stand_at_the_best_epoch_in_a_run_of_their_own(logs):
    assert curve(logs["best"], "metrics/nss") == {EPOCH: 2.5}


def test_the_curves_of_the_loss_come_first(logs):
    tags = {tag for events in logs.values() for tag in descriptions(events)}
    groups = sorted({tag.split("/")[0] for tag in tags})
    assert groups == ["loss", "maps", "metrics", "mixture", "training"]


def test_every_tag_has_a_description_that_says_which_frames(logs):
    for name, events in logs.items():
        for tag, text in descriptions(events).items():
            assert text.endswith("."), tag
            if tag.startswith("metrics/"):
                assert "over 2 frames." in text, (name, tag)


def test_without_a_directory_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with TensorBoard(None) as board:
        board.write("train", {"loss": 1.0}, 1)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def read_back(tmp_path):
    """Returns a function: what to write -> what TensorBoard reads."""

    def read(write, *args):
        with tf.summary.create_file_writer(str(tmp_path)).as_default():
            write(*args)
        return read_events(tmp_path)

    return read


def histogram(events, tag):
    (event,) = events.Tensors(tag)
    return tf.make_ndarray(event.tensor_proto).T


def test_histograms_hold_the_numbers_of_every_component(read_back):
    parameters = mixtures(
        [[0.5, 0.3, 0.2], [0.9, 0.06, 0.04]],
        scale=[[[0.1, 0.5], [0.2, 0.4], [0.3, 0.3]]],
        correlation=[[-0.8, 0.0, 0.6]],
    )
    events = read_back(write_mixtures, parameters, EPOCH)
    for name, lowest, highest in [
        ("weight", 0.04, 0.9),
        ("scale_x", 0.1, 0.3),
        ("scale_y", 0.3, 0.5),
        ("correlation", -0.8, 0.6),
    ]:
        left, right, count = histogram(events, f"mixture/{name}")
        assert count.sum() == 6
        np.testing.assert_allclose(
            [left[0], right[-1]], [lowest, highest], rtol=1e-5
        )


@pytest.mark.parametrize(
    ("weights", "alive", "perplexity"),
    [
        ([[1.0, 0.0, 0.0, 0.0]], [1], 1),
        ([[0.25, 0.25, 0.25, 0.25]], [4], 4),
        ([[0.5, 0.5, 0.0, 0.0]], [2], 2),
        # A tenth of an equal share is 0.025.
        ([[0.95, 0.024, 0.026, 0.0]], [2], 1.26255),
        ([[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]], [1, 4], 2.5),
    ],
)
def test_components_that_are_alive_are_counted_clip_by_clip(
    read_back, weights, alive, perplexity
):
    events = read_back(write_mixtures, mixtures(weights), EPOCH)
    left, right, count = histogram(events, "mixture/components_alive")
    assert (left[0], right[-1], count.sum()) == (
        min(alive),
        max(alive),
        len(alive),
    )
    assert curve(events, "mixture/perplexity") == {
        EPOCH: pytest.approx(perplexity, rel=1e-5)
    }
