"""Exports of Tobii Pro Lab and Tobii Studio, on a screen or with glasses.

Both write one row for each sample, and others for events and other sensors.
The names of columns differ between versions: "GazePointX (MCSpx)" of Studio,
"Gaze point X (MCSnorm)" and "Gaze point X [MCS px]" of Pro Lab. MCS counts on
the media, ADCS or DACS on the screen. "Recording timestamp" without a unit is
milliseconds in older versions and microseconds in newer ones.

References:
    1. Tobii Studio User's Manual, version 3.4.5, "Data export".
    2. Tobii Pro Lab User's Manual, "Data export", and the list of columns in
       the notes on Pro Lab of github.com/misavojte/GazePlotter.
"""

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.trackers.headers import Column, Header
from tfrecords_tools.trackers.layout import Eye, Flag, Layout
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import (
    NORMALIZED,
    known_space,
    space_on_screen,
)

TRACKER = "Tobii"

# What x and y count -> the brackets of their names, the most certain first.
_PLACES = {
    "normalized": ("mcs norm",),
    "media": ("mcs px",),
    "screen": ("adcs px", "dacs px", ""),
}


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if no Tobii wrote them."""
    time = header.find("recording timestamp [*]")
    if time is None:
        return None
    eyes, place = _eyes(header)
    if not eyes:
        return None
    video = header.find(
        "presented media name", "media name", "presented stimulus name"
    )
    if place == "screen" and not video:
        place = "media"  # Glasses count on the video of their camera.
    rectangle = _rectangle(header, place)
    screen = _screen(header) if place == "screen" and not rectangle else ()
    return Layout(
        tracker=TRACKER,
        eyes=eyes,
        time=time,
        unit=time.unit,
        space=None if screen else _space(place, rectangle, options),
        screen=screen,
        video=video or header.find("recording media name"),
        observer=tuple(
            column
            for column in (
                header.find("participant name"),
                header.find("recording name"),
            )
            if column
        ),
        recording=header.find("recording name"),
        rectangle=rectangle,
        is_sample=_is_sample(header),
    )


def _eyes(header: Header) -> tuple[tuple[Eye, ...], str]:
    """Returns the eyes, and what x and y count, a key of `_PLACES`."""
    flags = {side: _validity(header, side) for side in ("left", "right")}
    either = tuple(flag for side in flags.values() for flag in side)
    can_be_rectangle = _rectangle(header, "screen") is not None
    order = ["normalized", "media", "screen"]
    if can_be_rectangle:
        order = ["normalized", "screen", "media"]
    for name in ("gaze point", "fixation point"):
        for place in order:
            for bracket in _PLACES[place]:
                both = _pair(header, name, "", bracket)
                if both:
                    return (Eye(*both, either),), place
                pairs = [
                    Eye(*pair, flags[side])
                    for side in ("left", "right")
                    if (pair := _pair(header, name, side, bracket))
                ]
                if pairs:
                    return tuple(pairs), place
    return (), ""


def _pair(
    header: Header, name: str, side: str, bracket: str
) -> tuple[Column, Column] | None:
    suffix = f" [{bracket}]" if bracket else ""
    x, y = (header.find(f"{name} {side} {axis}{suffix}") for axis in "xy")
    return (x, y) if x and y else None


def _validity(header: Header, side: str) -> tuple[Flag, ...]:
    column = header.find(f"validity {side}")
    return (Flag(column, is_valid),) if column else ()


def is_valid(cell: str) -> bool:
    """Tells whether a validity is "Valid", or 0 or 1 of Studio's 0 to 4.

    2 means that Studio does not know which eye it saw; the manual advises to
    leave out samples from 2 on.
    """
    return cell.casefold() in ("valid", "0", "1", "0.0", "1.0")


def _is_sample(header: Header) -> Flag | None:
    """Returns which rows are samples and not events or other sensors."""
    sensor = header.find("sensor")
    if sensor:
        return Flag(sensor, lambda cell: cell.casefold() == "eye tracker")
    index = header.find("gaze point index")
    if index:
        return Flag(index, bool)
    event = header.find("event", "studio event")
    return Flag(event, lambda cell: not cell) if event else None


def _rectangle(
    header: Header, place: str
) -> tuple[Column, Column, Column, Column] | None:
    """Returns left, top, width and height of the media on the screen."""
    if place != "screen":
        return None
    columns = (
        header.find("presented media position x [*]", "media pos x [*]"),
        header.find("presented media position y [*]", "media pos y [*]"),
        header.find("presented media width [*]", "media width [*]"),
        header.find("presented media height [*]", "media height [*]"),
    )
    return columns if all(columns) else None


def _screen(header: Header) -> tuple[Column, ...]:
    """Returns the columns with width and height of the screen, if any."""
    both = header.find("recording resolution [*]")
    sides = (
        header.find("recording resolution width [*]"),
        header.find("recording resolution height [*]"),
    )
    return (both,) if both else sides if all(sides) else ()


def _space(
    place: str, rectangle: tuple | None, options: GazeOptions
) -> CoordinateSpace:
    if place == "normalized" or rectangle:
        return known_space(NORMALIZED, TRACKER, options)
    if place == "media":
        pixels = "shown" if options.gaze_pixels == "shown" else "video"
        return known_space(CoordinateSpace(pixels), TRACKER, options)
    return space_on_screen("screen", TRACKER, options)
