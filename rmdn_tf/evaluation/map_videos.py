"""Reads saliency maps from a grey video."""

import collections
import threading
from collections.abc import Iterator

import numpy as np

from rmdn_tf.evaluation.map_errors import MapError, NoPredictionError
from rmdn_tf.evaluation.map_files import LOSSY_SPREAD, grey_levels
from rmdn_tf.files.image_limits import MAX_PIXELS
from rmdn_tf.video.decoding import (
    RGB,
    VideoError,
    decode_upright,
    open_stream,
    packets_of,
)

VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".webm", ".m4v")

# Memory for the last frames, which threads ask for in any order.
HELD_BYTES = 2**27


class VideoOfMaps:
    """The maps of a video in a grey video; decodes it in bounded memory.

    It decodes from the beginning again for a frame that is no longer held.

    Attributes:
        shape: (L, h, w).
    """

    def __init__(self, path: str):
        self._path = path
        try:
            with open_stream(path) as (container, stream):
                codec = stream.codec_context
                size = (codec.height, codec.width)
                packets = packets_of(container, stream)
                num_frames = sum(packet.size > 0 for packet in packets)
        except VideoError as error:
            raise MapError(f"Unreadable maps: {error}") from error
        if not 0 < size[0] * size[1] <= MAX_PIXELS:
            raise MapError(
                f"Invalid video '{path}'. Expected at most {MAX_PIXELS} "
                f"pixels a frame. Received: {size[1]}x{size[0]}."
            )
        self.shape = (num_frames, *size)
        self._num_held = max(1, HELD_BYTES // (size[0] * size[1]))
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._held: collections.deque[np.ndarray] = collections.deque(
            maxlen=self._num_held
        )
        self._frames = self._decode()
        self._next = 0

    def __getitem__(self, frame: int) -> np.ndarray:
        with self._lock:
            if frame < self._next - len(self._held):
                self._begin()
            while self._next <= frame:
                self._read_next()
            return self._held[frame - self._next]

    def _read_next(self) -> None:
        try:
            self._held.append(next(self._frames))
        except MapError:
            self._begin()
            raise
        self._next += 1

    def _decode(self) -> Iterator[np.ndarray]:
        """Yields uint8 levels `[h, w]`, and then an error."""
        num_frames = 0
        try:
            for frame in decode_upright(self._path):
                pixels = frame.to_ndarray(format=RGB)
                yield grey_levels(pixels, self._path, LOSSY_SPREAD)
                num_frames += 1
        except VideoError as error:
            raise MapError(f"Unreadable maps: {error}") from error
        raise NoPredictionError(
            f"Missing frame of '{self._path}'. Expected {self.shape[0]} "
            f"frames, as many as packets. Received: {num_frames} frames.",
            "missing",
            self._path,
        )
