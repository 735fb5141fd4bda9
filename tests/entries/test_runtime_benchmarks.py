"""Benchmarks of other runtimes report what they measured, and what failed."""

import multiprocessing
import pathlib
import sys
from unittest import mock

import pytest

from benchmarks import runtime_memory
from benchmarks.runtime_files import PortableFile
from benchmarks.runtime_process import NetworkProcess


def test_a_network_that_cannot_be_converted_has_its_reason_in_the_table(
    monkeypatch, capsys
):
    files = [
        PortableFile("litert int8", pathlib.Path("missing"), "no samples"),
        PortableFile("onnx float32", pathlib.Path("m.onnx")),
    ]
    measured = {pathlib.Path("run"): [1.0], pathlib.Path("m.onnx"): [2.0]}
    for name, value in (
        ("saved_network", lambda *_: pathlib.Path("run")),
        ("portable_files", lambda *_: iter(files)),
        ("memory", lambda path, _: measured[path]),
    ):
        monkeypatch.setattr(runtime_memory, name, value)
    monkeypatch.setattr(sys, "argv", ["it", "--clips", "9"])
    runtime_memory.main()
    assert capsys.readouterr().out.splitlines()[2:] == [
        "| tensorflow | 1 |",
        "| litert int8 | no samples |",
        "| onnx float32 | 2 |",
    ]


def test_clips_that_do_not_fill_their_calls_are_refused(monkeypatch):
    context = mock.MagicMock()
    pipe, theirs = mock.MagicMock(), mock.MagicMock()
    context.Pipe.return_value = pipe, theirs
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: context)
    with NetworkProcess("m.onnx", 1) as process:
        with pytest.raises(ValueError, match="num_clips=25"):
            process.run(25, at_once=4)
        pipe.send.assert_not_called()
        process.run(24, at_once=4)
    pipe.send.assert_called_once_with((24, 4))
