"""Cues of motion against the camera, of onset and of cuts."""

import numpy as np
import pytest

from rmdn_tf.encoders.camera import Camera, estimate_camera, warp
from rmdn_tf.encoders.cue_names import motion_cue_names
from rmdn_tf.encoders.motion import (
    NOISE,
    camera_cues,
    frame_differences,
)

pytestmark = pytest.mark.slow

SIDE = 112
NAMES = motion_cue_names((1,), camera=True, onset_lag=8)
LARGE = 3 * SIDE  # Pixels of the scene that pictures show parts of.


@pytest.fixture(scope="module")
def scene():
    """Soft and sharp texture, float64 `[LARGE, LARGE, 3]`, 0 to 1."""
    return _texture(0)


def _texture(seed):
    rng = np.random.default_rng(seed)
    total = np.zeros((LARGE, LARGE, 3))
    for size in (4, 12, 48):
        coarse = rng.uniform(size=(LARGE // size, LARGE // size, 3))
        fine = coarse.repeat(size, 0).repeat(size, 1)
        for axis in (0, 1):  # Soft edges.
            fine = (fine + np.roll(fine, 1, axis) + np.roll(fine, 2, axis)) / 3
        total += fine
    return total / 3 * rng.uniform(0.4, 1, 3)  # Its own colours.


def _show(scene, x=0.0, y=0.0, zoom=1.0):
    """Shows the part about (x, y) pixels from the centre, linearly sampled."""
    for axis, offset in ((0, y), (1, x)):
        place = (np.arange(SIDE) - (SIDE - 1) / 2) / zoom + offset
        place += (LARGE - 1) / 2
        low = np.floor(place).astype(int)
        shape = [1, 1, 1]
        shape[axis] = SIDE
        part = (place - low).reshape(shape)
        scene = scene.take(low, axis) * (1 - part) + part * scene.take(
            low + 1, axis
        )
    return scene.astype(np.float32)


def _cues(now, then):
    cues = camera_cues(now[None], [then[None]] * 2, onset=True)[0].numpy()
    assert cues.shape == (28, 28, len(NAMES))
    return dict(zip(NAMES, np.moveaxis(cues, -1, 0), strict=True))


def _camera(now, then):
    """Returns the shift in pixels and the zoom."""
    grey = [picture.mean(-1)[None] for picture in (now, then)]
    camera = estimate_camera(*grey)
    return camera.shift[0].numpy() * SIDE / 2, float(camera.zoom[0])


@pytest.mark.parametrize("picture", ["texture", "flat", "black"])
def test_a_static_picture_has_no_cue_at_all(scene, picture):
    now = _show(scene) * (picture != "black")
    now = np.full_like(now, 0.4) if picture == "flat" else now
    for name, cue in _cues(now, now).items():
        np.testing.assert_array_equal(cue, 0, name)


@pytest.mark.parametrize(("x", "y"), [(0, 3), (-7.4, 2.2), (25, -18), (0, 40)])
def test_a_pan_is_found_and_is_no_motion(scene, x, y):
    now, then = _show(scene), _show(scene, x, y)
    shift, zoom = _camera(now, then)
    np.testing.assert_allclose(shift, [-x, -y], atol=0.5)
    assert abs(zoom) < 0.01
    plain = frame_differences(now[None], [then[None]])[0, ..., 0].numpy()
    plain = (plain - np.log(NOISE)) / 2  # In the unit of the cues.
    cues = _cues(now, then)
    assert np.median(plain) > 1.2
    assert np.median(cues["mean1"]) < 0.5
    assert cues["cut"].max() == 0


@pytest.mark.parametrize("zoom", [0.9, 1.03, 1.1])
def test_a_zoom_is_found_and_is_no_motion(scene, zoom):
    now, then = _show(scene, zoom=zoom), _show(scene)
    shift, found = _camera(now, then)
    np.testing.assert_allclose(found, 1 / zoom - 1, atol=0.01)
    np.testing.assert_allclose(shift, 0, atol=0.5)
    assert np.median(_cues(now, then)["mean1"]) < 0.3


def test_an_object_that_moves_over_a_panned_background_lights_up(scene):
    now, then = _show(scene), _show(scene, 6, 0)
    other = _show(_texture(1))
    now[40:64, 60:84] = other[40:64, 60:84]
    then[40:64, 50:74] = other[40:64, 60:84]
    cues = _cues(now, then)
    inside = np.zeros((28, 28), bool)
    inside[10:16, 15:21] = True
    around = np.zeros((28, 28), bool)
    around[8:18, 9:23] = True
    for name in ("mean1", "largest1", "excess1", "changed8"):
        assert cues[name][inside].mean() > (0.3 if name == "excess1" else 0.8)
        assert np.median(cues[name][~around]) < 0.5, name
    assert cues["cut"].max() == 0


def test_a_large_object_that_moves_is_not_taken_for_the_camera(scene):
    """A third of the picture, of strong contrast, runs; the camera does not."""
    now, then = _show(scene) * 0.3, _show(scene) * 0.3
    other = _texture(1)
    now[:, 30:68] = _show(other, 9)[:, 30:68]
    then[:, 30:68] = _show(other)[:, 30:68]
    shift, zoom = _camera(now, then)
    np.testing.assert_allclose(shift, 0, atol=0.5)
    assert abs(zoom) < 0.02
    assert _cues(now, then)["cut"].max() == 0


def test_what_has_appeared_counts_more_than_what_has_gone(scene):
    plain = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    plain[::16] = 0.3
    full = plain.copy()
    full[40:60, 40:60] = _show(scene)[40:60, 40:60]
    appeared, gone = _cues(full, plain), _cues(plain, full)
    inside = (slice(10, 15), slice(10, 15))
    assert appeared["gained8"][inside].mean() > 0.3
    assert gone["gained8"][inside].mean() < 0.2
    assert gone["changed8"][inside].min() > 0.5


@pytest.mark.parametrize("other", [1, 2, 3])
def test_a_cut_is_certain_and_no_motion(scene, other):
    cues = _cues(_show(scene), _show(_texture(other)))
    np.testing.assert_array_equal(cues.pop("cut"), 1)
    for name, cue in cues.items():
        np.testing.assert_array_equal(cue, 0, name)


@pytest.mark.parametrize(("gain", "offset"), [(1.6, 0.2), (0.5, 0), (1, 0.3)])
def test_a_flash_or_a_fade_is_neither_motion_nor_a_cut(scene, gain, offset):
    then = _show(scene) * 0.5
    cues = _cues(then * gain + offset, then)
    for name, cue in cues.items():
        assert cue.max() < 0.2, name


def test_noise_is_hardly_motion(scene):
    noise = np.random.default_rng(0).normal(0, 0.002, (2, SIDE, SIDE, 3))
    now, then = _show(scene) + noise.astype(np.float32)
    cues = _cues(now, then)
    assert cues["mean1"].max() < 0.6
    assert cues["changed8"].max() < 0.6
    assert cues["excess1"].max() < 0.3
    assert cues["cut"].max() == 0


def test_mirrored_pictures_have_mirrored_cues(scene):
    now, then = _show(scene), _show(scene, 4.3, -2.6)
    now[40:64, 20:44] = 0.9
    cues, mirrored = _cues(now, then), _cues(now[:, ::-1], then[:, ::-1])
    for name, cue in cues.items():
        np.testing.assert_allclose(mirrored[name][:, ::-1], cue, atol=0.05)


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_pictures_of_any_number_of_channels_are_moved_alike(scene, channels):
    pictures = np.stack([_show(scene), _show(scene, 9)])
    camera = Camera(np.float32([[0.2, -0.1]] * 2), np.float32([0.1, 0]))
    expected, known = warp(pictures[..., 0], camera)
    planes = np.repeat(pictures[..., 0][:, None], channels, 1)
    moved, same = warp(planes, camera)
    np.testing.assert_array_equal(same, known)
    for channel in range(channels):
        np.testing.assert_allclose(moved[:, channel], expected, atol=1e-5)


def test_each_row_of_a_batch_has_the_cues_of_its_own_pictures(scene):
    now = np.stack([_show(scene), _show(scene), _show(_texture(1))])
    then = np.stack([_show(scene, 9), _show(_texture(1)), _show(scene)])
    together = camera_cues(now, [then, now], onset=True).numpy()
    for row in range(3):
        alone = camera_cues(
            now[row : row + 1], [then[row : row + 1], now[row : row + 1]], True
        )
        np.testing.assert_allclose(together[row], alone[0], atol=1e-3)


def test_plain_differences_are_those_of_earlier_releases(scene):
    now, then = _show(scene)[None], _show(scene, 3)[None]
    found = frame_differences(now, [then, now])[0].numpy()
    blocks = np.abs(now - then).mean(-1).reshape(28, 4, 28, 4)
    expected = [blocks.mean((1, 3)), 0, blocks.max((1, 3)), 0]
    for number, one in enumerate(expected):
        np.testing.assert_allclose(
            found[..., number], np.log(one + np.full((28, 28), 0.003)), 1e-4
        )


def test_names_stand_for_the_numbers_of_a_cell():
    assert motion_cue_names((1, 3)) == (
        "mean1",
        "mean3",
        "largest1",
        "largest3",
    )
    assert NAMES == (
        "mean1",
        "largest1",
        "excess1",
        "changed8",
        "gained8",
        "cut",
    )
