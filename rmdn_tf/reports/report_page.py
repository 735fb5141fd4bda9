"""Writes an evaluation as one HTML file that needs no other file.

`report_page.html` lays the page out; this module fills it in.
"""

import base64
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping

import jinja2

from rmdn_tf.files.images import MAX_BYTES as MAX_IMAGE_BYTES
from rmdn_tf.files.published import write_content
from rmdn_tf.files.reading import read_content
from rmdn_tf.metrics.score_texts import (
    format_interval,
    format_number,
    format_p_value,
    read_number,
)
from rmdn_tf.reports.plots import colours, forest_plot, time_plot, title
from rmdn_tf.reports.summary import lower_is_better
from rmdn_tf.reports.video_pictures import VideoPicture

# Names in `about` that the page writes out in sentences.
_WRITTEN_OUT = (
    "protocol_text",
    "human_blur_of_width",
    "human_blur_degrees",
    "human_blur_pixels",
    "human_uniform_share",
    "human_blur_and_share",
    "degree_of_width",
)

# Number of the best and of the worst videos.
NUM_SHOWN = 5

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(pathlib.Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_report(
    path: str | os.PathLike,
    summary: dict,
    about: Mapping[str, object],
    *,
    descriptions: Mapping[str, str] | None = None,
    model: str | None = None,
    pictures: Mapping[str, VideoPicture] | None = None,
) -> None:
    """Writes the page, on any file system.

    Args:
        summary: of `rmdn_tf.reports.summary.summarize`, or read from its JSON.
        about: what was evaluated and how, by name. `dataset` and `split` make
            the title; `protocol_text` describes what is computed. The numbers
            of the `human` row's blur are written out.
        descriptions: predictor -> what it is.
        model: the predictor whose gain over the reference in the first metric
            ranks the videos; None for no ranking.
        pictures: of the videos that have one, PNG or JPEG.

    Raises:
        ValueError: the model is the reference, or unknown.
        OSError, tf.errors.OpError: a file cannot be read or written.
    """
    if model is not None and model not in summary["differences"]:
        raise ValueError(
            "Invalid `model`. Expected one of the predictors "
            f"{', '.join(summary['differences'])}. Received: model={model!r}."
        )
    page = _TEMPLATES.get_template("report_page.html").render(
        summary=summary,
        about=about,
        settings=_settings(about),
        descriptions=_descriptions(summary, about, descriptions or {}),
        model=model,
        colours=colours(summary),
        partly_scored=dict(_partly_scored(summary)),
        powers=_powers(summary),
        forest_plots=_plots(forest_plot, summary, _forest_text),
        time_plots=_plots(time_plot, summary, _time_text)
        if summary["seconds"]
        else [],
        extremes=_extremes(summary, model, pictures or {}) if model else {},
        gain_class=_gain_class,
        title=title,
        number=format_number,
        interval=format_interval,
        p_value=format_p_value,
    )
    write_content(path, page.encode())


def _settings(about: Mapping[str, object]) -> dict[str, str]:
    """Returns what was set, without what the page writes out elsewhere."""
    return {
        name.replace("_", " "): f"{value:.4g}"
        if isinstance(value, float)
        else str(value)
        for name, value in about.items()
        if value is not None and name not in _WRITTEN_OUT
    }


def _descriptions(
    summary: dict, about: Mapping, given: Mapping[str, str]
) -> dict[str, str]:
    """Says of each predictor what it is, and of what sizes its blur is."""
    described = {name: given.get(name, "") for name in summary["predictors"]}
    if "human" in described and "human_blur_of_width" in about:
        described["human"] += f" {_blur_text(about)}"
    return described


def _blur_text(about: Mapping) -> str:
    pixels = ""
    if "human_blur_pixels" in about:
        numbers = _numbers(about["human_blur_pixels"], ".3g")
        pixels = f", or {numbers} pixels of the maps"
    return (
        "The blur's standard deviation of "
        f"{_numbers(about['human_blur_of_width'], '.2%')} of the width is "
        f"{_numbers(about['human_blur_degrees'], '.3g')} degrees of the visual "
        "field, where "
        f"the width is {1 / about['degree_of_width']:.3g} degrees{pixels}. "
        f"Observers: {about['observers']}."
    )


def describe_blur(about: Mapping) -> str:
    """Says by which blur people predict people, and on what it was chosen.

    Args:
        about: as in `write_report`, with the numbers of the `human` row's blur.
    """
    return (
        f"human: blur {_numbers(about['human_blur_of_width'], '.2%')} of the "
        f"width and uniform share {_numbers(about['human_uniform_share'], 'g')}"
        f" {about['human_blur_and_share']}."
    )


def _numbers(value: float | list[float], form: str) -> str:
    """Formats a number, or those of several folds."""
    values = value if isinstance(value, list) else [value]
    return " or ".join(format(one, form) for one in values)


def _powers(summary: dict) -> dict[str, dict[str, Mapping]]:
    """Returns metric -> predictor -> its entry of the power table, if any."""
    power = summary.get("power", {}).get("differences", {})
    rows = {
        metric: {
            name: of[metric]
            for name, of in power.items()
            if of[metric]["needed"]
        }
        for metric in summary["metrics"]
    }
    return {metric: of for metric, of in rows.items() if of}


def _partly_scored(summary: dict) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yields predictors with a score in fewer frames than others have."""
    num_frames = {
        name: max(entry["num_frames"] for entry in of.values())
        for name, of in summary["scores"].items()
    }
    most = max(num_frames.values())
    for name, number in num_frames.items():
        if number < most:
            yield name, (number, most)


def _gain_class(entry: dict, metric: str) -> str:
    low, high = read_number(entry["low"]), read_number(entry["high"])
    if lower_is_better(metric):
        low, high = -high, -low
    return "better" if low > 0 else "worse" if high < 0 else "even"


def _extremes(
    summary: dict, model: str, pictures: Mapping[str, VideoPicture]
) -> dict[str, dict[str, tuple[str, VideoPicture] | None]]:
    """Returns heading -> video -> URL and picture: best and worst videos."""
    ids = _ranked(summary, model)
    num_best = min(NUM_SHOWN, -(-len(ids) // 2))
    num_worst = min(NUM_SHOWN, len(ids) - num_best)
    groups = {
        "Best videos": ids[:num_best],
        "Worst videos": ids[::-1][:num_worst],
    }
    return {
        heading: {
            v: (_read_image(pictures[v].path), pictures[v])
            if v in pictures
            else None
            for v in group
        }
        for heading, group in groups.items()
        if group
    }


def _ranked(summary: dict, model: str) -> list[str]:
    """Lists the videos that have a gain, the best first."""
    metric = summary["metrics"][0]
    sign = 1 if lower_is_better(metric) else -1
    gains = {
        video_id: sign * read_number(of["differences"][model][metric])
        for video_id, of in summary["videos"].items()
    }
    return sorted(
        (v for v in gains if gains[v] == gains[v]), key=gains.__getitem__
    )


def _plots(
    draw: Callable[[dict, str], bytes],
    summary: dict,
    describe: Callable[[dict, str], str],
) -> list[tuple[str, str]]:
    """Draws each metric; returns images with their alternative texts."""
    return [
        (_image_url(draw(summary, m)), f"{title(m)}{describe(summary, m)}")
        for m in summary["metrics"]
    ]


def _forest_text(summary: dict, metric: str) -> str:
    entries = {name: of[metric] for name, of in summary["scores"].items()}
    means = (
        f"{name} {format_number(entry['mean'])} {format_interval(entry)}"
        for name, entry in entries.items()
    )
    return ", means with intervals: " + "; ".join(means)


def _time_text(summary: dict, metric: str) -> str:
    first, last = summary["seconds"][0], summary["seconds"][-1]
    means = (
        f"{name} from {format_number(first['scores'][name][metric]['mean'])} "
        f"to {format_number(last['scores'][name][metric]['mean'])}"
        for name in summary["predictors"]
    )
    return " over time: " + "; ".join(means)


def _read_image(path: str | os.PathLike) -> str:
    return _image_url(read_content(path, MAX_IMAGE_BYTES))


def _image_url(content: bytes) -> str:
    kind = "png" if content.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
