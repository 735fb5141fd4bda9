"""What TensorBoard reads back of what was written."""

import re

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.training import tensorboard
from rmdn_tf.training.tensorboard import FIRST_STEP, Profile
from rmdn_tf.training.validation import METRICS, Validated

EPOCH = 3


@pytest.fixture
def read_back(tmp_path):
    """Returns a function: what to write -> what TensorBoard reads."""

    def read(write, *args):
        with tf.summary.create_file_writer(str(tmp_path)).as_default():
            write(*args)
        events = EventAccumulator(str(tmp_path))
        return events.Reload()

    return read


def value_of(events, tag, step=EPOCH):
    (event,) = events.Tensors(tag)
    assert event.step == step
    return tf.make_ndarray(event.tensor_proto)


def mixtures(weights, loc=0.5, scale=(0.1, 0.2), correlation=0.0):
    """Parameters of clips `[n, C]` of weights."""
    moments = np.empty([*np.shape(weights), 6])
    moments[..., 0] = weights
    moments[..., 1:3] = loc
    moments[..., 3:5] = scale
    moments[..., 5] = correlation
    return parameters_from_moments(moments)


def test_a_validation_is_written_as_curves_and_a_picture(read_back):
    scores = Scores(["model"], METRICS)
    for value in (0.0, 1.0, np.nan):
        values = {m: [n + value] for n, m in enumerate(METRICS)}
        scores.add("a", np.array([0]), np.array([1]), {"model": values})
    picture = np.random.default_rng(0).integers(0, 255, (8, 12, 3), np.uint8)
    validated = Validated(-1.5, scores, mixtures([[0.5, 0.5]]), picture)
    events = read_back(tensorboard.write_validation, validated, EPOCH)
    assert value_of(events, "validation/loss") == -1.5
    for number, metric in enumerate(METRICS):
        assert value_of(events, f"validation/{metric}") == number + 0.5
    *_, png = value_of(events, "validation/picture")
    np.testing.assert_array_equal(tf.io.decode_png(png), picture)
    assert value_of(events, "mixture/perplexity") == 2


def test_histograms_hold_the_numbers_of_every_component(read_back):
    parameters = mixtures(
        [[0.5, 0.3, 0.2], [0.9, 0.06, 0.04]],
        scale=[[[0.1, 0.5], [0.2, 0.4], [0.3, 0.3]]],
        correlation=[[-0.8, 0.0, 0.6]],
    )
    events = read_back(tensorboard.write_mixtures, parameters, EPOCH)
    for name, lowest, highest in [
        ("weight", 0.04, 0.9),
        ("scale_x", 0.1, 0.3),
        ("scale_y", 0.3, 0.5),
        ("correlation", -0.8, 0.6),
    ]:
        left, right, count = value_of(events, f"mixture/{name}").T
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
    events = read_back(tensorboard.write_mixtures, mixtures(weights), EPOCH)
    left, right, count = value_of(events, "mixture/components_alive").T
    assert (left[0], right[-1], count.sum()) == (
        min(alive),
        max(alive),
        len(alive),
    )
    np.testing.assert_allclose(
        value_of(events, "mixture/perplexity"), perplexity, rtol=1e-5
    )


def test_the_hparams_plug_in_finds_settings_and_results(read_back):
    settings = {
        "dataset": {"name": "demo"},
        "model": {"units": 128, "filters": ((2,), (3, 4)), "seed": None},
        "training": {"flip": True, "learning_rate": 3e-4},
    }
    events = read_back(tensorboard.write_hparams, settings, {"nss": 2.5})
    content = events.PluginTagToContent("hparams")
    session = HParamsPluginData.FromString(
        content["_hparams_/session_start_info"]
    ).session_start_info
    assert {
        name: getattr(value, value.WhichOneof("kind"))
        for name, value in session.hparams.items()
    } == {
        "dataset/name": "demo",
        "model/units": 128.0,
        "model/filters": "[[2], [3, 4]]",
        "model/seed": "null",
        "training/flip": True,
        "training/learning_rate": 3e-4,
    }
    assert value_of(events, "final/nss", step=0) == 2.5


def test_the_graph_shows_the_blocks_the_lstm_and_the_mixture(
    read_back, tiny_model
):
    events = read_back(tensorboard.write_graph, build_rmdn(tiny_model))
    scopes = {node.name for node in events.Graph().node}
    for layer in ("clips", "c3d/conv1a", "c3d/conv5a", "lstm", "mixture"):
        assert any(f"/{layer}/" in _plain(name) for name in scopes), layer


def _plain(scope: str) -> str:
    """The scope without the numbers that Keras appends to names."""
    return re.sub(r"_\d+(?=/)", "", scope)


def _traces(directory):
    return list((directory / "plugins" / "profile").rglob("*.xplane.pb"))


def test_a_trace_lies_where_tensorboard_looks(tmp_path):
    with Profile(tmp_path, 1) as profile:
        for _ in range(FIRST_STEP + 2):
            profile.next_step()
            tf.linalg.matmul(tf.ones([8, 8]), tf.ones([8, 8]))
    (trace,) = _traces(tmp_path)
    assert trace.stat().st_size > 0


@pytest.mark.parametrize(
    ("num_steps", "num_made", "expected"),
    [
        (0, 9, []),
        (3, FIRST_STEP, []),  # An epoch of too few steps.
        (3, 9, ["start 2", "stop 5"]),
        (1, 9, ["start 2", "stop 3"]),
        (5, 4, ["start 2", "stop 4"]),  # It ends with the epoch.
    ],
)
def test_the_wanted_steps_are_recorded(
    num_steps, num_made, expected, tmp_path, monkeypatch
):
    done, heard = 0, []
    profiler = tf.profiler.experimental
    monkeypatch.setattr(
        profiler, "start", lambda _: heard.append(f"start {done}")
    )
    monkeypatch.setattr(profiler, "stop", lambda: heard.append(f"stop {done}"))
    with Profile(tmp_path, num_steps) as profile:
        for _ in range(num_made):
            profile.next_step()
            done += 1
    assert heard == expected


def test_a_failure_ends_the_recording(tmp_path):
    with pytest.raises(ValueError, match="torn"), Profile(tmp_path, 5) as p:
        for _ in range(FIRST_STEP + 1):
            p.next_step()
        raise ValueError("torn")
    assert len(_traces(tmp_path)) == 1
    tf.profiler.experimental.start(str(tmp_path / "next"))
    tf.profiler.experimental.stop()
