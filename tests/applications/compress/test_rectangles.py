"""Rectangles draw a grid again, and there are few of them."""

import numpy as np
import pytest

from rmdn_tf.applications.compress.rectangles import rectangles_of


def drawn(rectangles, shape):
    """Draws rectangles; the first one counts where some overlap."""
    grid = np.full(shape, 99)
    for top, left, bottom, right, value in reversed(rectangles):
        grid[top:bottom, left:right] = value
    return grid


def hill(rows, columns):
    y, x = np.mgrid[:rows, :columns]
    distance = np.hypot(x / columns - 0.4, y / rows - 0.5)
    return np.rint(14 * distance).astype(int) - 6


@pytest.mark.parametrize("seed", range(5))
def test_any_grid_is_drawn_again(seed):
    grid = np.random.default_rng(seed).integers(-3, 4, [7, 11])
    np.testing.assert_array_equal(drawn(rectangles_of(grid), (7, 11)), grid)


def test_a_flat_grid_is_one_rectangle():
    assert rectangles_of(np.full([4, 6], 5)) == [(0, 0, 4, 6, 5)]


def test_a_hill_takes_few_rectangles():
    grid = hill(45, 80)
    rectangles = rectangles_of(grid)
    np.testing.assert_array_equal(drawn(rectangles, grid.shape), grid)
    assert rectangles[-1][:4] == (0, 0, 45, 80)
    assert len(rectangles) < grid.size / 15
