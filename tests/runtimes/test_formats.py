"""Formats of portable files are told by their paths."""

import importlib.metadata

import pytest

from rmdn_tf.runtimes.formats import FORMATS, library_of, portable_format


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("m.onnx", "onnx"),
        ("M.TFLITE", "litert"),
        ("with.dots.onnx", "onnx"),
        ("m.pb", None),
        ("onnx", None),
    ],
)
def test_a_file_is_known_by_its_suffix(path, expected, tmp_path):
    (tmp_path / path).touch()
    assert portable_format(tmp_path / path) == expected


def test_a_missing_file_or_a_directory_of_that_name_has_no_format(tmp_path):
    (tmp_path / "m.onnx").mkdir()
    assert portable_format(tmp_path / "m.onnx") is None
    assert portable_format(tmp_path / "n.onnx") is None


def test_a_directory_of_openvino_is_known_by_its_graph(tmp_path):
    (tmp_path / "network.xml").touch()
    assert portable_format(tmp_path) == "openvino"


def test_each_file_names_the_library_that_runs_it(tmp_path):
    pytest.importorskip("ai_edge_litert")
    (tmp_path / "m.tflite").touch()
    version = importlib.metadata.version("ai-edge-litert")
    assert library_of(tmp_path / "m.tflite") == f"ai-edge-litert {version}"
    version = importlib.metadata.version("tensorflow")
    assert library_of(tmp_path) == f"tensorflow {version}"


def test_a_library_may_be_installed_under_another_name(tmp_path, monkeypatch):
    def version(name):
        if name != "onnxruntime-gpu":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.20.1"

    monkeypatch.setattr("importlib.metadata.version", version)
    monkeypatch.setattr(
        "importlib.metadata.packages_distributions",
        lambda: {"onnxruntime": ["onnxruntime-gpu"]},
    )
    (tmp_path / "m.onnx").touch()
    assert library_of(tmp_path / "m.onnx") == "onnxruntime-gpu 1.20.1"


def test_all_formats_with_a_suffix_can_be_run():
    assert {n for n, one in FORMATS.items() if one.library} == {
        "onnx",
        "openvino",
        "litert",
    }
    assert all(one.library for one in FORMATS.values() if one.suffix)
