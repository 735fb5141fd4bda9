"""Tests of directories of OpenVINO."""

import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import rmdn_tf
from rmdn_tf.encoders import faces
from rmdn_tf.encoders.blazeface import anchor_centres
from rmdn_tf.files.checksums import CHECKSUM_FILE, write_checksums
from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.processor import has_bfloat16
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runs.network_facts import describe_network
from rmdn_tf.runtimes.export import export_portable
from rmdn_tf.runtimes.formats import OPENVINO_FILE, OPENVINO_WEIGHTS
from rmdn_tf.runtimes.loading import open_session
from rmdn_tf.runtimes.session import RuntimeNetwork
from tests.helpers.portable_networks import (
    CONFIGS,
    exported,
    moving_frames,
    samples_of,
    streamed,
)

openvino = pytest.importorskip("openvino")

pytestmark = pytest.mark.slow

# Sums of a whole picture are rounded in another order.
TOLERANCE = 2e-4

CONFIG = CONFIGS["spatial"]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return build_rmdn(CONFIG)


def _export(model, path, **options):
    facts = describe_network(model, CONFIG, "tiny")
    export_portable(model, CONFIG, path, "openvino", facts=facts, **options)
    return path


@pytest.fixture(scope="module")
def directory(model, tmp_path_factory):
    return _export(model, tmp_path_factory.mktemp("float32") / "network")


def _frames(number):
    """Pans over smooth noise, uint8 `[n, 64, 64, 3]`."""
    picture = np.random.default_rng(1).uniform(0, 255, (9, 16, 3))
    picture = picture.repeat(8, 0).repeat(8, 1).astype(np.uint8)
    return np.stack([picture[k : k + 64, k : k + 64] for k in range(number)])


def _streamed(network, pieces=(8,)):
    stream = ClipStream(network, CONFIG.clip_stride)
    parts = np.split(_frames(sum(pieces)), np.cumsum(pieces)[:-1])
    return np.concatenate([stream(part) for part in parts])


def _inputs(session):
    """Makes inputs of one clip of noise."""
    state = session.description.state
    frames = session.description.context + 1
    shapes = {f"{name}_in": (1, *shape) for name, shape in state.items()}
    shapes["frames"] = (1, frames, 64, 64, 3)
    rng = np.random.default_rng(2)
    return {n: rng.random(s).astype(np.float32) for n, s in shapes.items()}


@pytest.mark.parametrize("pieces", [(8,), (1, 5, 2)])
def test_a_stream_is_that_of_the_model(model, directory, pieces):
    network = RuntimeNetwork(open_session(directory, 1))
    expected = _streamed(KerasNetwork(model))
    np.testing.assert_allclose(
        _streamed(network, pieces), expected, TOLERANCE, TOLERANCE
    )


def test_any_number_of_clips_gives_the_same_stream(model, tmp_path):
    path = _export(model, tmp_path / "network", num_clips=None)
    session = open_session(path, 1)
    assert session.description.num_clips is None
    expected = _streamed(KerasNetwork(model))
    for pieces in ((8,), (3, 5)):
        received = _streamed(RuntimeNetwork(session), pieces)
        np.testing.assert_allclose(received, expected, TOLERANCE, TOLERANCE)


def test_float16_is_smaller_and_nearly_the_same(model, directory, tmp_path):
    path = _export(model, tmp_path / "network", precision="float16")
    session = open_session(path, 1)
    assert session.description.precision == "float16"
    sizes = [
        (one / OPENVINO_WEIGHTS).stat().st_size for one in (path, directory)
    ]
    assert sizes[0] < 0.6 * sizes[1]
    received = _streamed(RuntimeNetwork(session))
    np.testing.assert_allclose(
        received, _streamed(KerasNetwork(model)), 0, 0.05
    )


def test_bfloat16_is_nearly_the_same(directory):
    half, whole = (
        open_session(directory, 1, bfloat16=bfloat16)
        for bfloat16 in (True, False)
    )
    inputs = _inputs(whole)
    received, expected = half.run(inputs), whole.run(inputs)
    for name, one in expected.items():
        np.testing.assert_allclose(received[name], one, 0, 0.05)
    equal = [
        np.array_equal(received[name], expected[name]) for name in expected
    ]
    assert all(equal) != has_bfloat16()  # Others compute in float32.


def test_a_directory_is_loaded_in_bfloat16(directory, monkeypatch):
    monkeypatch.setattr("rmdn_tf.model.processor.has_bfloat16", lambda: False)
    with pytest.warns(UserWarning, match="not known to multiply bfloat16"):
        loaded = rmdn_tf.load(directory, precision="bfloat16")
    expected = RuntimeNetwork(open_session(directory, 2, bfloat16=True))
    np.testing.assert_allclose(
        _streamed(loaded.network), _streamed(expected), 0, 1e-3
    )


