"""Videos of bright and of dark noise, and a run that recognises them."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.recognize_actions import main
from tests.helpers.made_videos import write_video


@pytest.fixture(scope="session")
def action_run(tmp_path_factory, tiny_model):
    """A run whose network describes clips, and tells where people look."""
    directory = tmp_path_factory.mktemp("run")
    config = dataclasses.replace(tiny_model, filters=((4,),) * 5)
    keras.utils.set_random_seed(0)
    save_model(build_rmdn(config), config, directory / "best")
    return str(directory)


def write_action(path, is_bright, seed):
    """Writes 20 frames of noise; those of one class are bright."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 100, [20, 48, 64, 3], np.uint8)
    frames += np.uint8(150 * is_bright)
    write_video(path, frames, codec="ffv1", pix_fmt="bgr0")


def recognize(dataset, data_dir, output_dir, run_dir, *flags):
    code = main(
        [
            *("--dataset", dataset),
            *("--data_dir", str(data_dir)),
            *("--output_dir", str(output_dir)),
            *("--network", run_dir),
            *("--features", "pool5"),
            *("--attention_model", run_dir),
            *flags,
        ]
    )
    assert code == 0
    return json.loads((output_dir / "actions.json").read_text())
