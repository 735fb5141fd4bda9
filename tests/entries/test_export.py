"""`rmdn export` for other runtimes: whole files, and what it tells."""

import re
import sys

import pytest

from rmdn_tf import export
from rmdn_tf.prediction.attention_model import load
from rmdn_tf.runtimes.formats import portable_format
from rmdn_tf.runtimes.loading import open_session
from tests.helpers.made_videos import moving_square, write_video

pytestmark = pytest.mark.slow


@pytest.fixture
def run(trained_run, tmp_path, monkeypatch, capsys):
    """Exports in an empty directory; returns the code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(line):
        code = export.main(["--model", str(trained_run), *line.split()])
        return code, capsys.readouterr()

    return run


def test_a_file_is_written_and_told(run, tmp_path, tiny_model):
    (tmp_path / "m.tflite").write_text("earlier")
    code, printed = run("--format litert --precision float16 --output m.tflite")
    assert code == 0
    told = r"LiteRT: m\.tflite \((\d+\.\d) MB, float16\)\n"
    (megabytes,) = re.fullmatch(told, printed.out).groups()
    (file,) = tmp_path.iterdir()
    assert abs(file.stat().st_size / 1e6 - float(megabytes)) <= 0.05
    assert load("m.tflite").config == tiny_model


def test_ctrl_c_leaves_nothing(run, tmp_path, monkeypatch):
    from rmdn_tf.runtimes import to_litert

    def stop(source, path):
        with open(path, "w") as file:
            file.write("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(to_litert, "write", stop)
    code, printed = run("--format litert --output m.tflite")
    assert (code, printed.err) == (130, "Stopped by Ctrl-C.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "library", "words"),
    [
        ("onnx", "tf2onnx", "--output m.onnx"),
        ("openvino", "openvino", "--output m"),
        (
            "litert",
            "ai_edge_quantizer",
            "--output m.tflite --precision int8 --calibration in.mp4",
        ),
    ],
)
def test_a_missing_converter_is_told_before_the_model_is_loaded(
    run, monkeypatch, name, library, words
):
    write_video("in.mp4", moving_square())
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setattr("rmdn_tf.runs.loading.load_keras", None)
    code, printed = run(f"--format {name} {words}")
    assert code == 1
    assert f"pip install 'rmdn-tf[{name}]'" in printed.err
    assert library in printed.err


def test_the_directory_of_openvino_is_new(run, tmp_path):
    pytest.importorskip("openvino")
    code, printed = run("--format openvino --output m.2/")
    assert code == 0 and printed.out.startswith("OpenVINO: m.2 (")
    assert portable_format("m.2") == "openvino"
    assert open_session("m.2").description.facts["name"] == "m.2"
    code, printed = run("--format openvino --output m.2")
    assert code == 1
    assert printed.err == "Error: Directory not empty: 'm.2'\n"
