"""Areas are checked, and cut to the frame."""

import time

import numpy as np
import pytest

import rmdn_tf
from rmdn_tf.prediction.area import MAX_POINTS, check_area, visible_part

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]


def test_a_rectangle_has_four_corners():
    corners = rmdn_tf.rectangle(0.1, 0.2, 0.7, 0.4)
    expected = [(0.1, 0.2), (0.7, 0.2), (0.7, 0.4), (0.1, 0.4)]
    np.testing.assert_array_equal(corners, expected)


@pytest.mark.parametrize(
    "sides", [(0.7, 0, 0.1, 1), (0, 0.5, 1, 0.5), (0, 0, float("nan"), 1)]
)
def test_an_invalid_rectangle_is_refused(sides):
    with pytest.raises(ValueError, match="left < right and top < bottom"):
        rmdn_tf.rectangle(*sides)


@pytest.mark.parametrize(
    "points",
    [SQUARE, SQUARE[::-1], [*SQUARE, SQUARE[0]], [*SQUARE[:2], *SQUARE[1:]]],
    ids=["clockwise", "counter", "closed", "repeated"],
)
def test_an_area_is_returned_clockwise_without_repetitions(points):
    corners = [tuple(corner) for corner in check_area(points)]
    begin = corners.index(SQUARE[0])
    assert corners[begin:] + corners[:begin] == SQUARE


@pytest.mark.parametrize(
    ("area", "message"),
    [
        ([], r"corners \[n, 2\]"),
        ([(0.1, 0.2), (0.5, 0.5)], "3 or more different corners. Received: 2"),
        ([(0.1, 0.2)] * 5, "3 or more different corners. Received: 0"),
        ([(0, 0, 0), (1, 1, 1), (0, 1, 0)], r"shape \(3, 3\)"),
        ((0.1, 0.2, 0.7, 0.4), r"shape \(4,\)"),
        ("a square", "numbers"),
        ([(0, 0), (1, 0), (1,)], "numbers"),
        ([(0, 0), (1, float("nan")), (1, 1)], "finite"),
        ([(0, 0), (1, float("inf")), (1, 1)], "finite"),
        ([(0, 0), (640, 0), (640, 360)], r"\(640, 0\), as of pixels|640, 360"),
        ([(0, 0), (0.5, 0.5), (1, 1)], "encloses something"),
        ([(0, 0), (1, 0), (0.5, 0)], "encloses something"),
        ([(0, 0), (1, 1), (1, 0), (0, 1)], "does not cross itself"),
        (np.zeros((MAX_POINTS + 1, 2)), "at most 1000 corners"),
    ],
)
def test_an_invalid_area_is_refused(area, message):
    with pytest.raises(ValueError, match=f"Invalid area. Expected.*{message}"):
        visible_part(area)


ANGLES = np.arange(5) * 4 * np.pi / 5
CROSSING = {
    "star in one stroke": np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1),
    "eight through a corner": [(0, 0), (0.5, 0.5), (1, 1), (1, 0), (0.5, 0.5)]
    + [(0, 1)],
    "eight through a side": [(0, 0), (0.5, 0), (1, 0), (1, 0.5)]
    + [(0.5, 0), (0, -1)],
    "twice around": [*SQUARE, *SQUARE],
    "a part taken back": [(0, 0), (1, 0), (1, 1), (0.4, 1), (0.4, 0.5)]
    + [(0.6, 0.5), (0.6, 2), (0.2, 2), (0.2, 1), (0, 1)],
}


@pytest.mark.parametrize("name", CROSSING)
def test_an_outline_that_crosses_itself_is_refused(name):
    with pytest.raises(ValueError, match="does not cross itself"):
        check_area(CROSSING[name])


TOUCHING = {
    "keyhole": [*SQUARE, SQUARE[0], (0.4, 0.4), (0.4, 0.6), (0.6, 0.6)]
    + [(0.6, 0.4), (0.4, 0.4)],
    "two squares at a corner": [(0, 0), (0.5, 0), (0.5, 0.5), (1, 0.5), (1, 1)]
    + [(0.5, 1), (0.5, 0.5), (0, 0.5)],
    "spike": [(0, 0), (1, 0), (0.5, 0), (0.5, 0.5), (0, 0.5)],
}
SIZES = {"keyhole": 0.32, "two squares at a corner": 0.5, "spike": 0.25}


@pytest.mark.parametrize("name", TOUCHING)
def test_an_outline_may_touch_itself(name):
    x, y = check_area(TOUCHING[name]).T
    size = (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2
    assert size == pytest.approx(SIZES[name])


def test_an_area_is_cut_to_the_frame():
    corners = visible_part([(-1, 0.5), (0.5, -1), (2, 0.5), (0.5, 2)])
    assert corners.min() == 0 and corners.max() == 1
    assert len(visible_part(rmdn_tf.rectangle(1.5, 0, 2, 1))) == 0


def test_the_largest_area_is_checked_within_a_second():
    angles = np.linspace(0, 2 * np.pi, MAX_POINTS, endpoint=False)
    circle = 0.5 + np.stack([np.cos(angles), np.sin(angles)], -1) / 3
    begin = time.process_time()
    assert len(visible_part(circle)) == MAX_POINTS
    assert time.process_time() - begin < 1
