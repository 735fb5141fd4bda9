"""Opens a video on disk: a video file, a picture or a folder of images."""

import collections
import os
from typing import Any

from rmdn_tf.data.records import Fixations
from rmdn_tf.video.picture_names import is_picture_name
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.frames.image_folders import (
    list_images,
    probe_images,
    read_images,
)
from tfrecords_tools.frames.still_pictures import (
    probe_picture,
    read_picture,
)
from tfrecords_tools.frames.video_files import probe_file, read_frames
from tfrecords_tools.raw_video import RawVideo, SourceError

MISSING_FRAMES = "frames missing between the first and the last of a folder"


def probe(
    path: str | os.PathLike, images_per_second: float | None = None
) -> VideoFacts:
    """Reads size, rate and length of a video without decoding it whole.

    Args:
        path: a video file, a picture or a folder of numbered images.
        images_per_second: frame rate of a folder of images.

    Raises:
        SourceError: the video is missing, unreadable, empty or cut short.
    """
    if os.path.isdir(path):
        return probe_images(path, images_per_second)
    return probe_picture(path) if is_picture_name(path) else probe_file(path)


def estimate_length(path: str | os.PathLike) -> int:
    """Returns the number of frames; 0 for an unreadable video."""
    try:
        if os.path.isdir(path):
            return len(list_images(path))
        return 1 if is_picture_name(path) else probe_file(path).num_frames
    except SourceError:
        return 0


def open_video(
    path: str | os.PathLike,
    facts: VideoFacts,
    fixations: Fixations,
    left_out: collections.Counter,
    **known: Any,
) -> RawVideo:
    """Opens a video.

    Args:
        path: a video file, a picture or a folder of numbered images.
        facts: returned by `probe`.
        left_out: cause -> number of items left out; the opened video's counts
            add missing images.
        **known: other attributes of `RawVideo`.
    """
    if os.path.isdir(path):
        frames = read_images(list_images(path).values())
    elif facts.is_picture:
        frames = read_picture(path)
    else:
        frames = read_frames(path)
    numbers = facts.frame_numbers
    counts = {
        MISSING_FRAMES: numbers[-1] - numbers[0] + 1 - len(numbers),
    }
    return RawVideo(
        frames=frames,
        original_size=facts.size,
        frames_per_second=facts.frames_per_second,
        frame_times=facts.frame_times,
        frame_seconds=facts.frame_seconds,
        pixel_aspect=facts.pixel_aspect,
        is_picture=facts.is_picture,
        fixations=fixations,
        left_out=+(left_out + collections.Counter(counts)),
        **known,
    )
