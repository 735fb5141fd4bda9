"""The plot of the quality of videos names each of them."""

import numpy as np
from matplotlib.figure import Figure

from rmdn_tf.applications.quality import plot
from rmdn_tf.applications.quality.video_scores import VideoScores


def test_the_legend_shows_names_that_matplotlib_reads_otherwise(
    monkeypatch, tmp_path
):
    """It hides names with an underscore, and sets `$` as mathematics."""
    figures = []

    def figure_of(**settings):
        figures.append(Figure(**settings))
        return figures[-1]

    monkeypatch.setattr(plot, "Figure", figure_of)
    scores = np.arange(3.0), np.ones((3, 4))
    videos = [VideoScores(name, *scores) for name in ("_b.mp4", "a$x_$.mp4")]
    plot.write_plot(videos, str(tmp_path / "plot.png"))
    legend = figures[0].axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        "_b.mp4, weighted",
        "_b.mp4",
        "a$x_$.mp4, weighted",
        "a$x_$.mp4",
    ]
