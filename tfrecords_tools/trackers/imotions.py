"""Exports of sensor data of iMotions.

Lines that begin with `#` precede the header. Rows of several sensors are mixed;
rows of other sensors have no gaze. Gaze is in pixels of the screen, and -1 if
the eye was not seen.

References:
    1. iMotions, "Exporting sensor data", columns Timestamp, SourceStimuliName,
       ET_GazeLeftx and ET_ValidityLeft, as read by public analysis scripts.
"""

from tfrecords_tools.trackers.headers import Header
from tfrecords_tools.trackers.layout import Eye, Flag, Layout
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import space_on_screen
from tfrecords_tools.trackers.tobii import is_valid

TRACKER = "iMotions"


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if another tool wrote them."""
    time = header.find("Timestamp")
    eyes = [eye for side in ("left", "right") if (eye := _eye(header, side))]
    if not (time and eyes):
        return None
    observer = header.find("Respondent Name", "Respondent", "Participant")
    return Layout(
        tracker=TRACKER,
        eyes=tuple(eyes),
        time=time,
        unit="ms",
        space=space_on_screen("screen", TRACKER, options),
        video=header.find("SourceStimuliName", "StimulusName"),
        observer=(observer,) if observer else (),
        is_sample=Flag(eyes[0].x, bool),
    )


def _eye(header: Header, side: str) -> Eye | None:
    x, y = (header.find(f"ET_Gaze{side}{axis}") for axis in "xy")
    if not (x and y):
        return None
    valid = header.find(f"ET_Validity{side}")
    return Eye(x, y, (Flag(valid, is_valid),) if valid else ())
