"""A SavedModel answers as the Python model does."""

import dataclasses
import itertools
import json

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model.config import DenseConfig
from rmdn_tf.model.config_json import config_from_json
from rmdn_tf.model.moments import Moments, moments
from rmdn_tf.model.parts import initial_state, pad_context
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.model.saliency_maps import saliency_map
from rmdn_tf.runs.loading import served_metadata
from tests.helpers.loopback import export_tiny
from tests.helpers.scipy_mixtures import scipy_density

pytestmark = [pytest.mark.slow, pytest.mark.versions]

MAP_SIZE = (6, 8)
NUM_FRAMES = 6
SIGNATURES = {
    "serving_default",
    "step",
    "step_jpeg",
    "initial_state",
    "metadata",
}


def config_of(stride, recurrent="lstm", features="conv5b"):
    if recurrent in ("leaky", "gru"):
        return dataclasses.replace(
            PRESETS["spatial"],
            input_size=(32, 32),
            features="stage1",
            faces=False,
            camera=False,
            reset_on_cuts=False,
            projection=2,
            recurrent=recurrent,
            context_units=2,
            units=2,
            clip_stride=stride,
        )
    return DenseConfig(
        features=features,
        dense_units=5,
        recurrent=recurrent,
        input_size=(16, 16),
        filters=((2,), (2,), (2,), (2,), (2,)),
        units=4,
        num_components=3,
        clip_stride=stride,
    )


@pytest.fixture(
    scope="module",
    params=[
        "exported",  # An LSTM, stride 1.
        "exported_strided",  # No recurrence, stride 4.
        (2, "rnn", "fc6"),
        (1, "leaky"),
        (2, "gru"),
    ],
    ids=str,
)
def of_kind(request, tmp_path_factory):
    """Exported models of every kind: stride, recurrence and features."""
    if isinstance(request.param, str):
        return request.getfixturevalue(request.param)
    return export_tiny(config_of(*request.param), tmp_path_factory)


@pytest.fixture(scope="module")
def loaded(of_kind):
    return tf.saved_model.load(of_kind.version)


@pytest.fixture(scope="module")
def tiny(exported):
    """One model for what does not depend on the kind."""
    return tf.saved_model.load(exported.version)


@pytest.fixture(scope="module")
def frames():
    return np.random.default_rng(0).integers(
        0, 256, (2, NUM_FRAMES, 10, 12, 3), np.uint8
    )


def python_outputs(exported, frames):
    """`parameters` and `densities` of whole videos, without the export."""
    model, stride = exported.model, exported.config.clip_stride
    batch_size, num_frames = frames.shape[:2]
    num_clips = (num_frames - 1) // stride + 1
    outputs = model(
        {
            "frames": pad_context(tf.constant(frames)),
            "is_first": tf.fill([batch_size], True),
            "clip_mask": tf.fill([batch_size, num_clips], True),
            **initial_state(model, batch_size),
        },
        training=False,
    )
    parameters = outputs["parameters"]
    return {
        "parameters": parameters,
        "moments": tf.stack(moments(parameters), -1),
        "densities": saliency_map(parameters, *MAP_SIZE),
    }


def whole(loaded, frames, map_size=MAP_SIZE):
    return loaded.signatures["serving_default"](
        frames=tf.constant(frames), map_size=[map_size] * len(frames)
    )


def assert_close(actual, expected):
    assert actual.keys() == expected.keys()
    for key, value in expected.items():
        # Unconstrained parameters may be near 0.
        np.testing.assert_allclose(actual[key], value, rtol=1e-5, atol=1e-6)


def test_the_served_model_answers_as_the_python_model_does(
    of_kind, loaded, frames
):
    outputs = whole(loaded, frames)
    num_clips = (NUM_FRAMES - 1) // of_kind.config.clip_stride + 1
    assert outputs["densities"].shape == (2, num_clips, *MAP_SIZE)
    assert outputs["parameters"].shape[:2] == (2, num_clips)
    assert_close(outputs, python_outputs(of_kind, frames))
    np.testing.assert_allclose(
        tf.reduce_sum(outputs["densities"], [-2, -1]), 1, rtol=1e-5, atol=0
    )


