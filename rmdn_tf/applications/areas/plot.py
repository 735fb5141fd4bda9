"""Draws what areas get: curves over time for a video, bars for a picture."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rmdn_tf.applications.areas.curves import Curves, largest
from rmdn_tf.applications.areas.share_errors import ShareErrors
from rmdn_tf.files.published import published
from rmdn_tf.files.safe_names import short_title
from rmdn_tf.reports.plots import COLOURS, legend_of_names

# Curves that can be told apart.
MAX_CURVES = len(COLOURS)

# Bars, which need less room.
MAX_BARS = 40

_SIZE = (6.5, 4.6)  # Inches, as wide as the text of a page.
_BAR_HEIGHT = 0.24
_TEXT: dict[str, Any] = {"color": "#333333", "fontsize": 9}


def plot_curves(
    path: str | os.PathLike,
    rows: Sequence[dict[str, Any]],
    curves: Curves,
    errors: ShareErrors | None,
) -> None:
    """Draws shares, and who has looked, over the time of a video.

    Bands are the intervals of single frames. Draws at most `MAX_CURVES` areas,
    those that are looked at longest.

    Args:
        path: file to write, in the format of its suffix.
        rows: summaries of the areas.
        curves: of the same areas.
        errors: of the model; None for no bands.
    """
    chosen = largest([r.get("dwell_seconds") or 0.0 for r in rows], MAX_CURVES)
    seconds, share, looked = curves.points()
    figure = Figure(figsize=_SIZE, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    for colour, number in zip(COLOURS, chosen, strict=False):
        if errors is not None:
            low, high = errors.interval(share[:, number], 0.0)
            above.fill_between(
                seconds, low, high, color=colour, alpha=0.12, lw=0
            )
        above.plot(seconds, share[:, number], color=colour, lw=1.2)
        label = str(number)
        below.plot(
            seconds, looked[:, number], color=colour, lw=1.2, label=label
        )
    _style(above, "share of attention")
    _style(below, "observers who have looked")
    below.set_xlabel("seconds", **_TEXT)
    title = None
    if len(chosen) < len(rows):
        title = f"{len(chosen)} of {len(rows)} areas, those looked at longest"
    legend_of_names(
        figure,
        [short_title(rows[number]["area"]) for number in chosen],
        9,
        loc="outside lower center",
        title=title,
        title_fontsize=9,
    )
    _save(figure, path)


def plot_bars(path: str | os.PathLike, rows: Sequence[dict[str, Any]]) -> None:
    """Draws the share of each area of a picture, beside the area's size.

    Args:
        path: file to write, in the format of its suffix.
        rows: summaries of the areas.
    """
    known = [row for row in rows if "share" in row]
    chosen = largest([row["share"] for row in known], MAX_BARS)
    shown = [known[number] for number in chosen]
    height = 1.2 + _BAR_HEIGHT * max(2, len(shown))
    figure = Figure(figsize=(_SIZE[0], height), layout="constrained")
    axes = figure.add_subplot()
    place = np.arange(len(shown))
    axes.barh(place, [r["share"] for r in shown], 0.6, color=COLOURS[0])
    ends = np.array(
        [(r["share_low"], r["share_high"]) for r in shown if "share_low" in r]
    )
    if len(ends):
        axes.hlines(place, *ends.T, color="#333333", lw=1.2)
    axes.plot(
        [r["size"] for r in shown],
        place,
        "|",
        ms=11,
        mew=2,
        color=COLOURS[1],
        label="size of the area",
    )
    axes.set_yticks(
        place,
        [short_title(r["area"]) for r in shown],
        parse_math=False,
        **_TEXT,
    )
    axes.invert_yaxis()
    _style(axes, None)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of attention", **_TEXT)
    figure.legend(loc="outside lower right", frameon=False, fontsize=9)
    _save(figure, path)


def _style(axes: Axes, label: str | None) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color("#999999")
    axes.tick_params(color="#999999", labelcolor="#333333", labelsize=9)
    axes.grid(axis="y" if label else "x", color="#e6e6e6")
    axes.set_axisbelow(True)
    if label:
        axes.set_ylabel(label, **_TEXT)
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(_percent)
    else:
        axes.xaxis.set_major_formatter(_percent)


def _percent(value: float, _: object) -> str:
    return f"{value:.0%}"


def _save(figure: Figure, path: str | os.PathLike) -> None:
    suffix = os.path.splitext(path)[1][1:].lower()
    with published(path) as temporary:
        figure.savefig(temporary, format=suffix, dpi=200)
