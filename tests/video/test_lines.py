"""Lines are smooth, and stand out from any picture."""

import numpy as np
import pytest
from matplotlib import colormaps

from rmdn_tf.video.lines import (
    Line,
    circle,
    draw_lines,
    line_width,
    luminance,
    rim_of,
)

YELLOW = (250, 230, 80)


def over(level, lines, size, width):
    """Draws lines over a flat picture, float `[H, W, 3]`."""
    picture = np.full((*size, 3), float(level))
    rgba, (row, column) = draw_lines(lines, size, width)
    height, width, _ = rgba.shape
    area = picture[row : row + height, column : column + width]
    share = rgba[..., 3:] / 255
    area[:] = area * (1 - share) + rgba[..., :3] * share
    return picture


def contrast(one, other):
    """Contrast of colours by WCAG, from 1 to 21."""
    pair = np.broadcast_arrays(luminance(one), luminance(other))
    dark, bright = np.sort(pair, 0)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("size", "width"),
    [
        ((120, 160), 2),
        ((360, 640), 2),
        ((1080, 1920), 4),
        ((1920, 1080), 4),
        ((2160, 3840), 8),
    ],
)
def test_a_line_has_two_pixels_or_more_and_grows_with_the_picture(size, width):
    assert line_width(size) == pytest.approx(width, rel=0.01)


@pytest.mark.parametrize("width", [2.0, 3.5, 8.0])
@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_a_line_is_as_wide_as_it_says_with_a_rim_of_half_on_each_side(
    width, offset
):
    x = 40 + offset
    line = Line(np.array([[x, -9.0], [x, 99.0]]), (255, 255, 255))
    row = over(0, [line], (80, 80), width)[40, :, 0] / 255
    assert row.sum() == pytest.approx(width, abs=0.05)
    assert (row * (np.arange(80) + 0.5)).sum() / row.sum() == pytest.approx(
        x, abs=0.05
    )
    on_white = 1 - over(255, [line], (80, 80), width)[40, :, 0] / 255
    assert on_white.sum() == pytest.approx(width, abs=0.05)  # The rim.


@pytest.mark.parametrize("level", [0, 60, 128, 190, 255])
@pytest.mark.parametrize("name", ["inferno", "viridis", "jet", "gray_r"])
def test_a_line_stands_out_from_white_black_and_grey(level, name):
    for place in (0.65, 0.8, 1.0):
        rgb = tuple(colormaps[name](place, bytes=True)[:3])
        line = Line(np.array([[-9.0, 40], [99.0, 40]]), rgb)
        column = over(level, [line], (80, 80), 2.0)[:, 40]
        assert contrast(column, [level] * 3).max() > 3  # WCAG asks for 3.
        assert contrast(rgb, rim_of(rgb)) > 4.5


def test_a_circle_of_few_points_is_round_and_smooth():
    centre, radius = np.array([100.3, 99.6]), 70.0
    line = Line(circle(*centre, radius), (255, 255, 255))
    drawn = over(0, [line], (200, 200), 2.0)[..., 0] / 255
    rows, columns = np.mgrid[:200, :200] + 0.5
    distance = np.hypot(columns - centre[0], rows - centre[1])
    angle = np.arctan2(rows - centre[1], columns - centre[0])
    sector = ((angle + np.pi) / (2 * np.pi) * 90).astype(int).clip(0, 89)
    mass = np.bincount(sector.ravel(), drawn.ravel())
    radii = np.bincount(sector.ravel(), (drawn * distance).ravel()) / mass
    assert np.abs(radii - radius).max() < 0.5  # No corner sticks out.
    assert np.ptp(np.diff(radii)) < 0.3  # No step.
    assert len(np.unique(drawn.round(2))) > 20  # Antialiased.


def test_an_open_line_reaches_both_of_its_ends():
    points = np.array([[10.0, 40], [30, 42], [60, 38]])
    drawn = over(0, [Line(points, (255, 255, 255))], (80, 80), 2.0)[..., 0]
    columns = np.nonzero(drawn.max(0) > 200)[0]
    assert columns.min() <= 11 and columns.max() >= 58


def test_only_the_part_with_lines_is_drawn():
    line = Line(circle(50, 30, 5), YELLOW)
    rgba, corner = draw_lines([line], (200, 300), 2.0)
    assert rgba.shape[0] <= 20 and rgba.shape[1] <= 20
    assert corner[0] % 2 == corner[1] % 2 == 0
    for lines in ([], [Line(circle(-90, 30, 5), YELLOW)]):
        assert draw_lines(lines, (200, 300), 2.0)[0].size == 0


def test_a_line_far_beyond_the_picture_is_cut_off():
    points = np.array([[-1e6, 1.0], [1e6, 1.0]])
    drawn = over(0, [Line(points, YELLOW)], (100, 100), 2.0)
    assert drawn[0].min() > 70 and drawn[1].min() > 70
    assert drawn[4:].max() == 0
