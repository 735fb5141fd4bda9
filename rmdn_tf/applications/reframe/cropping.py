"""Cuts a rectangle out of a frame, at any fraction of a pixel.

A crop at whole pixels would jerk where the camera pans slowly, by two pixels
where colour has half the resolution. All planes are resampled alike.
"""

from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from PIL import Image

from rmdn_tf.applications.reframe.crop_sizes import CropSizes
from rmdn_tf.video import planes

_FORMAT = "yuv420p"

# Lanczos: with linear interpolation, sharpness would change as the crop moves.
_SHARP, _MEAN = Image.Resampling.LANCZOS, Image.Resampling.BOX

# Rows of the small picture that is enlarged to a blurred background.
_BLURRED_ROWS = 12

# Share of the brightness that the background keeps.
_DIMMED = 0.6

# Levels of black, by whether the range of brightness is full, and of grey.
_BLACK, _GREY = {False: 16, True: 0}, 128


class FrameCropper:
    """Cuts frames to the size of the output, in `yuv420p`.

    A rectangle of another shape than the output's gets bars.

    Args:
        sizes: of the frames and the output.
        blurs_bars: whether the picture, blurred, fills the bars. Otherwise they
            are black.

    Call arguments:
        frame: a frame of the video.
        box: x and y of the corner, width and height, in [0, 1] of the frame.
    """

    def __init__(self, sizes: CropSizes, blurs_bars: bool = False):
        self._output = sizes.output
        self._blurs_bars = blurs_bars
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame, box: np.ndarray) -> av.VideoFrame:
        source = planes.in_format(frame, _FORMAT, self._reformatter)
        x, y, width, height = box * np.tile((frame.width, frame.height), 2)
        middle = np.array([x + width / 2, y + height / 2])
        scales = width / self._output[1], height / self._output[0]
        rows, columns = (
            min(side, _even(length / max(scales)))
            for side, length in zip(self._output, (height, width), strict=True)
        )
        cropped = planes.like(source, self._output[1], self._output[0])
        if (rows, columns) != self._output:
            self._fill(
                source, _around(middle, self._output, min(scales)), cropped
            )
        corners = _around(middle, (rows, columns), max(scales))
        top, left = (
            (whole - part) // 4 * 2
            for whole, part in zip(self._output, (rows, columns), strict=True)
        )
        for plane, below in zip(source.planes, cropped.planes, strict=True):
            part = 1 if below.width == cropped.width else 2
            area = planes.pixels(below)[
                top // part : (top + rows) // part,
                left // part : (left + columns) // part,
            ]
            height, width = area.shape
            area[:] = _resampled(plane, corners / part, height, width)
        return cropped

    def blank(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Makes a frame in the form of the cut ones, for a `VideoWriter`.

        Args:
            frame: a frame of the video.

        Returns:
            The whole frame, cut.
        """
        return self(frame, np.array([0.0, 0.0, 1.0, 1.0]))

    def _fill(
        self, source: av.VideoFrame, corners: np.ndarray, target: av.VideoFrame
    ) -> None:
        """Fills the output with black, or with a blurred part of the frame."""
        is_full = source.color_range == planes.FULL_RANGE
        for number, (plane, below) in enumerate(
            zip(source.planes, target.planes, strict=True)
        ):
            dark = _GREY if number else _BLACK[is_full]
            drawn = planes.pixels(below)
            if not self._blurs_bars:
                drawn[:] = dark
                continue
            columns = max(2, _BLURRED_ROWS * below.width // below.height)
            part = 2 if number else 1
            small = _resampled(
                plane, corners / part, _BLURRED_ROWS, columns, _MEAN
            )
            large = Image.fromarray(small).resize(
                (below.width, below.height), Image.Resampling.BICUBIC
            )
            light = np.asarray(large, np.float32) - dark
            drawn[:] = np.rint(dark + _DIMMED * light)


def _around(
    middle: np.ndarray, size: tuple[int, int], scale: float
) -> np.ndarray:
    """Returns left, top, right and bottom of (rows, columns), scaled."""
    half = np.array(size[::-1]) * scale / 2
    return np.concatenate([middle - half, middle + half])


def _resampled(
    plane: Any,
    corners: np.ndarray,
    rows: int,
    columns: int,
    kernel: Image.Resampling = _SHARP,
) -> np.ndarray:
    """Returns a rectangle of a plane in another size, uint8."""
    size = plane.width, plane.height
    box = np.clip(np.round(corners, 6), 0, np.tile(size, 2))
    stored = np.frombuffer(plane, np.uint8)
    picture = Image.frombuffer(
        "L", size, stored, "raw", "L", plane.line_size, 1
    )
    left, top, right, bottom = box.tolist()
    resized = picture.resize(
        (columns, rows), kernel, (left, top, right, bottom)
    )
    return np.asarray(resized)


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
