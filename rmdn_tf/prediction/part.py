"""Finds the part of a video that the network must see, to predict a part.

    wanted                        start            end
                                    |               |
    runs      x   x   x   x   x   x   x   x   x   x   x
              |             lead-in             |     |
    seen    begin                                    end

The network begins earlier, since it remembers; and the last wanted frames fade
into the run after them.
"""

import collections
import itertools
import math
import os
import warnings
from collections.abc import Iterator
from typing import NamedTuple

from rmdn_tf.video.frame_selection import FrameSelection
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.span import Span

# Runs of the network before the first wanted frame. Each replaces 0.4 of the
# running mean of the shipped model: what was before weighs 0.6^40 = 1e-9 of it,
# less than a float32 is rounded by, 6e-8.
NUM_RUNS = 40

# Shorter than any frame: with it, a part ends just after a frame begins.
_MOMENT = 1e-4


class Part(NamedTuple):
    """A part of a video, in seconds from its first frame.

    Attributes:
        begin: the network sees frames from here on.
        end: the network sees frames before this time.
        origin: the first frame of the recording, which is that of the video,
            unless the file holds several recordings.
    """

    begin: float = 0.0
    end: float = math.inf
    origin: float = 0.0


def part_to_see(
    video: str | os.PathLike,
    start: float,
    end: float,
    frames_per_second: float,
    clip_stride: int,
) -> Part:
    """Finds what to read, so that the network runs as in the whole video.

    Reads the times of the frames, without decoding them.

    Args:
        video: a file. Another source is read from its beginning to `end`.
        start: the first wanted time, in seconds.
        end: where the wanted part ends.
        frames_per_second: rate at which the network looks at frames; 0 for all.
        clip_stride: frames looked at from one run to the next.

    Returns:
        The part from a run, `NUM_RUNS` runs before the start but in the same
        recording, to the first run after the end.
    """
    is_whole = start <= 0 and end == math.inf
    if is_whole or not os.path.isfile(video):
        return Part(end=end)
    before: collections.deque[float] = collections.deque(maxlen=NUM_RUNS)
    origin, last = 0.0, math.inf
    with warnings.catch_warnings(), VideoReader(video) as reader:
        warnings.simplefilter("ignore")  # The next reader warns of jumps.
        for time in run_times(reader, frames_per_second, clip_stride):
            if time >= end:
                last = time + _MOMENT
                break
            if time < start:
                if reader.begins_anew:
                    before.clear()
                    origin = time
                before.append(time)
            elif end == math.inf:
                break
    return Part(before[0] if before else 0.0, last, origin)


def end_after(video: str | os.PathLike, start: float, num_frames: int) -> float:
    """Finds where a number of frames ends; infinity if the video is shorter.

    Args:
        video: a file. The length of another source is unknown: infinity.
        start: when the first of the frames is shown, or before.
        num_frames: how many frames, at least 1.

    Returns:
        Seconds from the first frame of the video.
    """
    if not os.path.isfile(video):
        return math.inf
    with warnings.catch_warnings(), VideoReader(video) as reader:
        warnings.simplefilter("ignore")  # The next reader warns of jumps.
        times = (
            float(packet.pts * packet.time_base)
            for packet in reader.timed_packets()
        )
        wanted = filter(Span(start).holds, times)
        return next(itertools.islice(wanted, num_frames, None), math.inf)


def run_times(
    reader: VideoReader, frames_per_second: float, clip_stride: int
) -> Iterator[float]:
    """Finds when the network runs; decodes no frame.

    Args:
        reader: the video, at its beginning.
        frames_per_second: rate at which the network looks at frames; 0 for all.
        clip_stride: frames looked at from one run to the next.

    Yields:
        The time of the last frame of each clip, in seconds.
    """
    looks_at, num_seen = FrameSelection(frames_per_second), 0
    for packet in reader.timed_packets():
        if reader.begins_anew:
            looks_at, num_seen = FrameSelection(frames_per_second), 0
        time = float(packet.pts * packet.time_base)
        if looks_at(time, float(packet.duration * packet.time_base)):
            if num_seen % clip_stride == 0:
                yield time
            num_seen += 1
