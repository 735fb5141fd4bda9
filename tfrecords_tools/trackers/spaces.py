"""Finds what x and y of a table count, by the file and by the flags."""

import re
from collections.abc import Iterable

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.options import GazeOptions

NORMALIZED = CoordinateSpace("normalized")


def asked_space(options: GazeOptions) -> CoordinateSpace:
    """Returns the space that the flags tell; pixels of the video by default."""
    if options.screen:
        kind = "normalized_screen" if options.normalized else "screen"
        return CoordinateSpace(kind, options.screen)
    if options.normalized:
        return NORMALIZED
    return CoordinateSpace(
        "shown" if options.gaze_pixels == "shown" else "video"
    )


def known_space(
    space: CoordinateSpace, tracker: str, options: GazeOptions
) -> CoordinateSpace:
    """Returns the space that a file tells.

    Raises:
        SourceError: a flag contradicts the file.
    """
    given = options.normalized or options.screen or options.gaze_pixels
    if given and asked_space(options) != space:
        raise SourceError(
            f"Invalid coordinates for {tracker}: the file says '{space}', the "
            f"flags say '{asked_space(options)}'. Leave out `--normalized`, "
            "`--screen_size` and `--gaze_pixels`."
        )
    return space


def space_on_screen(
    kind: str, tracker: str, options: GazeOptions
) -> CoordinateSpace:
    """Returns the space of gaze on a screen whose size the flags tell.

    Args:
        kind: "screen" or "normalized_screen".

    Raises:
        SourceError: no flag tells the size, or one contradicts the kind.
    """
    _refuse_others(kind, tracker, options)
    if options.screen:
        return CoordinateSpace(kind, options.screen)
    if options.normalized and kind == "normalized_screen":
        return NORMALIZED
    raise SourceError(
        f"Missing size of the screen: {tracker} counts x and y on the screen, "
        "and the file does not tell its size. Give `--screen_size`, such as "
        "1920x1080."
    )


def told_screen(
    sizes: Iterable[str], tracker: str, options: GazeOptions
) -> CoordinateSpace:
    """Returns the space of gaze on a screen whose size the file may tell.

    Args:
        sizes: the different sizes in the file, such as "1920 x 1080".

    Raises:
        SourceError: the file tells several sizes or a flag another one; or
            neither tells one.
    """
    numbers = [re.findall(r"\b[1-9]\d{1,4}\b", size) for size in sizes]
    found = {(int(n[1]), int(n[0])) for n in numbers if len(n) == 2}
    if not found:
        return space_on_screen("screen", tracker, options)
    _refuse_others("screen", tracker, options)
    listed = " and ".join(f"{w}x{h}" for h, w in sorted(found))
    if options.screen and found != {options.screen}:
        raise SourceError(
            f"Invalid `--screen_size {options.screen_size}`. Expected "
            f"{listed}, as the file says."
        )
    if len(found) > 1:
        raise SourceError(
            f"Several sizes of the screen: {listed}. Expected one in a file."
        )
    return CoordinateSpace("screen", found.pop())


def _refuse_others(kind: str, tracker: str, options: GazeOptions) -> None:
    """Raises an error for a flag that gaze on a screen contradicts."""
    is_wrong = {
        "gaze_pixels": options.gaze_pixels,
        "normalized": options.normalized and kind == "screen",
    }
    for name in filter(is_wrong.get, is_wrong):
        place = "in pixels of" if kind == "screen" else "on"
        raise SourceError(
            f"Invalid `--{name}`: {tracker} counts x and y {place} the screen. "
            "Leave it out."
        )
