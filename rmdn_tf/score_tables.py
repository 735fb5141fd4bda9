"""Scores and their summary as tables: for the screen, and for spreadsheets."""

import csv
import math
import os
from collections.abc import Mapping, Sequence

import tensorflow as tf

from rmdn_tf.published_files import published
from rmdn_tf.scores import Scores
from rmdn_tf.summary import number

_METRICS_A_BLOCK = 6


def write_video_table(
    scores: Scores,
    path: str | os.PathLike,
    labels: Mapping[str, Sequence[str]],
) -> None:
    """Writes the mean of every video, predictor and metric, CSV.

    A line is a video; a column `TCB.nss` is the mean of a metric over its
    frames that have a score, exact to the last bit, "nan" where none has.

    Args:
        scores: the `Scores`.
        path: of the file.
        labels: of videos by their ids, joined by ";".
    """
    pairs = [(p, m) for p in scores.predictors for m in scores.metrics]
    means = {pair: scores.video_means(*pair) for pair in pairs}
    head = ["video", "labels", "frames", "frames_without_fixation", "fixations"]
    with published(path) as temporary:
        with tf.io.gfile.GFile(temporary, "w") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*head, *(".".join(pair) for pair in pairs)])
            for video_id in scores.video_ids:
                writer.writerow(
                    [
                        video_id,
                        ";".join(labels.get(video_id, ())),
                        scores.num_frames[video_id],
                        scores.num_without_fixation[video_id],
                        scores.num_fixations[video_id],
                        *(
                            repr(means[pair].get(video_id, math.nan))
                            for pair in pairs
                        ),
                    ]
                )


def format_number(value: float | str | None, sign: str = "") -> str:
    """Writes a number of a summary with three digits; `sign` "+" shows it."""
    value = number(value)
    return "n/a" if math.isnan(value) else f"{value:{sign}.3f}"


def format_p_value(value: float | None) -> str:
    """Writes a p-value; what is smaller than a thousandth, so."""
    value = number(value)
    return "<0.001" if value < 0.001 else format_number(value)


def format_table(summary: dict) -> str:
    """Lays a summary out for the screen, in less than 120 columns.

    Args:
        summary: of `summarize`.

    Returns:
        Lines: scores, a row a predictor; differences to the reference with
        their p-values below them.
    """
    metrics = summary["metrics"]
    num_blocks = -(-len(metrics) // _METRICS_A_BLOCK)
    length = -(-len(metrics) // num_blocks)
    lines = [
        f"Mean over {summary['mean']}, ± half of the "
        f"{summary['confidence']:.0%} interval over "
        f"{summary['num_videos']} videos"
    ]
    for begin in range(0, len(metrics), length):
        lines += ["", *_block(summary, metrics[begin : begin + length])]
    return "\n".join(lines)


def _block(summary: dict, metrics: Sequence[str]) -> list[str]:
    """Lines of some of the metrics."""
    rows = [("", metrics)]
    for name, of in summary["scores"].items():
        rows.append((name, [_with_half_width(of[m]) for m in metrics]))
    for name, of in summary["differences"].items():
        cells = [_with_half_width(of[m], "+") for m in metrics]
        rows.append((f"{name} - {summary['reference']}", cells))
        cells = [format_p_value(of[m]["p_value"]) for m in metrics]
        rows.append(("  p", cells))
    width = max(len(name) for name, _ in rows)
    return [
        f"{name:<{width}}" + "".join(f"{cell:>17}" for cell in cells)
        for name, cells in rows
    ]


def _with_half_width(entry: dict, sign: str = "") -> str:
    mean = format_number(entry["mean"], sign)
    half = (number(entry["high"]) - number(entry["low"])) / 2
    return f"{mean} ±{half:.3f}" if math.isfinite(half) else mean
