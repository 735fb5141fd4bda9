"""Attention inside rectangles of a map."""

import numpy as np
import pytest

from rmdn_tf.applications.reframe.attention_map import (
    map_size,
    share_in,
    shares_along,
    shares_everywhere,
    summed,
)


@pytest.fixture
def maps():
    drawn = np.random.default_rng(0).random((3, 8, 16))
    return drawn / drawn.sum((1, 2), keepdims=True)


@pytest.fixture
def sums(maps):
    return np.stack([summed(one) for one in maps])


@pytest.mark.parametrize(
    ("frame", "size"),
    [((1080, 1920), (36, 64)), ((1920, 1080), (64, 36)), ((10, 1000), (8, 64))],
)
def test_cells_are_square_but_for_very_long_frames(frame, size):
    assert map_size(frame) == size


def test_a_box_of_whole_cells_holds_the_sum_of_its_cells(maps, sums):
    boxes = np.tile([3 / 16, 2 / 8, 5 / 16, 4 / 8], (3, 1))
    expected = maps[:, 2:6, 3:8].sum((1, 2))
    np.testing.assert_allclose(share_in(sums, boxes), expected, rtol=1e-5)


def test_a_box_that_cuts_cells_holds_their_part(maps, sums):
    boxes = np.tile([0.25 / 16, 0, 1 / 16, 0.5 / 8], (3, 1))
    expected = (0.75 * maps[:, 0, 0] + 0.25 * maps[:, 0, 1]) / 2
    np.testing.assert_allclose(share_in(sums, boxes), expected, rtol=1e-4)


def test_the_whole_frame_holds_everything(sums):
    whole = np.tile([0.0, 0, 1, 1], (3, 1))
    np.testing.assert_allclose(share_in(sums, whole), 1, rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1])
def test_all_places_along_an_axis_hold_what_their_boxes_hold(sums, axis):
    lengths, begins = np.array([0.3, 0.4, 0.25]), np.array([0.1, 0, 0.5])
    ends = begins + 0.45
    places = np.linspace(0.2, 0.8, 7)
    found = shares_along(sums, axis, places, lengths, begins, ends)
    for number, place in enumerate(places):
        along, across = place - lengths / 2, ends - begins
        if axis == 0:
            box = along, begins, lengths, across
        else:
            box = begins, along, across, lengths
        expected = share_in(sums, np.stack(box, 1))
        np.testing.assert_allclose(found[:, number], expected, rtol=1e-4)


def test_a_crop_that_juts_out_is_moved_inside(sums):
    nothing, whole = np.zeros(3), np.ones(3)
    length = np.full(3, 0.5)
    places = np.array([0.0, 0.25, 0.75, 1.0])
    held = shares_along(sums, 0, places, length, nothing, whole)
    np.testing.assert_array_equal(held[:, 0], held[:, 1])
    np.testing.assert_array_equal(held[:, 3], held[:, 2])
    np.testing.assert_allclose(held[:, 1] + held[:, 2], 1, rtol=1e-6)


def test_crops_everywhere_hold_what_their_boxes_hold(sums):
    held, y, x = shares_everywhere(sums, 0.5, 0.25)
    assert (y[0], y[-1], x[0], x[-1]) == (0, 0.5, 0, 0.75)
    for row, column in ((0, 0), (2, 5), (len(y) - 1, len(x) - 1)):
        box = np.tile([x[column], y[row], 0.25, 0.5], (3, 1))
        np.testing.assert_allclose(
            held[:, row, column], share_in(sums, box), rtol=1e-4
        )
