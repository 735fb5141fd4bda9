"""Counts the frames, clips and served frames of a window.

The model gives one density for each clip of 16 frames. With a clip stride s,
clips end at the frames 0, s, 2s, ... of a video; the paper has s = 1. The
density of the clip that ends at frame e serves the frames e .. e + s - 1, so
no density needs a later frame. A clip that begins before the video repeats the
video's first frame.

    frames of a window    c c c c c f . . f . . f        (c: context)
    clip ends                       ^     ^     ^        T = 3, s = 3
    frames served                   f . . f . . f . .    T * s = 9
"""

import dataclasses

CLIP_LENGTH = 16  # Frames; the input of C3D (Tran et al. 2015).
CONTEXT = CLIP_LENGTH - 1  # Frames that a clip needs before its last one.

CLIP_STRIDES = (1, 2, 4, 8, 16)


@dataclasses.dataclass(frozen=True)
class Window:
    """Consecutive frames that are trained or predicted at once.

    Attributes:
        num_frames: L, 16 or more; 65 in the paper.
        clip_stride: s, frames from one clip's end to the next: 1, 2, 4, 8
            or 16, so that a full record ends where a stride does.
    """

    num_frames: int = 65
    clip_stride: int = 1

    def __post_init__(self) -> None:
        if self.num_frames < CLIP_LENGTH:
            raise ValueError(
                f"Invalid `num_frames`. Expected at least {CLIP_LENGTH}, one "
                f"clip. Received: num_frames={self.num_frames}."
            )
        if self.clip_stride not in CLIP_STRIDES:
            raise ValueError(
                f"Invalid `clip_stride`. Expected one of {CLIP_STRIDES}. "
                f"Received: clip_stride={self.clip_stride}."
            )

    @classmethod
    def for_videos(
        cls, longest: int, clip_stride: int = 1, most: int = num_frames
    ) -> "Window":
        """Makes the usual window, or a shorter one that serves short videos.

        A picture is a video of one frame: a window for it holds one clip.

        Args:
            longest: most frames of a video.
            clip_stride: s.
            most: L of the usual window.

        Returns:
            The window.
        """
        num_frames = CLIP_LENGTH + (longest - 1) // clip_stride * clip_stride
        return cls(min(num_frames, most), clip_stride)

    @property
    def num_clips(self) -> int:
        """T."""
        return (self.num_frames - CLIP_LENGTH) // self.clip_stride + 1

    @property
    def num_served(self) -> int:
        """F = T * s, the frames with a density."""
        return self.num_clips * self.clip_stride

    @property
    def num_used(self) -> int:
        """Frames in clips: `num_frames` less an incomplete stride."""
        return (self.num_clips - 1) * self.clip_stride + CLIP_LENGTH
