"""Turns frames upright, as a player does."""

import av
import numpy as np
from av.sidedata.sidedata import Type

from rmdn_tf.video.filters import FrameFilter

# (columns are reversed, rows are reversed) -> FFmpeg's `transpose`.
_TRANSPOSED = {
    (False, False): "cclock_flip",
    (True, False): "clock",
    (False, True): "cclock",
    (True, True): "clock_flip",
}

# Filters for each number of quarter turns to the left.
_TURNED: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("transpose", "cclock"),),
    (("hflip", ""), ("vflip", "")),
    (("transpose", "clock"),),
)


class Upright:
    """Turns the frames of a video; keeps their pixel format, colours and times.

    A phone held upright stores frames that lie on their side, and tells the
    player how to turn them; its front camera may store them mirrored.
    """

    def __init__(self) -> None:
        self._filters: dict[tuple, FrameFilter] = {}
        self._rotation: float | None = None
        self._turn: tuple[tuple[str, str], ...] = ()

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        if frame.rotation != self._rotation:
            # Not for each frame: PyAV's `side_data` and the frame refer to each
            # other, so the frame stays in memory until garbage is collected.
            self._rotation, self._turn = frame.rotation, _turn(frame)
        turn = self._turn
        if not turn:
            return frame
        form = frame.width, frame.height, frame.format.name
        key = turn, form, frame.colorspace, frame.color_range
        if key not in self._filters:
            done = ("sidedata", "mode=delete:type=DISPLAYMATRIX")
            self._filters = {key: FrameFilter(frame, (*turn, done))}
        return self._filters[key](frame)


def quarter_turns(frame: av.VideoFrame) -> int:
    """Returns the quarter turns to the left that make a frame upright."""
    return round(frame.rotation / 90) % 4


def _turn(frame: av.VideoFrame) -> tuple[tuple[str, str], ...]:
    """Returns filters and their arguments; none for an upright frame."""
    try:
        matrix = frame.side_data.get(Type.DISPLAYMATRIX)
    except ValueError:  # PyAV 18 does not know EXIF, and reads no side data.
        return _TURNED[quarter_turns(frame)]
    if matrix is None:
        return ()
    # A pixel at (x, y) is shown at (a x + c y, b x + d y), plus an offset.
    a, b, _, c, d, *_ = np.frombuffer(bytes(matrix), np.int32).tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return (("transpose", _TRANSPOSED[c < 0, b < 0]),)
    flips = ("hflip", a < 0), ("vflip", d < 0)
    return tuple((name, "") for name, is_needed in flips if is_needed)
