"""Formats the scores of variants as Markdown tables."""

from collections.abc import Mapping

import numpy as np

from rmdn_tf.metrics.intervals import mean_interval, paired_difference
from rmdn_tf.metrics.score_ranges import range_of

TITLES = {
    "bits": "bits per fixation",
    "nss": "NSS",
    "accuracy": "action accuracy",
}
PAIRS = (
    ("joint", "density alone"),
    ("joint", "action alone"),
    ("joint, no feedback", "density alone"),
    ("joint, no feedback", "action alone"),
)

# Variant -> metric -> float [seeds, videos].
Table = Mapping[str, Mapping[str, np.ndarray]]


def format_tables(table: Table) -> str:
    """Formats means and paired differences.

    Means are over seeds and videos. Intervals (95 %) are over the videos' means
    over seeds. "seeds ±" is the standard deviation of the seeds' means.
    """
    head = "|".join(["|  ", *(f" {title} " for title in TITLES.values()), ""])
    lines = [head, "|" + "---|" * (1 + len(TITLES))]
    for name, scores in table.items():
        lines.append(_row(name, (_mean(m, scores.get(m)) for m in TITLES)))
    lines += ["", head, "|" + "---|" * (1 + len(TITLES))]
    for name, other in PAIRS:
        if name in table and other in table:
            cells = (
                _difference(m, table[name].get(m), table[other].get(m))
                for m in TITLES
            )
            lines.append(_row(f"{name} - {other}", cells))
    return "\n".join(lines) + "\n"


def _row(name, cells) -> str:
    return "|".join(["", f" {name} ", *(f" {cell} " for cell in cells), ""])


def _mean(metric: str, scores: np.ndarray | None) -> str:
    if scores is None:
        return ""
    of_videos = scores.mean(0)
    interval = mean_interval(
        of_videos, np.ones(len(of_videos)), ranges=range_of(metric)
    )
    text = f"{interval.mean:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    if len(scores) > 1:
        text += f", seeds ±{scores.mean(1).std(ddof=1):.3f}"
    return text


def _difference(
    metric: str, ours: np.ndarray | None, others: np.ndarray | None
) -> str:
    if ours is None or others is None:
        return ""
    ours, others = ours.mean(0), others.mean(0)
    found = paired_difference(
        ours, others, np.ones(len(ours)), ranges=range_of(metric)
    )
    return (
        f"{found.mean:+.3f} ({found.low:+.3f} to {found.high:+.3f}), "
        f"p {found.p_value:.3f}"
    )
