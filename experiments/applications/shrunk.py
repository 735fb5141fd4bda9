"""Clips, small and without loss.

Sources have been compressed before; shrinking hides the traces.
"""

import itertools
import math
import os
import pathlib
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av

from experiments.applications.clips import Clip
from rmdn_tf.files.published import published
from rmdn_tf.video.decoding import copy_time, size_within
from rmdn_tf.video.frame_selection import FrameSelection
from rmdn_tf.video.reader import VideoReader


def shrunk(
    clip: Clip,
    path: pathlib.Path,
    longest_side: int,
    *,
    rate: int | None = None,
    seconds: float = math.inf,
) -> pathlib.Path:
    """Writes a shrunk copy of a clip, unless it exists; returns its path.

    Args:
        clip: the clip.
        path: path of the copy, .mkv.
        longest_side: of the copy, in pixels.
        rate: frames a second: 10 for the frames with gaze. None for all frames,
            at their own times.
        seconds: length of the copy, from the begin of the clip.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with published(path) as temporary:
            _write(clip.path, temporary, longest_side, rate, seconds)
    return path


def _write(
    source: pathlib.Path,
    path: str | os.PathLike,
    longest_side: int,
    rate: int | None,
    seconds: float,
) -> None:
    with VideoReader(source) as reader, av.open(path, "w") as container:
        first = reader.first_frame
        size = size_within(longest_side, (first.height, first.width))
        stream = container.add_stream(
            "ffv1", rate=rate or reader.frames_per_second
        )
        stream.height, stream.width = (length // 2 * 2 for length in size)
        stream.pix_fmt = "yuv420p"
        early = itertools.takewhile(lambda frame: frame.time < seconds, reader)
        for number, frame in enumerate(at_rate(rate, early) if rate else early):
            small = frame.reformat(
                stream.width,
                stream.height,
                stream.pix_fmt,
                interpolation="AREA",
            )
            if rate:
                small.pts, small.time_base = number, Fraction(1, rate)
            else:
                copy_time(frame, small)
            container.mux(stream.encode(small))
        container.mux(stream.encode())


def at_rate(
    rate: float, frames: Iterable[av.VideoFrame]
) -> Iterator[av.VideoFrame]:
    """Yields the frames that are shown at n / rate seconds, n = 0, 1, ..."""
    is_wanted = FrameSelection(rate)
    for frame in frames:
        if is_wanted(frame.time, float(frame.duration * frame.time_base)):
            yield frame
