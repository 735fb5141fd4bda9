"""Facts of a video that are known before it is decoded."""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class VideoFacts:
    """Size, rate, length and times of a video.

    The arrays are not compared when two facts are.

    Attributes:
        size: (height, width) in pixels, upright.
        frames_per_second: frame rate; the average of a varying one.
        num_frames: number of packets of the video stream, or of images.
        image_numbers: number in the name of each image, in time order; empty
            for a video file.
        frame_times: when each frame appears, in seconds from the first frame,
            float64 `[num_frames]`, strictly increasing; None where the rate is
            constant.
        frame_seconds: how long each frame is on display, float64
            `[num_frames]`: until the next frame, or for the duration that the
            file says, where the next frame begins a new recording; None where
            the rate is constant.
        pixel_aspect: width / height of a pixel as a player shows it; 1 if the
            pixels are square or the file does not say.
    """

    size: tuple[int, int]
    frames_per_second: float
    num_frames: int
    image_numbers: tuple[int, ...] = ()
    frame_times: np.ndarray | None = dataclasses.field(
        default=None, compare=False
    )
    frame_seconds: np.ndarray | None = dataclasses.field(
        default=None, compare=False
    )
    pixel_aspect: float = 1.0

    @property
    def frame_numbers(self) -> Sequence[int]:
        """The number in each image's name; 1, 2, ... for a video file."""
        return self.image_numbers or range(1, self.num_frames + 1)
