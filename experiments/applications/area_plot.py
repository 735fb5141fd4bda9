"""Plots predicted shares of attention, and first looks, against real ones."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.applications.area_fits import first_looks
from experiments.applications.area_shares import (
    FACES,
    MODEL,
    RANDOM,
    THINGS,
    Shares,
)
from rmdn_tf.applications.areas.measuring import LOOKS_PER_SECOND
from rmdn_tf.files.published import published
from rmdn_tf.reports.plots import COLOURS

_MARKS = {
    RANDOM: ("#999999", "."),
    THINGS: (COLOURS[1], "^"),
    FACES: (COLOURS[0], "o"),
}


def draw(areas: Sequence[Shares], output: str) -> None:
    """Draws a point for each area: its mean share, and who has looked."""
    figure = Figure(figsize=(7.5, 3.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    for kind, (colour, mark) in _MARKS.items():
        chosen = [one for one in areas if one.kind == kind]
        style = {"color": colour, "ls": "", "ms": 5, "label": kind}
        left.plot(*np.transpose([_share(a) for a in chosen]), mark, **style)
        right.plot(*np.transpose([_looked(a) for a in chosen]), mark, **style)
    _style(left, "share of attention")
    _style(right, "observers who have looked, at the end")
    left.legend(frameon=False, fontsize=9)
    with published(output) as temporary:
        figure.savefig(temporary, format=output.rpartition(".")[2], dpi=110)


def _share(one: Shares) -> tuple[float, float]:
    real = one.sees[one.there].sum() / one.known[one.there].sum()
    return float(np.nanmean(one.predicted[MODEL])), float(real)


def _looked(one: Shares) -> tuple[float, float]:
    looks = first_looks(one)
    return float(looks.looked(LOOKS_PER_SECOND)[-1]), float(looks.real[-1])


def _style(axes: Axes, title: str) -> None:
    axes.plot([0, 1], [0, 1], "--", color="#555555", lw=0.8)
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
    axes.set_xlabel("predicted", fontsize=9)
    axes.set_ylabel("real", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_aspect("equal")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
