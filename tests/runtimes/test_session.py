"""Tests of a network in another runtime, with a made-up runtime."""

import dataclasses

import numpy as np
import pytest

from rmdn_tf.model.clip_stream import ClipStream
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.runtimes.description import Description
from rmdn_tf.runtimes.session import MAX_CLIPS, RuntimeNetwork, Session

SIZE = (4, 6)
CONFIG = dataclasses.replace(PRESETS["small"], input_size=SIZE, clip_stride=2)


class MeanSession(Session):
    """Gives the mean of a clip's last frame, and counts the clips."""

    def __init__(self, num_clips):
        state = {"count": (1,)}
        self.description = Description(CONFIG, 3, num_clips, "float32", state)
        self.num_frames = []

    def run(self, inputs):
        assert inputs.keys() == {"frames", "count_in"}
        frames, count = inputs["frames"], inputs["count_in"]
        assert frames.dtype == count.dtype == np.float32
        assert frames.shape[2:] == (*SIZE, 3)
        self.num_frames.append(frames.shape[1])
        means = frames[0, 3::2].mean((1, 2, 3))  # [T]
        ordinals = count[0] + 1 + np.arange(len(means))
        parameters = np.zeros((1, len(means), 1, 6), np.float32)
        parameters[0, :, 0, 0], parameters[0, :, 0, 1] = means, ordinals
        return {
            "parameters": parameters,
            "count_out": count + len(means),
            "actions": means,
        }


@pytest.mark.parametrize(
    ("num_clips", "num_frames"), [(1, {4}), (None, {4, 2 * MAX_CLIPS + 2})]
)
def test_a_stream_carries_the_state_from_call_to_call(num_clips, num_frames):
    session = MeanSession(num_clips)
    stream = ClipStream(RuntimeNetwork(session), clip_stride=2)
    grey = np.arange(10, 28, dtype=np.uint8)
    frames = np.broadcast_to(grey[:, None, None, None], (18, *SIZE, 3))
    parameters = np.concatenate([stream(frames[:7]), stream(frames[7:])])
    np.testing.assert_array_equal(parameters[:, 0, 0], np.arange(10, 28, 2))
    np.testing.assert_array_equal(parameters[:, 0, 1], np.arange(1, 10))
    assert {*session.num_frames} == num_frames


def test_frames_of_any_size_arrive_at_the_size_of_the_network():
    network = RuntimeNetwork(MeanSession(1))
    frames = np.random.default_rng(0).integers(0, 256, (1, 2, 8, 12, 3))
    resized = np.asarray(network.preprocess(frames.astype(np.uint8)))
    blocks = frames.reshape(2, 4, 2, 6, 2, 3).mean((2, 4))
    np.testing.assert_array_equal(resized[0], np.round(blocks))


def test_a_network_of_several_clips_at_once_is_an_error():
    with pytest.raises(ValueError, match="num_clips=3"):
        RuntimeNetwork(MeanSession(3))
