"""An evaluation as one page: a file that needs no other, nor a network."""

import os
from collections.abc import Callable, Mapping
from html import escape

import tensorflow as tf

from rmdn_tf.files.published import published
from rmdn_tf.reports import pages
from rmdn_tf.reports.plots import colours, forest_plot, time_plot, title
from rmdn_tf.reports.summary import lower_is_better, number
from rmdn_tf.reports.tables import (
    format_interval,
    format_number,
    format_p_value,
)

NUM_SHOWN = 5
"""Best and worst videos."""

_COUNTS = {
    "num_frames": "frames",
    "num_frames_without_fixation": "without fixation",
    "num_fixations": "fixations",
}


def write_report(
    path: str | os.PathLike,
    summary: dict,
    about: Mapping[str, object],
    *,
    model: str | None = None,
    pictures: Mapping[str, str | os.PathLike] | None = None,
) -> None:
    """Writes the page, HTML.

    Args:
        path: of the file, on any file system of `tf.io.gfile`.
        summary: of `rmdn_tf.reports.summary.summarize`, or read from its JSON.
        about: what was evaluated and how, by name: texts and numbers, shown in
            their order. `dataset` and `split` make the title, and
            `protocol_text` says in sentences what is computed.
        model: the predictor whose gain over the reference tells the best and
            the worst videos, by the first metric; None shows none.
        pictures: of videos, PNG or JPEG, by the videos' ids.

    Raises:
        ValueError: the model is the reference, or unknown.
        OSError, tf.errors.OpError: a picture cannot be read, or the page not
            be written.
    """
    if model is not None and model not in summary["differences"]:
        raise ValueError(
            "Invalid `model`. Expected one of the predictors "
            f"{', '.join(summary['differences'])}. Received: model={model!r}."
        )
    sections = [
        _facts(summary, about),
        _scores(summary),
        _differences(summary),
        _time(summary),
        _classes(summary, model),
        _extremes(summary, model, pictures or {}),
        _videos(summary, model),
    ]
    with published(path) as temporary:
        with tf.io.gfile.GFile(temporary, "w") as file:
            file.write(pages.page(_title(about), sections))


def _title(about: Mapping[str, object]) -> str:
    of = [str(about[key]) for key in ("dataset", "split") if key in about]
    return "Where people look" + (": " + ", ".join(of) if of else "")


def _facts(summary: dict, about: Mapping[str, object]) -> str:
    """What was computed."""
    each = {"frames": "frame", "videos": "video"}[summary["mean"]]
    blank = summary["num_frames_without_fixation"]
    text = (
        f"{len(summary['predictors'])} predictors on "
        f"{summary['num_frames']:,} frames of {summary['num_videos']:,} "
        f"videos, with {summary['num_fixations']:,} fixations. {blank:,} of "
        "the frames have no fixation: they have no score and are in no mean. "
        f"Numbers are means over {summary['mean']}, in which every {each} "
        f"with a score weighs the same. Below each stands its "
        f"{summary['confidence']:.0%} interval: how far it may be off because "
        "other videos could have been drawn."
    )
    facts = {k: v for k, v in about.items() if k != "protocol_text"}
    rows = (
        pages.element("dt", escape(key.replace("_", " ")))
        + pages.element("dd", escape(str(value)))
        for key, value in facts.items()
    )
    return (
        pages.paragraph(text)
        + pages.paragraph(str(about.get("protocol_text", "")))
        + pages.element("dl", "".join(rows))
    )


def _scores(summary: dict) -> str:
    of = summary["scores"]
    return (
        pages.element("h2", "Scores")
        + _metric_table(summary, of, lambda m, row: _score_cell(row))
        + _coverage(summary)
        + _panels(forest_plot, summary, _forest_text)
        + pages.note(f"Dashed: the mean of {summary['reference']}.")
    )


def _metric_table(
    summary: dict,
    of: Mapping[str, Mapping[str, dict]],
    cell: Callable[[str, dict], str],
) -> str:
    """A row a metric, a column a predictor."""
    rows = [
        (escape(title(m)), [cell(m, row[m]) for row in of.values()])
        for m in summary["metrics"]
    ]
    return pages.table(["", *(_name(summary, name) for name in of)], rows)


def _coverage(summary: dict) -> str:
    """Says which predictors are scored on fewer frames than others."""
    num_frames = {
        name: max(entry["num_frames"] for entry in of.values())
        for name, of in summary["scores"].items()
    }
    most = max(num_frames.values())
    few = {name: number for name, number in num_frames.items() if number < most}
    return "".join(
        pages.note(f"{name} has a score in {number:,} of {most:,} frames.")
        for name, number in few.items()
    )


def _differences(summary: dict) -> str:
    of, reference = summary["differences"], summary["reference"]
    if not of:
        return ""
    return (
        pages.element("h2", f"Gain over {escape(reference)}")
        + pages.paragraph(
            f"Each predictor minus {reference}, video by video, on the frames "
            "in which both have a score. Green is better and red is worse, "
            "where the interval holds no zero. The p-value of a comparison "
            "knows nothing of the other comparisons."
        )
        + _metric_table(summary, of, lambda m, row: _gain_cell(row, m))
    )


def _time(summary: dict) -> str:
    bins = summary["seconds"]
    if not bins:
        return ""
    head = ["seconds", *(f"{of['begin']}–{of['end']}" for of in bins)]
    return (
        pages.element("h2", "Time in the video")
        + pages.paragraph(
            "People look at the centre first, whatever a video shows. Bands "
            "are intervals; later seconds are those of the longer videos "
            "alone."
        )
        + _keys(summary)
        + _panels(time_plot, summary, _time_text)
        + pages.table(
            head, [("videos", [str(of["num_videos"]) for of in bins])]
        )
    )


