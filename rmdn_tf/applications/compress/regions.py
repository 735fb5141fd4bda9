"""Gives frames the regions of interest that FFmpeg's encoders read."""

from collections.abc import Iterator

import av
import numpy as np

from rmdn_tf.applications.compress.rectangles import rectangles_of
from rmdn_tf.video.filters import FrameFilter

# FFmpeg counts an offset in parts of the quantiser's range: these steps for
# pixels of 8 bits, and more for each further bit.
_RANGE, _STEPS_OF_BIT = 51, 6

# An encoder ignores the regions of a frame that says it is interlaced, although
# it encodes all frames as progressive ones.
_PROGRESSIVE = ("setfield", "prog")


class Regions:
    """Adds regions of interest to frames, with FFmpeg's filter `addroi`.

    Keeps the pixels, format, colours and time of a frame.

    Args:
        block: height and width of a block of the offsets, in pixels.

    Call arguments:
        frame: a frame; all have one size and format.
        offsets: of its blocks, float `[rows, columns]`, in steps of the
            quantiser, rounded to integers. The filters are made anew when these
            change.
    """

    def __init__(self, block: int):
        self._block = block
        self._offsets = np.zeros((0, 0), int)
        self._filter: FrameFilter | None = None

    def __call__(
        self, frame: av.VideoFrame, offsets: np.ndarray
    ) -> av.VideoFrame:
        rounded = np.rint(offsets).astype(int)
        if not np.array_equal(rounded, self._offsets):
            self._offsets = rounded
            self._filter = None
            if rounded.any():
                self._filter = FrameFilter(frame, self._regions(frame))
        return frame if self._filter is None else self._filter(frame)

    def _regions(self, frame: av.VideoFrame) -> Iterator[tuple[str, str]]:
        """Yields a filter for each rectangle."""
        deeper = frame.format.components[0].bits - 8
        steps = _RANGE + _STEPS_OF_BIT * deeper
        yield _PROGRESSIVE
        for top, left, bottom, right, offset in rectangles_of(self._offsets):
            x, y = left * self._block, top * self._block
            width = min(right * self._block, frame.width) - x
            height = min(bottom * self._block, frame.height) - y
            yield (
                "addroi",
                f"{x}:{y}:{width}:{height}:qoffset={offset}/{steps}",
            )
