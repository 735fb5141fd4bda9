"""Every command with `--precision` loads its model in that precision."""

import pytest

from rmdn_tf import areas, compress, predict, quality, reframe
from tests.helpers.made_videos import moving_square, write_video

COMMANDS = {
    predict: "--video in.mp4 --summary out.csv",
    reframe: "--video in.mp4 --path out.csv",
    areas: "--video in.mp4 --areas areas.csv",
    compress: "--video in.mp4 --map out.txt",
    quality: "--video in.mp4 --reference in.mp4",
}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.__name__)
def test_a_command_loads_the_model_in_its_precision(
    command, tmp_path, monkeypatch
):
    write_video(tmp_path / "in.mp4", moving_square(2))
    (tmp_path / "areas.csv").write_text(
        "name,time_seconds,x0,y0,x1,y1\nleft,0,0,0,0.5,1\n"
    )
    loaded = []

    def load(path, precision):
        loaded.append((path, precision))
        raise ValueError("Loaded.")

    monkeypatch.setattr("rmdn_tf.prediction.attention_model.load", load)
    monkeypatch.chdir(tmp_path)
    words = COMMANDS[command].split()
    assert command.main([*words, "--precision", "bfloat16"]) == 1
    assert loaded == [("default", "bfloat16")]
