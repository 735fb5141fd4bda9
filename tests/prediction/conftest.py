"""A tiny model, loaded once, and the command that predicts with it."""

import pytest

from rmdn_tf import predict
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.prediction.attention_model import load
from tests.helpers.made_videos import moving_square, write_video


@pytest.fixture(scope="session")
def model_dir(tiny_spatial_model, tmp_path_factory):
    """The directory of a model."""
    directory = tmp_path_factory.mktemp("tiny_spatial")
    save_model(build_rmdn(tiny_spatial_model), tiny_spatial_model, directory)
    return directory


@pytest.fixture(scope="session")
def model(model_dir):
    """The model of `model_dir`."""
    return load(model_dir)


@pytest.fixture
def run(model, model_dir, tmp_path, monkeypatch):
    """Runs the command; returns (exit code, path of the output)."""

    def load_once(path, precision):
        is_known = path == str(model_dir) and precision == "float32"
        return model if is_known else load(path, precision)

    def run(video, *options, output="out.mp4"):
        arguments = ["--video", video, "--model", model_dir]
        if output:
            output = tmp_path / output
            arguments += ["--output", output]
        arguments += options  # The last one of a name counts.
        return predict.main([str(a) for a in arguments]), output

    monkeypatch.setattr("rmdn_tf.prediction.attention_model.load", load_once)
    return run


@pytest.fixture
def video(tmp_path):
    """A video of 20 frames, "in.mp4"."""
    return write_video(tmp_path / "in.mp4", moving_square())
