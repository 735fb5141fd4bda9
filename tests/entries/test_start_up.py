"""A command answers at once where it needs no TensorFlow."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

import rmdn_tf
from benchmarks.start_up import MISSING
from rmdn_tf.__main__ import COMMANDS

REPOSITORY = pathlib.Path(rmdn_tf.__file__).parents[1]

# Libraries that take seconds to import.
SLOW = ("tensorflow", "keras", "tensorflow_probability", "pandas", "scipy")
SLOW += ("sklearn", "ai_edge_litert", "ai_edge_quantizer", "onnx")
SLOW += ("onnxruntime", "openvino", "tf2onnx")

# The help does without these, too: together they take up to 3 s.
NOT_FOR_HELP = ("numpy", "av", "PIL", "h5py", "jsonschema", "matplotlib")

# A line of words, its exit code, and what it prints at the end. Paths are
# missing. The help comes first: what it imports, later lines find imported.
LINES = {
    f"{name} --help": (0, "1 prints the traceback of an error.")
    for name in COMMANDS
}
LINES |= {
    "": (2, "Print this text."),
    "--version": (0, "rmdn-tf "),
    "predict --video A": (2, "Nothing to write: --output, --maps, "),
    "predict --video A --output B.mp4": (1, "'A': No such file or directory."),
    "predict --video A --output C/B.mp4": (1, "Missing folder 'C' of the"),
    "predict --video A C --output D --server http://E:1": (
        3,
        "\n    Unreadable video 'A': No such file or directory.\n"
        "    Unreadable video 'C': No such file or directory.\n",
    ),
    "predict --video . --output B.mp4": (1, "No video or picture in the "),
    "predict --video B.txt --output B.mp4": (1, "'B.txt': Invalid data found"),
    "predict --video B.txt --output B.xyz": (1, "such as .mp4 or .mkv."),
    "predict --video A --output A": (1, "which is the input of --video."),
    "predict --video A --maps M --server http://E:1 --precision bfloat16": (
        1,
        "Expected float32 in a model on a server: bfloat16 needs OpenVINO",
    ),
    "predict --video A B --maps M --model B.onnx --precision bfloat16": (
        1,
        "Expected float32 in a file of ONNX Runtime: bfloat16 needs OpenVINO",
    ),
    "reframe --video A": (2, "Nothing to write: --output or --path."),
    "reframe --video B.txt --output B.mp4": (1, "Invalid data found"),
    "reframe --video A --output B.jpg": (1, "its format holds no video."),
    "reframe --video 0 --output B.mp4": (1, "Record a camera or a stream"),
    "areas --video A --areas B.csv": (1, "'A': No such file or directory."),
    "areas --video 0 --areas B": (1, "Record a camera or a stream first."),
    "areas --video A --areas B --plot C.jpg": (1, "Invalid --plot."),
    "compress --video A": (2, "Nothing to write: --output or --map."),
    "compress --video A --output B.mp4": (1, "'A': No such file or directory."),
    "compress --video A --output B.webm": (1, "Add --codec libsvtav1"),
    "compress --video A --output B.jpg": (1, "its format holds no video."),
    "compress --video B.txt --map B": (1, "'B.txt': Invalid data found"),
    "compress --video A --quality 1 --bitrate 2": (1, "or a bitrate"),
    "calibrate --data_dir A --output C": (1, "No prepared dataset in 'A'"),
    "calibrate --data_dir A --output .": (1, "Directory not empty: '.'"),
    "calibrate --data_dir A --output C/D": (1, "Missing folder 'C' of the"),
    "calibrate --data_dir A --output C --num_frames 0": (1, "`num_frames`"),
    "calibrate --data_dir A --output C --model D": (1, "No trained model in"),
    "calibrate --data_dir A --output C --model B.onnx": (
        1,
        "which cannot be calibrated, trained or exported again.",
    ),
    "evaluate --data_dir A --output_dir B": (1, "No prepared dataset in 'A'"),
    "export --model A --output B": (1, "No trained model in 'A'"),
    "export --model B.onnx --output C": (1, "trained or exported again."),
    "export --output C.onnx": (1, "'C.onnx', a file of --format onnx."),
    "export --format onnx --output C.tflite": (1, "that ends with .onnx."),
    "export --format onnx --output C/D.onnx": (1, "Missing folder 'C' of the"),
    "export --format openvino --output .": (1, "Directory not empty: '.'"),
    "export --format litert --output C.tflite --dynamic": (1, "`dynamic`"),
    "export --format openvino --precision int8 --output C": (
        1,
        "Expected videos for --format openvino --precision int8.",
    ),
    "export --precision int8 --output C": (1, "Expected float32 for"),
    "export --format onnx --precision int8 --output C.onnx": (
        1,
        "Expected videos for --format onnx --precision int8.",
    ),
    "export --format onnx --calibration B.txt --output C.onnx": (
        1,
        "Expected no videos for --format onnx --precision float32.",
    ),
    "export --format litert --output C --model default": (1, "with .tflite."),
    "train --dataset demo --init_from B.onnx": (1, "exported again."),
    "train --dataset demo --units 0": (1, "Invalid `units`."),
    "train --dataset hollywood2": (1, "No prepared dataset in 'data/"),
    "recognize-actions --dataset A": (1, "No prepared dataset in 'data/A'"),
    "prepare --dataset dhf1k --raw_dir A --output_dir B": (
        1,
        "Unreadable folder 'A': No such file or directory.",
    ),
    "show-records --data_dir A": (1, "No prepared dataset in 'A'"),
    "convert-weights A B.txt": (1, "Expected a name ending in .npz"),
    "convert-weights A B.npz": (1, "No such file: 'A'"),
}
for name in COMMANDS:
    LINES[f"{name} --surplus"] = (2, "Unknown command line flag 'surplus'")
    LINES[name] = (2, "Error: Missing ")
LINES["view A"] = (1, "'A': No such file or directory.")
LINES["view --port 70000"] = (1, "Invalid `port`. Expected 0 to 65535.")
LINES["view --data_dir A"] = (1, "No prepared dataset in 'A'")
LINES["view --model A"] = (1, "No trained model in 'A'")
del LINES["view"]  # It would serve.
LINES["recognize-actions"] = (2, "Expected either --dataset or --predict.")

# Runs the lines in one process; prints what each one printed and imported.
SCRIPT = """
import contextlib, io, json, sys
from rmdn_tf.__main__ import main

