"""A picture -> a video of one frame.

The picture is read as prediction reads it: upright by its EXIF, transparent
parts white.
"""

import os
from collections.abc import Iterator

import av

from rmdn_tf.video.decoding import RGB, VideoError
from rmdn_tf.video.pictures import picture_size
from rmdn_tf.video.pictures import read_picture as read_pixels
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.raw_video import SourceError

# A picture has no rate; records need one.
FRAMES_PER_SECOND = 1.0


def probe_picture(path: str | os.PathLike) -> VideoFacts:
    """Returns the facts of a picture; decodes no pixel."""
    try:
        size = picture_size(path)
    except VideoError as error:
        raise SourceError(str(error)) from error
    return VideoFacts(size, FRAMES_PER_SECOND, num_frames=1, is_picture=True)


def read_picture(path: str | os.PathLike) -> Iterator[av.VideoFrame]:
    """Yields the only frame, RGB."""
    try:
        pixels = read_pixels(path)
    except VideoError as error:
        raise SourceError(str(error)) from error
    yield av.VideoFrame.from_ndarray(pixels, format=RGB)
