"""Removes detail where nobody looks, before any encoder."""

from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from rmdn_tf.video import planes
from rmdn_tf.video.filters import FrameFilter

# Steps of the quantiser that double the size of its steps.
DOUBLING = 6

# Standard deviation of the blur, as a share of the frame's shorter side.
SIGMA = 1 / 180

# Passes of FFmpeg's filter: one leaves some of the finest detail.
_STEPS = 2


class AttentionBlur:
    """Weakens the detail of frames where quantiser offsets are positive.

    The encoder's quantiser stays the same everywhere, and the detail shrinks as
    a coarser quantiser would shrink its levels: an offset of 6 halves it.
    Detail is what a Gaussian blur of `SIGMA` removes.

    Call arguments:
        frame: a frame in planes, of 8 to 16 bits; all have one size and format.
        offsets: float `[rows, columns]`, of equal blocks of the frame.
    """

    def __init__(self) -> None:
        self._filter: FrameFilter | None = None
        self._reformatters: dict[tuple[int, int], VideoReformatter] = {}

    def __call__(
        self, frame: av.VideoFrame, offsets: np.ndarray
    ) -> av.VideoFrame:
        share = 1 - np.exp2(-np.maximum(offsets, 0) / DOUBLING)
        level = np.rint(share * planes.ONE).astype(np.uint8)
        if not level.any():
            return frame
        if self._filter is None:
            sigma = SIGMA * min(planes.size_of(frame))
            options = f"sigma={sigma:g}:steps={_STEPS}"
            self._filter = FrameFilter(frame, [("gblur", options)])
        grid = av.VideoFrame.from_ndarray(level, "gray")
        kind = planes.kind_of(frame)
        weakened = planes.like(frame, frame.width)
        for below, blurred, target in zip(
            frame.planes,
            self._filter(frame).planes,
            weakened.planes,
            strict=True,
        ):
            planes.blend(
                planes.pixels(below, kind),
                planes.pixels(blurred, kind),
                planes.pixels(self._enlarged(grid, below)),
                out=planes.pixels(target, kind),
            )
        return weakened

    def _enlarged(self, grid: av.VideoFrame, plane: Any) -> Any:
        """Returns a grid in the size of a plane, a plane of 8 bits."""
        size = plane.width, plane.height
        resize = self._reformatters.setdefault(size, VideoReformatter())
        return resize.reformat(
            grid,
            *size,
            "gray",
            interpolation=Interpolation.BILINEAR,
            threads=1,
        ).planes[0]
