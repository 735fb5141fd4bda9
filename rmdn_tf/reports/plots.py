"""Plots of a summary, one metric each: small PNGs for the report."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from rmdn_tf.metrics.score_ranges import FITTED
from rmdn_tf.metrics.score_texts import read_number
from rmdn_tf.reports.summary import lower_is_better

# Colour-blind people can tell them apart; by Okabe and Ito.
COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#7a5195",
    "#8c6d31",
)

REFERENCE_COLOUR = "#555555"

_WIDTH = 3.7  # Inches.
# Widths of an "m" that a line and the gaps take beside a name in a legend.
_LEGEND_SPACE = 5

_TEXT: dict[str, Any] = {"color": "#333333", "fontsize": 8}


def colours(summary: dict) -> dict[str, str]:
    """Returns the colour of each predictor, the same in all plots."""
    others = [p for p in summary["predictors"] if p != summary["reference"]]
    chosen = {p: COLOURS[i % len(COLOURS)] for i, p in enumerate(others)}
    return chosen | {summary["reference"]: REFERENCE_COLOUR}


def legend_of_names(
    owner: Axes | Figure, names: Sequence[str], fontsize: float, **settings: Any
) -> Legend:
    """Makes a legend of names as they are, as wide as the figure at most.

    As the label of a curve, a name that begins with an underscore would be
    hidden, and `$` would begin a formula.

    Args:
        owner: what has the curves; each has a label, which the name replaces.
        names: of the curves.
        fontsize: in points.
        **settings: of Matplotlib's `legend`.

    Returns:
        The legend, of at most four columns.
    """
    figure = owner.figure
    em, widest = fontsize / 72 * figure.dpi, 0.0
    for name in names:
        text = figure.text(0, 0, name, fontsize=fontsize, parse_math=False)
        widest = max(widest, text.get_window_extent().width)
        text.remove()
    fitting = int(figure.bbox.width / (widest + _LEGEND_SPACE * em))
    legend = owner.legend(
        ncols=min(max(1, fitting), 4),
        fontsize=fontsize,
        frameon=False,
        **settings,
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
        text.set_parse_math(False)
    return legend


def title(metric: str) -> str:
    """Returns the name of a metric, with what must be known to read it."""
    notes = []
    if lower_is_better(metric):
        notes.append("lower is better")
    if metric.endswith(FITTED):
        notes.append("fitted on the truth of the test set")
    return f"{metric} ({'; '.join(notes)})" if notes else metric


def forest_plot(summary: dict, metric: str) -> bytes:
    """Draws the means of the predictors with their intervals, PNG.

    A mean that is not finite is written as text.
    """
    names = summary["predictors"]
    figure, axes = _panel(title(metric), 0.65 + 0.24 * len(names))
    reference = read_number(
        summary["scores"][summary["reference"]][metric]["mean"]
    )
    if np.isfinite(reference):
        axes.axvline(reference, color=REFERENCE_COLOUR, lw=0.8, ls=(0, (3, 3)))
    for row, name in enumerate(names):
        colour = colours(summary)[name]
        entry = summary["scores"][name][metric]
        mean, low, high = (
            read_number(entry[k]) for k in ("mean", "low", "high")
        )
        if np.isfinite(mean):
            axes.plot(mean, row, "o", color=colour, ms=4.5)
            axes.hlines(row, low, high, color=colour, lw=2)
        else:
            place = axes.get_yaxis_transform()
            axes.text(0.02, row, _word(mean), transform=place, va="center")
    axes.set_yticks(range(len(names)), names, parse_math=False, **_TEXT)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(axis="x", color="#e6e6e6")
    return _png(figure)


def time_plot(summary: dict, metric: str) -> bytes:
    """Draws the means over the time in the video, PNG.

    Bands are intervals; points that are not finite are left out. Bins have
    equal widths, so that the first looks stay visible.
    """
    bins = summary["seconds"]
    figure, axes = _panel(title(metric), 2.2)
    place = np.arange(len(bins))
    for name, colour in colours(summary).items():
        mean, low, high = _finite(
            [
                [of["scores"][name][metric][key] for of in bins]
                for key in ("mean", "low", "high")
            ]
        )
        axes.plot(place, mean, "o-", color=colour, ms=2.5, lw=1.3)
        axes.fill_between(place, low, high, color=colour, alpha=0.13, lw=0)
    labels = [f"{of['begin']}–{of['end']}" for of in bins]
    axes.set_xticks(place, labels, rotation=45, ha="right", **_TEXT)
    axes.tick_params(axis="x", pad=0)
    axes.set_xlabel("seconds in the video", **_TEXT)
    axes.grid(axis="y", color="#e6e6e6")
    return _png(figure)


def _panel(text: str, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(
        text, loc="left", fontsize=9, fontweight="bold", parse_math=False
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color("#999999")
    axes.tick_params(color="#999999", labelcolor="#333333", labelsize=8)
    axes.set_axisbelow(True)
    return figure, axes


def _finite(rows: Sequence[Sequence]) -> np.ndarray:
    """Reads numbers of a summary; infinite ones become NaN."""
    values = np.array([[read_number(value) for value in row] for row in rows])
    return np.where(np.isfinite(values), values, np.nan)


def _word(value: float) -> str:
    if np.isnan(value):
        return "no score"
    return "minus infinity" if value < 0 else "infinity"


def _png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=150)
    return file.getvalue()
