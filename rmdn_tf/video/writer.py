"""Writes a video with the times and the sound of the video that was read."""

import os
import warnings

import av

from rmdn_tf.video.decoding import VideoError
from rmdn_tf.video.reader import VideoReader

# Codec if the container takes H.264; otherwise the container's default.
CODEC = "libx264"

_H264 = "h264"
_TRANSPORT_STREAM, _ONE_PICTURE = "mpegts", "image2"
# Codecs that FFmpeg writes to transport streams but does not list for them.
_IN_TRANSPORT_STREAMS = {_H264, "aac", "ac3", "mp3", "mp3float"}

_OPTIONS = {"preset": "ultrafast", "crf": "18"}
_COLOURS = ("color_range", "colorspace", "color_primaries", "color_trc")


class VideoWriter:
    """Writes frames at their own times; a context manager.

    Copies the sound of the reader, or encodes it anew if the container does not
    support its format. Warns if the container, such as a GIF, holds no sound,
    and if damaged packets of sound are left out.

    Args:
        path: path of the video; its suffix determines the container.

    Raises:
        VideoError: FFmpeg cannot write the video, now or later.
    """

    def __init__(self, path: str | os.PathLike, reader: VideoReader):
        self._name = os.path.basename(path)
        self._reader = reader
        self._stream = None
        self._sound = {}
        self._num_damaged = 0  # Packets of sound.
        try:
            self._container = av.open(os.fspath(path), "w")
            self._codecs = self._container.supported_codecs
            self._codec = self._container.default_video_codec
        except (av.FFmpegError, ValueError) as error:
            raise self._error(error) from error
        if self._container.format.name == _TRANSPORT_STREAM:
            self._codecs = self._codecs | _IN_TRANSPORT_STREAMS
        if _H264 in self._codecs:
            self._codec = CODEC
        elif (
            self._codec not in self._codecs
            or self._container.format.name == _ONE_PICTURE
        ):
            self._container.close()
            raise self._error("its format holds no video")

    def write(self, frame: av.VideoFrame) -> None:
        """Writes a frame, `yuv420p` or `yuv444p`, with increasing times."""
        try:
            if self._stream is None:
                self._begin(frame)
            frame.pict_type = 0  # The encoder chooses, not the source.
            self._container.mux(self._stream.encode(frame))
            self._copy_sound()
        except (av.FFmpegError, ValueError) as error:
            raise self._error(error) from error

    def _begin(self, frame: av.VideoFrame) -> None:
        options = _OPTIONS if self._codec == CODEC else {}
        rate = self._reader.frames_per_second
        self._stream = self._container.add_stream(
            self._codec, rate=rate, options=options
        )
        self._stream.width, self._stream.height = frame.width, frame.height
        context = self._stream.codec_context
        formats = [one.name for one in context.codec.video_formats or ()]
        is_taken = frame.format.name in formats or not formats
        self._stream.pix_fmt = frame.format.name if is_taken else formats[0]
        context.time_base = frame.time_base
        for name in _COLOURS:
            setattr(context, name, getattr(frame, name))
        if self._reader.sound and self._container.default_audio_codec == "none":
            warnings.warn(
                f"'{self._name}' is written without sound: its format holds "
                "no sound.",
                stacklevel=4,
            )
            return
        for source in self._reader.sound:
            self._sound[source.index] = self._add_sound(source)

    def _add_sound(self, source):
        if source.codec_context.name in self._codecs:
            return self._container.add_stream_from_template(source)
        codec = self._container.default_audio_codec
        rates = av.Codec(codec, "w").audio_rates or [source.rate]
        rate = source.rate if source.rate in rates else max(rates)
        return self._container.add_stream(
            codec, rate=rate, layout=source.layout.name
        )

    def _copy_sound(self) -> None:
        packets = self._reader.sound_packets
        if not self._sound:
            packets.clear()
        while packets:
            try:
                self._copy_packet(packets.popleft())
            except av.InvalidDataError:
                self._num_damaged += 1

    def _copy_packet(self, packet: av.Packet) -> None:
        target = self._sound[packet.stream.index]
        if packet.stream.codec_context.name == target.codec_context.name:
            packet.stream = target
            self._container.mux(packet)
            return
        for frame in packet.decode():
            self._container.mux(target.encode(frame))

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, kind, *exception) -> None:
        try:
            try:
                if kind is None and self._stream is not None:
                    self._copy_sound()
                    for stream in [self._stream, *self._sound.values()]:
                        self._flush(stream)
                    self._warn_of_damage()
            finally:  # A full disk is often noticed only here.
                self._container.close()
        except (av.FFmpegError, ValueError) as error:
            raise self._error(error) from error

    def _warn_of_damage(self) -> None:
        if self._num_damaged:
            warnings.warn(
                f"Damaged sound in '{self._reader.name}'. Left out "
                f"{self._num_damaged} packets of sound.",
                stacklevel=3,
            )

    def _flush(self, stream) -> None:
        is_copied = (
            stream.codec_context is None or not stream.codec_context.is_open
        )
        if not is_copied:
            self._container.mux(stream.encode())

    def _error(self, error: Exception | str) -> VideoError:
        cause = getattr(error, "strerror", None) or error
        message = f"Cannot write the video '{self._name}': {cause}."
        if isinstance(error, ValueError | str):
            message += " Choose another format, such as .mp4 or .mkv."
        return VideoError(message)
