"""Portable files in commands; what is missing, foreign or damaged."""

import contextlib
import hashlib
import re
import shutil
import sys

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf import evaluate, export, predict
from rmdn_tf.files.checksums import write_checksums
from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.prediction.attention_model import AttentionModel, load
from rmdn_tf.runs.fingerprint import fingerprint
from rmdn_tf.runs.loading import load_keras, load_stateful
from rmdn_tf.runtimes.description import KEY
from rmdn_tf.runtimes.formats import OPENVINO_FILE, OPENVINO_WEIGHTS
from rmdn_tf.runtimes.onnx_checksum import with_checksum
from rmdn_tf.serving import models
from tests.helpers.documents import ROOT, snippets
from tests.helpers.made_videos import moving_square, write_video

pytestmark = pytest.mark.slow

RUNTIMES = {
    "litert": ["ai_edge_litert"],
    "onnx": ["onnxruntime"],
    "openvino": ["openvino"],
}
OPENVINO = OPENVINO_FILE, OPENVINO_WEIGHTS


@pytest.fixture(params=RUNTIMES)
def name(request):
    return request.param


@pytest.fixture
def whole(name, portable_file, tiny_spatial_model):
    """The model of a file, and its path."""
    return portable_file(name, tiny_spatial_model)


@pytest.fixture
def copy(whole, tmp_path):
    """The path of a copy that a test may damage."""
    path = whole[1]
    target = tmp_path / path.name
    (shutil.copytree if path.is_dir() else shutil.copy)(path, target)
    return target


@pytest.fixture
def run(tmp_path, capsys):
    """Predicts a video; returns the exit code, and what was printed."""

    def run(model, *words):
        video, output = tmp_path / "in.mp4", tmp_path / "out.npz"
        if not video.exists():
            write_video(video, moving_square())
        words = ["--video", video, "--parameters", output, *words]
        code = predict.main([str(w) for w in [*words, "--model", model]])
        assert output.exists() == (code == 0)
        return code, capsys.readouterr()

    return run


def main_file(path):
    return path / OPENVINO_FILE if path.is_dir() else path


def renew_checksums(path):
    if path.is_dir():
        write_checksums(path, OPENVINO)
    elif path.suffix == ".tflite":
        content = path.read_bytes()
        for stored in re.findall(rb"[0-9a-f]{64}", content):
            zeros = content.replace(stored, b"0" * len(stored))
            digest = hashlib.sha256(zeros).hexdigest().encode()
            path.write_bytes(content.replace(stored, digest))
    elif path.suffix == ".onnx":
        with contextlib.suppress(ValueError):  # The entry is cut off.
            path.write_bytes(with_checksum(path.read_bytes()))


def assert_refused(told, *words):
    code, printed = told
    assert code == 1
    (line,) = printed.err.splitlines()
    for word in words:
        assert str(word) in line


def test_a_file_predicts_what_the_model_predicts(
    whole, run, tmp_path, tiny_spatial_model
):
    model, path = whole
    code, _ = run(path)
    assert code == 0
    found = np.load(tmp_path / "out.npz")["parameters"]
    keras = AttentionModel(KerasNetwork(model), tiny_spatial_model)
    video = keras.predict_video(tmp_path / "in.mp4", keep_frames=False)
    np.testing.assert_allclose(found, video.parameters, 1e-4, 1e-4)


def test_an_evaluation_runs_a_file(
    portable_file, tiny_spatial_model, demo_dir, tmp_path, capsys
):
    _, path = portable_file("litert", tiny_spatial_model)
    words = ["--data_dir", demo_dir, "--model", f"phone={path}"]
    assert evaluate.main([*map(str, words), "--output_dir", str(tmp_path)]) == 0
    assert "phone" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["tiny_model", "tiny_spatial_model"])
def test_windows_in_order_have_the_mixtures_of_the_stream(
    portable_file, kind, request
):
    config = request.getfixturevalue(kind)
    model, path = portable_file("litert", config)
    predict_windows, stride = load_stateful(path)
    length = 15 + 3 * stride + 1
    frames = np.random.default_rng(0).integers(0, 256, [2, length, 20, 20, 3])
    frames = frames.astype(np.uint8)
    frames[:, :15] = frames[:, 15:16]  # As before the first frame of a video.
    batch = {"frames": tf.constant(frames), "is_first": tf.constant([True] * 2)}
    for found, video in zip(predict_windows(batch), frames, strict=True):
        stream = ClipStream(KerasNetwork(model), stride)
        np.testing.assert_allclose(found, stream(video[15:]), 1e-4, 1e-4)


