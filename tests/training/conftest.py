"""The command that trains, with a tiny network."""

import pytest

import train_tf
from rmdn_tf.model import presets
from rmdn_tf.training.config import PRESETS
from tests.helpers.made_steps import TINY_TRAINING


@pytest.fixture
def main(tiny_model, tmp_path, monkeypatch):
    """Runs the command in an empty directory; returns its exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(presets.PRESETS, "small", tiny_model)
    monkeypatch.setitem(PRESETS, "small", TINY_TRAINING)

    def run(data_dir, *arguments):
        return train_tf.main(
            [
                "--dataset=demo",
                f"--data_dir={data_dir}",
                "--run_dir=run",
                "--export_dir=saved",
                *arguments,
            ]
        )

    return run
