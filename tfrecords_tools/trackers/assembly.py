"""Rows in a table's own units -> a table of gaze in milliseconds."""

import collections
import dataclasses
import os

import numpy as np

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.gaze.time_units import UNITS
from tfrecords_tools.trackers.gaze_table import GazeTable
from tfrecords_tools.trackers.layout import Layout
from tfrecords_tools.trackers.merging import LATER_SHOWINGS
from tfrecords_tools.trackers.presentations import (
    is_repeated,
    split_presentations,
    start_times,
)
from tfrecords_tools.trackers.rows import Rows
from tfrecords_tools.trackers.stimuli import FileStimulus
from tfrecords_tools.trackers.time_units import likely_unit, typical_step


def assemble(
    path: str,
    rows: Rows,
    layout: Layout,
    space: CoordinateSpace,
    observer: str,
) -> GazeTable:
    """Makes a table of gaze.

    Args:
        path: of the table.
        space: what x and y count; `layout.space` may leave it open.
        observer: name of the observer of rows that do not name one.

    Raises:
        SourceError: the unit of time is unknown.
    """
    if not layout.video:
        video = np.zeros_like(rows.video)
        videos = [FileStimulus(os.path.abspath(path), layout.is_scene)]
        rows = dataclasses.replace(rows, video=video, videos=videos)
    recording = _numbered(rows.observer, rows.recording)
    step = typical_step(recording, rows.time, rows.is_sample)
    if layout.is_events:
        step = float(np.median(rows.duration)) if len(rows.time) else np.nan
    unit = layout.unit
    if unit is None and len(rows.time):
        unit = likely_unit(path, step, layout.is_events)
    milliseconds = UNITS[unit or "ms"][1]
    rows = _from_start(rows, recording, layout, milliseconds)
    tables, counts, lines = _by_video(rows, layout.is_events)
    unnamed = [observer] if np.any(rows.observer < 0) else []
    return GazeTable(
        is_events=layout.is_events,
        rows=tables,
        lines=lines,
        observers=(*rows.observers, *unnamed),
        space=space,
        is_strict=layout.is_strict,
        has_times=layout.time is not None,
        left_out=counts,
        understood=_understood(rows, layout, unit, step * milliseconds),
    )


def _numbered(*codes: np.ndarray) -> np.ndarray:
    """Returns one number for each different row of codes, int64 `[n]`."""
    number = np.zeros(len(codes[0]), np.int64)
    for code in codes:
        number = number * (int(code.max(initial=-1)) + 2) + code + 1
    return number


def _from_start(
    rows: Rows, recording: np.ndarray, layout: Layout, milliseconds: float
) -> Rows:
    """Returns rows in milliseconds from the start of the video."""
    time, cause = rows.time, rows.cause
    if layout.zero is not None:
        time = time - layout.zero
    elif layout.is_clock:
        shown = split_presentations(recording, rows.video, time * milliseconds)
        # Rows without a video, -1, find the last number.
        time = time - np.append(start_times(shown, time), 0)[shown]
        repeated = is_repeated(rows.observer, rows.video, shown)
        later = np.append(repeated, False)[shown]
        cause = np.where(later, len(rows.causes), cause)
    ms_of_duration = UNITS[layout.duration_unit or "ms"][1]
    if not layout.duration_unit:
        ms_of_duration = milliseconds
    return dataclasses.replace(
        rows,
        time=_in_milliseconds(time, milliseconds, layout),
        duration=_in_milliseconds(rows.duration, ms_of_duration, layout),
        cause=cause,
        causes=[*rows.causes, LATER_SHOWINGS],
    )


def _in_milliseconds(
    times: np.ndarray, milliseconds: float, layout: Layout
) -> np.ndarray:
    """Converts times; an error of rounding must not move them over a border."""
    if milliseconds == 1 and not layout.is_clock:
        return times
    return np.round(times * milliseconds, 3)  # Trackers tell no less than 1 us.


def _by_video(rows: Rows, is_events: bool) -> tuple[dict, dict, dict]:
    """Returns the rows, counts of `left_out` and first line of each video."""
    observer = np.where(rows.observer < 0, len(rows.observers), rows.observer)
    columns = [rows.time, rows.x, rows.y, observer]
    is_kept = rows.cause < len(rows.causes) - 1
    if is_events:
        columns.insert(1, rows.duration)
        is_kept = rows.cause == 0
    order = np.argsort(rows.video, kind="stable")
    edges = np.searchsorted(rows.video[order], np.arange(len(rows.videos) + 1))
    tables, counts, lines = {}, {}, {}
    for code, name in enumerate(rows.videos):
        mine = order[edges[code] : edges[code + 1]]
        if not len(mine):
            continue
        lines[name] = int(rows.lines[mine[0]])
        mine = mine[rows.is_sample[mine]]
        lost = np.bincount(rows.cause[mine], minlength=len(rows.causes))
        named = zip(rows.causes[1:], lost[1:].tolist(), strict=True)
        counts[name] = +collections.Counter(dict(named))
        kept = mine[is_kept[mine]]
        tables[name] = np.stack([column[kept] for column in columns], axis=1)
    return tables, counts, lines


def _understood(
    rows: Rows, layout: Layout, unit: str | None, step_ms: float
) -> dict[str, str]:
    """Returns what the summary prints of this table."""
    found = {"format": layout.tracker}
    columns = {
        "video": [layout.video],
        "observer": layout.observer[:1],
        "onset" if layout.is_events else "time": [layout.time],
        "duration": [layout.duration],
        "end": [layout.end],
        "x": [eye.x for eye in layout.eyes],
        "y": [eye.y for eye in layout.eyes],
    }
    for role, of_role in columns.items():
        names = " and ".join(repr(column.name) for column in of_role if column)
        if names:
            found[f"{role} from"] = names
    if layout.time is None:
        return found
    source = "" if layout.unit else ", as the steps between the rows tell"
    found["unit of time"] = UNITS[unit][0] + source if unit else "unknown"
    if not layout.is_clock:
        found["time zero"] = layout.zero_note or "start of the video"
    elif layout.zero is not None:
        found["time zero"] = layout.zero_note
    else:
        found["time zero"] = "first row of each presentation of a video"
    if not layout.is_events and np.isfinite(step_ms):
        found["samples"] = f"{1000 / step_ms:.4g} a second"
    if rows.decimal == ",":
        found["decimal mark"] = "comma"
    return found