def test_a_fingerprint_is_that_of_the_content(whole, copy):
    before = fingerprint(whole[1])
    moved = copy.rename(copy.with_name(f"other{copy.suffix}"))
    assert fingerprint(moved) == before
    weights = moved / OPENVINO_WEIGHTS if moved.is_dir() else moved
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    assert fingerprint(moved) != before


def test_a_missing_file_is_an_error(run, tmp_path):
    missing = tmp_path / "missing.tflite"
    assert_refused(run(missing), "No trained model in", missing)


def test_a_directory_without_its_graph_is_no_model(
    portable_file, tiny_spatial_model, run, tmp_path
):
    _, path = portable_file("openvino", tiny_spatial_model)
    shutil.copytree(path, tmp_path / "m")
    (tmp_path / "m" / OPENVINO_FILE).unlink()
    assert_refused(run(tmp_path / "m"), "No trained model in")


def test_a_directory_without_its_weights_is_damaged(
    portable_file, tiny_spatial_model, run, tmp_path
):
    _, path = portable_file("openvino", tiny_spatial_model)
    shutil.copytree(path, tmp_path / "m")
    (tmp_path / "m" / OPENVINO_WEIGHTS).unlink()
    assert_refused(run(tmp_path / "m"), "Invalid OpenVINO file")


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_damaged(copy, run, kept, name):
    file = main_file(copy)
    content = file.read_bytes()
    most = int(kept * len(content)) if kept < 1 else kept
    file.write_bytes(content[:most])
    renew_checksums(copy)  # An attacker would.
    assert_refused(run(copy), "Invalid", copy, f"`rmdn export --format {name}`")


def test_a_file_of_another_project_is_refused(copy, run, name):
    file = main_file(copy)
    file.write_bytes(file.read_bytes().replace(KEY.encode(), b"another"))
    renew_checksums(copy)
    expected = f"`rmdn export --format {name}`"
    assert_refused(run(copy), copy, expected, "without a description")


def test_a_description_of_a_later_release_is_refused(copy, run):
    file = main_file(copy)
    content, number = re.subn(
        rb'(precision"?(?:&quot;)?: "?(?:&quot;)?)float32',
        rb"\1float99",
        file.read_bytes(),
    )
    assert number == 1
    file.write_bytes(content)
    renew_checksums(copy)
    assert_refused(run(copy), copy, "float99")


def test_a_missing_runtime_is_named_with_its_extra(
    whole, name, run, monkeypatch
):
    for library in RUNTIMES[name]:
        monkeypatch.setitem(sys.modules, library, None)
    module = f"rmdn_tf.runtimes.{name}_session"
    monkeypatch.delitem(sys.modules, module, raising=False)
    models._loaded.cache_clear()  # Or the command would not load it again.
    extra = f"needs the extra '{name}': pip install 'rmdn-tf[{name}]'"
    assert_refused(run(whole[1]), extra)


def test_bfloat16_needs_a_runtime_that_computes_in_it(name, whole):
    if name == "openvino":
        assert load(whole[1], precision="bfloat16")
        return
    with pytest.raises(ValueError, match="bfloat16 needs OpenVINO") as caught:
        load(whole[1], precision="bfloat16")
    assert str(whole[1]) in str(caught.value)


def test_an_exported_network_is_not_trained_or_exported_again(
    whole, tmp_path, capsys
):
    path = whole[1]
    with pytest.raises(ValueError, match="calibrated, trained or exported"):
        load_keras(path)
    words = ["--model", path, "--output", tmp_path / "out"]
    code = export.main([str(word) for word in words])
    assert_refused((code, capsys.readouterr()), "trained or exported again")


def test_the_example_of_the_page_needs_no_more_than_onnxruntime(
    portable_file, tiny_spatial_model
):
    page = ROOT / "docs" / "how_to" / "runtimes.md"
    (example,) = snippets(page, "python")
    assert "rmdn_tf" not in example and len(example.splitlines()) < 16
    model, path = portable_file("onnx", tiny_spatial_model)
    video = np.random.default_rng(0).integers(0, 256, [9, 32, 32, 3])
    names = {"video": video.astype(np.uint8)}
    exec(example.replace("model.onnx", str(path)), names)
    expected = ClipStream(KerasNetwork(model), 1)(names["video"])
    np.testing.assert_allclose(names["mixtures"], expected, 1e-4, 1e-4)


def test_a_loaded_file_tells_its_settings(whole, tiny_spatial_model):
    assert load(whole[1]).config == tiny_spatial_model
