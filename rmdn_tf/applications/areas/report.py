"""Runs a model through a video, and writes what areas get."""

import contextlib
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from rmdn_tf.applications.areas.area import Area
from rmdn_tf.applications.areas.curves import Curves
from rmdn_tf.applications.areas.frame_table import cell, frame_table
from rmdn_tf.applications.areas.measuring import Measurement
from rmdn_tf.applications.areas.plot import plot_bars, plot_curves
from rmdn_tf.applications.areas.settings import AreaSettings
from rmdn_tf.applications.areas.share_errors import FILE, ShareErrors
from rmdn_tf.applications.areas.summary import columns, summarize
from rmdn_tf.files.csv_tables import write_table
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.prediction.predicted_video import PredictedVideo, predicted_video
from rmdn_tf.prediction.settings import NetworkSettings


def report(
    model: AttentionModel,
    errors: ShareErrors | None,
    video: str,
    areas: Sequence[Area],
    settings: AreaSettings,
    network: NetworkSettings,
) -> list[dict[str, Any]]:
    """Measures areas, and writes the tables and the plot.

    Args:
        model: of `rmdn_tf.load`.
        errors: of the model; None for no intervals.
        video: a file.
        areas: of `read_areas`.
        settings: what to write.
        network: how the network runs.

    Returns:
        The summary of each area, see `summarize`.

    Raises:
        ValueError: the video or an area is invalid.
        OSError: a file cannot be read or written.
    """
    curves = Curves(len(areas)) if settings.plot else None
    with predicted_video(model, video, network) as predicted:
        is_picture = predicted.reader.picture is not None
        measurement = _measure(predicted, areas, errors, settings, curves)
    rows = [
        summarize(
            meter,
            errors,
            is_picture=is_picture,
            num_observers=settings.observers,
        )
        for meter in measurement.meters
    ]
    if settings.summary:
        _write_summary(settings.summary, rows, settings.observers)
    if settings.plot and is_picture:
        plot_bars(settings.plot, rows)
    elif settings.plot and curves:
        plot_curves(settings.plot, rows, curves, errors)
    return rows


def _measure(
    predicted: PredictedVideo,
    areas: Sequence[Area],
    errors: ShareErrors | None,
    settings: AreaSettings,
    curves: Curves | None,
) -> Measurement:
    """Measures all frames; writes the table of frames on the way."""
    measurement = Measurement(areas)
    with contextlib.ExitStack() as stack:
        writers = [curves.add] if curves else []
        if settings.output:
            table = frame_table(
                settings.output,
                [area.name for area in areas],
                errors,
                predicted.reader.picture is not None,
                settings.observers,
            )
            writers.append(stack.enter_context(table).write)
        bar = tqdm(predicted, unit="frame", total=predicted.total, leave=False)
        for frame in measurement(bar):
            for write in writers:
                write(frame)
    return measurement


def _write_summary(
    path: str, rows: Sequence[dict[str, Any]], num_observers: int
) -> None:
    names = columns(num_observers)
    cells = [[cell(row.get(name)) for name in names] for row in rows]
    write_table(path, [names, *cells])


def remarks(
    rows: Sequence[dict[str, Any]], errors: ShareErrors | None, model: str
) -> list[str]:
    """Returns what a user must know beside the table, in sentences."""
    absent = [row["area"] for row in rows if "share" not in row]
    told = []
    if absent:
        told.append(f"Never in the frame: {', '.join(absent)}.")
    if errors is None:
        told.append(
            f"No intervals: the model '{model}' has no '{FILE}', the errors of "
            "its shares on real gaze."
        )
    return told
