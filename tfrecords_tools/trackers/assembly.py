"""Rows in a table's own units -> a table of gaze in milliseconds."""

import collections

import numpy as np

from tfrecords_tools.trackers.gaze_table import GazeTable
from tfrecords_tools.trackers.layout import Layout
from tfrecords_tools.trackers.merging import LATER_SHOWINGS
from tfrecords_tools.trackers.options import TIME_UNITS
from tfrecords_tools.trackers.presentations import (
    is_repeated,
    split_presentations,
    start_times,
)
from tfrecords_tools.trackers.rows import Rows
from tfrecords_tools.trackers.time_units import (
    NAMES,
    likely_unit,
    typical_step,
)

# The name of the video of a table that does not name any.
UNNAMED = ""


def assemble(path: str, rows: Rows, layout: Layout, observer: str) -> GazeTable:
    """Makes a table of gaze.

    Args:
        path: of the table, for errors.
        observer: name of the observer of rows that do not name one.

    Raises:
        SourceError: the unit of time is unknown.
    """
    recording = _numbered(rows.observer, rows.recording)
    step = typical_step(recording, rows.time, rows.is_sample)
    if layout.is_events:
        step = float(np.median(rows.duration)) if len(rows.time) else np.nan
    unit = layout.unit
    if unit is None and len(rows.time):
        unit = likely_unit(path, step, layout.is_events)
    milliseconds = TIME_UNITS[unit or "ms"]
    video = rows.video if layout.video else np.zeros_like(rows.video)
    time, keep, repeated = _from_start(
        rows, video, recording, layout, milliseconds
    )
    columns = [time, rows.x, rows.y, _observers(rows)]
    if layout.is_events:
        columns.insert(1, _durations(rows, layout, milliseconds))
    names = rows.videos if layout.video else [UNNAMED]
    tables, counts, lines = _by_video(
        columns, names, video, keep, repeated, rows, layout.is_events
    )
    return GazeTable(
        is_events=layout.is_events,
        rows=tables,
        lines=lines,
        observers=(
            *rows.observers,
            *([observer] if np.any(rows.observer < 0) else []),
        ),
        space=layout.space,
        is_strict=layout.is_strict,
        left_out=counts,
        understood=_understood(rows, layout, unit, step * milliseconds),
    )


def _numbered(*codes: np.ndarray) -> np.ndarray:
    """Returns one number for each different row of codes, int64 `[n]`."""
    number = np.zeros(len(codes[0]), np.int64)
    for code in codes:
        number = number * (int(code.max(initial=-1)) + 2) + code + 1
    return number


def _observers(rows: Rows) -> np.ndarray:
    """Returns indices into `rows.observers` and one more, float64 `[n]`."""
    unnamed = rows.observer < 0
    return np.where(unnamed, len(rows.observers), rows.observer).astype(
        np.float64
    )


def _durations(rows: Rows, layout: Layout, milliseconds: float) -> np.ndarray:
    if layout.duration_unit:
        milliseconds = TIME_UNITS[layout.duration_unit]
    if milliseconds == 1 and not layout.is_clock:
        return rows.duration
    return _in_milliseconds(rows.duration, milliseconds)


def _in_milliseconds(times: np.ndarray, milliseconds: float) -> np.ndarray:
    """Converts times; an error of rounding must not move them over a border.

    No tracker tells less than microseconds.
    """
    return np.round(times * milliseconds, 3)


def _from_start(
    rows: Rows,
    video: np.ndarray,
    recording: np.ndarray,
    layout: Layout,
    milliseconds: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns ms from the video's start, and bool: to keep, repeated."""
    keep = rows.is_sample & (video >= 0)
    repeated = np.zeros(len(video), bool)
    if not layout.is_clock:
        if milliseconds == 1:
            return rows.time, keep, repeated
        return _in_milliseconds(rows.time, milliseconds), keep, repeated
    if layout.zero is not None:
        time = _in_milliseconds(rows.time - layout.zero, milliseconds)
        return time, keep, repeated
    presentation = split_presentations(
        recording, video, rows.time * milliseconds
    )
    starts = start_times(presentation, rows.time)
    shown = presentation >= 0
    time = np.zeros_like(rows.time)
    time[shown] = rows.time[shown] - starts[presentation[shown]]
    repeated[shown] = is_repeated(rows.observer, video, presentation)[
        presentation[shown]
    ]
    time = _in_milliseconds(time, milliseconds)
    return time, keep & ~repeated, keep & repeated


def _by_video(
    columns: list[np.ndarray],
    names: list[str],
    video: np.ndarray,
    keep: np.ndarray,
    repeated: np.ndarray,
    rows: Rows,
    is_events: bool,
) -> tuple[dict, dict, dict]:
    """Returns the rows, counts of `left_out` and first lines of each video."""
    order = np.argsort(video, kind="stable")
    edges = np.searchsorted(video[order], np.arange(len(names) + 1))
    tables, counts, lines = {}, {}, {}
    for code, name in enumerate(names):
        mine = order[edges[code] : edges[code + 1]]
        if not len(mine):
            continue
        lines[name] = int(rows.lines[mine[0]])
        kept = mine[keep[mine]]
        cause = np.bincount(rows.cause[kept], minlength=len(rows.causes))
        counts[name] = +collections.Counter(
            dict(zip(rows.causes[1:], cause[1:].tolist(), strict=True))
        )
        counts[name] += collections.Counter(
            {LATER_SHOWINGS: int(np.sum(repeated[mine]))}
        )
        if is_events:
            kept = kept[rows.cause[kept] == 0]
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
    source = "" if layout.unit else ", as the steps between the rows tell"
    found["unit of time"] = NAMES[unit] + source if unit else "unknown"
    if not layout.is_clock:
        found["time zero"] = "start of the video"
    elif layout.zero is not None:
        found["time zero"] = layout.zero_note
    else:
        found["time zero"] = "first row of each presentation of a video"
    if not layout.is_events and np.isfinite(step_ms):
        found["samples"] = f"{1000 / step_ms:.4g} a second"
    if rows.decimal == ",":
        found["decimal mark"] = "comma"
    return found
