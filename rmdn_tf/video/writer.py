"""Writes a video with the times and the sound of the video that was read."""

import contextlib
import math
import os
import warnings
from fractions import Fraction
from typing import Any

import av

from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.formats import Encoding, video_form
from rmdn_tf.video.planes import COLOURS, FULL_RANGE
from rmdn_tf.video.reader import VideoReader
from rmdn_tf.video.sound import SoundTrack, Way, ways_to_write
from rmdn_tf.video.span import times_of

# FFmpeg's number for brightness from 16 to 235 of 255.
_LIMITED_RANGE = 1

# Codecs that tell the range of brightness.
_TELL_RANGE = ("libx264", "libx265", "libsvtav1", "vp9")

# Quality of codecs without `crf`, from 2, the best, to 31. FFmpeg takes it
# multiplied by a step.
_QUALITY, _QUALITY_STEP = 3, 118

# For so few frames, x265 takes the times of decoding from memory that it has
# not set. They are decoded in the order in which they are shown.
_FEW_FRAMES = 2

# The name that players of Apple want for a codec in these containers.
_TAGS = {"libx265": "hvc1"}
_TAGGED = ("mp4", "mov", "ipod")

# Sound may begin before 0; a player cuts that part. Some formats refuse it.
_TAKE_NEGATIVE = av.format.Flags.ts_negative.value


