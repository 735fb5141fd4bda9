"""Facts of a video that are known before it is decoded."""

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class VideoFacts:
    """Size, rate, length and times of a video.

    Comparing two facts with `==` does not compare their arrays.

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
            `[num_frames]`: until the next frame, or, before a new recording in
            the same file, for the duration in the file; None where the rate is
            constant.
        pixel_aspect: width / height of a pixel as a player shows it; 1 if the
            pixels are square or the file does not say.
        is_picture: whether the video is one picture, which has no times: an
            observer may look at many places in its only frame.
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
    is_picture: bool = False

    @property
    def frame_numbers(self) -> Sequence[int]:
        """The number in each image's name; 1, 2, ... for a video file."""
        return self.image_numbers or range(1, self.num_frames + 1)

    @property
    def seconds(self) -> float:
        """The time from the first frame to the end of the last one."""
        if self.frame_times is None or self.frame_seconds is None:
            return self.num_frames / self.frames_per_second
        return float(self.frame_times[-1] + self.frame_seconds[-1])

    def frames_at(self, times: np.ndarray, ticks_per_second: int) -> np.ndarray:
        """Counts the frames shown until each moment, with fractions.

        Frame i lasts from i to i + 1. Before the first frame and after the
        last one, frames have the average rate.

        Args:
            times: float64 `[n]`, from the first frame.
            ticks_per_second: unit of `times`, such as 1000 for milliseconds.

        Returns:
            float64 `[n]`, numbers of frames.
        """
        rate = self.frames_per_second
        # Multiplying first is exact for whole times and rates. A border of two
        # frames must not move.
        frames = times * rate / ticks_per_second
        if self.frame_times is None:
            return frames
        seconds = times / ticks_per_second  # As `frame_times`, rounded once.
        late = seconds - self.seconds
        borders = np.append(self.frame_times, self.seconds)
        shown = np.interp(seconds, borders, np.arange(len(borders)))
        past = self.num_frames + late * rate
        return np.select([seconds < 0, late > 0], [frames, past], shown)
