"""Curves of encodings by bits and quality, and the table that compares them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import bootstrap, wilcoxon

from experiments.applications.bjontegaard import bd_rate
from rmdn_tf.metrics.picture_quality import psnr

# What rates the encodings: the gaze of all observers, that of the half whose
# maps no encoding uses, and plain pixels.
RATINGS = ("all", "half", "plain")


COLUMNS = (
    "encoder",
    "maps",
    "clips",
    "bitrate at equal weighted PSNR",
    "p",
    "judged by all observers",
    "at equal plain PSNR",
    "bitrate at equal quality number",
    "weighted PSNR there, dB",
    "CPU time",
)


class Curve(NamedTuple):
    """Four encodings of a clip, float64 `[4]` each.

    Attributes:
        bits: size of the pictures.
        seconds: CPU time.
        errors: mean squared error by each of `RATINGS`.
    """

    bits: np.ndarray
    seconds: np.ndarray
    errors: Mapping[str, np.ndarray]


def bd_rates(first: Curve, second: Curve) -> dict[str, float]:
    """Returns the Bjontegaard rate of a curve against another, by rating."""
    return {
        rating: bd_rate(
            [first.bits, second.bits],
            [psnr(curve.errors[rating]) for curve in (first, second)],
        )
        for rating in RATINGS
    }


def format_table(curves: Mapping, groups: np.ndarray) -> str:
    """Returns the table of all clips and of each group, as Markdown.

    Args:
        curves: (encoder, maps) -> curve of each clip; without attention, maps
            are "plain".
        groups: group of each clip, `[n]`.
    """
    lines = [COLUMNS, ["---"] * len(COLUMNS)]
    for chosen in ("all", *np.unique(groups)):
        (numbers,) = np.nonzero((groups == chosen) | (chosen == "all"))
        for (codec, name), of_clips in curves.items():
            if name != "plain":
                pairs = [
                    [curve[number] for number in numbers]
                    for curve in (curves[codec, "plain"], of_clips)
                ]
                names = codec, name, f"{chosen}, {len(numbers)}"
                lines.append(_row_of(names, *pairs))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _row_of(
    names: Sequence[str], plain: Sequence[Curve], other: Sequence[Curve]
) -> list[str]:
    """Compares curves of clips; returns the cells of a row."""
    rates = [bd_rates(*pair) for pair in zip(plain, other, strict=True)]
    by = {r: 100 * np.array([one[r] for one in rates]) for r in RATINGS}
    bits = _ratios(plain, other, "bits")
    seconds = _ratios(plain, other, "seconds")
    gain = [
        np.mean(psnr(b.errors["half"]) - psnr(a.errors["half"]))
        for a, b in zip(plain, other, strict=True)
    ]
    return [
        *names,
        f"{_median(by['half'])} %",
        f"{wilcoxon(by['half']).pvalue:.1g}" if len(plain) > 5 else "",
        f"{_median(by['all'])} %",
        f"{_median(by['plain'])} %",
        f"{_median(bits)} %",
        _median(np.array(gain), digits=2),
        f"{_median(seconds)} %",
    ]


def _ratios(plain, other, name: str) -> np.ndarray:
    """Returns how many per cent more of something each clip takes."""
    pairs = zip(plain, other, strict=True)
    return np.array(
        [
            100 * (np.sum(getattr(b, name)) / np.sum(getattr(a, name)) - 1)
            for a, b in pairs
        ]
    )


def _median(values: np.ndarray, digits: int = 1) -> str:
    """Returns a median over clips with its interval of 95 %."""
    median = f"{np.median(values):+.{digits}f}"
    if len(values) < 3:
        return median
    low, high = bootstrap(
        [values], np.median, method="percentile", rng=0
    ).confidence_interval
    return f"{median} ({low:+.{digits}f} to {high:+.{digits}f})"
