"""Exports of Gazepoint Analysis: `User 0_all_gaze.csv`, `User 0_fixations.csv`.

Both have the same columns. In `_all_gaze` a row is a sample, with the best
point of gaze BPOGX, BPOGY; in `_fixations` a row is a fixation FPOGX, FPOGY
that begins at FPOGS and lasts FPOGD seconds. TIME and FPOGS start again with
each media. Gaze is from 0 to 1 of the screen.

References:
    1. Gazepoint, "Open Gaze API", records CNT, TIME, FPOG and BPOG.
    2. Gazepoint Analysis User Manual, "Export data".
    3. The notes on exports of github.com/stefanosbalaskas/eyeprocess.
"""

import os

from tfrecords_tools.trackers.headers import Header
from tfrecords_tools.trackers.layout import (
    Eye,
    Layout,
    find_eye,
    find_flag,
    one_of,
)
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import space_on_screen

TRACKER = "Gazepoint Analysis"


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if no Gazepoint wrote them."""
    time = header.find("time [*]")
    onset, duration = header.find("FPOGS"), header.find("FPOGD")
    name = os.path.basename(path).casefold()
    is_events = bool(onset and duration and "fixations" in name)
    point = "FPOG" if is_events else "BPOG"
    eye = _eye(header, point) or _eye(header, "FPOG")
    if not (time and eye):
        return None
    return Layout(
        tracker=TRACKER,
        eyes=(eye,),
        time=onset if onset and is_events else time,
        unit="s",
        space=space_on_screen("normalized_screen", TRACKER, options),
        video=header.find("MEDIA_NAME", "MEDIA_ID"),
        duration=duration if is_events else None,
        is_clock=not is_events,
    )


def _eye(header: Header, point: str) -> Eye | None:
    valid = find_flag(header, f"{point}V", one_of("1", "1.0"))
    return find_eye(header, point + "{}", valid)