def test_faces_are_those_of_tensorflow(tmp_path):
    rng = np.random.default_rng(3)
    num_boxes = len(anchor_centres((192, 256)))
    scores = rng.normal(0, 2, (1, num_boxes)).astype(np.float32)
    boxes = rng.uniform(5, 60, (1, num_boxes, 16)).astype(np.float32)
    module = tf.Module()
    function = tf.function(
        lambda scores, boxes: faces._on_grid(
            faces._distinct_faces(scores, boxes), (12, 16)
        )
    ).get_concrete_function(
        tf.TensorSpec(scores.shape, tf.float32, "scores"),
        tf.TensorSpec(boxes.shape, tf.float32, "boxes"),
    )
    tf.saved_model.save(module, tmp_path, function)
    core = openvino.Core()
    run = core.compile_model(core.read_model(tmp_path), "CPU")
    received = run({"scores": scores, "boxes": boxes})[0]
    expected = function(tf.constant(scores), tf.constant(boxes))
    np.testing.assert_allclose(received, expected, 0, 1e-5)


def test_outputs_belong_to_the_caller(directory):
    session = open_session(directory, 1)
    inputs = _inputs(session)
    first = session.run(inputs)
    before = {name: one.copy() for name, one in first.items()}
    session.run({name: 0 * one for name, one in inputs.items()})
    assert first.keys() == {"parameters", "hidden_out", "weight_out"}
    for name, one in first.items():
        np.testing.assert_array_equal(one, before[name])


@pytest.mark.parametrize("name", [OPENVINO_FILE, OPENVINO_WEIGHTS])
def test_a_damaged_file_is_named(directory, tmp_path, name):
    for one in directory.iterdir():
        content = bytearray(one.read_bytes())
        content[len(content) // 2] ^= one.name == name
        (tmp_path / one.name).write_bytes(content)
    with pytest.raises(ValueError, match=f"Damaged file.*{re.escape(name)}"):
        open_session(tmp_path, 1)


def test_a_missing_file_is_named(directory, tmp_path):
    for name in (OPENVINO_FILE, CHECKSUM_FILE):
        (tmp_path / name).write_bytes((directory / name).read_bytes())
    with pytest.raises(ValueError, match=f"{OPENVINO_WEIGHTS}.*no such file"):
        open_session(tmp_path, 1)


def test_missing_checksums_are_named(directory, tmp_path):
    for name in (OPENVINO_FILE, OPENVINO_WEIGHTS):
        (tmp_path / name).write_bytes((directory / name).read_bytes())
    with pytest.raises(ValueError, match=f"without '{CHECKSUM_FILE}'"):
        open_session(tmp_path, 1)


@pytest.mark.parametrize("key", ["rmdn_tf", "other"])
def test_a_network_of_another_program_is_refused(tmp_path, key):
    opset13 = openvino.opset13
    value = opset13.parameter([1], np.float32)
    network = openvino.Model([opset13.relu(value)], [value])
    network.set_rt_info("{}", key)
    openvino.save_model(network, tmp_path / OPENVINO_FILE)
    write_checksums(tmp_path, (OPENVINO_FILE, OPENVINO_WEIGHTS))
    with pytest.raises(ValueError, match="description") as caught:
        open_session(tmp_path, 1)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"input_size": [64, 64]', '"input_size": [32, 64]'),
        ('"num_clips": 1', '"num_clips": null'),
        ('"context": 3', '"context": 2'),
        ('"state": {', '"state": {"other": [4], '),
    ],
)
def test_a_description_of_other_inputs_is_refused(
    before, after, directory, tmp_path
):
    core = openvino.Core()
    network = core.read_model(directory / OPENVINO_FILE)
    text = network.get_rt_info("rmdn_tf").astype(str)
    lie = text.replace(before, after)
    assert lie != text
    network.set_rt_info(lie, "rmdn_tf")
    openvino.save_model(
        network, tmp_path / OPENVINO_FILE, compress_to_fp16=False
    )
    write_checksums(tmp_path, (OPENVINO_FILE, OPENVINO_WEIGHTS))
    with pytest.raises(ValueError, match="where the description tells"):
        open_session(tmp_path, 1)


def test_int8_computes_in_8_bits_and_is_close(tmp_path):
    config, frames = CONFIGS["c3d"], moving_frames(12, (32, 48))
    plain, small = tmp_path / "plain", tmp_path / "small"
    exported("c3d", "openvino", plain)
    samples = samples_of(plain, config)
    exported("c3d", "openvino", small, precision="int8", samples=samples)
    expected, actual = (
        streamed(RuntimeNetwork(open_session(path, 1)), config, frames, [12])
        for path in (plain, small)
    )
    assert 1e-4 < np.abs(actual - expected).max() < 0.1
    graph = openvino.Core().read_model(small / OPENVINO_FILE)
    kinds = [one.get_type_name() for one in graph.get_ops()]
    assert "FakeQuantize" in kinds


def test_a_signal_after_a_run_is_handled(directory):
    """In a process of its own: it would crash."""
    script = (
        "import signal, sys;"
        "from rmdn_tf.runtimes.loading import load_portable;"
        "network, config = load_portable(sys.argv[1]);"
        "from rmdn_tf.model.clip_stream import ClipStream; import numpy as np;"
        "ClipStream(network, 1)(np.zeros([2, 64, 64, 3], np.uint8));"
        "signal.signal(signal.SIGTERM, lambda *_: print('handled'));"
        "signal.raise_signal(signal.SIGTERM)"
    )
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", script, str(directory)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "handled\n")
