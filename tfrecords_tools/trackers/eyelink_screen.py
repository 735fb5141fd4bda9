"""Finds the screen, and places of videos on it, in the messages of EyeLink.

See `trackers.eyelink` for references.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence

from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.eyelink_lines import Message
from tfrecords_tools.trackers.options import GazeOptions
from tfrecords_tools.trackers.spaces import space_on_screen

_COORDINATES = re.compile(r"(GAZE|DISPLAY)_COORDS\s*=?\s*(.*)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Screen:
    """The screen of a recording.

    Attributes:
        origin: x and y of its top left corner in the recording.
        size: (height, width) in pixels.
    """

    origin: tuple[float, float]
    size: tuple[int, int]

    def spaces(
        self, rectangles: Mapping[str, tuple]
    ) -> dict[str, CoordinateSpace]:
        """Returns the space of each video with a place of its own.

        Args:
            rectangles: video -> (left, top, width, height); width and height
                may be None.
        """
        height, width = self.size
        spaces = {}
        for video, (left, top, *shape) in rectangles.items():
            left, top = left - self.origin[0], top - self.origin[1]
            # Some programs tell the video's centre in place of its corner.
            is_corner = 0 < left < width / 2 and 0 < top < height / 2
            if is_corner or shape != [None, None]:
                spaces[video] = CoordinateSpace(
                    "screen", self.size, (left, top, *shape)
                )
        return spaces


def find_screen(
    path: str, messages: Sequence[Message], options: GazeOptions
) -> Screen:
    """Finds the screen in messages, unless the user tells its size.

    Raises:
        SourceError: neither tells the size.
    """
    found = {}
    for match in (_COORDINATES.match(m.text) for m in messages):
        if match:
            found[match[1].upper()] = match[2]
    text = found.get("GAZE", found.get("DISPLAY"))
    if options.screen or text is None:
        space = space_on_screen("screen", "EyeLink", options)
        return Screen((0, 0), space.screen_size)
    try:
        left, top, right, bottom = map(float, text.replace(",", " ").split())
        size = _length(top, bottom), _length(left, right)
    except (ValueError, OverflowError) as error:
        raise SourceError(
            f"Invalid size of the screen in '{path}'. Expected left, top, "
            f"right and bottom in pixels. Received: {text[:80]!r}."
        ) from error
    return Screen((left, top), size)


def _length(first: float, last: float) -> int:
    """Returns the number of pixels; some programs give it as the last one."""
    length = round(last - first)
    if length < 1:
        raise ValueError("too small")
    return length + length % 2  # Screens have an even number of pixels.