class VideoWriter:
    """Writes frames at their own times; a context manager.

    The first frame is shown at 0, also if the reader gives a part of a video.
    Keeps the shape of pixels, the colours, and the sound with its languages and
    titles: copies the sound, or encodes it anew if the container does not take
    it. A `UserWarning` names sound that is left out.

    The container is opened at once, so a format that does not take the video is
    refused before any frame is made.

    Args:
        path: path of the video; its suffix determines the container.
        reader: the video that was read, at its first frame.
        frame: a frame in the size, pixel format and colours of those that will
            be written.
        encoding: how to encode; None for fast and nearly without loss.

    Raises:
        VideoError: FFmpeg cannot write the video, now or later.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        reader: VideoReader,
        frame: av.VideoFrame,
        encoding: Encoding | None = None,
    ):
        self._path = os.fspath(path)
        self._name = os.path.basename(path)
        self._reader = reader
        self._tracks: dict[int, SoundTrack] = {}
        self._begin: Fraction | None = None  # Seconds of the first frame.
        self._tick = -1  # Tick of the last frame.
        self._num_frames = 0
        self._num_damaged = 0  # Packets of sound.
        try:
            self._container = av.open(self._path, "w")
            self._form = video_form(self._container, reader, frame, encoding)
            self._open_with_sound(frame)
        except (av.FFmpegError, ValueError) as error:
            raise self._error(error) from error

    def _open_with_sound(self, frame: av.VideoFrame) -> None:
        try:
            self._open(frame, {})
        except av.ArgumentError as error:
            height, width = self._form.size
            raise ValueError(
                f"{self._form.encoding.codec} or the format does not take "
                f"{width}x{height} pixels at {float(self._form.rate):.6g} "
                "frames a second"
            ) from error
        has_sound = self._container.default_audio_codec != "none"
        unknown = self._reader.num_unknown_sound
        chosen: dict[int, Way] = {}
        causes = ["FFmpeg does not know its codec"] * unknown
        for source in self._reader.sound:
            if not has_sound:
                causes.append("its format holds no sound")
                continue
            codec = source.codec_context
            name = f"{codec.name} of {codec.sample_rate} Hz"
            cause = f"FFmpeg cannot decode {name}"
            for way in [*ways_to_write(source, self._container)]:
                cause = f"its format does not take {name}"
                if self._opens(frame, {**chosen, source.index: way}):
                    chosen[source.index] = way
                    break
            else:
                causes.append(cause)
                self._open(frame, chosen)
        self._warn_of_missing_sound(causes)

    def _opens(self, frame: av.VideoFrame, ways: dict[int, Way]) -> bool:
        with contextlib.suppress(av.FFmpegError, ValueError):
            self._open(frame, ways)
            return True
        return False

    def _open(self, frame: av.VideoFrame, ways: dict[int, Way]) -> None:
        """Opens the container and the encoders, and writes the header."""
        with contextlib.suppress(av.FFmpegError):
            self._container.close()
        self._container = av.open(self._path, "w")
        form = self._form
        codec, options, bit_rate = form.encoding
        self._stream = self._container.add_stream(
            codec, rate=form.rate, options=dict(options)
        )
        self._stream.height, self._stream.width = form.size
        context = self._stream.codec_context
        formats = [one.name for one in context.codec.video_formats or ()]
        is_taken = frame.format.name in formats or not formats
        self._stream.pix_fmt = frame.format.name if is_taken else formats[0]
        context.time_base = form.time_base
        context.sample_aspect_ratio = form.pixel_aspect
        if codec in _TAGS and self._container.format.name in _TAGGED:
            context.codec_tag = _TAGS[codec]
        if bit_rate:
            context.bit_rate = bit_rate
        elif not options:
            context.qscale = True
            context.global_quality = _QUALITY * _QUALITY_STEP
        for name in COLOURS:
            setattr(context, name, getattr(self._ranged(frame), name))
        self._tracks = {i: way(self._container) for i, way in ways.items()}
        self._container.start_encoding()

    def _ranged(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Returns a frame in a range of brightness that the codec tells."""
        is_full = frame.color_range == FULL_RANGE
        if not is_full or self._form.encoding.codec in _TELL_RANGE:
            return frame
        return frame.reformat(dst_color_range=_LIMITED_RANGE)

    def write(self, frame: av.VideoFrame) -> None:
        """Writes a frame, and the sound up to its end.

        Args:
            frame: like the one given first, shown later than the frame before.

        Raises:
            VideoError: FFmpeg cannot write the frame.
        """
        frame = self._ranged(frame)
        frame.pict_type = 0  # The encoder chooses, not the source.
        end = float((frame.pts + frame.duration) * frame.time_base)
        ticks = frame.time_base / self._form.time_base
        if self._begin is None:
            self._begin = frame.pts * frame.time_base
        begin = self._begin / self._form.time_base
        self._tick = max(round(frame.pts * ticks - begin), self._tick + 1)
        frame.duration = max(round(frame.duration * ticks), 1)
        frame.pts, frame.time_base = self._tick, self._form.time_base
        self._num_frames += 1
        try:
            self._container.mux(self._stream.encode(frame))
            self._write_sound(end)
        except (av.FFmpegError, ValueError) as error:
            raise self._error(error) from error

    def _write_sound(self, end: float = math.inf) -> None:
        """Writes the sound that begins before a time of the reader.

        Later sound waits: the span may yet end before it.
        """
        packets = self._reader.sound_packets
        while packets and times_of(packets[0])[0] < end:
            packet = packets.popleft()
            track = self._tracks.get(packet.stream.index)
            if track is not None and self._reader.span.holds_sound(packet):
                begin = round((self._begin or 0) / packet.time_base)
                packet.dts -= begin
                if packet.pts is not None:
                    packet.pts -= begin
                self._mux_sound(track.packets_of(packet))

    def _mux_sound(self, packets: list[av.Packet]) -> None:
        takes_negative = self._container.format.flags & _TAKE_NEGATIVE
        for packet in packets:
            # A container without ticks below 0 would move the frames, too.
            if takes_negative or packet.pts is None or packet.pts >= 0:
                try:
                    self._container.mux(packet)
                except (av.InvalidDataError, av.ArgumentError):
                    self._num_damaged += 1

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, kind: type | None, *exception: Any) -> None:
        try:
            try:
                if kind is None:
                    self._write_sound()
                    self._write_last_frames()
                    for track in self._tracks.values():
                        self._mux_sound(track.packets_of(None))
                    self._warn_of_damage()
            finally:  # A full disk is often noticed only here.
                self._container.close()
        except (av.FFmpegError, ValueError) as error:
            raise self._error(error) from error

    def _write_last_frames(self) -> None:
        packets = self._stream.encode()
        if self._num_frames <= _FEW_FRAMES:
            for packet in packets:
                packet.dts = packet.pts
        self._container.mux(packets)

    def _warn_of_missing_sound(self, causes: list[str]) -> None:
        """Warns of tracks that are left out, and tells the cause of each."""
        number = len(causes)
        of = len(self._reader.sound) + self._reader.num_unknown_sound
        if not number:
            return
        what = "sound" if number == of else f"{number} of {of} tracks of sound"
        warnings.warn(
            f"'{self._name}' is written without {what}: "
            f"{', '.join(dict.fromkeys(causes))}.",
            stacklevel=5,
        )

    def _warn_of_damage(self) -> None:
        number = self._num_damaged
        number += sum(track.num_damaged for track in self._tracks.values())
        if number:
            warnings.warn(
                f"Damaged sound in '{self._reader.name}'. Left out "
                f"{number} packets of sound.",
                stacklevel=3,
            )

    def _error(self, error: Exception) -> VideoError:
        cause = getattr(error, "strerror", None) or error
        message = f"Cannot write the video '{self._name}': {cause}."
        if isinstance(error, ValueError):
            message += " Choose another format, such as .mp4 or .mkv."
        return VideoError(message)
