"""Facts of a video that are known before it is decoded."""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class VideoFacts:
    """Size, rate and length of a video.

    Attributes:
        size: (height, width) in pixels.
        frames_per_second: average frame rate.
        num_frames: number of packets of the video stream, or of images.
        has_varying_rate: whether any frame's time differs by more than one
            frame from a constant rate. The rate is taken as constant anyway,
            so a fixation may be written to a neighbouring frame.
        image_numbers: number in the name of each image, in time order; empty
            for a video file.
    """

    size: tuple[int, int]
    frames_per_second: float
    num_frames: int
    has_varying_rate: bool = False
    image_numbers: tuple[int, ...] = ()

    @property
    def frame_numbers(self) -> Sequence[int]:
        """The number in each image's name; 1, 2, ... for a video file."""
        return self.image_numbers or range(1, self.num_frames + 1)
