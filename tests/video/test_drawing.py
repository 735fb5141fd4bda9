"""Where heat and rings are drawn."""

import matplotlib
import numpy as np
import pytest

from rmdn_tf.video import drawing
from rmdn_tf.video.colours import RING_RGB


@pytest.fixture
def frame():
    return np.random.default_rng(0).integers(0, 200, (20, 30, 3), np.uint8)


def test_an_overlay_leaves_pixels_of_no_density_alone(frame):
    density = np.zeros([20, 30])
    density[4, 7] = 3.0
    before = frame.copy()
    drawn = drawing.overlay(frame, density)
    assert drawn.dtype == np.uint8
    changed = np.argwhere((drawn != frame).any(-1))
    np.testing.assert_array_equal(changed, [[4, 7]])
    np.testing.assert_array_equal(frame, before)


@pytest.mark.parametrize("peak", [1e-6, 1.0, 1e4])
@pytest.mark.parametrize("opacity", [0.5, 1.0])
def test_the_peak_of_an_overlay_has_the_top_colour_at_the_opacity(
    frame, peak, opacity
):
    density = np.zeros([20, 30], np.float32)
    density[4, 7] = peak
    top = np.array(matplotlib.colormaps["inferno"](1.0)[:3]) * 255
    np.testing.assert_allclose(
        drawing.overlay(frame, density, opacity)[4, 7],
        frame[4, 7] * (1 - opacity) + top * opacity,
        rtol=0,
        atol=0.501,  # rounded to a whole number
    )


def test_an_overlay_of_no_density_at_all_is_the_frame(frame):
    np.testing.assert_array_equal(
        drawing.overlay(frame, np.zeros([20, 30])), frame
    )


def test_the_higher_the_density_the_less_of_the_frame_shows_through():
    density = np.linspace(0, 1, 11)[None]
    white = np.full([1, 11, 3], 255, np.uint8)
    black = np.zeros([1, 11, 3], np.uint8)
    shows = drawing.overlay(white, density).astype(int) - drawing.overlay(
        black, density
    )
    assert np.all(np.diff(shows[0, :, 0]) < 0)
    assert shows[0, 0, 0] == 255


def test_a_ring_lies_around_its_fixation_and_leaves_it_visible():
    frame = np.full((40, 60, 3), 100, np.uint8)
    # The centre of pixel (row 12, column 40).
    fixations = np.array([[40.5 / 60, 12.5 / 40]])
    drawn = drawing.draw_fixations(frame, fixations)
    assert (frame == 100).all()
    rows, columns = np.nonzero((drawn != frame).any(-1))
    assert (rows.mean(), columns.mean()) == pytest.approx((12, 40))
    distances = np.hypot(rows - 12, columns - 40)
    assert 1 < distances.min() and distances.max() < 5
    for row, column in [(9, 40), (15, 40), (12, 37), (12, 43)]:
        np.testing.assert_allclose(drawn[row, column], RING_RGB, atol=60)


def test_every_fixation_gets_a_ring_and_none_gives_the_frame(frame):
    fixations = np.array([[0.2, 0.5], [0.8, 0.5]])
    both = drawing.draw_fixations(frame, fixations)
    one, other = (
        drawing.draw_fixations(frame, fixations[[n]]) for n in range(2)
    )
    half = frame.shape[1] // 2
    np.testing.assert_allclose(both[:, :half], one[:, :half], atol=1)
    np.testing.assert_allclose(both[:, half:], other[:, half:], atol=1)
    np.testing.assert_array_equal(
        drawing.draw_fixations(frame, np.zeros([0, 2])), frame
    )


def test_a_ring_at_the_edge_is_cut_off(frame):
    drawn = drawing.draw_fixations(frame, np.array([[0.0, 1.0]]))
    rows, columns = np.nonzero((drawn != frame).any(-1))
    assert len(rows)
    assert rows.min() >= 15 and columns.max() <= 4


@pytest.mark.parametrize("peak", [1e-6, 1.0, 1e4])
def test_a_colour_mapped_density_has_the_colours_of_its_heights(peak):
    density = np.zeros([20, 30])
    density[4, 7], density[5, 7] = peak, 0.25 * peak
    drawn = drawing.colour_mapped(density)
    assert drawn.shape == (20, 30, 3)
    assert drawn.dtype == np.uint8
    np.testing.assert_allclose(
        drawn[[4, 5, 0], [7, 7, 0]],
        matplotlib.colormaps["inferno"]([1.0, 0.25, 0.0])[:, :3] * 255,
        rtol=0,
        atol=0.501,  # rounded to a whole number
    )


def test_no_density_at_all_has_the_bottom_colour_everywhere():
    drawn = drawing.colour_mapped(np.zeros([2, 3]))
    np.testing.assert_array_equal(drawn, np.tile([0, 0, 4], [2, 3, 1]))
