"""Opens a video on disk: a video file, a picture or a folder of images."""

import collections
import os
from collections.abc import Iterator
from typing import Any

import av

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
from tfrecords_tools.raw_files import is_folder, named, staged
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
    if is_folder(path):
        return probe_images(path, images_per_second)
    copy = staged(path)
    with named(path, copy):
        return (
            probe_picture(copy) if is_picture_name(copy) else probe_file(copy)
        )


def estimate_length(path: str | os.PathLike) -> int:
    """Returns the number of frames; 0 for an unreadable video."""
    try:
        if is_folder(path):
            return len(list_images(path))
        if is_picture_name(path):
            return 1
        return probe_file(staged(path)).num_frames
    except SourceError:
        return 0


def _read_file(
    path: str | os.PathLike, is_picture: bool
) -> Iterator[av.VideoFrame]:
    copy = staged(path)
    with named(path, copy):
        yield from read_picture(copy) if is_picture else read_frames(copy)


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
    if is_folder(path):
        frames = read_images(list_images(path).values())
    else:
        frames = _read_file(path, facts.is_picture)
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
