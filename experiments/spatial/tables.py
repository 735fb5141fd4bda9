"""Formats scores as Markdown: a table for each group of videos, and gains."""

from collections.abc import Iterator, Mapping, Sequence

from rmdn_tf.evaluation.scores import Scores
from rmdn_tf.metrics.score_texts import format_number, format_p_value
from rmdn_tf.reports.summary import summarize

METRICS = {
    "bits": "bits per fixation",
    "auc_judd": "AUC-Judd",
    "auc_shuffled": "shuffled AUC",
    "nss": "NSS",
    "cc": "CC",
    "sim": "SIM",
    "kl": "KL",
}


def format_scores(
    scores: Scores,
    labels: Mapping[str, Sequence[str]],
    pairs: Sequence[tuple[str, str]],
) -> str:
    """Formats the means over videos, and paired differences.

    Args:
        scores: of an evaluation.
        labels: video -> the groups that it is in.
        pairs: predictors to compare: the first minus the second.

    Returns:
        Markdown: for all videos and for each group a table of means, ± half of
        the 95 % interval over the videos, and one of the differences.
    """
    references = dict.fromkeys(second for _, second in pairs)
    summaries = {
        reference: summarize(
            scores, mean="videos", reference=reference, labels=labels
        )
        for reference in references or [scores.predictors[0]]
    }
    first = next(iter(summaries.values()))
    lines = []
    for group in [None, *first["classes"]]:
        found = {key: _group(one, group) for key, one in summaries.items()}
        number = next(iter(found.values()))["num_videos"]
        lines += [f"## {group or 'all'}: {number} videos", ""]
        lines += _means(next(iter(found.values()))["scores"])
        lines += ["", *_differences(found, pairs), ""]
    return "\n".join(lines)


def _group(summary: dict, group: str | None) -> dict:
    return summary["classes"][group] if group else summary


def _head(metrics: Sequence[str]) -> list[str]:
    return [
        f"| | {' | '.join(METRICS[m] for m in metrics)} |",
        "|" + "---|" * (1 + len(metrics)),
    ]


def _means(scores: Mapping[str, Mapping[str, Mapping]]) -> Iterator[str]:
    yield from _head([*METRICS])
    for name, of in scores.items():
        cells = [_with_half(of[metric]) for metric in METRICS]
        yield f"| {name} | {' | '.join(cells)} |"


def _differences(
    found: Mapping[str, Mapping], pairs: Sequence[tuple[str, str]]
) -> Iterator[str]:
    if not pairs:
        return
    yield from _head([*METRICS])
    for name, reference in pairs:
        entries = found[reference]["differences"][name]
        cells = [
            f"{_with_half(entries[m], '+')}, p "
            f"{format_p_value(entries[m]['p_value'])}"
            for m in METRICS
        ]
        yield f"| {name} - {reference} | {' | '.join(cells)} |"


def _with_half(entry: Mapping, sign: str = "") -> str:
    """Formats a mean, ± half of its interval if it has one."""
    text = format_number(entry["mean"], sign)
    if entry["low"] is None or entry["high"] is None:
        return text
    half = (float(entry["high"]) - float(entry["low"])) / 2
    return f"{text} ±{format_number(half)}"
