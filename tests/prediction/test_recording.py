"""A recording gives the densities of the network, without the network."""

import numpy as np
import pytest

from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.recording import Recorder, Replay


@pytest.fixture
def video():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, [23, 16, 16, 3]).astype(np.uint8)


def streamed(model, video, **settings):
    return [d.parameters for _, d in model.stream(video, **settings)]


@pytest.mark.parametrize("clip_stride", [1, 3])
@pytest.mark.parametrize("interpolate", [False, True])
def test_a_replay_gives_what_the_network_gave(
    tiny_model, video, clip_stride, interpolate
):
    network = KerasNetwork(build_rmdn(tiny_model))
    settings = {"clip_stride": clip_stride, "interpolate": interpolate}
    recorder = Recorder(network)
    before = streamed(AttentionModel(recorder, tiny_model), video, **settings)
    replay = AttentionModel(Replay(recorder.parameters), tiny_model)
    after = streamed(replay, video, **settings, clips_at_once=4)
    for again, once in zip(after, before, strict=True):
        np.testing.assert_array_equal(again, once)


def test_a_longer_video_than_the_recording_is_refused(tiny_model, video):
    network = KerasNetwork(build_rmdn(tiny_model))
    recorder = Recorder(network)
    streamed(AttentionModel(recorder, tiny_model), video[:5])
    replay = AttentionModel(Replay(recorder.parameters), tiny_model)
    with pytest.raises(ValueError, match="that of another video"):
        streamed(replay, video)
