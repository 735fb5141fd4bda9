"""What README and the pages of docs/ print must run as printed."""

import pathlib
import re
import shutil

import pytest
import tensorflow as tf

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SNIPPETS = [
    pytest.param(snippet, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, snippet in enumerate(
        re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    )
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_python_snippet_runs(
    snippet, trained_run, saved_model, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained_run, "runs/demo-small")
    shutil.copytree(saved_model.parent, "saved_models/demo-small")
    frames = tf.zeros([1, 20, 16, 16, 3], tf.uint8)
    names = {"frames": frames, "video": frames[0].numpy()}
    exec(compile(snippet, "snippet", "exec"), names)


def test_there_are_snippets():
    assert len(SNIPPETS) >= 4
