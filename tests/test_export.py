"""A SavedModel answers as the Python model does, and is whole or absent."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.export import export
from rmdn_tf.model import ModelConfig, build_rmdn, initial_state, pad_context
from rmdn_tf.saliency_maps import saliency_map
from rmdn_tf.windows import CONTEXT

MAP_SIZE = (6, 8)
NUM_FRAMES = 6


def config_of(stride, recurrent="lstm", features="conv5b"):
    return ModelConfig(
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
        (1,),
        (2,),
        (2, "rnn", "pool5"),
        (1, "none", "fc6"),
        (2, "lstm", "fc7"),
    ],
    ids=str,
)
def exported(request, tmp_path_factory):
    """Returns (the Python model, its clip stride, the directory)."""
    config = config_of(*request.param)
    keras.utils.set_random_seed(0)
    model = build_rmdn(config)
    directory = tmp_path_factory.mktemp("saved_models") / "tiny"
    assert export(model, config, directory, MAP_SIZE) == directory / "1"
    return model, config.clip_stride, directory / "1"


@pytest.fixture(scope="module")
def loaded(exported):
    return tf.saved_model.load(exported[2])


@pytest.fixture(scope="module")
def frames():
    return np.random.default_rng(0).integers(
        0, 256, (2, NUM_FRAMES, 10, 12, 3), np.uint8
    )


def python_outputs(model, stride, frames):
    """`parameters` and `densities` of whole videos, without the export."""
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
        "densities": saliency_map(parameters, *MAP_SIZE),
    }


def assert_close(actual, expected):
    assert actual.keys() == expected.keys()
    for key, value in expected.items():
        # Unconstrained parameters may be near 0.
        np.testing.assert_allclose(actual[key], value, rtol=1e-5, atol=1e-6)


def test_the_served_model_answers_as_the_python_model_does(
    exported, loaded, frames
):
    model, stride, _ = exported
    outputs = loaded.signatures["serving_default"](frames=tf.constant(frames))
    num_clips = (NUM_FRAMES - 1) // stride + 1
    assert outputs["densities"].shape == (2, num_clips, *MAP_SIZE)
    assert outputs["parameters"].shape == (2, num_clips, 3, 6)
    assert_close(outputs, python_outputs(model, stride, frames))
    np.testing.assert_allclose(
        tf.reduce_sum(outputs["densities"], [-2, -1]), 1, rtol=1e-5, atol=0
    )


def test_a_video_of_one_frame_is_served(exported, loaded, frames):
    model, stride, _ = exported
    outputs = loaded.signatures["serving_default"](
        frames=tf.constant(frames[:1, :1])
    )
    assert outputs["densities"].shape == (1, 1, *MAP_SIZE)
    assert_close(outputs, python_outputs(model, stride, frames[:1, :1]))


@pytest.mark.parametrize("borders", [(0, 2, 6), (0, 4, 6), (0, 2, 4, 6)])
def test_steps_that_carry_the_state_answer_as_the_whole_does(
    exported, loaded, frames, borders
):
    model, stride, _ = exported
    padded = np.asarray(pad_context(tf.constant(frames)))
    state = initial_state(model, 2)
    parts = {"densities": [], "parameters": []}
    for begin, end in zip(borders[:-1], borders[1:], strict=True):
        outputs = loaded.signatures["step"](
            frames=tf.constant(padded[:, begin : end + CONTEXT]), **state
        )
        state = {key: outputs[key] for key in state}
        for key, values in parts.items():
            values.append(outputs[key])
    assert len(parts["densities"]) == len(borders) - 1
    assert parts["densities"][0].shape[1] == borders[1] // stride
    whole = loaded.signatures["serving_default"](frames=tf.constant(frames))
    assert_close(
        {key: np.concatenate(values, 1) for key, values in parts.items()},
        whole,
    )


def test_steps_of_one_frame_each_answer_as_the_whole_does(
    exported, loaded, frames
):
    model, stride, _ = exported
    padded = np.asarray(pad_context(tf.constant(frames)))
    state = initial_state(model, 2)
    densities = []
    # With stride s only every s-th frame ends a clip.
    for end in range(0, NUM_FRAMES, stride):
        outputs = loaded.signatures["step"](
            frames=tf.constant(padded[:, end : end + CONTEXT + 1]), **state
        )
        state = {key: outputs[key] for key in state}
        densities.append(outputs["densities"])
    whole = loaded.signatures["serving_default"](frames=tf.constant(frames))
    np.testing.assert_allclose(
        np.concatenate(densities, 1), whole["densities"], rtol=1e-5, atol=0
    )


def test_the_loader_of_sessions_that_tensorflow_serving_takes_works(
    exported, frames
):
    model, stride, directory = exported
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        meta_graph = tf.compat.v1.saved_model.loader.load(
            session, [tf.saved_model.SERVING], str(directory)
        )
        signatures = dict(meta_graph.signature_def)
        served = signatures["serving_default"]
        outputs = session.run(
            {key: info.name for key, info in served.outputs.items()},
            {served.inputs["frames"].name: frames},
        )
    assert {"serving_default", "step"} <= signatures.keys()
    state = set(initial_state(model, 1))
    assert {*signatures["step"].inputs} == {"frames", *state}
    assert {*signatures["step"].outputs} == {"densities", "parameters", *state}
    assert_close(outputs, python_outputs(model, stride, frames))


def test_every_weight_is_stored_once(exported):
    model, _, directory = exported
    stored = tf.train.load_checkpoint(str(directory / "variables/variables"))
    shapes = stored.get_variable_to_shape_map()
    shapes.pop("_CHECKPOINTABLE_OBJECT_GRAPH")
    assert sorted(map(tuple, shapes.values())) == sorted(
        tuple(variable.shape) for variable in model.variables
    )


def _write_a_file(served, path, signatures):
    with open(f"{path}/saved_model.pb", "w") as file:
        file.write("half")


def test_versions_count_up_from_the_highest_there(monkeypatch, tmp_path):
    config = config_of(1)
    model = build_rmdn(config)
    monkeypatch.setattr(tf.saved_model, "save", _write_a_file)
    assert export(model, config, tmp_path / "new").name == "1"
    assert export(model, config, tmp_path / "new").name == "2"
    (tmp_path / "new" / "9").mkdir()
    (tmp_path / "new" / "notes").mkdir()
    (tmp_path / "new" / "1" / "mark").touch()
    target = export(model, config, tmp_path / "new")
    assert target == tmp_path / "new" / "10"
    # A server runs as another user, and versions are never written twice.
    assert target.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "new" / "1" / "mark").exists()
    assert not (target / "mark").exists()


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_an_export_that_breaks_off_leaves_nothing(monkeypatch, tmp_path, error):
    def break_off(*arguments):
        _write_a_file(*arguments)
        raise error

    config = config_of(1)
    model = build_rmdn(config)
    monkeypatch.setattr(tf.saved_model, "save", break_off)
    with pytest.raises(type(error)):
        export(model, config, tmp_path)
    assert list(tmp_path.iterdir()) == []
