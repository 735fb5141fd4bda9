"""What x and y of a table count, from the file and from the flags."""

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
    """Returns the space of a tracker that counts on a screen of unknown size.

    Args:
        kind: "screen" or "normalized_screen".

    Raises:
        SourceError: the user must tell the size.
    """
    if options.screen:
        return CoordinateSpace(kind, options.screen)
    if options.normalized and kind == "normalized_screen":
        return NORMALIZED
    raise SourceError(
        f"Missing size of the screen: {tracker} counts x and y on the screen, "
        "and the file does not tell its size. Give `--screen_size`, such as "
        "1920x1080."
    )
