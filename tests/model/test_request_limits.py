"""A client knows what fits into a request, and sends no more."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.windows import Window
from rmdn_tf.model.presets import PRESETS
from rmdn_tf.model.request_limits import RequestLimits, limits_in
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.served_network import ServedNetwork
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.runs.loading import load_served, load_stateful, served_metadata
from rmdn_tf.serving import limits as serving_limits
from rmdn_tf.serving.client import Client, Sending
from rmdn_tf.serving.export import export
from rmdn_tf.video.resizing import resize_pixels

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "limits, size, stride, number",
    [
        ((256, 256, 2**25), (1, 1), 1, 241),
        ((256, 64, 2**25), (1, 1), 1, 64),
        ((256, 64, 2**25), (360, 640), 1, 64),
        ((256, 256, 2**25), (1080, 1920), 1, 1),
        ((256, 256, 2**25), (1080, 1920), 16, 1),
        ((256, 256, 2**25), (720, 1280), 4, 5),
        ((256, 256, 2**25), (2160, 3840), 1, 0),
        ((15, 256, 2**25), (1, 1), 1, 0),
    ],
)
def test_as_many_clips_go_into_a_request_as_fit(limits, size, stride, number):
    limits = RequestLimits(*limits)
    assert limits.clips_at_once(size, stride) == number
    frames = 16 + (number - 1) * stride
    assert not number or frames * size[0] * size[1] <= limits.max_pixels


def test_an_earlier_release_names_no_limits_and_a_later_one_more():
    assert limits_in({}) == RequestLimits(256, 16, 2**25)
    later = {"max_clips": 7, "max_rows": 3}
    assert limits_in({"limits": later}) == RequestLimits(256, 7, 2**25)


@pytest.mark.parametrize(
    "limits", [{"max_clips": 0}, {"max_clips": 2.0}, {"max_frames": True}]
)
def test_limits_that_are_invalid_are_named(limits):
    (name,) = limits
    with pytest.raises(ValueError, match=f"Invalid `{name}`. Expected a pos"):
        limits_in({"limits": limits})


class Recorder:
    """Stands in for a step; keeps what it is asked."""

    def __init__(self):
        self.windows = []

    def __call__(self, window, state):
        self.windows.append(window)
        clips = (window.shape[1] - 16) // 4 + 1
        first = float(window[0, 15, 0, 0, 0])
        numbers = first + 4.0 * np.arange(clips)
        return numbers[None], {"seen": state["seen"] + clips}


@pytest.mark.parametrize("stride", [2, 4])
@pytest.mark.parametrize("num_clips", [1, 3, 4, 10])
def test_a_window_is_sent_in_pieces_that_carry_the_state(num_clips, stride):
    step = Recorder()
    network = ServedNetwork(
        step, dict, 4, (16, 16), RequestLimits(256, 3, 2**25)
    )
    frames = np.arange(16 + (num_clips - 1) * stride, dtype=np.uint8)
    window = tf.constant(frames[None, :, None, None, None] * [1, 1, 1])
    parameters, state = network.run(window, stride, {"seen": 0})
    np.testing.assert_array_equal(
        parameters, 15 + stride * np.arange(num_clips)
    )
    assert state == {"seen": num_clips}
    # With another stride than the model's, clip by clip.
    most = 3 if stride == 4 else 1
    assert len(step.windows) == -(-num_clips // most)


class Unsliced:
    """Stands in for a tensor whose slices leak memory: it has none."""

    def __array__(self, dtype=None, copy=None):
        return np.zeros((1, 1, 2, 6), np.float32)


def test_the_parameters_of_a_step_are_not_sliced_as_a_tensor():
    network = ServedNetwork(
        lambda window, state: (Unsliced(), state),
        *(dict, 4, (16, 16), RequestLimits()),
    )
    window = np.zeros((1, 16, 1, 1, 3), np.uint8)
    parameters, _ = network.run(window, 4, {})
    assert parameters.shape == (1, 2, 6)


@pytest.fixture(scope="module", params=["small", "spatial"])
def preset(request, tiny_model, tiny_spatial_model, tmp_path_factory):
    """A tiny model with the stride of a preset, and a SavedModel of it."""
    tiny = tiny_spatial_model if request.param == "spatial" else tiny_model
    stride = PRESETS[request.param].clip_stride
    config = dataclasses.replace(tiny, clip_stride=stride)
    model = build_rmdn(config)
    with pytest.MonkeyPatch.context() as patch:
        if stride == 1:  # A window has 50 clips.
            work = 20 * serving_limits.operations_of_clip(model)
            patch.setattr(serving_limits, "MAX_OPERATIONS", work)
        path = export(model, config, tmp_path_factory.mktemp("saved") / "one")
    return model, config, path


def test_a_saved_model_of_every_presets_stride_is_evaluated(preset, demo_dir):
    model, config, path = preset
    stride = config.clip_stride
    predict, found = load_stateful(path)
    assert found == stride
    expected = StatefulNetwork(model, stride)
    batches = ordered_windows(
        demo_dir, "test", batch_size=4, window=Window(clip_stride=stride)
    )
    for batch in batches.take(2):
        valid = batch["frame_mask"].numpy()[:, ::stride]
        assert len(valid) == 4 and valid.any()
        np.testing.assert_allclose(
            predict(batch).numpy()[valid],
            expected(batch).numpy()[valid],
            rtol=1e-4,
            atol=1e-5,
        )


def test_frames_that_are_too_large_are_brought_to_the_networks_size(preset):
    _, config, path = preset
    frames = np.random.default_rng(0).integers(
        0, 256, (1, 16, 216, 384, 3), np.uint8
    )
    network = load_served(path, served_metadata(path))
    np.testing.assert_array_equal(network.preprocess(frames), frames)
    network._limits = RequestLimits(max_pixels=16 * 64 * 64)
    assert not network._limits.clips_at_once(frames.shape[2:4], 1)
    sent = network.preprocess(tf.constant(frames))
    expected = resize_pixels(tf.constant(frames[0]), config.input_size)
    np.testing.assert_array_equal(sent[0], expected)
    parameters, _ = network.run(sent, 1, network.initial_state())
    assert parameters.shape[0] == 1


def test_what_a_saved_model_refuses_is_no_error_of_tensorflow(preset):
    _, _, path = preset
    network = load_served(path, served_metadata(path))
    state = network.initial_state()
    for name in state:
        state[name] += 1e9
    frames = tf.zeros([1, 16, 8, 8, 3], tf.uint8)
    with pytest.raises(ValueError, match="refused: .*Invalid `(hidden|cell)"):
        network.run(frames, 4, state)


def test_a_server_is_sent_what_its_model_allows(exported, server, video):
    for sending in (Sending(), Sending(jpeg_quality=90)):
        with Client(server.grpc_url, "tiny", sending=sending) as client:
            client.network._limits = RequestLimits(256, 3, 2**25)
            server.requests.clear()
            model = AttentionModel(client.network, client.config)
            stream = model.stream(video, clips_at_once=14)
            assert len(list(stream)) == len(video)
        steps = [name for name, _ in server.requests if "step" in name]
        assert len(steps) == 5
