"""A stream may compute its encoder in bfloat16."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import rmdn_tf
from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.parts import build_encoder, clip_network
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:This processor"),
]


@pytest.fixture(params=["tiny_model", "tiny_spatial_model"])
def network(request):
    config = request.getfixturevalue(request.param)
    if request.param == "tiny_spatial_model":  # Its stage 1 stays in float32.
        config = dataclasses.replace(config, features="stage2", motion_lags=())
    return build_rmdn(config), config


def mixtures(network):
    frames = np.random.default_rng(0).integers(0, 256, (4, 40, 60, 3))
    return ClipStream(network, 1)(frames.astype(np.uint8))


def test_bfloat16_rounds_the_features(network):
    model, config = network
    window = tf.random.stateless_normal([1, 16, *config.input_size, 3], (1, 2))
    context = model.get_layer("clips").context
    plain, rounded = (
        build_encoder(model, 1, preprocessed=True, bfloat16=bfloat16)(
            window[:, 15 - context :]
        ).numpy()
        for bfloat16 in (False, True)
    )
    error = np.abs(rounded - plain).max() / np.abs(plain).max()
    assert 2**-14 < error < 0.05


def test_the_weights_of_the_model_stay_in_float32(network):
    model, _ = network
    before = [tf.identity(one) for one in clip_network(model).weights]
    encoder = build_encoder(model, 1, preprocessed=True, bfloat16=True)
    kinds = {one.dtype for one in encoder.weights}
    assert "bfloat16" in kinds
    for one, old in zip(clip_network(model).weights, before, strict=True):
        assert one.dtype == "float32"
        np.testing.assert_array_equal(one, old)


def test_a_model_is_loaded_in_bfloat16(network, tmp_path):
    model, config = network
    save_model(model, config, tmp_path)
    loaded = rmdn_tf.load(tmp_path, precision="bfloat16")
    expected = mixtures(KerasNetwork(model, True))
    np.testing.assert_array_equal(mixtures(loaded.network), expected)


def test_another_precision_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Invalid `precision`.*'float16'"):
        rmdn_tf.load(tmp_path, precision="float16")


def test_a_saved_model_in_bfloat16_is_refused(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(ValueError, match="float32 in a SavedModel.*of a run"):
        rmdn_tf.load(tmp_path, precision="bfloat16")


def test_an_unknown_processor_brings_a_warning(network, monkeypatch):
    monkeypatch.setattr("rmdn_tf.model.processor.has_bfloat16", lambda: False)
    with pytest.warns(UserWarning, match="not known to multiply bfloat16"):
        KerasNetwork(network[0], bfloat16=True)
