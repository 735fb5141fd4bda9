"""How preparation stores frames: size, frame rate and JPEG quality."""

import dataclasses

from rmdn_tf.video.decoding import size_within


@dataclasses.dataclass(frozen=True)
class FrameFormat:
    """How frames are stored.

    Attributes:
        size: (height, width) in pixels; by default that of C3D's training.
        max_size: None stretches every frame to `size`. A number keeps the
            aspect ratio and shrinks a longer side to so many pixels: sizes then
            differ from video to video, and a reader resizes to `size`.
        frames_per_second: the rate stored; None keeps that of each video.
        jpeg_quality: 1 to 100.

    Raises:
        ValueError: a number is out of range.
    """

    size: tuple[int, int] = (128, 171)
    max_size: int | None = None
    frames_per_second: float | None = None
    jpeg_quality: int = 95

    def __post_init__(self):
        for name, value in (
            ("height", self.size[0]),
            ("width", self.size[1]),
            ("max_size", self.max_size),
        ):
            if value is not None and value < 1:
                raise ValueError(
                    f"Invalid `{name}`. Expected a positive integer. "
                    f"Received: {name}={value}."
                )
        rate = self.frames_per_second
        if rate is not None and not 0 < rate < float("inf"):
            raise ValueError(
                "Invalid `frames_per_second`. Expected a positive number. "
                f"Received: frames_per_second={rate}."
            )
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(
                "Invalid `jpeg_quality`. Expected a number from 1 to 100. "
                f"Received: jpeg_quality={self.jpeg_quality}."
            )

    def size_of(self, original_size: tuple[int, int]) -> tuple[int, int]:
        """Returns (height, width) stored of a video of that size."""
        if self.max_size is None:
            return self.size
        return size_within(self.max_size, original_size)
