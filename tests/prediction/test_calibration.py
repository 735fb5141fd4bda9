"""Samples for int8 are what the network sees in the videos."""

import numpy as np
import pytest

from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.prediction import calibration
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.calibration import calibration_samples
from rmdn_tf.runtimes.session import RuntimeNetwork
from rmdn_tf.video.decoding import VideoError
from tests.helpers.made_videos import moving_square, write_lossless


@pytest.fixture(scope="module", params=["tiny_model", "tiny_spatial_model"])
def config(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def network(config):
    return build_rmdn(config)


@pytest.fixture
def video(tmp_path):
    frames = moving_square(40, 48, 64)
    frames[:] += np.arange(40, dtype=np.uint8)[:, None, None, None]
    return write_lossless(tmp_path / "in.mkv", frames, rate=10)


def all_inputs(model, config, video):
    """Runs through the whole video; returns the inputs of each clip."""
    session = calibration._KerasSession(model, config)
    inputs = []
    for _ in AttentionModel(RuntimeNetwork(session), config).stream(video):
        inputs.append(session.inputs)
    return inputs[:: config.clip_stride]


def test_samples_are_clips_of_the_whole_video_with_their_state(
    network, config, video, monkeypatch
):
    monkeypatch.setattr(calibration, "MAX_SAMPLES", 3)
    samples = calibration_samples(network, config, [video])
    every = all_inputs(network, config, video)
    for number, sample in zip([1, 3, 5], samples, strict=True):
        right = every[number * len(every) // 6]
        assert sample.keys() == right.keys() > {"frames"}
        for name, one in sample.items():
            assert one.dtype == np.float32
            np.testing.assert_allclose(one, right[name], 1e-5, 1e-6)


def test_each_video_has_its_share_of_the_samples(
    tiny_spatial_model, tmp_path, monkeypatch
):
    videos = [
        write_lossless(
            tmp_path / f"{level}.mkv",
            np.full((4, 32, 32, 3), level, np.uint8),
            rate=10,
        )
        for level in (10, 60, 110, 160, 210)
    ]
    model = build_rmdn(tiny_spatial_model)

    def levels(number):
        monkeypatch.setattr(calibration, "MAX_SAMPLES", number)
        samples = calibration_samples(model, tiny_spatial_model, videos)
        return [int(one["frames"].mean()) for one in samples]

    assert levels(11) == [10, 10, 60, 60, 110, 110, 160, 160, 210, 210]
    assert levels(2) == [60, 160]
    assert levels(100) == sorted([10, 60, 110, 160, 210] * 4)
    bytes_of_one = 4 * 32 * 32 * 3 * 4
    monkeypatch.setattr(calibration, "MAX_BYTES", 5 * bytes_of_one)
    assert levels(100) == [10, 60, 110, 160, 210]


def test_a_damaged_video_is_an_error(tiny_model, tmp_path):
    path = tmp_path / "bad.mp4"
    path.write_text("no video")
    with pytest.raises(VideoError, match="bad.mp4"):
        calibration_samples(build_rmdn(tiny_model), tiny_model, [path])
