"""Counts of fixations in pixels."""

import numpy as np
import pytest

from rmdn_tf.metrics.fixation_maps import (
    count_fixations,
    count_points,
    fixated_pixels,
)


def test_fixations_are_counted_in_their_pixels():
    nan = np.nan
    fixations = np.array(
        [
            [[0.0, 0.0], [0.24, 0.49], [1.0, 1.0], [0.25, 0.5]],
            [[0.5, 0.0], [nan, nan], [-1.0, 0.0], [0.99, 0.99]],
            [[2.0, 2.0]] * 4,
        ]
    )
    mask = np.array([[True] * 4, [True, False, False, True], [False] * 4])
    counts = count_fixations(fixations, mask, height=2, width=4)
    expected = [
        [[2, 0, 0, 0], [0, 1, 0, 1]],
        [[0, 0, 1, 0], [0, 0, 0, 1]],
        [[0, 0, 0, 0], [0, 0, 0, 0]],
    ]
    np.testing.assert_array_equal(counts, expected)
    assert counts.dtype == np.int64


@pytest.mark.parametrize("bad", [-1e-6, 1.0001, np.nan])
def test_a_fixation_outside_the_frame_is_an_error_that_names_the_frame(bad):
    fixations = np.full([3, 1, 2], 0.5)
    fixations[2, 0, 1] = bad
    with pytest.raises(ValueError, match="in frame 2"):
        count_fixations(fixations, np.ones([3, 1], bool), 4, 4)


def test_fixations_and_mask_that_do_not_fit_are_an_error():
    points = np.full([3, 2, 2], 0.5)
    for mask in (np.ones([3, 1], bool), np.ones([3, 2])):
        with pytest.raises(ValueError, match="`mask`"):
            count_fixations(points, mask, 4, 4)


def test_fixated_pixels_are_numbered_row_by_row_and_frame_by_frame():
    rng = np.random.default_rng(5)
    points, mask = rng.random((3, 7, 2)), rng.random((3, 7)) < 0.7
    frames, pixels = fixated_pixels(points, mask, 24, 32)
    counts = count_fixations(points, mask, 24, 32).reshape(3, -1)
    assert (np.diff(frames) >= 0).all()
    again = np.zeros_like(counts)
    np.add.at(again, (frames, pixels), 1)
    np.testing.assert_array_equal(again, counts)


def test_points_of_a_table_are_counted_in_their_frame_and_pixel():
    frame = [2, 0, 2, 2]
    points = [(0.9, 0.1), (0.0, 1.0), (0.95, 0.0), (0.5, 0.5)]
    counts = count_points(frame, points, 3, 2, 4)
    expected = np.zeros((3, 2, 4), np.int64)
    expected[2, 0, 3] = 2
    expected[0, 1, 0] = expected[2, 1, 2] = 1
    np.testing.assert_array_equal(counts, expected)
    assert not count_points([], np.zeros((0, 2)), 3, 2, 4).any()


@pytest.mark.parametrize("frame", [-1, 3])
def test_a_point_outside_of_the_video_is_refused(frame):
    with pytest.raises(ValueError, match=r"Invalid `frame`. Expected 0 to 2"):
        count_points([frame], [(0.5, 0.5)], 3, 2, 4)
