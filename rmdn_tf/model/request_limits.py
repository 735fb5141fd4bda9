"""Limits of one request to a served model.

The server checks them, see `rmdn_tf.serving.limits`. The metadata of a
SavedModel hold them, so that clients can split what they send.
"""

import dataclasses
from collections.abc import Sequence

from rmdn_tf.data.windows import CLIP_LENGTH

BLOCK = 32
"""Sides of pictures count as multiples of this many pixels: the largest unit of
a JPEG, which is decoded whole."""


@dataclasses.dataclass(frozen=True)
class RequestLimits:
    """Limits of one request; the defaults suit every earlier release.

    Attributes:
        max_frames: frames of all rows, those of context included.
        max_clips: clips of all rows, which is runs of the network.
        max_pixels: pixels of all frames, as they are sent.
    """

    max_frames: int = 256
    max_clips: int = 16
    max_pixels: int = 2**25

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or value < 1:
                raise ValueError(
                    f"Invalid `{field.name}`. Expected a positive integer. "
                    f"Received: {field.name}={value!r}."
                )

    def clips_at_once(self, size: Sequence[int], clip_stride: int) -> int:
        """Returns how many clips of one video fit into a request.

        Args:
            size: (height, width) of the frames as they are sent.
            clip_stride: s, frames from one clip's end to the next.

        Returns:
            The number; 0 if the frames are too large for a single clip.
        """
        height, width = (-(-side // BLOCK) * BLOCK for side in size)
        frames = min(self.max_frames, self.max_pixels // (height * width))
        clips = (frames - CLIP_LENGTH) // clip_stride + 1
        return max(0, min(self.max_clips, clips))


def limits_in(metadata: dict) -> RequestLimits:
    """Reads the limits that the metadata of a SavedModel name.

    Args:
        metadata: of `rmdn_tf.runs.metadata`, which checks them. Those of an
            earlier release have no limits; further ones of a later release are
            ignored.
    """
    limits = metadata.get("limits", {})
    names = {field.name for field in dataclasses.fields(RequestLimits)}
    return RequestLimits(**{n: limits[n] for n in names & limits.keys()})
