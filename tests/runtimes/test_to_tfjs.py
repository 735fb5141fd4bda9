"""Tests of files of TensorFlow.js."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runs.network_facts import describe_network
from rmdn_tf.runtimes import tfjs_weights
from rmdn_tf.runtimes.description import read_description
from rmdn_tf.runtimes.export import export_portable
from rmdn_tf.runtimes.portable import PortableNetwork
from rmdn_tf.runtimes.tfjs_graph import Graph
from rmdn_tf.runtimes.tfjs_rewriting import rewrite
from tests.helpers.portable_networks import CONFIGS
from tests.helpers.tfjs_models import (
    read_model,
    read_weights,
    run_in_tensorflow,
    run_in_tfjs,
)

pytestmark = pytest.mark.slow

TOLERANCE = 2e-5


def _model(name):
    config = CONFIGS[name]
    keras.utils.set_random_seed(0)
    return build_rmdn(config), config


def _export(model, config, path, **options):
    facts = describe_network(model, config, "tiny")
    export_portable(model, config, path, "tfjs", facts=facts, **options)
    return path


@pytest.fixture(scope="module", params=CONFIGS)
def exported(request, tmp_path_factory):
    """A directory, the model and the settings that it holds."""
    model, config = _model(request.param)
    path = tmp_path_factory.mktemp("tfjs") / "network"
    return _export(model, config, path), model, config


def _inputs(model, config):
    """Makes inputs of the portable function: a picture that moves."""
    function = PortableNetwork(model, config).concrete_function()
    random = np.random.default_rng(1)
    inputs = {
        spec.name: random.uniform(-0.5, 0.5, spec.shape).astype(np.float32)
        for spec in tf.nest.flatten(function.structured_input_signature)
    }
    number, height, width, _ = inputs["frames"].shape[1:]
    coarse = random.uniform(0, 255, (5, 9, 3))
    picture = tf.image.resize(coarse, (height, width + number), "bicubic")
    frames = [picture[:, x : x + width] for x in range(number)]
    inputs["frames"] = np.clip([frames], 0, 255).astype(np.float32)
    outputs = {name: one.numpy() for name, one in function(**inputs).items()}
    return inputs, outputs


def test_the_graph_computes_what_the_network_computes(exported):
    path, model, config = exported
    inputs, expected = _inputs(model, config)
    actual = run_in_tensorflow(path, inputs)
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(
            actual[name], value, TOLERANCE, TOLERANCE, err_msg=name
        )


@pytest.mark.parametrize("backend", ["wasm", "cpu"])
def test_tensorflow_js_computes_what_the_network_computes(exported, backend):
    path, model, config = exported
    inputs, expected = _inputs(model, config)
    actual = run_in_tfjs(path, inputs, backend)
    for name, value in expected.items():
        np.testing.assert_allclose(
            actual[name], value, TOLERANCE, TOLERANCE, err_msg=name
        )


def test_a_file_describes_its_network(exported):
    path, _, config = exported
    text = json.dumps(read_model(path)["userDefinedMetadata"]["rmdn_tf"])
    description = read_description(text, str(path))
    assert description.config == config
    assert description.precision == "float32"


# Of an encoder of one layer with random weights.
LOSSES = {"float16": 5e-3, "int8": 5e-2}


@pytest.mark.parametrize("precision", LOSSES)
def test_weights_with_fewer_bits_cost_little(precision, tmp_path):
    model, config = _model("c3d")
    path = _export(model, config, tmp_path / "network", precision=precision)
    inputs, expected = _inputs(model, config)
    actual = run_in_tensorflow(path, inputs)
    for name, value in expected.items():
        error = np.abs(actual[name] - value).max()
        assert 0 < error < LOSSES[precision] * np.abs(value).max(), name


def test_only_the_encoder_has_eight_bits(tmp_path):
    path = _export(*_model("spatial"), tmp_path / "it", precision="int8")
    (group,) = read_model(path)["weightsManifest"]
    small = [one for one in group["weights"] if "quantization" in one]
    assert {one["quantization"]["dtype"] for one in small} == {"uint8"}
    names = " ".join(one["name"] for one in small)
    for part in ("stem_1", "blazeface_1", "projection_1"):
        assert part in names
    for part in ("/head_1/", "/features_1/"):
        assert part not in names


def test_eight_bits_are_those_of_each_channel():
    value = np.array([[1.0, -100.0, 0.0], [0.25, 50.0, 0.0]], np.float32)
    scale = np.array([[1.0, 100.0, 0.0]], np.float32)
    entry, content = tfjs_weights.encode("it", value / [[1, 100, 1]], "int8")
    stored = np.frombuffer(content, np.uint8).reshape(2, 3)
    how = entry["quantization"]
    decoded = (stored * how["scale"] + how["min"]) * scale
    np.testing.assert_allclose(decoded, value, atol=100 / 254)
    np.testing.assert_array_equal(decoded[:, 2], 0)
    np.testing.assert_allclose(decoded[:, 0], value[:, 0], atol=1 / 254)


def test_weights_are_cut_into_files_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr(tfjs_weights, "_SHARD_BYTES", 1000)
    path = _export(*_model("actions"), tmp_path / "network")
    sizes = [one.stat().st_size for one in sorted(path.glob("*.bin"))]
    assert len(sizes) > 2 and max(sizes) == 1000
    assert read_weights(path)


def _graph(function, *shapes):
    """Traces a function of float32 of some shapes."""
    specs = [tf.TensorSpec(shape) for shape in shapes]
    traced = tf.function(function).get_concrete_function(*specs).graph
    return Graph(traced.as_graph_def(), {}, {})


@pytest.mark.parametrize(
    ("function", "shapes", "message"),
    [
        (tf.math.bessel_i0, [[2]], "lacks BesselI0"),
        (lambda x: tf.linalg.band_part(x, 0, -1), [[2, 2]], "MatrixBandPart"),
        (tf.matmul, [[2, 1, 3, 3], [2, 4, 3, 3]], r"\[2, 1, 3, 3\]"),
        (tf.matmul, [[2, 1, 3, 3], [1, 2, 3, 3]], r"\[1, 2, 3, 3\]"),
    ],
)
def test_what_tensorflow_js_lacks_or_computes_wrongly_is_refused(
    function, shapes, message
):
    with pytest.raises(ValueError, match=message):
        rewrite(_graph(function, *shapes))


@pytest.mark.parametrize(
    "shapes", [[[3, 3], [2, 4, 3, 3]], [[1, 2, 3, 3], [2, 3, 3]]]
)
def test_products_of_whole_batches_are_taken(shapes):
    rewrite(_graph(tf.matmul, *shapes))
