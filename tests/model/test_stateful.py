"""The state that a predictor carries from window to window."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.model import stateful
from rmdn_tf.model.parts import build_encoder, build_head, pad_context
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.stateful import StatefulNetwork

pytestmark = pytest.mark.slow

STRIDE = 2
NUM_FRAMES = 12


@pytest.fixture(scope="module")
def config(tiny_model):
    """With dropout, which would show."""
    return dataclasses.replace(tiny_model, clip_stride=STRIDE, dropout=0.5)


@pytest.fixture(scope="module")
def model(config):
    keras.utils.set_random_seed(0)
    return build_rmdn(config)


@pytest.fixture(scope="module")
def frames():
    """Two videos with their context."""
    frames = np.random.default_rng(0).integers(
        0, 256, (2, NUM_FRAMES, 16, 16, 3), np.uint8
    )
    return pad_context(tf.constant(frames))


def window(frames, begin, end, is_first=None, mask=None):
    """The batch that serves the frames `begin` to `end`."""
    is_first = [begin == 0] * 2 if is_first is None else is_first
    mask = np.ones([2, end - begin], bool) if mask is None else mask
    return {
        # The last stride's frames beyond the end of its clip are not used.
        "frames": frames[:, begin : end + CONTEXT - (STRIDE - 1)],
        "is_first": tf.constant(is_first),
        "frame_mask": tf.constant(mask),
    }


@pytest.fixture(scope="module")
def whole(model, frames):
    predictor = StatefulNetwork(model, STRIDE)
    return predictor(window(frames, 0, NUM_FRAMES)).numpy()


def assert_close(actual, expected):
    # Unconstrained parameters may be near 0.
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("borders", [(0, 4, 12), (0, 4, 8, 12), (0, 2, 10, 12)])
def test_windows_in_order_give_what_one_long_window_gives(
    model, frames, whole, borders
):
    predictor = StatefulNetwork(model, STRIDE)
    parts = [
        predictor(window(frames, begin, end))
        for begin, end in zip(borders[:-1], borders[1:], strict=True)
    ]
    assert whole.shape == (2, NUM_FRAMES // STRIDE, 3, 6)
    assert_close(np.concatenate(parts, 1), whole)


@pytest.mark.parametrize("recurrent", ["rnn", "none"])
def test_every_recurrence_is_carried_on(config, frames, recurrent):
    ablated = build_rmdn(dataclasses.replace(config, recurrent=recurrent))
    predictor = StatefulNetwork(ablated, STRIDE)
    whole = predictor(window(frames, 0, 12))
    predictor.reset()
    parts = [predictor(window(frames, i, i + 4)) for i in (0, 4, 8)]
    assert_close(np.concatenate(parts, 1), whole)


def test_a_head_predicts_from_features_what_the_model_does(
    model, frames, whole
):
    encoder = build_encoder(model)
    predictor = StatefulNetwork(build_head(model), STRIDE)
    parts = []
    for begin, end in [(0, 4), (4, 12)]:
        batch = window(frames, begin, end)
        batch["features"] = encoder(batch.pop("frames"))
        parts.append(predictor(batch))
    assert_close(np.concatenate(parts, 1), whole)


def test_reset_forgets_the_state(model, frames):
    predictor = StatefulNetwork(model, STRIDE)
    second = window(frames, 6, 12)
    fresh = predictor(second)
    carried = predictor(second)
    assert np.abs(carried - fresh).max() > 1e-3
    predictor.reset()
    np.testing.assert_array_equal(predictor(second), fresh)


def test_a_row_that_begins_a_video_starts_from_zero_and_no_other(
    model, frames, whole
):
    predictor = StatefulNetwork(model, STRIDE)
    predictor(window(frames, 0, 6))
    second = predictor(window(frames, 6, 12, is_first=[False, True]))
    predictor.reset()
    fresh = predictor(window(frames, 6, 12))
    assert_close(second[0], whole[0, 3:])
    assert_close(second[1], fresh[1])


def test_frames_past_the_end_of_a_video_leave_the_state_alone(
    model, frames, whole
):
    predictor = StatefulNetwork(model, STRIDE)
    mask = np.ones([2, 6], bool)
    mask[:, 4:] = False
    predictor(window(frames, 0, 6, mask=mask))
    assert_close(predictor(window(frames, 4, 12)), whole[:, 2:])


def rows_of(batch, number):
    return {key: value[:number] for key, value in batch.items()}


def test_the_last_rows_may_end_before_the_others(model, frames, whole):
    predictor = StatefulNetwork(model, STRIDE)
    predictor(window(frames, 0, 6))
    rest = predictor(rows_of(window(frames, 6, 12), 1))
    assert_close(rest, whole[:1, 3:])
    # All rows begin anew.
    assert_close(predictor(window(frames, 0, 12)), whole)


def test_numbers_do_not_depend_on_what_was_predicted_before(model, frames):
    fresh, used = (StatefulNetwork(model, STRIDE) for _ in range(2))
    used(rows_of(window(frames, 0, 12), 1))
    for number in (2, 1):
        batch = rows_of(window(frames, 0, 12), number)
        np.testing.assert_array_equal(used(batch), fresh(batch))


@pytest.mark.parametrize("num_frames", [NUM_FRAMES, NUM_FRAMES - 1])
def test_a_network_of_frames_takes_few_of_them_at_once(
    tiny_spatial_model, frames, num_frames, monkeypatch
):
    """Many frames of the package's model took 8 GB of memory."""
    config = dataclasses.replace(tiny_spatial_model, clip_stride=STRIDE)
    predictor = StatefulNetwork(build_rmdn(config), STRIDE)
    mask = np.ones([2, num_frames], bool)
    mask[1, -4:] = False
    batch = window(frames, 0, num_frames, mask=mask)
    batch["frames"] = frames[:, : num_frames + CONTEXT]
    whole = predictor.outputs(batch)
    predictor.reset()

    seen = []
    inputs = stateful.model_inputs
    monkeypatch.setattr(
        stateful,
        "model_inputs",
        lambda part, *state: seen.append(part) or inputs(part, *state),
    )
    pixels = 2 * np.prod(config.input_size)
    monkeypatch.setattr(stateful, "PIXELS_AT_ONCE", 3 * pixels - 1)
    parts = predictor.outputs(batch)
    assert [part["frame_mask"].shape[1] for part in seen] == [
        4,
        4,
        num_frames - 8,
    ]
    assert whole.keys() == parts.keys()
    for key, expected in whole.items():
        assert_close(parts[key], expected)
