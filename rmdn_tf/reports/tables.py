"""Tables of scores, for the screen and for spreadsheets."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence

from rmdn_tf.evaluation.best_maps import difference_name
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.files.csv_tables import write_table
from rmdn_tf.metrics.score_texts import (
    format_interval,
    format_number,
    format_p_value,
)

_METRICS_A_BLOCK = 5


def write_video_table(
    scores: Scores,
    path: str | os.PathLike,
    labels: Mapping[str, Sequence[str]],
) -> None:
    """Writes the mean scores of each video, CSV.

    A column `TCB.nss` is the mean over the frames with a score, exact to the
    last bit; "nan" without any. `labels` are joined by ";".
    """
    write_table(path, _video_rows(scores, labels))


def _video_rows(
    scores: Scores, labels: Mapping[str, Sequence[str]]
) -> Iterator[list]:
    pairs = [(p, m) for p in scores.predictors for m in scores.metrics]
    means = [scores.video_means(*pair) for pair in pairs]
    head = ["video", "labels", "frames", "frames_without_fixation", "fixations"]
    yield head + [".".join(pair) for pair in pairs]
    for video_id in scores.video_ids:
        yield [
            video_id,
            ";".join(labels.get(video_id, ())),
            scores.num_frames[video_id],
            scores.num_without_fixation[video_id],
            scores.num_fixations[video_id],
            *(float(of_pair.get(video_id, math.nan)) for of_pair in means),
        ]


def format_table(summary: dict) -> str:
    """Formats a summary for the screen, in less than 120 columns."""
    metrics = summary["metrics"]
    num_blocks = -(-len(metrics) // _METRICS_A_BLOCK)
    length = -(-len(metrics) // num_blocks)
    lines = [
        f"Mean over {summary['mean']}, and its "
        f"{summary['confidence']:.0%} interval over "
        f"{summary['num_videos']} videos"
    ]
    for begin in range(0, len(metrics), length):
        lines += ["", *_block(summary, metrics[begin : begin + length])]
    if any("Holm" in line for line in lines):
        lines += [
            "",
            "p, Holm (k=...): corrected by Holm's method for k comparisons of "
            "the metric; p alone is not corrected.",
        ]
    return "\n".join(lines)


def _block(summary: dict, metrics: Sequence[str]) -> list[str]:
    rows = [("", metrics)]
    for name, of in summary["scores"].items():
        rows += _mean_and_interval(name, [of[m] for m in metrics])
    for name, of in summary["differences"].items():
        name = difference_name(name, summary["references"][name])
        rows += _mean_and_interval(name, [of[m] for m in metrics], "+")
        rows.append(_p_values([of[m] for m in metrics]))
    width = max(len(name) for name, _ in rows)
    cell_width = 2 + max(len(cell) for _, cells in rows for cell in cells)
    return [
        f"{name:<{width}}" + "".join(f"{cell:>{cell_width}}" for cell in cells)
        for name, cells in rows
    ]


def _p_values(entries: Sequence[Mapping]) -> tuple[str, list[str]]:
    """Returns a row of p-values, corrected if there are several comparisons."""
    number = max(entry.get("num_comparisons", 0) for entry in entries)
    if number < 2:
        return "  p", [format_p_value(entry["p_value"]) for entry in entries]
    cells = [format_p_value(entry["p_holm"]) for entry in entries]
    return f"  p, Holm (k={number})", cells


def _mean_and_interval(
    name: str, entries: Sequence[Mapping], sign: str = ""
) -> list[tuple[str, list[str]]]:
    """Returns two rows: name and cells."""
    return [
        (name, [format_number(entry["mean"], sign) for entry in entries]),
        ("  interval", [format_interval(entry, sign) for entry in entries]),
    ]
