"""A file, a camera or a stream -> its frames one by one, and its sound."""

import collections
import contextlib
import os
import re
import sys
from collections.abc import Iterator
from fractions import Fraction

import av

from rmdn_tf.video_file import VideoError, open_stream, upright

TIMEOUT_SECONDS = 20
"""For a network stream to open, and between its packets."""

CAMERAS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
"""How FFmpeg calls a system's cameras."""

DECODING_TIMES = ("avi",)
"""Containers that know only in which order packets are decoded. The times of
that are those of the frames, too, as both go up: n-th to n-th."""

_GUESSED_RATE = Fraction(25)


class VideoReader:
    """Reads a video once, upright, in bounded memory; a context manager.

    Args:
        source: a file, the URL of a stream (`rtsp://...`), or the number of a
            camera, such as "0".
        with_sound: collect the packets of its sound in `sound_packets`, for
            somebody to take them out.
        thread_count: of the decoder.

    Attributes:
        name: for messages, without the password of a URL.
        is_live: whether frames come when they happen: a camera or a stream.
        frames_per_second: the average rate, a `Fraction`.
        num_frames: what the file says of its length; 0 where it says nothing.
        sound: FFmpeg's streams of sound.
        sound_packets: those read so far, a deque.
        num_damaged: frames so far that the decoder had to conceal.

    Raises:
        VideoError: it cannot be opened. Iteration raises it where the video
            is damaged or empty.
    """

    def __init__(
        self,
        source: str | os.PathLike,
        *,
        with_sound: bool = False,
        thread_count: int = 1,
    ):
        source = os.fspath(source)
        self.name = re.sub(r"(?<=://)[^/@]*@", "", source)
        is_camera = source.isdecimal()
        is_stream = "://" in source and not source.startswith("file:")
        self.is_live = is_camera or is_stream
        options = {}
        if is_camera:
            options["format"] = CAMERAS.get(sys.platform, CAMERAS["linux"])
            self.name = f"camera {source}"
            source = _camera_address(source)
        if is_stream:
            options["timeout"] = TIMEOUT_SECONDS
        if source.startswith("rtsp://"):
            # Over UDP lost packets are lost pictures.
            options["options"] = {"rtsp_transport": "tcp"}
        self._resources = contextlib.ExitStack()
        self._container, self._stream = self._resources.enter_context(
            open_stream(source, self.name, thread_count, **options)
        )
        self._stopped = False
        self._ticks = None
        if self._container.format.name in DECODING_TIMES:
            self._ticks = collections.deque()
        self.frames_per_second = Fraction(
            self._stream.average_rate
            or self._stream.guessed_rate
            or _GUESSED_RATE
        )
        self.num_frames = self._stream.frames
        self.sound = []
        if with_sound:
            self.sound = [s for s in self._container.streams.audio if s.codec]
        self.sound_packets = collections.deque()
        self.num_damaged = 0

    def stop(self) -> None:
        """Ends the iteration before the next frame, as if the video ended."""
        self._stopped = True

    def __iter__(self) -> Iterator[av.VideoFrame]:
        num_frames = 0
        try:
            for packet in self._container.demux(self._stream, *self.sound):
                if packet.stream is not self._stream:
                    if packet.dts is not None:
                        self.sound_packets.append(packet)
                    continue
                for frame in self._decode(packet):
                    if self._stopped:
                        return
                    num_frames += 1
                    self.num_damaged += frame.is_corrupt
                    yield upright(frame)
        except av.FFmpegError as error:
            raise VideoError(
                f"Unreadable video '{self.name}' after {num_frames} frames: "
                f"{error.strerror}."
            ) from error
        if not num_frames:
            raise VideoError(
                f"Empty video '{self.name}': no frame could be decoded."
            )

    def _decode(self, packet: av.Packet) -> Iterator[av.VideoFrame]:
        """Decodes a packet; frames carry the time that they are shown at."""
        if self._ticks is not None and packet.dts is not None:
            self._ticks.append(packet.dts)
        for frame in packet.decode():
            if self._ticks:
                frame.pts = self._ticks.popleft()
                frame.time_base = packet.stream.time_base
            yield frame

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(self, *exception) -> None:
        self._resources.__exit__(*exception)


def _camera_address(number: str) -> str:
    """What FFmpeg calls the n-th camera of this system."""
    if sys.platform == "darwin":
        return number
    if sys.platform == "win32":
        return f"video={number}"
    return f"/dev/video{number}"
