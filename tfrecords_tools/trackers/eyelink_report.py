"""Sample and fixation reports of EyeLink Data Viewer.

A dot stands for a missing number. Gaze is in pixels of the screen. TIMESTAMP is
the tracker's clock in milliseconds; CURRENT_FIX_START counts from the start of
the trial.

References:
    1. SR Research, "EyeLink Data Viewer User Manual", "Sample report" and
       "Fixation report".
"""

import functools

from tfrecords_tools.trackers.headers import Column, Header
from tfrecords_tools.trackers.layout import Eye, Flag, Layout
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import space_on_screen

TRACKER = "EyeLink Data Viewer"


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if no Data Viewer wrote them."""
    observer = header.find("RECORDING_SESSION_LABEL")
    if observer is None:
        return None
    common = functools.partial(
        Layout,
        tracker=TRACKER,
        unit="ms",
        observer=(observer,),
        recording=header.find("TRIAL_INDEX"),
        video=header.find("VIDEO_NAME", "VIDEO_NAME_START"),
    )
    fixation = _columns(
        header,
        *("CURRENT_FIX_START", "CURRENT_FIX_DURATION"),
        *("CURRENT_FIX_X", "CURRENT_FIX_Y"),
    )
    if fixation:
        start, duration, x, y = fixation
        return common(
            eyes=(Eye(x, y),),
            time=start,
            duration=duration,
            is_clock=False,
            space=space_on_screen("screen", TRACKER, options),
        )
    time, eyes = header.find("TIMESTAMP"), _eyes(header)
    if not (time and eyes):
        return None
    return common(
        eyes=eyes,
        time=time,
        space=space_on_screen("screen", TRACKER, options),
    )


def _eyes(header: Header) -> tuple[Eye, ...]:
    eyes = []
    for side in ("LEFT", "RIGHT"):
        places = _columns(header, f"{side}_GAZE_X", f"{side}_GAZE_Y")
        blink = header.find(f"{side}_IN_BLINK")
        flags = (Flag(blink, _is_open),) if blink else ()
        if places:
            eyes.append(Eye(*places, flags))
    average = _columns(header, "AVERAGE_GAZE_X", "AVERAGE_GAZE_Y")
    return tuple(eyes) or ((Eye(*average),) if average else ())


def _columns(header: Header, *names: str) -> tuple[Column, ...]:
    columns = tuple(header.find(name) for name in names)
    return columns if all(columns) else ()


def _is_open(cell: str) -> bool:
    return cell in ("0", "0.0")
