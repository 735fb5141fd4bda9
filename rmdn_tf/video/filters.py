"""Runs FFmpeg's filters on frames, one frame in and one frame out."""

from collections.abc import Iterable

import av
from av.filter import Graph


class FrameFilter:
    """A chain of filters; keeps a frame's colours and time.

    Args:
        frame: a frame in the size, pixel format and colours of those that come.
        filters: FFmpeg's name of each filter, and its arguments.
    """

    def __init__(
        self, frame: av.VideoFrame, filters: Iterable[tuple[str, str]]
    ):
        self._graph = Graph()
        self._graph.threads = 1
        source = self._graph.add(
            "buffer",
            video_size=f"{frame.width}x{frame.height}",
            pix_fmt=frame.format.name,
            time_base="1/1",  # Not used: times pass as they are.
            colorspace=str(frame.colorspace),
            range=str(frame.color_range),
        )
        nodes = [self._graph.add(name, options) for name, options in filters]
        sink = self._graph.add("buffersink")
        self._graph.link_nodes(source, *nodes, sink).configure()

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        self._graph.vpush(frame)
        filtered = self._graph.vpull()
        filtered.time_base = frame.time_base
        return filtered