def _classes(summary: dict, model: str | None) -> str:
    """A table a metric, the first one open."""
    if not summary["classes"]:
        return ""
    tables = "".join(
        pages.details(title(m), _class_table(summary, m, model), is_open=not i)
        for i, m in enumerate(summary["metrics"])
    )
    return pages.element("h2", "Classes") + tables


def _class_table(summary: dict, metric: str, model: str | None) -> str:
    rows = []
    for label, of in summary["classes"].items():
        cells = [str(of["num_videos"])]
        cells += [_score_cell(row[metric]) for row in of["scores"].values()]
        if model:
            cells.append(_gain_cell(of["differences"][model][metric], metric))
        rows.append((escape(label), cells))
    return pages.table(["class", "videos", *_columns(summary, model)], rows)


def _extremes(
    summary: dict, model: str | None, pictures: Mapping[str, str | os.PathLike]
) -> str:
    """The videos that the model gains most and least in."""
    if not model:
        return ""
    ids = _ranked(summary, model)
    num_best = min(NUM_SHOWN, -(-len(ids) // 2))
    num_worst = min(NUM_SHOWN, len(ids) - num_best)
    parts = {
        "Best videos": ids[:num_best],
        "Worst videos": ids[::-1][:num_worst],
    }
    metric, reference = summary["metrics"][0], summary["reference"]
    return "".join(
        pages.element("h2", name)
        + pages.note(f"By the gain of {model} over {reference} in {metric}.")
        + pages.element(
            "div",
            "".join(_video(summary, v, model, pictures.get(v)) for v in part),
            class_="pictures",
        )
        for name, part in parts.items()
        if part
    )


def _ranked(summary: dict, model: str) -> list[str]:
    """Videos that have a gain, the best first."""
    metric = summary["metrics"][0]
    sign = 1 if lower_is_better(metric) else -1
    gains = {
        video_id: sign * number(of["differences"][model][metric])
        for video_id, of in summary["videos"].items()
    }
    return sorted((v for v in gains if gains[v] == gains[v]), key=gains.get)


def _video(
    summary: dict,
    video_id: str,
    model: str,
    picture: str | os.PathLike | None,
) -> str:
    of, metric = summary["videos"][video_id], summary["metrics"][0]
    gain = format_number(of["differences"][model][metric], "+")
    means = (
        f"{name} {format_number(of['scores'][name][metric])}"
        for name in (model, summary["reference"])
    )
    text = f" {gain} {metric}: {', '.join(means)}"
    text = pages.element("b", escape(video_id)) + escape(text)
    shown = ""
    if picture is not None:
        with tf.io.gfile.GFile(os.fspath(picture), "rb") as file:
            shown = pages.image(file.read(), f"Densities on {video_id}")
    return pages.element("figure", shown + pages.element("figcaption", text))


def _videos(summary: dict, model: str | None) -> str:
    metric = summary["metrics"][0]
    rows = []
    for video_id, of in summary["videos"].items():
        cells = [
            ", ".join(map(escape, of["labels"])),
            *(f"{of[key]:,}" for key in _COUNTS),
            *(format_number(row[metric]) for row in of["scores"].values()),
        ]
        if model:
            cells.append(format_number(of["differences"][model][metric], "+"))
        rows.append((escape(video_id), cells))
    head = ["video", "labels", *_COUNTS.values(), *_columns(summary, model)]
    table = pages.table(head, rows)
    return pages.element("h2", "All videos") + pages.details(
        f"{title(metric)} of {len(rows):,} videos", table
    )


def _columns(summary: dict, model: str | None) -> list[str]:
    """Heads of the predictors' columns, and of the gain where there is one."""
    heads = [_name(summary, name) for name in summary["predictors"]]
    if model:
        heads.append(escape(f"{model} − {summary['reference']}"))
    return heads


def _score_cell(entry: dict) -> str:
    return format_number(entry["mean"]) + pages.small(format_interval(entry))


def _gain_cell(entry: dict, metric: str) -> str:
    low, high = number(entry["low"]), number(entry["high"])
    if lower_is_better(metric):
        low, high = -high, -low
    word = "better" if low > 0 else "worse" if high < 0 else "even"
    return (
        pages.element("span", format_number(entry["mean"], "+"), class_=word)
        + pages.small(format_interval(entry, "+"))
        + pages.small(f"p {format_p_value(entry['p_value'])}")
    )


def _panels(
    draw: Callable[[dict, str], bytes],
    summary: dict,
    text: Callable[[dict, str], str],
) -> str:
    images = (
        pages.image(draw(summary, m), text(summary, m))
        for m in summary["metrics"]
    )
    return pages.element("div", "".join(images), class_="panels")


def _forest_text(summary: dict, metric: str) -> str:
    entries = {name: of[metric] for name, of in summary["scores"].items()}
    means = (
        f"{name} {format_number(entry['mean'])} {format_interval(entry)}"
        for name, entry in entries.items()
    )
    return f"{title(metric)}, means with intervals: " + "; ".join(means)


def _time_text(summary: dict, metric: str) -> str:
    first, last = summary["seconds"][0], summary["seconds"][-1]
    means = (
        f"{name} from {format_number(first['scores'][name][metric]['mean'])} "
        f"to {format_number(last['scores'][name][metric]['mean'])}"
        for name in summary["predictors"]
    )
    return f"{title(metric)} over time: " + "; ".join(means)


def _keys(summary: dict) -> str:
    keys = (_name(summary, name) for name in summary["predictors"])
    return pages.element("p", " ".join(keys))


def _name(summary: dict, name: str) -> str:
    colour = colours(summary)[name]
    dot = pages.element("i", "", style=f"background: {colour}")
    return pages.element("span", dot + escape(name), class_="key")
