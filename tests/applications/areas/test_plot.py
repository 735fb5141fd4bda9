"""Curves in bounded memory, and the plots of them."""

import numpy as np
import pytest
from PIL import Image

from rmdn_tf.applications.areas import plot
from rmdn_tf.applications.areas.curves import Curves, largest
from rmdn_tf.applications.areas.measuring import FrameReadings, Reading
from rmdn_tf.applications.areas.plot import plot_bars, plot_curves
from rmdn_tf.applications.areas.share_errors import ShareErrors

ERRORS = ShareErrors((0.1, 5.0), (0.1, 0.05), 0.04)


def curves_of(shares, max_points=4096):
    """Curves of one area, a frame a second."""
    curves = Curves(1, max_points)
    for number, share in enumerate(shares):
        size = None if share is None else 0.5
        reading = Reading(size, share, number / len(shares))
        curves.add(FrameReadings(number, float(number), [reading]))
    return curves


def test_a_short_curve_has_a_point_for_each_frame():
    seconds, share, looked = curves_of([0.1, None, 0.3]).points()
    np.testing.assert_array_equal(seconds, [0, 1, 2])
    np.testing.assert_array_equal(share[:, 0], [0.1, np.nan, 0.3])
    np.testing.assert_allclose(looked[:, 0], [0, 1 / 3, 2 / 3])


def test_a_long_curve_has_means_of_neighbours():
    shares = [0.1, 0.3, None, 0.5, None, None, 0.7, 0.9, 0.2]
    seconds, share, looked = curves_of(shares, max_points=4).points()
    np.testing.assert_allclose(seconds, [1.5, 5.5, 8])
    np.testing.assert_allclose(share[:, 0], [0.3, 0.8, 0.2])
    np.testing.assert_allclose(looked[:, 0], np.array([1.5, 5.5, 8]) / 9)


def test_the_largest_areas_keep_their_order():
    assert largest([0.1, 0.9, 0.0, 0.5], 2) == [1, 3]
    assert largest([0.1, 0.9], 8) == [0, 1]


@pytest.mark.parametrize("errors", [ERRORS, None])
def test_a_plot_of_a_video_is_a_picture(tmp_path, errors):
    rows = [{"area": "a $x^2$ area, its name is long", "dwell_seconds": 3.0}]
    path = tmp_path / "plot.png"
    plot_curves(path, rows, curves_of([0.1, 0.2, None, 0.4]), errors)
    with Image.open(path) as picture:
        assert picture.width == 1300
        assert len(picture.convert("RGB").getcolors(2**20)) > 20


def test_a_plot_of_a_picture_shows_bars_and_intervals(tmp_path):
    row = {"size": 0.1, "share": 0.4, "share_low": 0.2, "share_high": 0.6}
    rows = [{"area": name, **row} for name in "abc"] + [{"area": "absent"}]
    for name in ("plot.pdf", "plot.svg", "plot.png"):
        plot_bars(tmp_path / name, rows)
        assert (tmp_path / name).stat().st_size > 1000


def test_the_legend_of_curves_shows_every_name(monkeypatch):
    figures = []
    monkeypatch.setattr(plot, "_save", lambda figure, _: figures.append(figure))
    names = ["_logo", "a$x_$"]
    curves = Curves(2)
    curves.add(FrameReadings(0, 0.0, [Reading(0.5, 0.2, 0.1)] * 2))
    plot_curves("plot.png", [{"area": name} for name in names], curves, None)
    (figure,) = figures
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == names
    figure.draw_without_rendering()


@pytest.mark.parametrize("name", ["a", "company logo at the top", "W" * 99])
def test_the_legend_of_curves_is_no_wider_than_the_plot(monkeypatch, name):
    figures = []
    monkeypatch.setattr(plot, "_save", lambda figure, _: figures.append(figure))
    curves = Curves(8)
    curves.add(FrameReadings(0, 0.0, [Reading(0.5, 0.2, 0.1)] * 8))
    plot_curves("plot.png", [{"area": name}] * 8, curves, None)
    (figure,) = figures
    figure.draw_without_rendering()
    extent = figure.legends[0].get_window_extent()
    assert 0 <= extent.x0 < extent.x1 <= figure.bbox.width


@pytest.mark.parametrize("number", [1, 12])
def test_the_legend_of_bars_lies_outside_the_axes(monkeypatch, number):
    figures = []
    monkeypatch.setattr(plot, "_save", lambda figure, _: figures.append(figure))
    plot_bars("plot.png", [{"area": "a", "size": 0.1, "share": 0.4}] * number)
    (figure,) = figures
    figure.draw_without_rendering()
    (axes,) = figure.axes
    (legend,) = [*figure.legends, *filter(None, [axes.get_legend()])]
    below = axes.xaxis.label.get_window_extent().y0
    assert 0 <= legend.get_window_extent().y0 < legend.get_window_extent().y1
    assert legend.get_window_extent().y1 <= below
    assert axes.get_window_extent().height > 20
