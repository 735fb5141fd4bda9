"""What a request may cost a server is bounded by what has to be computed."""

import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from benchmarks import made_jpegs
from rmdn_tf.data.windows import CLIP_LENGTH
from rmdn_tf.model.config import DenseConfig
from rmdn_tf.model.parts import (
    build_encoder,
    build_head,
    initial_state,
    model_inputs,
    recurrence,
)
from rmdn_tf.model.presets import with_changes
from rmdn_tf.model.recurrent import LARGEST_SUM, RecurrentCore, lstm_step
from rmdn_tf.model.request_limits import RequestLimits
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saliency_maps import saliency_map, saliency_map_in_blocks
from rmdn_tf.model.spatial_recurrence import SpatialRecurrence
from rmdn_tf.serving.export import export
from rmdn_tf.serving.jpegs import check_jpegs
from rmdn_tf.serving.limits import limits_of
from rmdn_tf.serving.network_cost import operations_of_clip
from rmdn_tf.serving.request_checks import SizeChecks, check_state

pytestmark = pytest.mark.slow

STATUS = pathlib.Path("/proc/self/status")
Refused = tf.errors.InvalidArgumentError


def mebibytes_for(call) -> float:
    """Memory that a call needs at most, beside what was in use before."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    call()
    return _status("VmHWM") - before


def _status(name) -> float:
    (line,) = [x for x in STATUS.read_text().splitlines() if name in x]
    return int(line.split()[1]) / 1024


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """The signature `serving_default` of one whose clips take 34 MB each."""
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("The system does not tell the memory of a call.")
    config = DenseConfig(
        input_size=(64, 64),
        filters=((64,), (2,), (2,), (2,), (2,)),
        units=4,
        num_components=200,
    )
    directory = tmp_path_factory.mktemp("saved_models") / "wide"
    loaded = tf.saved_model.load(export(build_rmdn(config), config, directory))

    def ask(frames, map_size=(0, 0)):
        return loaded.signatures["serving_default"](
            frames=tf.constant(frames), map_size=[map_size] * len(frames)
        )

    ask(np.zeros([1, 1, 8, 8, 3], np.uint8), (4, 4))
    return lambda *arguments: mebibytes_for(lambda: ask(*arguments))


# Memory that was freed may stay with the process and hide what comes later: the
# least comes first.


def test_a_map_takes_the_memory_of_its_pixels_not_of_all_components(wide):
    frames = np.zeros([1, 1, 8, 8, 3], np.uint8)
    assert wide(frames, (500, 600)) < 120  # Times 200 components it is 230.


def test_memory_does_not_grow_with_the_rows_of_a_request(wide):
    frames = np.zeros([60, 1, 1, 1, 3], np.uint8)
    assert wide(frames) < 700  # 60 clips at once take 1,400 and more.


def test_a_large_frame_is_not_copied_for_its_context(wide):
    frames = np.zeros([1, 1, 5000, 5000, 3], np.uint8)
    # It and its float32 take 360; 16 such frames alone take 1,140.
    assert wide(frames) < 600


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (90, 160), (300, 200)])
def test_a_map_in_blocks_is_the_map(monkeypatch, size):
    monkeypatch.setattr("rmdn_tf.model.saliency_maps.BLOCK", 2_000)
    parameters = tf.random.normal([20, 6], seed=3)
    np.testing.assert_allclose(
        saliency_map_in_blocks(parameters, *map(tf.constant, size)),
        saliency_map(parameters, *size),
        rtol=1e-5,
        atol=1e-12,
    )


@pytest.fixture
def sizes():
    """Those of a model with a component in each of 196 cells."""
    return SizeChecks(RequestLimits(256, 256), 1, 196)


@pytest.mark.parametrize(
    "map_size, num_clips",
    [((1080, 1920), 10), ((360, 640), 64), ((0, 0), 256), ((16384, 1), 256)],
)
def test_maps_of_the_size_of_a_video_are_made(sizes, map_size, num_clips):
    checked = sizes.check_map_size(tf.constant([map_size]), 1, num_clips)
    assert tuple(checked.numpy()) == map_size


@pytest.mark.parametrize(
    "map_size, num_clips",
    [
        ((1080, 1920), 11),
        ((300, 300), 256),
        ((16385, 1), 1),
        ((2**31 - 1,) * 2, 9),
    ],
)
def test_maps_are_limited_by_pixels_times_components(
    sizes, map_size, num_clips
):
    with pytest.raises(Refused, match="Invalid `map_size`. Expected at most"):
        sizes.check_map_size(tf.constant([map_size]), 1, num_clips)


def test_clips_are_limited_by_the_work_of_the_network():
    config = DenseConfig()
    model = build_rmdn(config)
    # 38.5 thousand million multiplications are published.
    assert operations_of_clip(model) == pytest.approx(77e9, 0.01)
    limits = limits_of(model, config)
    assert limits == RequestLimits(256, 64, 2**25)
    sizes = SizeChecks(limits, 1, 20)
    sizes.check_frames(tf.zeros([4, 16, 1, 1, 3], tf.uint8), 1)
    for shape, least in (((65, 1), 1), ((1, 65), 1), ((5, 28), CLIP_LENGTH)):
        with pytest.raises(Refused, match="Expected at most 64 clips"):
            sizes.check_frames(tf.zeros([*shape, 1, 1, 3], tf.uint8), least)


def test_frames_are_limited_by_the_size_that_they_are_brought_to():
    config = DenseConfig(input_size=(512, 512), filters=((1,),) * 5)
    limits = limits_of(build_rmdn(config), config)
    assert limits.max_frames == 64


def ask_jpegs(picture: bytes, sizes, rows: int = 1) -> None:
    """Checks a request whose pictures are all the same one."""
    check_jpegs(tf.constant([[picture] * CLIP_LENGTH] * rows), sizes)


@pytest.mark.parametrize(
    "picture",
    [
        made_jpegs.jpeg(),
        made_jpegs.jpeg(quality=100, subsampling=0),
        made_jpegs.jpeg((1080, 1920), progressive=True),
        # A preview, and notes in which the marker stands by chance.
        made_jpegs.with_note(made_jpegs.jpeg(), made_jpegs.jpeg((120, 160))),
        made_jpegs.with_note(made_jpegs.jpeg(), b"\xff\xda" * 200),
    ],
    ids=["baseline", "best", "progressive", "preview", "notes"],
)
def test_pictures_of_cameras_and_tools_are_taken(sizes, picture):
    ask_jpegs(picture, sizes)
    assert tf.io.decode_jpeg(picture).shape[2] == 3


def test_a_picture_of_thousands_of_scans_is_refused(sizes):
    for num_scans in (257, 5_000):
        with pytest.raises(Refused, match="at most 256 scans in a picture"):
            ask_jpegs(made_jpegs.scan_bomb(num_scans), sizes)
    ask_jpegs(made_jpegs.scan_bomb(256), sizes)


def test_scans_are_limited_by_the_pixels_that_they_go_over(sizes):
    ask_jpegs(made_jpegs.scan_bomb(16, (1080, 1920)), sizes)
    with pytest.raises(Refused, match="536870912 pixels times scans"):
        ask_jpegs(made_jpegs.scan_bomb(17, (1080, 1920)), sizes)


def test_a_bomb_among_sound_pictures_is_refused(sizes):
    jpegs = [[made_jpegs.jpeg()] * CLIP_LENGTH]
    jpegs[0][11] = made_jpegs.scan_bomb(300)
    with pytest.raises(Refused, match="at most 256 scans"):
        check_jpegs(tf.constant(jpegs), sizes)


def test_a_narrow_picture_counts_as_the_blocks_that_are_decoded(sizes):
    picture = made_jpegs.jpeg((1, 4000))
    ask_jpegs(picture, sizes, rows=16)  # 256 pictures of 32x4000.
    with pytest.raises(Refused, match="at most 33554432 pixels"):
        ask_jpegs(made_jpegs.jpeg((1, 4200)), sizes, rows=16)


def test_bytes_that_are_no_pixels_are_limited(sizes):
    picture = made_jpegs.jpeg() + bytes(2**22)
    with pytest.raises(Refused, match="at most 67108864 bytes"):
        ask_jpegs(picture, sizes)


@pytest.mark.parametrize("recurrent", ["lstm", "rnn", "gru", "leaky"])
def test_a_state_that_the_network_gave_is_never_refused(recurrent):
    if recurrent in ("lstm", "rnn"):
        layer, shape = RecurrentCore(4, recurrent), (4,)
    else:
        layer, shape = SpatialRecurrence((2, 2), 4, recurrent), (2, 2, 4)
    state = layer.initial_state(3)
    for _ in range(4):
        features = 100 * tf.random.normal([3, 40, *shape])
        _, state = layer(
            features, state, tf.fill([3], False), tf.fill([3, 40], True)
        )
    shapes = {name: part.shape[1:] for name, part in state.items()}
    limits = layer.state_limits
    check_state(state, shapes, limits, 3)
    for name, part in state.items():
        beyond = state | {name: tf.fill(part.shape, 1.01 * limits[name])}
        with pytest.raises(Refused, match=f"Invalid `{name}`. Expected finite"):
            check_state(beyond, shapes, limits, 3)


def test_a_new_network_that_knows_cuts_takes_each_state_it_gave(
    tiny_spatial_model,
):
    model = build_rmdn(
        with_changes(tiny_spatial_model, camera=True, reset_on_cuts=True)
    )
    rng = np.random.default_rng(0)
    scenes = rng.integers(0, 256, (4, 5, 1, 4, 4, 3), np.uint8)
    frames = scenes.repeat(6, 2).reshape(4, 30, 4, 4, 3)  # A cut every 6.
    features = build_encoder(model)(frames.repeat(8, 2).repeat(8, 3))
    cuts = features[..., -1].numpy()
    assert cuts.min() == 0 and cuts.max() == 1
    head = build_head(model)
    state = initial_state(head, 4)
    shapes = {name: part.shape[1:] for name, part in state.items()}
    for _ in range(3):  # A longer video.
        batch = {
            "features": features,
            "is_first": tf.fill([4], False),
            "frame_mask": tf.fill([4, 15], True),
        }
        outputs = head(model_inputs(batch, state, 1), training=False)
        state = {name: outputs[name] for name in state}
        check_state(state, shapes, recurrence(model).state_limits, 4)


def test_a_cell_grows_up_to_its_limit_and_no_further():
    cell = tf.fill([1, 1], LARGEST_SUM)
    gates = tf.fill([1, 4], 1e4)  # All open: it grows by 1.
    _, after = lstm_step(gates, tf.zeros([1, 4]), tf.zeros([1, 1]), cell)
    np.testing.assert_array_equal(after, cell)
    _, after = lstm_step(gates, tf.zeros([1, 4]), tf.zeros([1, 1]), cell - 1)
    np.testing.assert_array_equal(after, cell)


def test_every_part_of_a_state_has_a_limit(tiny_model, tiny_spatial_model):
    joint = with_changes(tiny_model, actions=("run", "walk"))
    for config in (tiny_model, tiny_spatial_model, joint):
        layer = recurrence(build_rmdn(config))
        assert layer.state_limits.keys() == layer.initial_state(1).keys()
