"""Sample and fixation reports of EyeLink Data Viewer.

A dot stands for a missing number. Gaze is in pixels of the screen. TIMESTAMP is
the tracker's clock in milliseconds; CURRENT_FIX_START counts from the start of
the trial.

References:
    1. SR Research, "EyeLink Data Viewer User Manual", "Sample report" and
       "Fixation report".
"""

from typing import Any

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

TRACKER = "EyeLink Data Viewer"


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if no Data Viewer wrote them."""
    observer = header.find("RECORDING_SESSION_LABEL")
    if observer is None:
        return None
    start = header.find("CURRENT_FIX_START")
    duration = header.find("CURRENT_FIX_DURATION")
    fixation = find_eye(header, "CURRENT_FIX_{}")
    time, eyes = header.find("TIMESTAMP"), _eyes(header)
    columns: dict[str, Any]
    if start and duration and fixation:
        columns = {"eyes": (fixation,), "time": start, "duration": duration}
    elif time and eyes:
        columns = {"eyes": eyes, "time": time}
    else:
        return None
    return Layout(
        tracker=TRACKER,
        unit="ms",
        space=space_on_screen("screen", TRACKER, options),
        observer=(observer,),
        recording=header.find("TRIAL_INDEX"),
        video=header.find("VIDEO_NAME", "VIDEO_NAME_START"),
        is_clock="duration" not in columns,
        zero_note="start of the trial, taken for that of the video",
        **columns,
    )


def _eyes(header: Header) -> tuple[Eye, ...]:
    sides = [
        find_eye(
            header,
            f"{side}_GAZE_{{}}",
            find_flag(header, f"{side}_IN_BLINK", one_of("0", "0.0")),
        )
        for side in ("LEFT", "RIGHT")
    ]
    if not any(sides):
        sides = [find_eye(header, "AVERAGE_GAZE_{}")]
    return tuple(filter(None, sides))
