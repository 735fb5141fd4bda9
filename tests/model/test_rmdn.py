"""The whole network's contract, and the way to disk and back."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model import mixture
from rmdn_tf.model.parts import initial_state, model_inputs, pad_context
from rmdn_tf.model.rmdn import build_rmdn

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def config(tiny_model):
    return dataclasses.replace(tiny_model, clip_stride=1, dropout=0.5)


@pytest.fixture(scope="module")
def model(config):
    keras.utils.set_random_seed(0)
    return build_rmdn(config)


def random_frames(batch_size=2, num_frames=6, size=(10, 12), seed=0):
    """Frames without context."""
    return np.random.default_rng(seed).integers(
        0, 256, (batch_size, num_frames, *size, 3), np.uint8
    )


def run(model, frames, state=None, is_first=False, training=False, stride=1):
    """Runs over frames that begin with their context."""
    batch_size, num_frames = frames.shape[:2]
    num_clips = (num_frames - CONTEXT - 1) // stride + 1
    inputs = {
        "frames": frames,
        "is_first": np.broadcast_to(is_first, [batch_size]),
        "clip_mask": np.ones([batch_size, num_clips], bool),
        **(state or initial_state(model, batch_size)),
    }
    inputs = tf.nest.map_structure(tf.convert_to_tensor, inputs)
    return model(inputs, training=training)


def random_state(batch_size=2, names=("hidden", "cell")):
    rng = np.random.default_rng(9)
    return {
        key: rng.normal(size=(batch_size, 4)).astype(np.float32)
        for key in names
    }


def assert_equal(outputs, expected):
    assert outputs.keys() == expected.keys()
    for key in expected:
        np.testing.assert_array_equal(outputs[key], expected[key])


def test_inputs_and_outputs_have_an_unknown_batch_and_length(model):
    def kinds(values):
        return {key: (v.shape, v.dtype) for key, v in values.items()}

    assert kinds(model.input) == {
        "frames": ((None, None, None, None, 3), "uint8"),
        "hidden": ((None, 4), "float32"),
        "cell": ((None, 4), "float32"),
        "is_first": ((None,), "bool"),
        "clip_mask": ((None, None), "bool"),
    }
    assert kinds(model.output) == {
        "parameters": ((None, None, 3, 6), "float32"),
        "hidden": ((None, 4), "float32"),
        "cell": ((None, 4), "float32"),
    }


@pytest.mark.parametrize(
    ("recurrent", "names"), [("rnn", {"hidden"}), ("none", set())]
)
def test_an_ablation_has_the_state_of_its_recurrence(config, recurrent, names):
    ablated = build_rmdn(dataclasses.replace(config, recurrent=recurrent))
    assert ablated.input.keys() == {"frames", "is_first", "clip_mask", *names}
    assert ablated.output.keys() == {"parameters", *names}
    assert initial_state(ablated, 2).keys() == names


@pytest.mark.parametrize("size", [(10, 12), (16, 16), (70, 50)])
@pytest.mark.parametrize(("batch_size", "num_frames"), [(1, 1), (2, 4)])
def test_every_frame_of_a_video_gets_a_density(
    model, batch_size, num_frames, size
):
    frames = pad_context(random_frames(batch_size, num_frames, size))
    outputs = run(model, frames)
    assert outputs["parameters"].shape == (batch_size, num_frames, 3, 6)
    log_prob = mixture.distribution(outputs["parameters"]).log_prob([0.5, 0.5])
    assert log_prob.shape == (batch_size, num_frames)
    assert np.isfinite(log_prob).all()


def test_the_context_of_a_video_is_its_first_frame():
    frames = random_frames()
    padded = pad_context(tf.constant(frames)).numpy()
    assert padded.dtype == np.uint8
    assert padded.shape == (2, 15 + 6, 10, 12, 3)
    np.testing.assert_array_equal(padded[:, 15:], frames)
    for index in range(15):
        np.testing.assert_array_equal(padded[:, index], frames[:, 0])


@pytest.mark.parametrize("recurrent", ["lstm", "rnn", "none"])
@pytest.mark.parametrize("stride", [1, 2])
def test_two_halves_with_the_state_carried_over_are_the_whole(
    config, recurrent, stride
):
    strided = build_rmdn(
        dataclasses.replace(config, recurrent=recurrent, clip_stride=stride)
    )
    frames = np.asarray(pad_context(random_frames()))
    state = random_state(names=initial_state(strided, 1))
    whole = run(strided, frames, state, stride=stride)
    first = run(strided, frames[:, : CONTEXT + 4], state, stride=stride)
    parameters = [first.pop("parameters")]
    second = run(strided, frames[:, 4:], first, stride=stride)
    parameters.append(second.pop("parameters"))
    second["parameters"] = np.concatenate(parameters, 1)
    for key, value in whole.items():
        # Unconstrained parameters and states may be near 0.
        np.testing.assert_allclose(second[key], value, rtol=1e-5, atol=1e-6)


def test_a_density_depends_on_the_past_and_not_on_the_future(model):
    frames = np.asarray(pad_context(random_frames()))
    before = run(model, frames)["parameters"].numpy()
    changed = frames.copy()
    changed[:, CONTEXT + 3] = 255 - changed[:, CONTEXT + 3]
    after = run(model, changed)["parameters"].numpy()
    np.testing.assert_allclose(
        after[:, :3], before[:, :3], rtol=1e-5, atol=1e-6
    )
    assert np.all(np.abs(after - before)[:, 3:].max((0, 2, 3)) > 1e-4)


def test_dropout_is_active_in_training_alone(model):
    frames = pad_context(random_frames())
    assert_equal(run(model, frames), run(model, frames))
    training = [run(model, frames, training=True) for _ in range(2)]
    differences = training[0]["parameters"] - training[1]["parameters"]
    assert np.abs(differences).max() > 1e-3
    # The state is not dropped: only what goes to the mixture is.
    np.testing.assert_array_equal(training[0]["cell"], training[1]["cell"])


def test_a_clip_counts_if_the_frame_that_it_ends_at_does():
    batch = {
        "frames": "frames",
        "is_first": "is_first",
        "frame_mask": np.array([[1, 1, 1, 1, 1, 0, 0, 0], [1] + 7 * [0]], bool),
        "fixations": "unused",
    }
    inputs = model_inputs(batch, {"hidden": "h", "cell": "c"}, 4)
    mask = inputs.pop("clip_mask")
    np.testing.assert_array_equal(mask, [[True, True], [True, False]])
    rest = {"frames": "frames", "is_first": "is_first"}
    assert inputs == rest | {"hidden": "h", "cell": "c"}


def test_a_batch_of_features_gives_the_inputs_of_a_head():
    batch = {
        "features": "features",
        "is_first": "is_first",
        "frame_mask": np.ones([1, 4], bool),
    }
    inputs = model_inputs(batch, {}, 2)
    assert inputs.keys() == {"features", "is_first", "clip_mask"}
    assert inputs["features"] == "features"
