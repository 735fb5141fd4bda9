"""Clips at the rate of their gaze, small and without loss."""

import os
import pathlib
from fractions import Fraction

import av

from experiments.applications.clips import Clip
from rmdn_tf.files.published import published
from rmdn_tf.video.decoding import size_within
from rmdn_tf.video.frame_selection import FrameSelection
from rmdn_tf.video.reader import VideoReader


def shrunk(
    clip: Clip, directory: pathlib.Path, longest_side: int, rate: int
) -> pathlib.Path:
    """Returns the path of a shrunk copy of a clip; makes it once.

    Args:
        clip: the clip. Sources have been compressed before; shrinking hides
            the traces.
        directory: where the copy is kept.
        longest_side: of the copy, in pixels.
        rate: frames a second: 10 for the frames with gaze.
    """
    path = directory / f"{clip.name}.mkv"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        with published(path) as temporary:
            _write(clip.path, temporary, longest_side, rate)
    return path


def _write(
    source: pathlib.Path, path: str | os.PathLike, longest_side: int, rate: int
) -> None:
    is_wanted = FrameSelection(rate)
    with VideoReader(source) as reader, av.open(path, "w") as container:
        first = reader.first_frame
        size = size_within(longest_side, (first.height, first.width))
        stream = container.add_stream("ffv1", rate=rate)
        stream.height, stream.width = (length // 2 * 2 for length in size)
        stream.pix_fmt, number = "yuv420p", 0
        for frame in reader:
            if is_wanted(frame.time, float(frame.duration * frame.time_base)):
                small = frame.reformat(
                    stream.width,
                    stream.height,
                    stream.pix_fmt,
                    interpolation="AREA",
                )
                small.pts, small.time_base = number, Fraction(1, rate)
                container.mux(stream.encode(small))
                number += 1
        container.mux(stream.encode())
