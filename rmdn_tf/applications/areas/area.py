"""An area of interest: a polygon that may move, appear and vanish."""

import bisect
import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from rmdn_tf.prediction.area import check_area, visible_part
from rmdn_tf.video.span import ROUNDING

# Such characters would break tables, and may command a terminal.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclasses.dataclass(frozen=True)
class KeyFrame:
    """Where an area is at a moment, or that it vanishes there.

    Attributes:
        seconds: the moment, from the first frame.
        corners: float64 `[n, 2]`, x and y in [0, 1] of the frame. None if the
            area vanishes here, and stays at its last place until then.
        vanishes: whether the area vanishes at this moment.
    """

    seconds: float
    corners: np.ndarray | None
    vanishes: bool = False


@dataclasses.dataclass(frozen=True)
class Area:
    """An area of interest, given by key frames.

    Between two key frames with corners each corner moves along a straight line
    at a constant speed. After the last key frame the area stays. Before the
    first one it is not there.

    Attributes:
        name: its name, unique in a file.
        key_frames: in the order of time, one or more.
    """

    name: str
    key_frames: Sequence[KeyFrame]

    def at(self, seconds: float) -> np.ndarray | None:
        """Returns the corners at a moment.

        Args:
            seconds: the moment, from the first frame.

        Returns:
            float64 `[n, 2]`, x and y in [0, 1] of the frame; None if the area
            is not there, or lies outside of the frame.

        Raises:
            ValueError: the outline crosses itself at this moment.
        """
        corners = self._corners(seconds)
        if corners is None:
            return None
        try:
            return corners if len(visible_part(corners)) else None
        except ValueError as error:
            raise ValueError(
                f"Invalid area '{self.name}' at {seconds:.3f} seconds, between "
                f"two key frames. {error}"
            ) from error

    def _corners(self, seconds: float) -> np.ndarray | None:
        number = bisect.bisect_right(
            self.key_frames, seconds + ROUNDING, key=lambda one: one.seconds
        )
        if not number or self.key_frames[number - 1].vanishes:
            return None
        before = self.key_frames[number - 1]
        following = self.key_frames[number : number + 1]
        if not following:
            return before.corners
        (after,) = following
        if before.corners is None or after.corners is None:
            return before.corners
        way = (seconds - before.seconds) / (after.seconds - before.seconds)
        return (1 - way) * before.corners + way * after.corners


def make_area(name: str, key_frames: Sequence[KeyFrame]) -> Area:
    """Makes an area of checked key frames.

    Args:
        name: its name.
        key_frames: one or more, in the order of time.

    Returns:
        The area.

    Raises:
        ValueError: the name is blank or has control characters, the times do
            not increase, a polygon is invalid, or two neighbours have different
            numbers of corners.
    """
    if not name.strip() or _CONTROL.search(name):
        raise ValueError(
            f"Expected a name of one line of text. Received: {name!r}."
        )
    for one in key_frames:
        if one.corners is not None:
            check_area(one.corners)
    for before, after in zip(key_frames, key_frames[1:], strict=False):
        _check_neighbours(before, after)
    return Area(name, tuple(key_frames))


def _check_neighbours(before: KeyFrame, after: KeyFrame) -> None:
    if not before.seconds < after.seconds:
        raise ValueError(
            "Expected times that increase within an area. Received: "
            f"{after.seconds:g} after {before.seconds:g} seconds."
        )
    if before.vanishes or before.corners is None or after.corners is None:
        return
    if len(before.corners) != len(after.corners):
        raise ValueError(
            "Expected as many corners as in the key frame before, "
            f"{len(before.corners)}, to move from one to the other. Received: "
            f"{len(after.corners)}."
        )


def size_of(corners: np.ndarray) -> float:
    """Returns the part of the frame that an area takes, 0 to 1.

    Args:
        corners: float64 `[n, 2]`, x and y in [0, 1] of the frame.
    """
    x, y = visible_part(corners).T
    doubled = x @ np.roll(y, -1) - y @ np.roll(x, -1)
    return float(abs(doubled) / 2)
