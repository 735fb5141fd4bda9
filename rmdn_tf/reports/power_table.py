"""How small a difference the videos of an evaluation can find."""

import math
from collections.abc import Mapping

import numpy as np

from rmdn_tf.evaluation.best_maps import difference_name
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.metrics.comparisons import (
    LEVEL,
    POWER,
    round_below,
    smallest_difference,
    spread_of_videos,
    videos_needed,
)
from rmdn_tf.metrics.score_texts import json_number

# So many times the videos of this evaluation.
TIMES = (1, 2, 4, 10)


def power_table(
    scores: Scores, references: Mapping[str, str], mean: str
) -> dict:
    """Tells which differences the videos find, and how many smaller ones need.

    Args:
        scores: of an evaluation.
        references: predictor -> the one that it is compared with.
        mean: "frames" or "videos"; what has the same weight in a mean.

    Returns:
        A dictionary for JSON, with the keys

        - power, level: a test at this level finds a true difference with this
          probability
        - differences: predictor -> metric -> {num_videos: scored ones; spread:
          standard deviation of the difference from video to video; smallest:
          list of {num_videos, difference}; needed: list of {difference,
          num_videos}}
    """
    return {
        "power": POWER,
        "level": LEVEL,
        "differences": {
            name: {
                metric: _entry(*scores.in_common(name, other, metric), mean)
                for metric in scores.metrics
            }
            for name, other in references.items()
        },
    }


def _entry(
    sums: np.ndarray, others: np.ndarray, counts: np.ndarray, mean: str
) -> dict:
    with np.errstate(invalid="ignore"):  # Both may be infinite.
        differences = sums - others
    if mean == "videos":
        differences = differences / np.maximum(counts, 1)
        counts = np.minimum(counts, 1)
    number = int(np.count_nonzero(counts))
    spread = spread_of_videos(differences, counts)
    numbers = [number * times for times in TIMES]
    smallest = [smallest_difference(spread, n) for n in numbers]
    finite = [s for s in smallest if 0 < s < math.inf]
    stated = round_below(finite[0]) if finite else []
    return {
        "num_videos": number,
        "spread": json_number(spread),
        "smallest": [
            {"num_videos": n, "difference": json_number(one)}
            for n, one in zip(numbers, smallest, strict=True)
        ],
        "needed": [
            {"difference": one, "num_videos": videos_needed(spread, one)}
            for one in stated
        ],
    }


def describe_power(summary: Mapping, predictor: str, metric: str) -> str:
    """Says in a sentence or two what differences can be found.

    Args:
        summary: of `rmdn_tf.reports.summary.summarize`.
        predictor: one of its `compared`.
        metric: one of its metrics.

    Returns:
        The text; empty if the differences of the videos are not known.
    """
    power = summary["power"]
    entry = power["differences"][predictor][metric]
    if entry["spread"] is None or not entry["needed"]:
        return ""
    seen = [
        f"{one['num_videos']:,} videos find {one['difference']:.3g}"
        for one in entry["smallest"]
        if isinstance(one["difference"], float)
    ]
    needed = [
        f"{one['difference']:g} needs {one['num_videos']:,} videos"
        for one in entry["needed"]
        if one["num_videos"]
    ]
    name = difference_name(predictor, summary["references"][predictor])
    return f"{name}, {metric}: {', '.join(seen)}; {', '.join(needed)}."
