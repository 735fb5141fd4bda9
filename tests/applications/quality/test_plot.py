"""The plot of the quality of videos names each of them."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from rmdn_tf.applications.quality import plot
from rmdn_tf.applications.quality.video_scores import VideoScores


@pytest.fixture
def figures(monkeypatch):
    """The figures that are drawn."""
    figures = []

    def figure_of(**settings):
        figures.append(Figure(**settings))
        return figures[-1]

    monkeypatch.setattr(plot, "Figure", figure_of)
    return figures


def write_plot(folder, *names):
    scores = np.arange(3.0), np.ones((3, 4))
    videos = [VideoScores(name, *scores) for name in names]
    plot.write_plot(videos, str(folder / "plot.png"))


def test_the_legend_is_no_wider_than_the_plot(figures, tmp_path):
    write_plot(tmp_path, *(f"office_x264_crf_{n}_slow.mp4" for n in range(4)))
    extent = figures[0].axes[0].get_legend().get_window_extent()
    assert 0 <= extent.x0 < extent.x1 <= figures[0].bbox.width


def test_the_legend_shows_names_that_matplotlib_reads_otherwise(
    figures, tmp_path
):
    """It hides names with an underscore, and sets `$` as mathematics."""
    write_plot(tmp_path, "_b.mp4", "a$x_$.mp4")
    legend = figures[0].axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "_b.mp4, weighted",
        "_b.mp4",
        "a$x_$.mp4, weighted",
        "a$x_$.mp4",
    ]
