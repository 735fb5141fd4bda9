"""What is drawn lies where the density is, and nothing else changes."""

import av
import numpy as np
import pytest

from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.overlay import Overlay
from rmdn_tf.video.colours import STYLES

SIZE = (72, 96)


def density_at(x, y, scale=0.05):
    log_scale = np.log(scale)
    return Density(np.array([[0, x, y, log_scale, log_scale, 0]], np.float32))


def grey(size=SIZE, level=100):
    frame = av.VideoFrame.from_ndarray(
        np.full((*size, 3), level, np.uint8), format="rgb24"
    )
    frame.pts, frame.time_base = 7, 1
    return frame


def change(drawn, frame):
    after = drawn.to_ndarray(format="rgb24").astype(int)
    return np.abs(after - frame.to_ndarray(format="rgb24")).max(-1)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [SIZE, (73, 97)])
def test_a_style_draws_around_the_density_and_nowhere_else(style, size):
    frame = grey(size)
    drawn = Overlay(style)(frame, density_at(0.25, 0.75))
    assert (drawn.height, drawn.width) == size
    assert drawn.pts == 7
    changed = change(drawn, frame)
    rows, columns = np.nonzero(changed > 30)
    assert rows.mean() / size[0] == pytest.approx(0.75, abs=0.03)
    assert columns.mean() / size[1] == pytest.approx(0.25, abs=0.03)
    assert changed[: size[0] // 3].max() < 8  # The way to planes and back.


def test_what_is_not_drawn_on_keeps_its_very_values():
    planes = np.random.default_rng(0).integers(0, 256, (108, 96), np.uint8)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    drawn = Overlay()(frame, density_at(0.2, 0.2)).to_ndarray()
    np.testing.assert_array_equal(drawn[60:72], planes[60:72])
    unchanged = Overlay(opacity=0)(frame, density_at(0.2, 0.2)).to_ndarray()
    np.testing.assert_array_equal(unchanged, planes)


def test_the_peak_has_the_top_colour():
    drawn = Overlay(opacity=1, colormap="gray")(grey(), density_at(0.5, 0.5))
    assert drawn.to_ndarray(format="rgb24")[35:37, 47:49].min() > 245


def test_side_by_side_leaves_the_frame_as_it_is():
    frame = grey()
    both = Overlay(side_by_side=True)(frame, density_at(0.5, 0.5))
    assert (both.height, both.width) == (72, 192)
    pixels = both.to_ndarray(format="rgb24")
    assert np.ptp(pixels[:, :96]) <= 2
    assert np.ptp(pixels[:, 96:]) > 50


def test_points_of_gaze_get_rings():
    frame = grey()
    plain = Overlay(opacity=0)(frame, density_at(0.5, 0.5))
    ringed = Overlay(opacity=0)(frame, density_at(0.5, 0.5), [(0.75, 0.25)])
    rows, columns = np.nonzero(change(ringed, plain) > 30)
    assert rows.mean() == pytest.approx(0.25 * 72, abs=1)
    assert columns.mean() == pytest.approx(0.75 * 96, abs=1)
    assert change(ringed, plain)[18, 72] < 25  # A ring, not a disc.


def test_contours_hold_the_share_that_they_say():
    # Of a round normal half lies within 1.177 standard deviations.
    size, scale = (200, 200), 0.1
    drawn = Overlay("contours", opacity=1)(
        grey(size), density_at(0.5, 0.5, scale)
    )
    row = drawn.to_ndarray(format="gray")[100]
    radii = np.abs(np.nonzero(row > 140)[0] + 0.5 - 100) / (200 * scale)
    expected = np.sqrt(-2 * np.log([0.5, 0.1]))
    for radius in expected:
        assert np.min(np.abs(radii - radius)) < 0.1
    assert np.all(np.min(np.abs(radii[:, None] - expected), -1) < 0.15)


def test_a_frame_with_ten_bits_or_alpha_is_drawn_on():
    for name in ("yuv420p10le", "rgba", "gray", "yuv444p"):
        frame = grey().reformat(format=name)
        drawn = Overlay()(frame, density_at(0.5, 0.5))
        assert drawn.format.name == "yuv420p"
        assert change(drawn, grey())[:10].max() < 10


@pytest.mark.parametrize("style", ["contours", "ellipses"])
@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize(
    ("size", "width"), [((120, 160), 2), ((360, 640), 2), ((1080, 1920), 4)]
)
def test_lines_are_wide_and_stand_out(style, level, size, width):
    frame = grey(size, level)
    drawn = Overlay(style)(frame, density_at(0.5, 0.5, 0.15))
    row = drawn.to_ndarray(format="gray")[size[0] // 2].astype(int)
    changed = np.nonzero(np.abs(row - level) > 90)[0]
    right = changed[changed > size[1] // 2]
    # The outermost line: its rim is seen on white, itself on black.
    breaks = np.nonzero(np.diff(right) > 1.5 * width)[0]
    outermost = right[breaks[-1] + 1 :] if len(breaks) else right
    expected = width if level == 0 else 2 * width
    assert np.ptp(outermost) + 1 == pytest.approx(expected, abs=1)


def test_a_contour_goes_on_to_the_edge_of_the_frame():
    frame = grey((360, 640), 0)
    drawn = Overlay("contours")(frame, density_at(0.5, 0.0, 0.2))
    changed = change(drawn, frame)
    assert (changed[:2] > 90).any(0).sum() >= 4  # Two lines, both ends.


def _legend_part(style, points=(), **options):
    frame, density = grey((360, 640)), density_at(0.5, 0.2)
    plain, with_legend = (
        Overlay(style, legend=legend, **options)(frame, density, points)
        for legend in (False, True)
    )
    return change(with_legend, plain)


@pytest.mark.parametrize("style", STYLES)
def test_a_legend_is_drawn_on_request_into_the_lower_left_corner(style):
    rows, columns = np.nonzero(_legend_part(style) > 30)
    assert rows.min() > 300 and columns.max() < 400
    assert len(rows) > 1000


def test_a_legend_tells_of_sampled_points_and_lies_on_the_drawn_half():
    points = [(0.5, 0.5)]
    without, with_points = (
        np.nonzero(_legend_part("heat", some) > 30)[0].min()
        for some in ((), points)
    )
    assert with_points < without - 10
    beside = _legend_part("heat", side_by_side=True)
    assert beside[:, :640].max() < 8 and beside[:, 640:].max() > 30


def test_a_legend_names_the_shares_of_the_contours():
    texts = [text for _, text in Overlay("contours")._legend_rows()]
    assert texts == ["holds 90% of the gaze", "holds 50% of the gaze"]


@pytest.mark.parametrize(
    "option", [{"style": "dots"}, {"colormap": "none"}, {"opacity": 1.5}]
)
def test_an_option_that_is_none_is_named(option):
    ((name, value),) = option.items()
    with pytest.raises(ValueError, match=f"{name}={value}"):
        Overlay(**option)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [(1, 1), (60, 1), (1, 80), (7, 5), (8, 8)])
def test_a_frame_of_a_few_pixels_may_ask_for_a_legend(style, size):
    overlay = Overlay(style, legend=True, side_by_side=True)
    drawn = overlay(grey(size), density_at(0.5, 0.5), [(0.5, 0.5)])
    assert (drawn.height, drawn.width) == (size[0], 2 * size[1])


def test_the_map_of_a_wide_strip_is_bounded():
    asked = []

    class Density:
        def saliency_map(self, height, width):
            asked.append(height * width)
            return np.ones((height, width), np.float32)

    Overlay()(grey((1, 70_000)), Density())
    assert asked[0] <= 2**16


@pytest.mark.parametrize("place", [(0.5, 0.5), (0.0, 0.0), (1.0, 0.3)])
def test_contours_enclose_a_density_of_one_cell(place):
    x, y = place
    parameters = np.array([[0, x, y, -12, -12, 0]], np.float32)
    drawn = Overlay("contours")(grey(), Density(parameters))
    rows, columns = np.nonzero(change(drawn, grey()) > 30)
    centre = np.clip([y * SIZE[0], x * SIZE[1]], 0, np.array(SIZE) - 1)
    assert len(rows)
    assert np.abs(rows - centre[0]).max() < 10
    assert np.abs(columns - centre[1]).max() < 10
