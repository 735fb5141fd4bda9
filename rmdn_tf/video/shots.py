"""Detects the cuts between the shots of a video."""

from fractions import Fraction

import av
import numpy as np
from av.filter import Graph

from rmdn_tf.video.decoding import FrameScaler

# Threshold of FFmpeg's scene score; its documentation advises 0.3 to 0.5.
THRESHOLD = 0.3

_SIZE = (72, 128)


class ShotDetector:
    """Tells whether a frame begins another shot, by FFmpeg's scene score.

    The score (`scene` of FFmpeg's filter `select`) is the smaller of two
    numbers, divided by 100: the mean absolute difference to the frame before,
    and the change of that difference. So steady motion does not count. Frames
    are compared at 128x72. Fades and dissolves are not found. The first frame
    begins no shot.

    Args:
        threshold: smallest score of a cut, in (0, 1].

    Call arguments:
        frame: one decoded frame after another, or its pixels, uint8
            `[H, W, 3]` RGB.
    """

    def __init__(self, threshold: float = THRESHOLD):
        if not 0 < threshold <= 1:
            raise ValueError(
                "Invalid `threshold`. Expected a number in (0, 1]. "
                f"Received: threshold={threshold}."
            )
        self._threshold = threshold
        self._graph: Graph | None = None
        self._number = 0
        self._shrink = FrameScaler(_SIZE)

    def __call__(self, frame: av.VideoFrame | np.ndarray) -> bool:
        is_decoded = isinstance(frame, av.VideoFrame)
        pixels = self._shrink(frame) if is_decoded else frame
        frame = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(pixels), format="rgb24"
        )
        frame.pts = self._number
        if self._graph is None:
            self._graph = self._make_graph(frame)
        self._number += 1
        self._graph.vpush(frame)
        try:
            self._graph.vpull()
        except BlockingIOError:  # The filter passes no frame on: no cut.
            return False
        return True

    def _make_graph(self, frame: av.VideoFrame) -> Graph:
        graph = Graph()
        nodes = [
            graph.add_buffer(
                width=frame.width,
                height=frame.height,
                format=frame.format,
                time_base=Fraction(1, 25),
            ),
            graph.add("scale", "{1}:{0}:flags=area".format(*_SIZE)),
            graph.add("select", rf"gt(scene\,{self._threshold})"),
            graph.add("buffersink"),
        ]
        graph.link_nodes(*nodes).configure()
        return graph
