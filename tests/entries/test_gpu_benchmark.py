"""The script for a GPU runs on a CPU in small, within its time."""

import json
import sys

import pytest
import tensorflow as tf

from benchmarks import gpu, gpu_rows
from benchmarks.gpu_rows import Budget, Row, convolution_flops
from rmdn_tf.encoders.c3d import build_c3d

pytestmark = pytest.mark.slow


def run(monkeypatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["gpu", *words])
    return gpu.main()


def test_without_a_gpu_it_says_so_and_measures_nothing(monkeypatch, capsys):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: [])
    assert run(monkeypatch) == 1
    printed = capsys.readouterr()
    assert "finds no GPU" in printed.err
    assert printed.out == ""


def test_on_a_cpu_in_small_each_row_has_a_figure_or_its_reason(
    monkeypatch, tmp_path, capsys
):
    path = tmp_path / "table.json"
    words = ["--device", "cpu", "--small", "--json", str(path)]
    # A row ends after its first run, which compiles it.
    monkeypatch.setattr(Budget, "seconds_of_row", lambda *_: 0.0)
    only = {"float32": gpu_rows.PRECISIONS["float32"]}
    monkeypatch.setattr(gpu_rows, "PRECISIONS", only)
    assert run(monkeypatch, *words, "--seconds", "500") == 0
    rows = json.loads(path.read_text())["rows"]
    assert len(rows) == 12
    figures = ("frames_per_second", "tflops", "note")
    assert all(any(name in row for name in figures) for row in rows)
    measured = [row for row in rows if "note" not in row]
    assert {row["row"] for row in measured} == {row["row"] for row in rows}
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("| ") for line in lines) == len(rows) + 1


def test_rows_after_the_end_of_the_time_are_marked(monkeypatch):
    monkeypatch.setattr(gpu_rows, "c3d_rows", lambda *_: ())
    monkeypatch.setattr(gpu_rows, "step_rows", lambda *_: ())
    rows = list(gpu_rows.all_rows("cpu", True, Budget(-1.0)))
    assert rows
    assert {row["note"] for row in rows} == {"no time left"}


def test_a_row_that_the_device_cannot_compute_tells_why():
    def make():
        raise tf.errors.UnimplementedError(None, None, "no kernel\nmore")

    row = Row("row", "float32", make)
    assert gpu_rows._measured(row, Budget(9), 1, {})["note"] == "no kernel"


def test_the_share_of_the_peak_is_that_of_its_own_precision():
    row = Row("row", "bfloat16", lambda: lambda: None, flops=1e12)
    peaks = {"float32": 1.0, "bfloat16": 1e9}
    found = gpu_rows._measured(row, Budget(0.05), 1, peaks)
    assert found["share_of_peak"] == pytest.approx(found["tflops"] / 1e9)


def test_the_work_of_c3d_is_that_of_its_layers():
    network = build_c3d((16, 16), ((2,), (4, 8)))
    # Outputs times 27 inputs of each channel, a product and a sum each; the
    # pooling halves rows and columns.
    first = 2 * 16 * 16 * 16 * 2 * 27 * 3
    second = 2 * 16 * 8 * 8 * 4 * 27 * 2
    third = 2 * 16 * 8 * 8 * 8 * 27 * 4
    assert convolution_flops(network) == [first, second, third]
