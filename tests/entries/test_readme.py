"""What the README prints must run as printed."""

import pathlib
import re

import pytest
import tensorflow as tf

from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.serving.export import export

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
SNIPPETS = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_python_snippet_runs(snippet, tiny_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = build_rmdn(tiny_model)
    save_model(model, tiny_model, "runs/demo-small/best")
    export(model, tiny_model, "saved_models/demo-small")
    frames = tf.zeros([1, 20, 16, 16, 3], tf.uint8)
    names = {"frames": frames, "video": frames[0].numpy()}
    exec(compile(snippet, str(README), "exec"), names)


def test_there_are_snippets():
    assert len(SNIPPETS) == 3
