"""Summarizes scores: means with intervals, differences, classes and time.

A summary is plain JSON, with the numbers of `rmdn_tf.metrics.score_texts`.
"""

import collections
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rmdn_tf.evaluation.best_maps import references_of
from rmdn_tf.evaluation.choices import MEANS
from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.metrics.comparisons import holm
from rmdn_tf.metrics.intervals import Interval, mean_interval, paired_difference
from rmdn_tf.metrics.score_ranges import FITTED
from rmdn_tf.metrics.score_texts import JsonNumber, json_number, read_number
from rmdn_tf.reports.power_table import power_table

CONFIDENCE = 0.95

# Ends of the bins of time; short at first, since the first look is quick.
SECONDS = (*range(11), 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)


def summarize(
    scores: Scores,
    *,
    reference: str,
    labels: Mapping[str, Sequence[str]],
    mean: str = "frames",
    compared: Sequence[str] | None = None,
) -> dict:
    """Summarizes an evaluation, with 95 % intervals by bootstrap over videos.

    Args:
        scores: of an evaluation.
        reference: the predictor that the others are compared with; best maps
            are compared with its best maps.
        labels: video -> its labels, such as actions.
        mean: one of `MEANS`.
        compared: the predictors whose p-values are corrected for their number;
            None for all but the reference.

    Returns:
        A dictionary for JSON, with the keys

        - mean, reference, confidence, predictors, metrics: how it was made
        - references: predictor -> the one that it is compared with
        - num_videos, num_frames, num_frames_without_fixation, num_fixations
        - scores: predictor -> metric -> {mean, low, high, num_videos,
          num_frames}; the numbers count videos and frames with a score
        - differences: predictor -> metric -> the same and p_value, for the
          predictor minus its reference, on frames in which both have a score;
          those of `compared` also have p_holm, corrected by Holm's method for
          the num_comparisons of that metric
        - power: see `rmdn_tf.reports.power_table.power_table`
        - classes: label -> {num_videos, scores, differences}; their p_holm
          counts the comparisons in all classes
        - seconds: list of {begin, end, num_videos, scores}, from second `begin`
          up to `end`
        - videos: video -> {labels, num_frames, num_frames_without_fixation,
          num_fixations, scores, differences}, with predictor -> metric -> mean

    Raises:
        ValueError: an unknown mean or reference.
    """
    if mean not in MEANS:
        raise ValueError(
            f"Invalid `mean`. Expected one of {', '.join(MEANS)}. Received: "
            f"mean={mean!r}."
        )
    if reference not in scores.predictors:
        raise ValueError(
            "Invalid `reference`. Expected one of the predictors "
            f"{', '.join(scores.predictors)}. Received: "
            f"reference={reference!r}."
        )
    references = references_of(scores.predictors, reference)
    summarizer = _Summarizer(scores, references, mean)
    ids = scores.video_ids
    if compared is None:
        compared = scores.predictors
    compared = [name for name in compared if name in references]
    whole = summarizer.group(ids)
    _correct([whole], compared)
    classes = {
        name: summarizer.group(of) for name, of in _classes(ids, labels).items()
    }
    _correct(list(classes.values()), compared)
    return {
        "mean": mean,
        "reference": reference,
        "references": references,
        "confidence": CONFIDENCE,
        "predictors": list(scores.predictors),
        "metrics": list(scores.metrics),
        "compared": compared,
        **whole,
        "power": power_table(
            scores, {name: references[name] for name in compared}, mean
        ),
        "num_frames": scores.num_frames.total(),
        "num_frames_without_fixation": scores.num_without_fixation.total(),
        "num_fixations": scores.num_fixations.total(),
        "classes": classes,
        "seconds": summarizer.seconds(),
        "videos": {v: summarizer.video(v, labels.get(v, ())) for v in ids},
    }


