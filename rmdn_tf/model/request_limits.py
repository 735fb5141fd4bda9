"""Limits of one request to a served model.

The server checks them (`rmdn_tf.serving.limits`); clients read them from the
metadata of a SavedModel to split what they send.
"""

import dataclasses
from collections.abc import Sequence

from rmdn_tf.data.windows import CLIP_LENGTH

# Sides of pictures are rounded up to multiples of this many pixels, the largest
# unit of a JPEG: a unit is decoded whole.
BLOCK = 32


@dataclasses.dataclass(frozen=True)
class RequestLimits:
    """Limits of one request; the defaults also suit earlier releases.

    Attributes:
        max_frames: frames of all rows, with their context.
        max_clips: clips of all rows; each is one run of the network.
        max_pixels: pixels of all frames, as they are sent.
    """

    max_frames: int = 256
    max_clips: int = 16
    max_pixels: int = 2**25

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or value < 1:
                raise ValueError(
                    f"Invalid `{field.name}`. Expected a positive integer. "
                    f"Received: {field.name}={value!r}."
                )

    def clips_at_once(self, size: Sequence[int], clip_stride: int) -> int:
        """Returns how many clips of frames (h, w) fit in a request.

        0 if even a single clip is too large.
        """
        height, width = (-(-side // BLOCK) * BLOCK for side in size)
        frames = min(self.max_frames, self.max_pixels // (height * width))
        clips = (frames - CLIP_LENGTH) // clip_stride + 1
        return max(0, min(self.max_clips, clips))


def limits_in(metadata: dict) -> RequestLimits:
    """Reads the limits from the metadata of a SavedModel.

    Missing limits, as in earlier releases, take the defaults; unknown limits of
    later releases are ignored.
    """
    limits = metadata.get("limits", {})
    names = {field.name for field in dataclasses.fields(RequestLimits)}
    return RequestLimits(**{n: limits[n] for n in names & limits.keys()})
