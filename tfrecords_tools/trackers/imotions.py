"""Exports of sensor data of iMotions.

Lines that begin with `#` precede the header. Rows of several sensors are mixed;
rows of other sensors have no gaze. Gaze is in pixels of the screen, and -1 if
the eye was not seen.

References:
    1. iMotions, "Exporting sensor data", columns Timestamp, SourceStimuliName,
       ET_GazeLeftx and ET_ValidityLeft, as read by public analysis scripts.
"""

from tfrecords_tools.trackers.headers import Header
from tfrecords_tools.trackers.layout import Flag, Layout, find_eye, find_flag
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import space_on_screen
from tfrecords_tools.trackers.tobii import is_valid

TRACKER = "iMotions"


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if another tool wrote them."""
    time = header.find("Timestamp")
    sides = [
        find_eye(
            header,
            f"ET_Gaze{side}{{}}",
            find_flag(header, f"ET_Validity{side}", is_valid),
        )
        for side in ("left", "right")
    ]
    eyes = tuple(filter(None, sides))
    video = header.find("SourceStimuliName", "StimulusName")
    both = find_eye(header, "Gaze {}")
    if not eyes and video and both:
        eyes = (both,)
    if not (time and eyes):
        return None
    return Layout(
        tracker=TRACKER,
        eyes=eyes,
        time=time,
        unit="ms",
        space=space_on_screen("screen", TRACKER, options),
        video=video,
        observer=header.find_all(
            "Respondent Name", "Respondent", "Participant"
        ),
        is_sample=Flag(eyes[0].x, bool),
    )
