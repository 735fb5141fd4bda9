"""Tested classifiers -> scores with intervals: text, picture and files."""

import io
import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rmdn_tf.action_recognition.choices import CONTEXT_PART
from rmdn_tf.action_recognition.linear_svm import C_GRID
from rmdn_tf.action_recognition.recognition import LabelledVideos, Outcome
from rmdn_tf.files.csv_tables import write_table
from rmdn_tf.files.file_systems import make_directory
from rmdn_tf.files.published import write_content, write_json
from rmdn_tf.metrics.classification import (
    CONFIDENCE,
    average_precisions,
    confusion,
    difference,
    interval,
    score,
)
from rmdn_tf.metrics.score_texts import (
    format_interval,
    format_number,
    format_p_value,
    json_interval,
)
from rmdn_tf.reports.plots import COLOURS

RESULT_FILE = "actions.json"
VIDEO_FILE = "actions.csv"
PICTURE_FILE = "actions.png"

# Most classes that a picture names one by one.
MAX_NAMED = 30


def summarize_actions(
    videos: LabelledVideos,
    outcomes: Mapping[str, Sequence[Outcome]],
    about: dict,
) -> dict:
    """Sums up the scores of classifiers of several uses.

    A number that cannot be computed, such as the interval of one video, is
    None.

    Args:
        outcomes: one outcome for each partition, by use.
        about: description of the run, for JSON.

    Returns:
        `about` with `metric` ("accuracy" or "mAP") and `classes`; in `results`
        for each use its `score` (mean over the partitions, 95 % interval over
        the videos), `partitions`, `by_class` (average precision, or share of
        recognised videos) and, for single-label datasets, `confusion`; and
        `differences` between each use and the context, with p-values.
    """
    multi_label = videos.multi_label
    tests = {use: [one.tested for one in of] for use, of in outcomes.items()}
    differences = {
        f"{use} - {CONTEXT_PART}": json_interval(
            difference(tests[use], tests[CONTEXT_PART], multi_label)
        )
        for use in tests
        if CONTEXT_PART in tests and use != CONTEXT_PART
    }
    return {
        **about,
        "metric": "mAP" if multi_label else "accuracy",
        "confidence": CONFIDENCE,
        "num_videos": len(videos.labels),
        "classes": list(videos.classes),
        "results": {
            use: {
                "score": json_interval(interval(tests[use], multi_label)),
                "partitions": [_partition(one, multi_label) for one in of],
                **_by_class(videos, tests[use]),
            }
            for use, of in outcomes.items()
        },
        "differences": differences,
    }


def _partition(outcome: Outcome, multi_label: bool) -> dict:
    tested, fitted = outcome.tested, outcome.fitted
    return {
        "name": outcome.partition.name,
        "num_train": len(outcome.partition.train),
        "num_held_out": len(outcome.partition.held_out),
        "num_test": len(outcome.partition.test),
        "score": score(tested.scores, tested.truth, multi_label),
        "c": fitted.c,
        "held_out_scores": dict(
            zip(map(str, C_GRID), fitted.held_out_scores, strict=True)
        ),
        "num_fits_not_converged": fitted.num_not_converged,
    }


def _by_class(videos: LabelledVideos, tests) -> dict:
    if videos.multi_label:
        precisions = np.array(
            [average_precisions(one.scores, one.truth) for one in tests]
        )
        values = [of[~np.isnan(of)] for of in precisions.T]
        means = [float(of.mean()) if len(of) else None for of in values]
        return {"by_class": dict(zip(videos.classes, means, strict=True))}
    counts = confusion(tests)
    shares = [
        float(row[index] / row.sum()) if row.sum() else None
        for index, row in enumerate(counts)
    ]
    return {
        "by_class": dict(zip(videos.classes, shares, strict=True)),
        "confusion": counts.tolist(),
    }


