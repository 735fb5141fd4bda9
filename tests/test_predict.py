"""A video file in, the same video with the density over it out."""

import dataclasses

import av
import numpy as np
import pytest

from rmdn_tf import predict
from rmdn_tf.model import build_rmdn, save_model
from rmdn_tf.model_config import PRESETS
from tfrecords_tools.demo_video import write_demo_video

TINY = dataclasses.replace(
    PRESETS["spatial"],
    input_size=(32, 32),
    features="stage1",
    projection=2,
    context_units=2,
    units=2,
)


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tiny")
    save_model(build_rmdn(TINY), TINY, directory)
    return directory


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "demo.mp4"
    write_demo_video(path)
    return path


def _pictures(path):
    with av.open(str(path)) as container:
        rate = container.streams.video[0].average_rate
        frames = [f.to_ndarray(format="rgb24") for f in container.decode()]
    return np.stack(frames), rate


def test_the_overlay_has_the_frames_size_and_rate_of_the_video(
    model_dir, video, tmp_path
):
    output = tmp_path / "out.mp4"
    arguments = ["--video", str(video), "--output", str(output)]
    assert predict.main([*arguments, "--model", str(model_dir)]) == 0
    before, rate = _pictures(video)
    after, rate_after = _pictures(output)
    assert after.shape == before.shape
    assert rate_after == rate
    changed = np.abs(after.astype(int) - before).mean(axis=(1, 2, 3))
    assert changed.min() > 5  # From the first frame on.


def test_no_opacity_leaves_the_video_as_it_is(model_dir, video, tmp_path):
    output = tmp_path / "out.mp4"
    arguments = ["--video", str(video), "--output", str(output)]
    predict.main([*arguments, "--model", str(model_dir), "--opacity", "0"])
    difference = _pictures(output)[0].astype(int) - _pictures(video)[0]
    assert np.abs(difference).mean() < 5  # It is encoded once more.


@pytest.mark.parametrize("content", [None, b"", b"no video" * 100])
def test_what_is_no_video_is_named_and_nothing_is_left(
    model_dir, tmp_path, capsys, content
):
    path = tmp_path / "in.mp4"
    if content is not None:
        path.write_bytes(content)
    arguments = ["--video", str(path), "--output", str(tmp_path / "out.mp4")]
    assert predict.main([*arguments, "--model", str(model_dir)]) == 1
    assert "in.mp4" in capsys.readouterr().err
    assert {p.name for p in tmp_path.iterdir()} <= {"in.mp4"}


def test_an_absent_model_is_named(video, tmp_path, capsys):
    arguments = ["--video", str(video), "--output", str(tmp_path / "out.mp4")]
    assert predict.main([*arguments, "--model", str(tmp_path / "none")]) == 1
    assert "none" in capsys.readouterr().err
