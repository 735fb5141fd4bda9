"""Exports of Pupil Labs: Pupil Player (Core), Pupil Cloud (Neon, Invisible).

Gaze is on the video of the scene camera, or on a surface, such as the screen of
a computer. Core counts from 0 to 1 and y upward, Neon in pixels and y downward.
Times are on the clock of the recording. `world_timestamps.csv` beside the table
tells the time of the video's first frame.

References:
    1. github.com/pupil-labs/pupil-docs, "Pupil Player", "Raw data exporter",
       "Surface tracker" and "Fixation detector".
    2. github.com/pupil-labs/pupil-docs, "Export formats" of Pupil Cloud.
"""

import dataclasses
import math
import os

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.raw_files import is_file
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.dialect import find_encoding, read_cells
from tfrecords_tools.trackers.headers import Header
from tfrecords_tools.trackers.layout import Layout, find_eye, find_flag, one_of
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import NORMALIZED, known_space

TIMES_FILE = "world_timestamps.csv"

# Pupil Player leaves out gaze that is less certain.
MIN_CONFIDENCE = 0.6


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if no Pupil wrote them."""
    return _cloud(header, path, options) or _player(header, path, options)


def _player(header: Header, path: str, options: GazeOptions) -> Layout | None:
    start = header.find("start_timestamp")
    time = start or header.find("gaze_timestamp", "timestamp")
    certain = find_flag(header, "confidence", _is_certain)
    eye = find_eye(header, "norm_pos_{}", certain) or find_eye(
        header, "{}_norm", certain
    )
    is_pupil = header.find(
        *("gaze_timestamp", "world_index", "confidence", "on_surf", "on_srf")
    )
    duration = header.find("duration") if start else None
    # `pupil_positions.csv` counts in the picture of an eye.
    is_of_eye = header.find("eye_id", "diameter")
    if not (time and eye and is_pupil) or is_of_eye:
        return None
    if start and not duration:
        return None
    found = Layout(
        tracker="Pupil Player",
        eyes=(eye,),
        time=time,
        unit="s",
        space=known_space(NORMALIZED, "Pupil Player", options),
        duration=duration,
        duration_unit="ms",
        is_upward=True,
        is_scene=not header.find("on_surf", "on_srf"),
        is_folder_observer=True,
    )
    if not found.is_scene:
        return dataclasses.replace(found, tracker="Pupil Player, on a surface")
    return _with_zero(found, path)


def _cloud(header: Header, path: str, options: GazeOptions) -> Layout | None:
    start = header.find("start timestamp [ns]")
    time = start or header.find("timestamp [ns]")
    what = "fixation" if start else "gaze"
    worn = find_flag(header, "worn", one_of("1", "1.0", "true", ""))
    eye = find_eye(header, f"{what} {{}} [px]", worn)
    if not (time and eye):
        return None
    found = Layout(
        tracker="Pupil Cloud",
        eyes=(eye,),
        time=time,
        unit="ns",
        space=known_space(CoordinateSpace(), "Pupil Cloud", options),
        recording=header.find("recording id"),
        end=header.find("end timestamp [ns]") if start else None,
        is_scene=True,
        is_folder_observer=True,
    )
    return _with_zero(found, path)


def _is_certain(cell: str) -> bool:
    try:
        return float(cell) >= MIN_CONFIDENCE
    except ValueError:
        return False


def _with_zero(layout: Layout, path: str) -> Layout:
    """Adds the time of the first frame of the scene's video, if known."""
    times = os.path.join(os.path.dirname(path), TIMES_FILE)
    if not is_file(times):
        # Pupil Player begins both at the same frame; Neon's camera starts later
        # than its samples.
        if layout.is_events or layout.unit == "ns":
            raise SourceError(
                f"Missing '{times}'. Without it, the time between the start of "
                "the video and the first gaze is unknown. Export it, too."
            )
        return layout
    lines = read_cells(times, find_encoding(times), ",")
    _, names = next(lines, (1, []))
    column = Header(names).find("timestamps [*]", "timestamp [*]")
    _, cells = next(lines, (2, []))
    try:
        zero = float(cells[column.index]) if column else math.nan
    except (IndexError, ValueError):
        zero = math.nan
    if not math.isfinite(zero):
        raise SourceError(
            f"Invalid '{times}'. Expected a column of timestamps and a line "
            "for each frame."
        )
    note = f"first frame in {TIMES_FILE}"
    return dataclasses.replace(layout, zero=zero, zero_note=note)