def format_actions(summary: dict) -> str:
    lines = [
        f"{summary['metric']} of {len(summary['classes'])} classes, "
        f"{summary['num_videos']} videos, with 95 % intervals"
    ]
    for use, result in summary["results"].items():
        of = [one["score"] for one in result["partitions"]]
        each = ""
        if len(of) > 1:
            each = "   partitions " + ", ".join(f"{one:.3f}" for one in of)
        lines.append(f"{use:<10} {_with_interval(result['score'])}{each}")
    for name, entry in summary["differences"].items():
        p_value = format_p_value(entry["p_value"])
        lines.append(f"{name}: {_with_interval(entry, '+')}, p {p_value}")
    not_converged = sum(
        one["num_fits_not_converged"]
        for result in summary["results"].values()
        for one in result["partitions"]
    )
    if not_converged:
        lines.append(f"{not_converged} fits of the SVM did not converge.")
    return "\n".join(lines)


def _with_interval(entry: Mapping, sign: str = "") -> str:
    mean = format_number(entry["mean"], sign)
    return f"{mean} {format_interval(entry, sign)}"


def write_actions(
    summary: dict,
    videos: LabelledVideos,
    outcomes: Mapping[str, Sequence[Outcome]],
    output_dir: str | os.PathLike,
) -> None:
    """Writes `actions.json`, `actions.csv` and `actions.png`."""
    make_directory(output_dir)
    write_json(os.path.join(output_dir, RESULT_FILE), summary)
    path = os.path.join(output_dir, VIDEO_FILE)
    write_table(path, _video_rows(videos, outcomes))
    picture = io.BytesIO()
    draw_actions(summary).savefig(picture, format="png", dpi=110)
    write_content(os.path.join(output_dir, PICTURE_FILE), picture.getvalue())


def _video_rows(videos: LabelledVideos, outcomes) -> Iterator[list]:
    """Yields a row for each test video, use and partition."""
    head = ["video", "labels", "use", "partition", "predicted"]
    yield [*head, *videos.classes]
    for use, of_use in outcomes.items():
        for one in of_use:
            tested = zip(one.tested.video_ids, one.tested.scores, strict=True)
            for name, scores in tested:
                yield [
                    name,
                    ";".join(videos.labels[name]),
                    use,
                    one.partition.name,
                    videos.classes[scores.argmax()],
                    *map(float, scores),
                ]


def draw_actions(summary: dict) -> Figure:
    """Draws the scores of `summarize_actions` with their intervals.

    The right half shows the last use: its confusion, or its average precision
    for each class.
    """
    figure = Figure(figsize=(9.5, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.6))
    results = summary["results"]
    for row, result in enumerate(results.values()):
        entry = result["score"]
        mean, low, high = (
            np.nan if entry[name] is None else entry[name]
            for name in ("mean", "low", "high")
        )
        left.plot(mean, row, "o", color=COLOURS[0])
        left.hlines(row, low, high, color=COLOURS[0], lw=2)
        left.text(mean, row - 0.12, f"{mean:.3f}", ha="center")
    left.set_yticks(range(len(results)), results)
    left.set_ylim(len(results) - 0.5, -0.5)
    left.set_title(f"{summary['metric']}, 95 % interval", fontsize=10)
    left.grid(axis="x", color="#e6e6e6")
    use, last = list(results.items())[-1]
    if "confusion" in last:
        _draw_confusion(right, summary["classes"], np.array(last["confusion"]))
    else:
        _draw_by_class(right, last["by_class"])
    right.set_title(use, fontsize=10)
    return figure


def _draw_confusion(axes: Axes, classes: Sequence[str], counts: np.ndarray):
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(classes) > MAX_NAMED:
        return
    # A "$" in a name does not begin a formula.
    plain = {"parse_math": False}
    axes.set_xticks(
        range(len(classes)), classes, rotation=45, ha="right", **plain
    )
    axes.set_yticks(range(len(classes)), classes, **plain)
    for row, column in np.ndindex(*counts.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            color=colour,
            fontsize=7,
        )


def _draw_by_class(axes: Axes, by_class: Mapping[str, float | None]):
    values = [np.nan if v is None else v for v in by_class.values()]
    axes.barh(range(len(values)), values, color=COLOURS[4])
    axes.set_yticks(range(len(values)), by_class, parse_math=False)
    axes.set_ylim(len(values) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xlabel("average precision")
