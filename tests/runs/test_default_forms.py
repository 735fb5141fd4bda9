"""The forms of the model that comes with the package say the same."""

import sys

import numpy as np
import pytest

import rmdn_tf
from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.runs.paths import (
    DEFAULT,
    _has_litert,
    default_directory,
    fastest_form,
)
from rmdn_tf.runtimes.loading import open_session
from tests.helpers.portable_networks import moving_frames

pytest.importorskip("ai_edge_litert", reason="needs the extra litert")


@pytest.fixture(autouse=True)
def _asked_anew():
    _has_litert.cache_clear()
    yield
    _has_litert.cache_clear()


def test_the_fastest_form_is_that_of_litert_for_this_model_alone():
    assert fastest_form(DEFAULT) == default_directory() / "network.tflite"
    assert fastest_form("runs/demo") == "runs/demo"


def test_in_bfloat16_the_model_runs_in_tensorflow():
    assert fastest_form(DEFAULT, bfloat16=True) == DEFAULT


def test_without_litert_the_model_runs_in_tensorflow(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert fastest_form(DEFAULT) == DEFAULT


@pytest.mark.parametrize("error", [ImportError, OSError])
def test_a_broken_litert_is_told_and_the_model_runs_in_tensorflow(
    error, monkeypatch
):
    def broken(name):
        raise error(f"{name}: libLiteRt.so: cannot open shared object file")

    monkeypatch.setattr("importlib.import_module", broken)
    with pytest.warns(UserWarning, match="in TensorFlow.*libLiteRt.so"):
        assert fastest_form(DEFAULT) == DEFAULT


def test_a_litert_that_lacks_a_module_is_told_too(monkeypatch):
    monkeypatch.delitem(
        sys.modules, "rmdn_tf.runtimes.litert_session", raising=False
    )
    name = "ai_edge_litert.schema_py_generated"
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delattr(name, raising=False)
    with pytest.warns(UserWarning, match="in TensorFlow.*schema_py_generated"):
        assert fastest_form(DEFAULT) == DEFAULT


def test_the_file_describes_the_settings_of_the_model():
    described = open_session(fastest_form(DEFAULT)).description
    assert described.config == rmdn_tf.load(default_directory()).config
    assert described.precision == "float32"


def test_both_forms_give_the_same_mixtures():
    frames = moving_frames(4, (90, 120))
    found = [
        ClipStream(rmdn_tf.load(path).network, 1)(frames)
        for path in (DEFAULT, default_directory())
    ]
    np.testing.assert_allclose(*found, rtol=0, atol=2e-4)