class _Summarizer:
    def __init__(self, scores: Scores, references: dict[str, str], mean: str):
        self._scores = scores
        self._references = references
        self._mean = mean

    def group(self, ids: Sequence[str]) -> dict:
        of = self._scores
        return {
            "num_videos": len(ids),
            "scores": {
                p: self._entries(
                    mean_interval,
                    {m: of.by_video(p, m, ids) for m in of.metrics},
                )
                for p in of.predictors
            },
            "differences": {
                p: self._entries(
                    paired_difference,
                    {m: of.in_common(p, other, m, ids) for m in of.metrics},
                )
                for p, other in self._references.items()
            },
        }

    def video(self, video_id: str, labels: Sequence[str]) -> dict:
        of = self._scores
        return {
            "labels": list(labels),
            "num_frames": of.num_frames[video_id],
            "num_frames_without_fixation": of.num_without_fixation[video_id],
            "num_fixations": of.num_fixations[video_id],
            "scores": {
                p: {m: self._mean_of(video_id, p, m) for m in of.metrics}
                for p in of.predictors
            },
            "differences": {
                p: {m: self._gain_of(video_id, p, m) for m in of.metrics}
                for p in self._references
            },
        }

    def _mean_of(self, video_id: str, predictor: str, metric: str) -> Any:
        sums, counts = self._scores.by_video(predictor, metric, [video_id])
        return _ratio(sums[0], counts[0])

    def _gain_of(self, video_id: str, predictor: str, metric: str) -> Any:
        sums, others, counts = self._scores.in_common(
            predictor, self._references[predictor], metric, [video_id]
        )
        with np.errstate(invalid="ignore"):  # inf - inf: not a number.
            return _ratio(sums[0] - others[0], counts[0])

    def seconds(self) -> list[dict]:
        of = self._scores
        ends = _ends(of.num_seconds)
        seen = of.scored_in(ends)  # [V, B]
        bins = _bins(seen)
        rows = {p: self._in_bins(p, ends, bins) for p in of.predictors}
        return [
            {
                "begin": ends[begin - 1] if begin else 0,
                "end": ends[end - 1],
                "num_videos": int(seen[:, begin:end].any(1).sum()),
                "scores": {p: entries[index] for p, entries in rows.items()},
            }
            for index, (begin, end) in enumerate(bins)
        ]

    def _in_bins(
        self,
        predictor: str,
        ends: Sequence[int],
        bins: Sequence[tuple[int, int]],
    ) -> list[dict[str, dict]]:
        """Makes the entries of a predictor in each bin."""
        rows = {
            metric: self._scores.by_time(predictor, metric, ends)
            for metric in self._scores.metrics
        }
        return [
            self._entries(
                mean_interval,
                {m: [x[:, begin:end].sum(1) for x in rows[m]] for m in rows},
            )
            for begin, end in bins
        ]

    def _entries(
        self,
        estimate: Callable[..., Interval],
        rows: Mapping[str, Sequence[np.ndarray]],
    ) -> dict[str, dict]:
        """Makes the entries of all metrics; equal counts share resamples.

        `rows` are metric -> arguments of `estimate`: sums and, last, counts.
        """
        alike = collections.defaultdict(list)
        for metric, (*_, counts) in rows.items():
            alike[counts.tobytes()].append(metric)
        entries = {}
        for metrics in alike.values():
            *sums, counts = zip(*(rows[m] for m in metrics), strict=True)
            interval = estimate(
                *self._weighed(counts[0], *map(np.array, sums)),
                ranges=[self._scores.range_of(metric) for metric in metrics],
                confidence=CONFIDENCE,
            )
            for index, metric in enumerate(metrics):
                entries[metric] = _entry(interval, index, counts[0])
        return {metric: entries[metric] for metric in rows}

    def _weighed(self, counts: np.ndarray, *sums: np.ndarray) -> tuple:
        """Turns sums and counts into means and ones, if videos weigh alike."""
        if self._mean == "frames":
            return *sums, counts
        means = (total / np.maximum(counts, 1) for total in sums)
        return *means, np.minimum(counts, 1)


def _correct(groups: Sequence[dict], compared: Sequence[str]) -> None:
    """Adds the p-values that are corrected for all comparisons of a metric."""
    entries = [
        group["differences"][name] for group in groups for name in compared
    ]
    for metric in entries[0] if entries else ():
        of_metric = [entry[metric] for entry in entries]
        p_values = [read_number(entry["p_value"]) for entry in of_metric]
        number = int(np.sum(~np.isnan(p_values)))
        for entry, p_value in zip(of_metric, holm(p_values), strict=True):
            entry["p_holm"] = json_number(p_value)
            entry["num_comparisons"] = number


def _entry(interval: Interval, index: int, counts: np.ndarray) -> dict:
    numbers = dataclasses.asdict(interval)
    return {key: json_number(row[index]) for key, row in numbers.items()} | {
        "num_videos": int(np.count_nonzero(counts)),
        "num_frames": int(counts.sum()),
    }


def _classes(
    video_ids: Sequence[str], labels: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Returns label -> videos, sorted by label."""
    members: dict[str, list[str]] = {}
    for video_id in video_ids:
        for label in dict.fromkeys(labels.get(video_id, ())):
            members.setdefault(label, []).append(video_id)
    return dict(sorted(members.items()))


def _ends(num_seconds: int) -> list[int]:
    """Lists those of `SECONDS` at which a bin may end, and the very end."""
    ends = [end for end in SECONDS[1:] if end < num_seconds]
    last = min((end for end in SECONDS if end >= num_seconds), default=0)
    return [*ends, max(last, num_seconds)]


def _bins(seen: np.ndarray) -> list[tuple[int, int]]:
    """Joins bins, `seen` bool `[V, B]`, to fewer (first, last + 1).

    Two videos, or the only one, have a score in each.
    """
    num_bins = seen.shape[1]
    least = min(2, int(np.count_nonzero(seen.any(1))))
    bins, begin = [], 0
    for end in range(1, num_bins + 1):
        if least and np.count_nonzero(seen[:, begin:end].any(1)) >= least:
            bins.append((begin, end))
            begin = end
    if seen[:, begin:].any():
        bins[-1] = (bins[-1][0], num_bins)
    return bins


def _ratio(total: float, count: float) -> JsonNumber:
    return json_number(total / count) if count else None


def lower_is_better(metric: str) -> bool:
    return metric.removesuffix(FITTED) == "kl"
