"""Tests of files of LiteRT."""

import dataclasses
import functools

import numpy as np
import pytest

from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.runtimes.formats import FORMATS
from rmdn_tf.runtimes.loading import open_session
from rmdn_tf.runtimes.session import RuntimeNetwork
from tests.helpers import portable_networks
from tests.helpers.portable_networks import (
    export_tiny,
    moving_frames,
    streamed,
    with_a_flipped_bit,
)

pytest.importorskip("ai_edge_litert")

from ai_edge_litert import schema_py_generated as schema  # noqa: E402
from ai_edge_litert.interpreter import (  # noqa: E402
    Interpreter,
    OpResolverType,
)

from rmdn_tf.runtimes.litert_metadata import (  # noqa: E402
    read_text,
    with_text,
)

pytestmark = pytest.mark.slow

C3D = dataclasses.replace(
    portable_networks.C3D,
    input_size=(18, 23),
    filters=((2,), (3,), (2, 3), (2,), (2,)),
    dense_units=8,
)
SPATIAL = portable_networks.CONFIGS["spatial"]
PLAIN = dataclasses.replace(
    SPATIAL, faces=False, camera=False, reset_on_cuts=False
)
CONFIGS = {
    "lstm": C3D,
    "rnn": dataclasses.replace(C3D, recurrent="rnn", features="pool5"),
    "none": dataclasses.replace(C3D, recurrent="none", features="fc7"),
    "spatial": SPATIAL,
    "gru": dataclasses.replace(PLAIN, recurrent="gru"),
    "spatial none": dataclasses.replace(PLAIN, recurrent="none"),
}


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    """Returns a function: name of `CONFIGS` -> model and its file."""
    directory = tmp_path_factory.mktemp("litert")

    @functools.cache
    def network(name):
        path = directory / f"{name}.tflite"
        return export_tiny(CONFIGS[name], "litert", path), path

    return network


@pytest.fixture(scope="module")
def lstm_file(networks):
    return networks("lstm")[1]


@pytest.mark.parametrize("name", CONFIGS)
def test_a_stream_is_that_of_the_model(name, networks):
    _check_stream(*networks(name), CONFIGS[name])


def test_the_joint_network_is_refused_or_equal(tmp_path):
    config = portable_networks.CONFIGS["actions"]
    path = tmp_path / "tiny.tflite"
    try:
        model = export_tiny(config, "litert", path)
    except ValueError as error:  # Of TensorFlow 2.16.
        assert str(error).endswith("to LiteRT: it lacks Cosh, Sinh.")
    else:
        _check_stream(model, path, config)


def _check_stream(model, path, config):
    frames = moving_frames(9, config.input_size)
    expected = streamed(KerasNetwork(model), config, frames, [9])
    network = RuntimeNetwork(open_session(path, 1))
    for pieces in ([9], [1, 5, 3]):
        found = streamed(network, config, frames, pieces)
        np.testing.assert_allclose(found, expected, 2e-5, 2e-5)
    assert _foreign_operations(path) == set()


def _foreign_operations(path):
    """Names operations that are not LiteRT's own."""
    model = schema.Model.GetRootAs(path.read_bytes(), 0)
    assert model.OperatorCodesLength() > 5
    codes = map(model.OperatorCodes, range(model.OperatorCodesLength()))
    return {code.CustomCode() for code in codes} - {None}


def test_float16_halves_the_weights_and_keeps_float32_outside(tmp_path):
    config = dataclasses.replace(C3D, units=64)
    paths = {n: tmp_path / f"{n}.tflite" for n in ("float32", "float16")}
    for name, path in paths.items():
        export_tiny(config, "litert", path, precision=name)
    sizes = {name: path.stat().st_size for name, path in paths.items()}
    weights = 4 * 256 * (2 * 1 * 2 * 2 + 64)  # Bytes of the LSTM.
    assert sizes["float32"] - sizes["float16"] > 0.45 * weights
    frames = moving_frames(9, config.input_size)
    streams = [
        streamed(RuntimeNetwork(open_session(path, 1)), config, frames, [9])
        for path in paths.values()
    ]
    assert {one.dtype for one in streams} == {np.dtype(np.float32)}
    assert 0 < np.abs(streams[1] - streams[0]).max() < 1e-2


def test_int8_quantizes_the_network_of_clips_and_nothing_else(
    networks, tmp_path
):
    pytest.importorskip("ai_edge_quantizer")
    frames = moving_frames(9, SPATIAL.input_size)
    plain, quantized = networks("spatial")[1], tmp_path / "int8.tflite"
    samples = _inputs_of(open_session(plain, 1), frames)[::4]
    export_tiny(SPATIAL, "litert", quantized, precision="int8", samples=samples)
    session = open_session(quantized, 1)
    assert session.description.precision == "int8"
    expected, found = (
        streamed(RuntimeNetwork(one), SPATIAL, frames, [9])
        for one in (open_session(plain, 1), session)
    )
    assert 0 < np.abs(found - expected).max() < 0.1
    names = _names_of_int8(quantized)
    assert any("efficientnet" in name for name in names)
    beside = ("faces", "features", "projection", "head")
    assert not [n for n in names if any(f"/{b}" in f"/{n}" for b in beside)]