lines, slow = json.load(sys.stdin)
told = {}
for line in lines:
    printed, before = io.StringIO(), {*sys.modules}
    with contextlib.redirect_stdout(printed):
        with contextlib.redirect_stderr(printed):
            code = main(line.split())
    imported = [name for name in slow if name in {*sys.modules} - before]
    told[line] = code, printed.getvalue(), imported
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each of `LINES` printed, and which of `SLOW` it imported."""
    folder = tmp_path_factory.mktemp("nearly_empty")
    (folder / "B.txt").write_text("no video")
    (folder / "B.onnx").touch()
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([[*LINES], SLOW + NOT_FOR_HELP]),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        cwd=folder,
    )
    return json.loads(ran.stdout)


@pytest.mark.parametrize("line", LINES)
def test_an_answer_needs_no_slow_library(line, told):
    code, printed, imported = told[line]
    assert code == LINES[line][0]
    assert LINES[line][1] in printed
    assert not set(imported).intersection(SLOW)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_imports_no_library_of_arrays_pictures_or_json(name, told):
    *_, imported = told[f"{name} --help"]
    assert imported == []


def test_a_missing_video_is_named_before_a_library_of_drawing_is_imported(told):
    # The second of these lines would find what the first one imported.
    for line in ("predict --video A", "predict --video A --output B.mp4"):
        *_, imported = told[line]
        assert imported == []


def test_the_benchmark_has_a_line_of_every_command():
    assert MISSING.keys() == COMMANDS.keys()
