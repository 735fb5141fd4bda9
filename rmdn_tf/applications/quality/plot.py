"""Plots the quality of videos over time."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rmdn_tf.applications.quality.report import worst_moments
from rmdn_tf.applications.quality.video_scores import VideoScores
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import short_title
from rmdn_tf.reports.plots import COLOURS, legend_of_names

# Metric of each panel, and its title.
_PANELS = (("psnr", "PSNR, dB"), ("ssim", "SSIM"))


def write_plot(videos: Sequence[VideoScores], path: str) -> None:
    """Draws the plain and the weighted values of every frame, PNG.

    Lines have gaps where a video has no frame. The worst moments of each video
    carry their times.
    """
    figure = Figure(figsize=(9, 6), layout="constrained")
    panels = figure.subplots(len(_PANELS), sharex=True)
    for axes, (metric, title) in zip(panels, _PANELS, strict=True):
        for number, video in enumerate(videos):
            colour = COLOURS[number % len(COLOURS)]
            _draw(axes, video, metric, colour)
        axes.set_ylabel(title)
        axes.grid(color="#e6e6e6")
        axes.spines[["top", "right"]].set_visible(False)
    names = [short_title(video.name) for video in videos]
    legend_of_names(
        panels[0],
        [f"{name}{end}" for name in names for end in (", weighted", "")],
        8,
        loc="lower center",
        bbox_to_anchor=(0.5, 1),
    )
    panels[-1].set_xlabel("seconds from the first frame")
    with published(path) as temporary:
        figure.savefig(temporary, format="png", dpi=120)


def _draw(axes: Axes, video: VideoScores, metric: str, colour: str) -> None:
    values, times = video.of_frames(), video.times
    weighted = values[f"weighted_{metric}"]
    axes.plot(times, weighted, color=colour, lw=1.4, label="weighted")
    axes.plot(
        times, values[metric], color=colour, lw=0.8, ls=":", label="plain"
    )
    for number in worst_moments(video) if metric == "psnr" else ():
        place = times[number], weighted[number]
        axes.plot(*place, "v", color=colour, ms=5)
        axes.annotate(
            f"{times[number]:.2f} s",
            place,
            (0, -12),
            textcoords="offset points",
            ha="center",
            fontsize=7,
            color=colour,
        )
    if len(times) == 1:  # A picture: lines of one point are invisible.
        axes.plot(times, weighted, "o", color=colour)
        axes.plot(times, values[metric], "o", color=colour, mfc="none")
    axes.margins(y=0.1)
