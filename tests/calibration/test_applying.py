"""Calibrated networks give the same mixtures wherever they run."""

import dataclasses

import keras
import numpy as np
import pytest

from rmdn_tf.calibration.applying import calibrated
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.runs.loading import load_exported
from rmdn_tf.runtimes.export import export_portable
from rmdn_tf.serving.export import export
from tests.helpers.made_samples import numbers_of
from tests.helpers.portable_networks import CONFIGS, moving_frames, streamed

pytestmark = pytest.mark.slow

SUFFIXES = {"litert": ".tflite", "onnx": ".onnx", "openvino": ""}
LIBRARIES = {"litert": "ai_edge_litert", "onnx": "tf2onnx"}


@pytest.fixture(scope="module")
def spatial():
    """A spatial network of random weights, without faces, calibrated."""
    keras.utils.set_random_seed(0)
    config = dataclasses.replace(
        CONFIGS["spatial"], faces=False, camera=False, reset_on_cuts=False
    )
    return calibrated(build_rmdn(config), config, numbers_of(0.8, 1.5, 0.2))


@pytest.mark.parametrize("form", [*SUFFIXES, "saved_model"])
def test_a_calibrated_spatial_network_is_the_same_in_every_runtime(
    spatial, form, tmp_path
):
    model, config = spatial
    path = tmp_path / f"net{SUFFIXES.get(form, '')}"
    if form == "saved_model":
        export(model, config, path)
    else:
        pytest.importorskip(LIBRARIES.get(form, form))
        export_portable(model, config, path, form)
    network, described = load_exported(path)
    assert described == config
    frames = moving_frames(20, config.input_size)
    expected = streamed(KerasNetwork(model), config, frames, [9])
    received = streamed(network, config, frames, [9])
    count = config.calibrated_components
    assert expected.shape[1] > count == 2
    np.testing.assert_allclose(received, expected, rtol=1e-3, atol=1e-3)
