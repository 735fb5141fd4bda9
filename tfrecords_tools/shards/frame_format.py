"""How preparation stores frames: size, frame rate and JPEG quality."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class FrameFormat:
    """How frames are stored.

    Attributes:
        size: (height, width) in pixels; the default is that of C3D's training.
        max_size: None stretches every frame to `size`. A number instead keeps
            the aspect ratio and limits the longer side to this many pixels;
            training then resizes frames to `size`.
        frames_per_second: None keeps each video's rate.
        jpeg_quality: 1 to 100.

    Raises:
        ValueError: a number is out of range.
    """

    size: tuple[int, int] = (128, 171)
    max_size: int | None = None
    frames_per_second: float | None = None
    jpeg_quality: int = 95

    def __post_init__(self) -> None:
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
        """Computes the size of stored frames.

        Args:
            original_size: (height, width) of a video in pixels.

        Returns:
            (height, width) of its stored frames in pixels.
        """
        if self.max_size is None:
            return self.size
        # Here, since flags and their help need no PyAV.
        from rmdn_tf.video.decoding import size_within

        return size_within(self.max_size, original_size)
