"""The spatial head and its encoder: contracts and laws."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.augmentation import flip
from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.encoders.frame_features import build_frame_network, frame_encoder
from rmdn_tf.model.config import SpatialConfig
from rmdn_tf.model.keras_network import KerasNetwork
from rmdn_tf.model.parts import (
    build_cells,
    build_encoder,
    build_head,
    initial_state,
    model_inputs,
)
from rmdn_tf.model.presets import PRESETS, with_changes
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import load_model, save_model
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.runs.loading import load_stateful
from rmdn_tf.serving.export import export

pytestmark = pytest.mark.slow

CONFIG = dataclasses.replace(
    PRESETS["spatial"],
    input_size=(64, 96),
    features="stage3",
    faces=False,
    camera=False,
    reset_on_cuts=False,
    projection=4,
    context_units=6,
    units=6,
)
KINDS = {
    "leaky": {},
    "gru": {"recurrent": "gru", "units": 3},
    "none": {"recurrent": "none"},
    "plain": {"context": "plain"},
    "faces": {"faces": True},
    "camera": {"camera": True, "onset_lag": 8, "reset_on_cuts": True},
    "dense": {"head": "dense", "recurrent": "lstm", "units": 5},
}


@pytest.fixture(scope="module")
def frames():
    shape = (1, CONTEXT + 8, 64, 96, 3)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.fixture(scope="module")
def model():
    return _randomize(build_rmdn(CONFIG))


@pytest.fixture(scope="module")
def with_cues(frames):
    """A network with every cue, which knows cuts, and its settings."""
    config = with_changes(CONFIG, faces=True, camera=True, reset_on_cuts=True)
    model = _randomize(build_rmdn(config))
    # Random weights mix the cues; a fitted projection passes them on.
    cells = build_cells(model)(frames).numpy()
    model.get_layer("projection").fit(cells.reshape(-1, cells.shape[-1]))
    return model, config


@pytest.fixture(scope="module")
def whole(model, frames):
    return _run(model, frames)[0]


def _randomize(model):
    """Gives every weight a value that matters."""
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if not isinstance(layer, keras.Model):
            layer.set_weights(
                [rng.normal(0, 0.3, w.shape) for w in layer.get_weights()]
            )
    return model


def _run(model, frames, state=None, first=True):
    batch = {
        "frames": tf.constant(frames),
        "is_first": tf.constant([first]),
        "frame_mask": tf.fill([1, frames.shape[1] - CONTEXT], True),
    }
    state = state or initial_state(model, 1)
    outputs = dict(model(model_inputs(batch, state, 1)))
    return outputs.pop("parameters"), outputs


@pytest.mark.parametrize("kind", KINDS)
def test_halves_equal_the_whole_of_every_kind(kind, frames):
    model = _randomize(build_rmdn(with_changes(CONFIG, **KINDS[kind])))
    whole, _ = _run(model, frames)
    first, state = _run(model, frames[:, : CONTEXT + 3])
    second, _ = _run(model, frames[:, 3:], state, first=False)
    halves = tf.concat([first, second], 1)
    np.testing.assert_allclose(halves, whole, rtol=1e-4, atol=1e-5)


def test_features_shifted_by_a_cell_shift_the_map():
    """Interior, without a prior: the head is the same function everywhere."""
    config = dataclasses.replace(CONFIG, input_size=(192, 192))
    head = _randomize(build_head(build_rmdn(config)))
    mixture = head.get_layer("mixture")
    mixture.prior.assign(tf.zeros_like(mixture.prior))
    rng = np.random.default_rng(1)
    cells = rng.normal(size=(1, 3, 12, 12, 8)).astype(np.float32)
    shifted = np.roll(cells, 1, axis=3)  # One cell to the right.

    def parameters(cells):
        batch = {
            "features": tf.constant(cells.reshape(1, 3, -1)),
            "is_first": tf.constant([True]),
            "frame_mask": tf.fill([1, 3], True),
        }
        outputs = head(model_inputs(batch, initial_state(head, 1), 1))
        return outputs["parameters"].numpy().reshape(3, 12, 12, 6)

    before, after = parameters(cells), parameters(shifted)
    before[..., 1] += 1 / 12
    # The outermost cells see the border, and the seam of the roll.
    np.testing.assert_allclose(
        after[:, 3:-3, 4:-3], before[:, 3:-3, 3:-4], rtol=1e-4, atol=1e-5
    )


def test_an_input_shifted_by_a_cell_shifts_the_features():
    """Of the convolutions alone, which see 200 pixels: on a wide frame."""
    network = build_frame_network(
        frame_encoder("efficientnet_lite0"), "stage3", (192, 192)
    )
    pixels = np.random.default_rng(0).normal(size=(1, 192, 192, 3))
    shifted = np.roll(pixels, 16, axis=2)
    before, after = network(pixels).numpy(), network(shifted).numpy()
    inside = slice(5, 7)
    np.testing.assert_allclose(
        after[:, inside, 6:8], before[:, inside, 5:7], rtol=1e-3, atol=1e-5
    )


def test_motion_is_zero_of_a_still_video_and_local_of_a_moving_one(
    model, frames
):
    still = np.repeat(frames[:, :1], CONTEXT + 4, 1)
    cells = build_cells(model)(still)
    motion = cells[..., -4:].numpy()
    np.testing.assert_allclose(motion, np.log(0.003), rtol=1e-5)
    moved = still.copy()
    moved[:, CONTEXT, 16:32, 32:48] ^= 255  # The cell (1, 2), at once.
    cells = build_cells(model)(moved)
    motion = cells[0, 0, ..., -4:].numpy()
    changed = np.argwhere(motion[..., 0] > np.log(0.003) + 0.1)
    assert changed.tolist() == [[1, 2]]


def test_cues_of_the_camera_are_zero_of_a_still_video(frames):
    config = dataclasses.replace(CONFIG, camera=True, onset_lag=8)
    cells = build_cells(build_rmdn(config))
    still = np.repeat(frames[:, :1], CONTEXT + 2, 1)
    assert config.num_plain == 9
    np.testing.assert_array_equal(cells(still)[..., -9:], 0)
    moved = still.copy()
    moved[:, CONTEXT, 16:32, 32:48] ^= 255  # The cell (1, 2), at once.
    cues = cells(moved)[0, 0, ..., -9:].numpy()
    assert cues[1, 2, 0] > 1
    assert cues[3:, :, 0].max() < 0.3
    np.testing.assert_array_equal(cues[..., -1], 0)  # No cut.


def test_features_that_are_kept_and_frames_give_the_same(model, frames, whole):
    batch = {
        "features": build_encoder(model, 1)(frames),
        "is_first": tf.constant([True]),
        "frame_mask": tf.fill([1, 8], True),
    }
    head = build_head(model)
    outputs = head(model_inputs(batch, initial_state(head, 1), 1))
    np.testing.assert_allclose(outputs["parameters"], whole, rtol=1e-5)


def test_cells_are_mirrored_with_their_fixations():
    cells = tf.reshape(tf.range(2 * 3 * 2 * 4 * 5), [2, 3, 2, 4, 5])
    fixations = tf.constant([[[[0.1, 0.2]]]] * 2)
    flipped = flip(cells, fixations, tf.constant([True, False]))
    np.testing.assert_array_equal(
        flipped["frames"][0], cells[0].numpy()[:, :, ::-1]
    )
    np.testing.assert_array_equal(flipped["frames"][1], cells[1])
    np.testing.assert_allclose(flipped["fixations"][0, 0, 0], [0.9, 0.2])


def test_saved_and_exported_models_answer_alike(model, tmp_path, frames, whole):
    save_model(model, CONFIG, tmp_path / "saved")
    again, config = load_model(tmp_path / "saved")
    assert config == CONFIG
    np.testing.assert_allclose(_run(again, frames)[0], whole, rtol=1e-5)
    version = export(model, CONFIG, tmp_path / "served")
    predict, stride = load_stateful(version)
    assert stride == 1
    parts = [
        predict(
            {
                "frames": tf.constant(frames[:, n : n + CONTEXT + 1]),
                "is_first": tf.constant([n == 0]),
                "frame_mask": tf.constant([[True]]),
            }
        )
        for n in range(8)
    ]
    np.testing.assert_allclose(tf.concat(parts, 1), whole, rtol=1e-4, atol=1e-5)


def test_a_network_with_every_cue_is_saved_exported_and_streams_alike(
    with_cues, frames, tmp_path
):
    model, config = with_cues
    whole, _ = _run(model, frames)
    save_model(model, config, tmp_path / "saved")
    again, read = load_model(tmp_path / "saved")
    assert read == config
    np.testing.assert_allclose(_run(again, frames)[0], whole, rtol=1e-5)
    predict, _ = load_stateful(export(model, config, tmp_path / "served"))
    batch = {
        "frames": tf.constant(frames),
        "is_first": tf.constant([True]),
        "frame_mask": tf.fill([1, 8], True),
    }
    np.testing.assert_allclose(predict(batch), whole, rtol=1e-4, atol=1e-5)
    video = frames[0, :4]
    padded = np.concatenate([np.repeat(video[:1], CONTEXT, 0), video])
    expected, _ = _run(model, padded[None])
    streamed = AttentionModel(KerasNetwork(model), config).stream(video)
    for number, (_, density) in enumerate(streamed):
        np.testing.assert_allclose(
            density.parameters, expected[0, number], rtol=1e-4, atol=1e-5
        )


def test_what_was_before_a_cut_does_not_matter_after_it(with_cues, frames):
    model, _ = with_cues
    pasts, after = frames[:, :5].copy(), frames[:, 5:6].copy()
    pasts[:, :, :32], after[:, :, :, 48:] = 0, 255
    videos = [
        np.concatenate(
            [np.repeat(pasts[:, n : n + 1], CONTEXT + 2, 1), *[after] * 3], 1
        )
        for n in (0, 4)
    ]
    assert build_cells(model)(videos[0])[0, :, 0, 0, -1].numpy().tolist() == [
        *(0, 0, 1, 0, 0)
    ]
    (first, state), (second, other) = (_run(model, one) for one in videos)
    assert np.abs(first[:, 1] - second[:, 1]).max() > 0.01
    np.testing.assert_allclose(first[:, 2:], second[:, 2:], rtol=1e-5)
    for name, rows in state.items():
        np.testing.assert_allclose(rows, other[name], rtol=1e-5)


def test_streaming_equals_the_whole_and_waits_for_no_frame(model, frames):
    video = frames[0, :8]
    first = np.repeat(video[:1], CONTEXT, 0)
    whole, _ = _run(model, np.concatenate([first, video])[None])
    streamed = AttentionModel(KerasNetwork(model), CONFIG).stream(video)
    for number, (frame, density) in enumerate(streamed):
        np.testing.assert_array_equal(frame, video[number])
        np.testing.assert_allclose(
            density.parameters, whole[0, number], rtol=1e-4, atol=1e-5
        )
    assert number == 7


def test_a_faster_video_is_looked_at_at_the_rate_of_training(model, frames):
    loaded = AttentionModel(KerasNetwork(model), CONFIG)
    slow = [d for _, d in loaded.stream(frames[0, :4], 10)]
    fast = [d for _, d in loaded.stream(np.repeat(frames[0, :4], 3, 0), 30)]
    assert len(fast) == 12
    for number, density in enumerate(fast):
        np.testing.assert_allclose(
            density.parameters, slow[number // 3].parameters, rtol=1e-5
        )


def test_frames_of_another_size_are_refused(model, frames):
    loaded = AttentionModel(KerasNetwork(model), CONFIG)
    with pytest.raises(ValueError, match=r"\(32, 96, 3\), frame 1"):
        list(loaded.stream([frames[0, 0], frames[0, 0, :32]]))
    with pytest.raises(ValueError, match="float32"):
        list(loaded.stream([frames[0, 0].astype(np.float32)]))


def test_the_spatial_head_works_on_c3d():
    config = SpatialConfig(
        input_size=(32, 48),
        filters=((2,), (2,), (2,), (2,), (2,)),
        recurrent="gru",
        units=3,
        projection=2,
    )
    model = build_rmdn(config)
    shape = (1, CONTEXT + 2, 32, 48, 3)
    frames = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    parameters, state = _run(model, frames)
    assert parameters.shape == (1, 2, 2 * 3, 6)
    assert state["hidden"].shape == (1, 2, 3, 3)


OF_FC6 = {"encoder": "c3d", "features": "fc6"}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"projection": 0}, "projection"),
        ({"motion_lags": (16,)}, "motion_lags"),
        ({"motion_lags": (3,), "camera": True}, "camera"),
        ({"camera": True, "onset_lag": 16}, "onset_lag"),
        ({"onset_lag": 8}, "onset_lag"),
        ({"reset_on_cuts": True}, "reset_on_cuts"),
        ({"recurrent": "lstm"}, "recurrent"),
        ({"head": "dense", "recurrent": "gru"}, "recurrent"),
        ({"units": 5}, "units"),
        ({"head": "round"}, "head"),
        (OF_FC6, "motion_lags"),
        ({**OF_FC6, "motion_lags": ()}, "projection"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(changes, name):
    with pytest.raises(ValueError, match=f"Invalid `{name}`"):
        with_changes(CONFIG, **changes)
