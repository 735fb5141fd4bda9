"""Help of the benchmarks and the experiments does not run them."""

import os
import pathlib
import runpy
import sys
from unittest import mock

import pytest

import rmdn_tf

ROOT = pathlib.Path(rmdn_tf.__file__).parents[1]
SCRIPTS = [
    path
    for folder in ("benchmarks", "experiments")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__main__" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_help_prints_the_usage_and_runs_nothing(path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [path.name, "--help"])
    with pytest.raises(SystemExit) as ended, mock.patch.dict(os.environ):
        runpy.run_path(str(path), run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: ")
