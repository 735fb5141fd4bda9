"""Tests of files of ONNX."""

import numpy as np
import pytest

from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.runtimes import onnx_checksum
from rmdn_tf.runtimes.loading import open_session
from rmdn_tf.runtimes.session import RuntimeNetwork
from tests.helpers.portable_networks import (
    CONFIGS,
    exported,
    moving_frames,
    samples_of,
    streamed,
    with_a_flipped_bit,
)

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")

pytestmark = pytest.mark.slow

TOLERANCE = 2e-5


@pytest.fixture(scope="module", params=CONFIGS)
def network(request, tmp_path_factory):
    """A file, and the model and settings that it holds."""
    path = tmp_path_factory.mktemp("onnx") / "network.onnx"
    return path, *exported(request.param, "onnx", path)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A file of the network that is converted fastest."""
    path = tmp_path_factory.mktemp("onnx") / "network.onnx"
    exported("c3d", "onnx", path)
    return path


def test_a_stream_is_that_of_the_model(network):
    path, model, config = network
    frames = moving_frames(12, config.input_size)
    expected = streamed(KerasNetwork(model), config, frames, [12])
    in_onnx = RuntimeNetwork(open_session(path, 1))
    for pieces in ([12], [1, 5, 6]):
        actual = streamed(in_onnx, config, frames, pieces)
        np.testing.assert_allclose(actual, expected, TOLERANCE, TOLERANCE)


def test_names_are_those_of_the_function(network):
    path, _, config = network
    graph = onnx.load(path).graph
    state = open_session(path, 1).description.state
    inputs = {"frames", *(f"{name}_in" for name in state)}
    assert {one.name for one in graph.input} == inputs
    outputs = {"parameters", *(f"{name}_out" for name in state)}
    if config.actions:
        outputs.add("actions")
    assert {one.name for one in graph.output} == outputs


def test_every_operation_is_a_standard_one(network):
    path, *_ = network
    assert {node.domain for node in onnx.load(path).graph.node} == {""}


@pytest.mark.parametrize("name", ["c3d", "actions"])
def test_any_number_of_clips_gives_the_same_mixtures(name, tmp_path):
    path = tmp_path / "network.onnx"
    model, config = exported(name, "onnx", path, num_clips=None)
    frames = moving_frames(15, config.input_size)
    expected = streamed(KerasNetwork(model), config, frames, [15])
    in_onnx = RuntimeNetwork(open_session(path, 1))
    actual = streamed(in_onnx, config, frames, [7, 8])
    np.testing.assert_allclose(actual, expected, TOLERANCE, TOLERANCE)


@pytest.mark.parametrize(
    ("precision", "least", "most"),
    [("float16", 1e-7, 2e-3), ("int8", 1e-4, 0.1)],
)
def test_fewer_bits_are_close_and_keep_names_and_types(
    path, tmp_path, precision, least, most
):
    smaller = tmp_path / "smaller.onnx"
    samples = samples_of(path, CONFIGS["c3d"]) if precision == "int8" else ()
    _, config = exported(
        "c3d", "onnx", smaller, precision=precision, samples=samples
    )
    frames = moving_frames(12, config.input_size)
    expected, actual = (
        streamed(RuntimeNetwork(open_session(one, 1)), config, frames, [12])
        for one in (path, smaller)
    )
    assert least < np.abs(actual - expected).max() < most
    for side in ("input", "output"):
        one, other = (
            getattr(onnx.load(p).graph, side) for p in (path, smaller)
        )
        assert [*one] == [*other]


def test_a_damaged_file_is_one_clear_error(path, tmp_path):
    content = path.read_bytes()
    for number, damaged in enumerate(
        (b"", content[:-100], content[: len(content) // 2], b"\xff" * 1000)
    ):
        bad = tmp_path / f"{number}.onnx"
        bad.write_bytes(damaged)
        with pytest.raises(ValueError) as raised:
            open_session(bad, 1)
        message = str(raised.value)
        assert message.startswith(f"Invalid ONNX Runtime file '{bad}'. ")
        assert "\n" not in message


def test_a_foreign_file_is_one_clear_error(path, tmp_path):
    model = onnx.load(path)
    del model.metadata_props[:]
    foreign = tmp_path / "foreign.onnx"
    onnx.save(model, foreign)
    with pytest.raises(ValueError, match="without a description"):
        open_session(foreign, 1)


def test_the_converter_prints_nothing(tmp_path, capfd):
    exported("without_memory", "onnx", tmp_path / "network.onnx")
    assert capfd.readouterr() == ("", "")


def test_every_damaged_byte_of_a_file_is_found(path, tmp_path):
    copy = tmp_path / "damaged.onnx"
    for damaged in with_a_flipped_bit(path, 100):
        copy.write_bytes(damaged)
        with pytest.raises(ValueError, match="Invalid ONNX Runtime file"):
            open_session(copy, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"input_size": [18, 22]', '"input_size": [32, 22]'),
        ('"num_clips": 1', '"num_clips": null'),
        ('"hidden": [4]', '"hidden": [5]'),
        ('"hidden": [4]', '"other": [4]'),
        ('"context": 15', '"context": 14'),
    ],
)
def test_a_description_of_other_inputs_is_refused(
    before, after, path, tmp_path
):
    model = onnx.load(path)
    facts = {one.key: one.value for one in model.metadata_props}
    lie = facts["rmdn_tf"].replace(before, after)
    assert lie != facts["rmdn_tf"]
    onnx.helper.set_model_props(model, facts | {"rmdn_tf": lie})
    content = onnx_checksum.with_checksum(model.SerializeToString())
    (tmp_path / "lie.onnx").write_bytes(content)
    with pytest.raises(ValueError, match="where the description tells"):
        open_session(tmp_path / "lie.onnx", 1)
