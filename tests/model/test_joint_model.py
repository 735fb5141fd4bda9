"""The model of density and action: built, saved, served, streamed."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.config_json import config_from_json, config_to_json
from rmdn_tf.model.parts import (
    build_cells,
    build_encoder,
    build_head,
    cell_grid,
    initial_state,
    pad_context,
    recurrence,
)
from rmdn_tf.model.presets import PRESETS, with_changes
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import load_model, save_model
from rmdn_tf.prediction.attention_model import load
from rmdn_tf.runs.loading import served_metadata
from rmdn_tf.serving.export import export

pytestmark = pytest.mark.slow

ACTIONS = ("jump", "run", "walk")
NUM_FRAMES = 9  # three clips at stride 4


@pytest.fixture(scope="module")
def config(tiny_model):
    return with_changes(
        tiny_model, input_size=(32, 48), actions=ACTIONS, num_components=2
    )


@pytest.fixture(scope="module")
def model(config):
    """A network whose maps and actions differ from clip to clip."""
    model = build_rmdn(config)
    recurrent = recurrence(model)
    draw = np.random.default_rng(0)
    for layer in (recurrent.mixture.linear, recurrent.evidence):
        layer.kernel.assign(draw.normal(size=layer.kernel.shape))
    return model


@pytest.fixture(scope="module")
def frames():
    draw = np.random.default_rng(1)
    shape = (1, NUM_FRAMES, 32, 48, 3)
    return tf.constant(draw.integers(0, 256, shape, np.uint8))


def run(model, frames, state=None, key="frames"):
    num_clips = (NUM_FRAMES - 1) // 4 + 1
    return model(
        {
            key: frames,
            "is_first": tf.constant([False]),
            "clip_mask": tf.fill([1, num_clips], True),
            **(state or initial_state(model, 1)),
        },
        training=False,
    )


@pytest.fixture(scope="module")
def whole(model, frames):
    return run(model, pad_context(frames))


def test_it_gives_a_density_and_an_action_at_each_time(whole, config):
    assert whole["parameters"].shape == (1, 3, 2, 6)
    assert whole["actions"].shape == (1, 3, 3)
    np.testing.assert_allclose(np.sum(whole["actions"], -1), 1, rtol=1e-5)
    assert whole["attention"].shape == (1, 2, 3)
    np.testing.assert_array_equal(whole["count"], [[3]])


def test_encoder_and_head_are_the_whole(model, frames, whole):
    features = build_encoder(model)(pad_context(frames))
    assert features.shape[-1] == 2 * 3 * cells_features(model)
    got = run(build_head(model), features, key="features")
    for name in whole:
        np.testing.assert_allclose(got[name], whole[name], rtol=1e-5, atol=1e-6)


def cells_features(model):
    assert cell_grid(model) == (2, 3)
    return model.get_layer("features").output.shape[-1]


def test_the_features_of_a_cell_lie_side_by_side(model, frames):
    """In the order that the recurrence takes them apart in."""
    padded = pad_context(frames)
    features = build_encoder(model)(padded)
    cells = build_cells(model)(padded)  # [1, 3, 2, 3, D]
    np.testing.assert_allclose(
        tf.reshape(features, tf.shape(cells)), cells, rtol=1e-6
    )


def test_without_actions_the_network_is_that_of_before(tiny_model):
    model = build_rmdn(tiny_model)
    assert set(model.output) == {"parameters", "hidden", "cell"}
    assert [layer.name for layer in model.layers if layer.weights] == [
        "c3d",
        "lstm",
        "mixture",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"actions": ("run",)}, "`actions`. Expected 2 to 65536 names"),
        ({"actions": ("run", "run")}, "`actions`. Expected 2 to 65536 names"),
        ({"features": "fc6"}, "`features`. Expected one of .*'conv5b'"),
        ({"recurrent": "rnn"}, "`recurrent`. Expected a setting of Joint"),
        ({"head": "spatial"}, "`head`. Expected 'dense' with actions"),
    ],
)
def test_what_cannot_tell_an_action_is_refused(config, changes, message):
    with pytest.raises(ValueError, match=f"Invalid {message}"):
        with_changes(config, **changes)


def test_projected_cells_will_do(config, frames):
    model = build_rmdn(dataclasses.replace(config, projection=1))
    assert cell_grid(model) == (2, 3)
    assert run(model, pad_context(frames))["attention"].shape == (1, 2, 3)


def test_a_saved_model_is_read_back(model, config, frames, whole, tmp_path):
    save_model(model, config, tmp_path)
    again, read = load_model(tmp_path)
    assert read == config
    got = run(again, pad_context(frames))
    for name in whole:
        np.testing.assert_array_equal(got[name], whole[name], name)


@pytest.fixture(scope="module")
def exported(model, config, tmp_path_factory):
    return export(model, config, tmp_path_factory.mktemp("saved") / "joint")


@pytest.fixture(scope="module")
def signatures(exported):
    return tf.saved_model.load(str(exported)).signatures


NO_MAP = np.zeros([1, 2], np.int32)


def test_a_saved_model_of_tensorflow_answers_alike(signatures, frames, whole):
    answer = signatures["serving_default"](
        frames=frames, map_size=tf.constant(NO_MAP)
    )
    assert set(answer) == {"parameters", "moments", "densities", "actions"}
    for name in ("parameters", "actions"):
        np.testing.assert_allclose(
            answer[name], whole[name], rtol=1e-5, atol=1e-6
        )


def test_a_served_stream_carries_the_evidence_on(signatures, frames, whole):
    state = signatures["initial_state"](rows=tf.zeros([1], tf.int32))
    del state["rows"]
    padded = pad_context(frames)
    actions = []
    # A clip ends at frames 0, 4 and 8.
    for first, last in ((0, 5), (8, NUM_FRAMES)):
        answer = signatures["step"](
            frames=padded[:, first : last + CONTEXT],
            map_size=tf.constant(NO_MAP),
            **state,
        )
        state = {name: answer[name] for name in state}
        actions.append(answer["actions"])
    got = np.concatenate(actions, 1)
    np.testing.assert_allclose(got, whole["actions"], rtol=1e-5, atol=1e-6)


def test_its_metadata_name_the_actions_and_the_state(exported, config):
    metadata = served_metadata(exported)
    assert config_from_json(metadata["model"]).actions == ACTIONS
    assert metadata["model"].keys() == config_to_json(config).keys()
    assert not {"recurrent", "motion_lags"} & metadata["model"].keys()
    described = metadata["signatures"]["serving_default"]["outputs"]["actions"]
    assert described["shape"] == ["B", "T", len(ACTIONS)]
    assert metadata["state"]["attention"] == [2, 3]
    assert metadata["state"]["count"] == [1]


def test_a_state_that_is_none_is_refused(signatures, frames, model):
    state = initial_state(model, 1)
    state["evidence"] += tf.constant([[3e38, -3e38, 0]])
    state["count"] -= 1e30
    state["attention"] += 1e38
    refusal = "Invalid `(evidence|count|attention)`. Expected finite numbers"
    with pytest.raises(tf.errors.InvalidArgumentError, match=refusal):
        signatures["step"](
            frames=pad_context(frames)[:, : CONTEXT + 1],
            map_size=tf.constant(NO_MAP),
            **state,
        )


@pytest.mark.parametrize("is_served", [False, True])
def test_densities_stream_from_it(
    is_served, exported, model, config, frames, whole, tmp_path
):
    path = exported
    if not is_served:
        path = tmp_path / "best"
        save_model(model, config, path)
    streamed = [density for _, density in load(path).stream(frames[0].numpy())]
    assert len(streamed) == NUM_FRAMES
    np.testing.assert_allclose(
        [streamed[number].parameters for number in (0, 4, 8)],
        whole["parameters"][0],
        rtol=1e-4,
        atol=1e-5,
    )


def test_half_precision_is_near_the_whole(config, model, frames, whole):
    half = build_rmdn(config, "mixed_bfloat16")
    half.set_weights(model.get_weights())
    actions = run(half, pad_context(frames))["actions"]
    assert actions.dtype == tf.float32
    np.testing.assert_allclose(actions, whole["actions"], atol=0.05)


def test_the_paper_s_network_has_a_joint_one():
    narrow = ((1,), (1,), (1,), (1,), (512,))
    config = with_changes(PRESETS["paper"], actions=ACTIONS, filters=narrow)
    recurrent = build_rmdn(config).get_layer("joint")
    assert recurrent.grid == (7, 7)
    assert recurrent.evidence.kernel.shape == (2 * 512, 3)
