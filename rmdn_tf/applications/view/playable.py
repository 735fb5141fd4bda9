"""Encodes a video again, so that every browser plays it."""

import contextlib
import os
import pathlib
import warnings

import av
from PIL import Image

from rmdn_tf.applications.view.opening import Facts
from rmdn_tf.applications.view.tasks import Task
from rmdn_tf.files.published import published
from rmdn_tf.video.decoding import size_within
from rmdn_tf.video.pictures import read_picture
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.writer import VideoWriter

# Longest side, in pixels: that of full HD.
_MAX_SIDE = 1920

_PIXELS = "yuv420p"


def make_playable(
    source: str | os.PathLike, facts: Facts, folder: pathlib.Path, task: Task
) -> tuple[pathlib.Path, str]:
    """Encodes a video as H.264 in MP4, or a picture as PNG.

    Args:
        source: the file.
        facts: of the file.
        folder: where to write.
        task: hears of the progress.

    Returns:
        The new file, and its MIME type.

    Raises:
        VideoError: the video is damaged.
        OSError: the disk is full.
    """
    if facts.kind == "picture":
        path = folder / "playable.png"
        Image.fromarray(read_picture(source)).save(path)
        return path, "image/png"
    path = folder / "playable.mp4"
    height, width = (
        max(2, side // 2 * 2)
        for side in size_within(_MAX_SIDE, (facts.height, facts.width))
    )
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        warnings.simplefilter("ignore")  # The run warns of jumps.
        reader = stack.enter_context(VideoReader(source, with_sound=True))
        temporary = stack.enter_context(published(path))
        writer: VideoWriter | None = None
        for number, frame in enumerate(reader):
            task.go_on(number, facts.frames)
            shown = _resized(frame, width, height)
            if writer is None:
                writer = VideoWriter(temporary, reader, shown)
                stack.enter_context(writer)
            writer.write(shown)
    return path, "video/mp4"


def _resized(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    is_alike = frame.format.name == _PIXELS and frame.width == width
    if is_alike and frame.height == height:
        return frame
    return frame.reformat(width, height, _PIXELS, threads=1)