def _inputs_of(session, frames):
    """Collects what a session gets for each clip."""
    samples, run = [], session.run
    session.run = lambda inputs: samples.append(inputs) or run(inputs)
    streamed(RuntimeNetwork(session), SPATIAL, frames, [len(frames)])
    return samples


def _names_of_int8(path):
    kinds = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(str(path), experimental_op_resolver_type=kinds)
    details = interpreter.get_tensor_details()
    return [one["name"] for one in details if one["dtype"] == np.int8]


def test_converting_prints_nothing(capfd, tmp_path):
    capfd.readouterr()
    export_tiny(C3D, "litert", tmp_path / "tiny.tflite")
    network = RuntimeNetwork(open_session(tmp_path / "tiny.tflite", 1))
    streamed(network, C3D, moving_frames(1, C3D.input_size), [1])
    assert capfd.readouterr() == ("", "")


def test_an_operation_that_litert_lacks_is_named(monkeypatch, tmp_path):
    with_volumes = FORMATS["litert"]._replace(flat=False)
    monkeypatch.setitem(FORMATS, "litert", with_volumes)
    with pytest.raises(ValueError, match="LiteRT: it lacks MaxPool3D.$"):
        export_tiny(C3D, "litert", tmp_path / "tiny.tflite")
    assert not [*tmp_path.iterdir()]


def test_every_damaged_byte_is_found(lstm_file, tmp_path):
    path = tmp_path / "damaged.tflite"
    for damaged in with_a_flipped_bit(lstm_file, 200, first=8):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="Invalid LiteRT file '.*damaged"):
            open_session(path, 1)


@pytest.mark.parametrize("length", [0, 3, 8, 64, 5000, -1])
def test_a_file_that_is_cut_off_is_refused(length, lstm_file, tmp_path):
    path = tmp_path / "short.tflite"
    path.write_bytes(lstm_file.read_bytes()[:length])
    with pytest.raises(ValueError, match="Invalid LiteRT file '.*short"):
        open_session(path, 1)


def test_random_bytes_behind_the_identifier_are_refused(tmp_path):
    path = tmp_path / "random.tflite"
    for seed in range(200):
        noise = np.random.default_rng(seed).bytes(3000)
        path.write_bytes(noise[:4] + b"TFL3" + noise)
        with pytest.raises(ValueError, match="Invalid LiteRT file '.*random"):
            open_session(path, 1)


def test_a_file_of_another_project_is_refused(lstm_file, tmp_path):
    path = tmp_path / "foreign.tflite"
    content = lstm_file.read_bytes().replace(b"rmdn_tf", b"foreign")
    path.write_bytes(content)
    with pytest.raises(ValueError, match="without a description"):
        open_session(path, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"input_size": [18, 23]', '"input_size": [4096, 4096]'),
        ('"clip_stride": 2', '"clip_stride": 2, "num_clips": 3'),
        ('"num_clips": 1', '"num_clips": null'),
        ('"hidden": [4]', '"hidden": [5]'),
        ('"hidden": [4]', '"other": [4]'),
        ('"context": 15', '"context": 14'),
    ],
)
def test_a_description_of_other_shapes_is_refused(
    before, after, lstm_file, tmp_path
):
    path = tmp_path / "lie.tflite"
    content = lstm_file.read_bytes()
    text = read_text(content, schema).decode()
    lie = text.replace(before, after)
    assert lie != text
    path.write_bytes(_described(content, lie))
    with pytest.raises(ValueError, match="Invalid LiteRT file '.*lie"):
        open_session(path, 1)


def _described(content, text):
    """Replaces the description; the checksum is right."""
    other = content.replace(b"rmdn_tf", b"removed")
    return with_text(other, text, schema)


def test_the_arrays_of_a_run_belong_to_the_caller(lstm_file):
    session = open_session(lstm_file, 1)
    state = RuntimeNetwork(session).initial_state()
    inputs = {f"{name}_in": part for name, part in state.items()}
    frames = np.zeros((1, 16, 18, 23, 3), np.float32)
    first = session.run({"frames": frames, **inputs})["parameters"]
    before = first.copy()
    frames += 200.0
    second = session.run({"frames": frames, **inputs})["parameters"]
    assert not np.array_equal(second, before)
    np.testing.assert_array_equal(first, before)
