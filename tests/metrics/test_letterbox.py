"""Letterboxing keeps what it must, and puts it where the benchmark does."""

import numpy as np
import pytest

from rmdn_tf.metrics.letterbox import letterbox_fixations, letterbox_maps

FRAME = (360, 640)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def test_a_map_of_the_frames_size_stays(generator):
    maps = generator.uniform(size=(2, *FRAME))
    np.testing.assert_array_equal(letterbox_maps(maps, FRAME), maps)


def test_a_map_of_twice_the_size_becomes_the_means_of_four_pixels(generator):
    maps = generator.uniform(size=(1, 8, 12))
    means = maps.reshape(1, 4, 2, 6, 2).mean((2, 4))
    np.testing.assert_allclose(letterbox_maps(maps, (4, 6)), means, rtol=1e-15)


def test_a_map_of_three_times_the_size_becomes_its_middle_pixels(generator):
    # So does the benchmark: pixels in between are lost.
    maps = generator.uniform(size=(1, 12, 18))
    np.testing.assert_allclose(
        letterbox_maps(maps, (4, 6)), maps[:, 1::3, 1::3], rtol=1e-15
    )


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [
        ((480, 640), slice(0, 360), slice(80, 560)),  # Bars left and right.
        ((50, 21), slice(0, 360), slice(244, 395)),  # 151.2 columns.
        ((300, 1001), slice(84, 275), slice(0, 640)),  # 191.8 rows.
        ((1, 1), slice(0, 360), slice(140, 500)),
    ],
)
def test_a_map_keeps_its_shape_between_black_bars(shape, rows, columns):
    framed = letterbox_maps(np.full((1, *shape), 0.3), FRAME)
    expected = np.zeros((1, *FRAME))
    expected[:, rows, columns] = 0.3  # A constant stays constant, exactly.
    np.testing.assert_array_equal(framed, expected)


def test_a_ramp_stays_a_ramp():
    ramp = np.broadcast_to(np.arange(90.0), (1, 160, 90)).swapaxes(1, 2)
    framed = letterbox_maps(ramp, FRAME)[0, :, 0]
    inner = framed[2:-2]
    np.testing.assert_allclose(np.diff(inner), 0.25, rtol=1e-12)
    assert framed[0] == 0 and framed[-1] == 89  # Ends continue.


@pytest.mark.parametrize(
    ("shape", "old", "new"),
    [
        ((720, 1280), (719, 1279), (359, 639)),  # 360 and 640 are outside.
        ((720, 1280), (1, 3), (0, 2)),  # 0.5 and 1.5: to even numbers.
        ((720, 1280), (5, 5), (2, 2)),
        ((480, 640), (479, 639), (359, 559)),
        ((480, 640), (0, 0), (0, 80)),
        ((90, 160), (45, 80), (180, 320)),
    ],
)
def test_a_fixation_moves_to_the_nearest_pixel(shape, old, new):
    counts = np.zeros((1, *shape), int)
    counts[0][old] = 3
    framed = letterbox_fixations(counts, FRAME)
    assert framed.dtype == bool
    assert np.argwhere(framed[0]).tolist() == [list(new)]


def test_fixations_that_meet_count_once():
    counts = np.zeros((2, 720, 1280), int)
    counts[1, 400:402, 600:602] = 1  # Rows 200 and 200.5, columns likewise.
    framed = letterbox_fixations(counts, FRAME)
    assert np.argwhere(framed).tolist() == [[1, 200, 300]]


@pytest.mark.parametrize("letterbox", [letterbox_maps, letterbox_fixations])
def test_a_map_that_vanishes_is_an_error(letterbox):
    with pytest.raises(ValueError, match="leaves a pixel"):
        letterbox(np.zeros((1, 1000, 1), int), FRAME)