def test_the_moments_give_the_densities(loaded, frames):
    outputs = whole(loaded, frames)
    found = Moments(*np.moveaxis(outputs["moments"].numpy(), -1, 0))
    np.testing.assert_allclose(found.weight.sum(-1), 1, rtol=1e-5, atol=0)
    assert (found.scale_x > 0).all() and (found.scale_y > 0).all()
    assert (abs(found.correlation) < 1).all()
    height, width = MAP_SIZE
    row, column = np.mgrid[:height, :width]
    points = np.stack([(column + 0.5) / width, (row + 0.5) / height], -1)
    for components, density in zip(
        outputs["moments"][0], outputs["densities"][0], strict=True
    ):
        expected = scipy_density(components, points)
        expected /= expected.sum()
        np.testing.assert_allclose(density, expected, rtol=1e-4, atol=0)


def test_a_video_of_one_frame_is_served(exported, tiny, frames):
    outputs = whole(tiny, frames[:1, :1])
    assert outputs["densities"].shape == (1, 1, *MAP_SIZE)
    assert_close(outputs, python_outputs(exported, frames[:1, :1]))


@pytest.mark.parametrize("borders", [(0, 2, 6), (0, 4, 5)])
def test_steps_that_carry_the_state_answer_as_the_whole_does(
    of_kind, loaded, frames, borders
):
    stride = of_kind.config.clip_stride
    if stride == 4 and borders != (0, 4, 5):
        pytest.skip("A step would begin between two clips.")
    padded = np.asarray(pad_context(tf.constant(frames)))
    frames = frames[:, : borders[-1]]
    state = loaded.signatures["initial_state"](rows=tf.zeros([2], tf.int32))
    assert state.pop("rows").shape == (2,)
    parts = {"densities": [], "moments": [], "parameters": []}
    for begin, end in itertools.pairwise(borders):
        outputs = loaded.signatures["step"](
            frames=tf.constant(padded[:, begin : end + CONTEXT]),
            map_size=[MAP_SIZE] * 2,
            **state,
        )
        state = {key: outputs[key] for key in state}
        for key, values in parts.items():
            values.append(outputs[key])
    assert len(parts["densities"]) == len(borders) - 1
    assert parts["densities"][0].shape[1] == -(-borders[1] // stride)
    assert_close(
        {key: np.concatenate(values, 1) for key, values in parts.items()},
        whole(loaded, frames),
    )


def test_steps_of_one_frame_each_answer_as_the_whole_does(
    of_kind, loaded, frames
):
    model, stride = of_kind.model, of_kind.config.clip_stride
    padded = np.asarray(pad_context(tf.constant(frames)))
    state = initial_state(model, 2)
    densities = []
    # With stride s only every s-th frame ends a clip.
    for end in range(0, NUM_FRAMES, stride):
        outputs = loaded.signatures["step"](
            frames=tf.constant(padded[:, end : end + CONTEXT + 1]),
            map_size=[MAP_SIZE] * 2,
            **state,
        )
        state = {key: outputs[key] for key in state}
        densities.append(outputs["densities"])
    np.testing.assert_allclose(
        np.concatenate(densities, 1),
        whole(loaded, frames)["densities"],
        rtol=1e-5,
        atol=1e-8,  # Far from everything a density is next to nothing.
    )


def test_the_state_before_a_video_is_that_of_the_python_model(of_kind, loaded):
    state = loaded.signatures["initial_state"](rows=tf.zeros([3], tf.int32))
    expected = initial_state(of_kind.model, 3)
    assert state.keys() == {*expected, "rows"}
    for name, part in expected.items():
        np.testing.assert_array_equal(state[name], part)


def test_jpegs_are_served_as_what_they_decode_to(of_kind, loaded, frames):
    model, stride = of_kind.model, of_kind.config.clip_stride
    jpegs = [tf.io.encode_jpeg(frame).numpy() for frame in frames[0]]
    decoded = np.stack([tf.io.decode_jpeg(jpeg) for jpeg in jpegs])
    state = initial_state(model, 1)
    steps = loaded.signatures
    outputs = steps["step_jpeg"](
        jpegs=tf.constant([jpegs[:1] * CONTEXT + jpegs[: stride + 1]]),
        map_size=[MAP_SIZE],
        **state,
    )
    padded = pad_context(tf.constant(decoded[None, : stride + 1]))
    expected = steps["step"](frames=padded, map_size=[MAP_SIZE], **state)
    assert outputs["densities"].shape[1] == 2
    assert_close(outputs, expected)


@pytest.mark.parametrize("size", [(1, 1), (31, 17)])
def test_a_map_has_the_size_that_is_asked_for(tiny, frames, size):
    outputs = whole(tiny, frames, size)
    expected = saliency_map(outputs["parameters"], *size)
    np.testing.assert_allclose(
        outputs["densities"], expected, rtol=1e-5, atol=1e-8
    )


def test_no_map_is_made_unless_it_is_asked_for(tiny, frames):
    outputs = whole(tiny, frames, (0, 0))
    assert outputs["densities"].shape[2:] == (0, 0)
    np.testing.assert_array_equal(
        outputs["parameters"], whole(tiny, frames)["parameters"]
    )


def test_the_metadata_describe_the_model(of_kind, loaded):
    model, stride = of_kind.model, of_kind.config.clip_stride
    (one, two) = loaded.signatures["metadata"](rows=tf.zeros([2], tf.int32))[
        "metadata"
    ].numpy()
    metadata = served_metadata(of_kind.version.parent)
    assert one == two and json.loads(one) == metadata
    config = config_from_json(metadata["model"])
    assert config.clip_stride == stride == metadata["clip_stride"]
    assert metadata["frames_per_second"] == config.frames_per_second
    assert metadata["context_frames"] == CONTEXT
    assert metadata["state"] == {
        name: list(part.shape[1:])
        for name, part in initial_state(model, 1).items()
    }
    assert metadata["name"] == "tiny"
    assert metadata["versions"]["tensorflow"] == tf.__version__
    assert len(metadata["git_commit"].removesuffix("-dirty")) == 40


def test_the_metadata_describe_the_signatures(of_kind, loaded):
    metadata = served_metadata(of_kind.version)
    assert metadata["signatures"].keys() == set(loaded.signatures)
    for name, signature in loaded.signatures.items():
        _, inputs = signature.structured_input_signature
        described = metadata["signatures"][name]
        assert described["does"]
        assert_described(described["inputs"], inputs)
        assert_described(described["outputs"], signature.structured_outputs)


def assert_described(described, specs):
    assert described.keys() == specs.keys()
    for name, spec in specs.items():
        said = described[name]
        assert said["meaning"] and said["dtype"] == spec.dtype.name
        sizes = [None if type(s) is str else s for s in said["shape"]]
        tf.TensorShape(sizes).assert_is_compatible_with(spec.shape)


def test_the_loader_of_sessions_that_tensorflow_serving_takes_works(
    exported, frames
):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta_graph = tf.compat.v1.saved_model.loader.load(
            session, [tf.saved_model.SERVING], str(exported.version)
        )
        signatures = dict(meta_graph.signature_def)
        served = signatures["serving_default"]
        outputs = session.run(
            {key: info.name for key, info in served.outputs.items()},
            {
                served.inputs["frames"].name: frames,
                served.inputs["map_size"].name: [MAP_SIZE] * 2,
            },
        )
    assert signatures.keys() - {"__saved_model_init_op"} == SIGNATURES
    state = set(initial_state(exported.model, 1))
    for name, described in (("step", "frames"), ("step_jpeg", "jpegs")):
        inputs, outputs_ = signatures[name].inputs, signatures[name].outputs
        assert {*inputs} == {described, "map_size", *state}
        assert {*outputs_} == {"densities", "moments", "parameters", *state}
    assert_close(outputs, python_outputs(exported, frames))


def test_the_batch_is_the_first_axis_of_every_input_and_output(tiny):
    for name in SIGNATURES:
        signature = tiny.signatures[name]
        _, inputs = signature.structured_input_signature
        for spec in (*inputs.values(), *signature.outputs):
            assert spec.shape[0] is None, name


def test_every_weight_is_stored_once(of_kind):
    variables = of_kind.version / "variables/variables"
    stored = tf.train.load_checkpoint(str(variables))
    shapes = stored.get_variable_to_shape_map()
    shapes.pop("_CHECKPOINTABLE_OBJECT_GRAPH")
    assert sorted(map(tuple, shapes.values())) == sorted(
        tuple(weight.shape) for weight in of_kind.model.weights
    )
