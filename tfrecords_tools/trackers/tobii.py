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

import itertools
import operator

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.trackers.headers import Column, Header
from tfrecords_tools.trackers.layout import (
    Eye,
    Flag,
    Layout,
    find_eye,
    find_flag,
    one_of,
)
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

# Pro Lab writes "Valid"; Studio 0 to 4, where 2 means that it does not know
# which eye it saw. The manual advises to leave out samples from 2 on.
is_valid = one_of("valid", "0", "1", "0.0", "1.0")


def layout(header: Header, path: str, options: GazeOptions) -> Layout | None:
    """Returns the meaning of the columns; None if no Tobii wrote them."""
    time = header.find("recording timestamp [*]")
    # Studio 1 and 2, which write facts of the recording before the header.
    is_old = time is None and header.find("stimuli name")
    time = header.find("timestamp") if is_old else time
    if time is None:
        return None
    eyes, place = _eyes(header)
    if not eyes:
        return None
    video = header.find(
        *("presented media name", "media name", "presented stimulus name"),
        "stimuli name",
    )
    rectangle = _rectangle(header, place)
    screen = _screen(header) if place == "screen" and not rectangle else ()
    if place == "screen" and not (video or screen):
        place = "media"  # Glasses count on the video of their camera.
    return Layout(
        tracker=TRACKER,
        eyes=eyes,
        time=time,
        unit="ms" if is_old else time.unit,
        space=None if screen else _space(place, rectangle, options),
        screen=screen,
        video=video or header.find("recording media name"),
        is_scene=place == "media" and not video,
        observer=header.find_all("participant name", "recording name"),
        recording=header.find("recording name"),
        rectangle=rectangle,
        is_sample=_is_sample(header),
    )


def _eyes(header: Header) -> tuple[tuple[Eye, ...], str]:
    """Returns the eyes, and what x and y count, a key of `_PLACES`."""
    flags = {
        side: find_flag(header, f"validity {side}", is_valid)
        for side in ("left", "right")
    }
    # With the media's rectangle, pixels of the screen become 0 to 1 of the
    # media; they are right however large the media is shown.
    order = ["normalized", "media", "screen"]
    if _rectangle(header, "screen"):
        order = ["normalized", "screen", "media"]
    for name, place in itertools.product(("gaze", "fixation"), order):
        for bracket in _PLACES[place]:
            both = find_eye(
                header, f"{name} point {{}} [{bracket}]", *flags.values()
            )
            if both:
                return (both,), place
            sides = [
                find_eye(header, f"{name} point {side} {{}} [{bracket}]", flag)
                for side, flag in flags.items()
            ]
            if any(sides):
                return tuple(filter(None, sides)), place
    return (), ""


def _is_sample(header: Header) -> Flag | None:
    """Returns which rows are samples and not events or other sensors."""
    return (
        find_flag(header, "sensor", one_of("eye tracker"))
        or find_flag(header, "gaze point index", bool)
        or find_flag(header, "event", operator.not_)
        or find_flag(header, "studio event", operator.not_)
    )


def _rectangle(
    header: Header, place: str
) -> tuple[Column, Column, Column, Column] | None:
    """Returns left, top, width and height of the media on the screen."""
    if place != "screen":
        return None
    left, top, width, height = (
        header.find("presented media position x [*]", "media pos x [*]"),
        header.find("presented media position y [*]", "media pos y [*]"),
        header.find("presented media width [*]", "media width [*]"),
        header.find("presented media height [*]", "media height [*]"),
    )
    if left and top and width and height:
        return left, top, width, height
    return None


def _screen(header: Header) -> tuple[Column, ...]:
    """Returns the columns with width and height of the screen, if any.

    Those of glasses hold the size of their camera's video.
    """
    both = header.find("recording resolution [*]")
    width, height = (
        header.find("recording resolution width [*]"),
        header.find("recording resolution height [*]"),
    )
    if both:
        return (both,)
    return (width, height) if width and height else ()


def _space(
    place: str, rectangle: tuple | None, options: GazeOptions
) -> CoordinateSpace:
    if place == "normalized" or rectangle:
        return known_space(NORMALIZED, TRACKER, options)
    if place == "media":
        pixels = "shown" if options.gaze_pixels == "shown" else "video"
        return known_space(CoordinateSpace(pixels), TRACKER, options)
    return space_on_screen("screen", TRACKER, options)
