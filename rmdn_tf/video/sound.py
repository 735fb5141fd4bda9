"""Writes a track of sound: copies its packets, or encodes it anew.

Sound counts its time from the first frame of the video, as frames do: what
comes before is cut.
"""

import abc
import functools
import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import av
from av.container import OutputContainer

from rmdn_tf.video.clock import GAP_SECONDS

# Codecs to encode with, the best first.
_CODECS = ("aac", "libopus", "libmp3lame", "ac3", "mp2", "flac", "pcm_s16le")

# Containers whose own codec is better, since their players expect it.
_OWN_CODECS = ("asf", "avi", "webm")

# Codecs whose packets need what only their own container tells, such as their
# size.
_BOUND_CODECS = ("adpcm", "wma", "g726")

# Containers without times of sound: a gap must be filled with silence.
_WITHOUT_TIMES = ("avi", "mxf", "swf", "dv", "gxf")

# FFmpeg's usual layouts, for sound that tells only the number of its channels.
_LAYOUTS = (
    *("mono", "stereo", "2.1", "4.0"),
    *("5.0", "5.1", "6.1", "7.1"),
)

_BITS_PER_CHANNEL = 64_000  # A second.
_USUAL_RATES = (48_000, 44_100)
_CHUNK = 1024  # Samples.

# Seconds that sound may differ from its time before silence fills the gap.
_TOLERANCE = 0.03

# Seconds of silence that libswresample inserts at once.
_LONG_GAP = 1

# Seconds of sound that a decoder needs before the first one that is heard.
_PRE_ROLL = 0.1

_KEPT = ("language", "title")


class SoundTrack(abc.ABC):
    """One track of sound in the output.

    Attributes:
        stream: the output's stream.
        num_damaged: packets that could not be decoded so far.
    """

    def __init__(self, source: Any, stream: Any):
        self.stream = stream
        self.num_damaged = 0
        kept = {k: v for k, v in source.metadata.items() if k in _KEPT}
        stream.metadata.update(kept)
        stream.disposition = source.disposition

    @abc.abstractmethod
    def packets_of(self, packet: av.Packet | None) -> list[av.Packet]:
        """Returns what to write for a packet of the source; None at its end."""


class CopiedSound(SoundTrack):
    """Sound whose packets are written as they are."""

    def __init__(self, source: Any, container: OutputContainer):
        stream = container.add_stream_from_template(source)
        stream.codec_context.layout = _layout_of(source)
        super().__init__(source, stream)

    def packets_of(self, packet: av.Packet | None) -> list[av.Packet]:
        if packet is None:
            return []
        begin = packet.dts if packet.pts is None else packet.pts
        end = begin + (packet.duration or 0)
        if end <= 0 and begin * packet.time_base < -_PRE_ROLL:
            return []
        packet.stream = self.stream
        return [packet]


class EncodedSound(SoundTrack):
    """Sound that is decoded, laid out and resampled, and encoded anew.

    Gaps of up to `GAP_SECONDS` become silence; in containers without times of
    sound, all gaps do.
    """

    def __init__(
        self,
        source: Any,
        codec: str,
        layout: str,
        rate: int,
        container: OutputContainer,
    ):
        num_channels = av.AudioLayout(layout).nb_channels
        self._rate = rate
        stream = container.add_stream(
            codec,
            rate=rate,
            bit_rate=_BITS_PER_CHANNEL * num_channels,
            layout=layout,
        )
        super().__init__(source, stream)
        self._source = source
        self._layout = layout
        self._keeps_gaps = container.format.name not in _WITHOUT_TIMES
        self._resampler: av.AudioResampler | None = None
        # Format, layout and rate that `_resampler` takes.
        self._form: tuple | None = None
        self._end = 0  # Sample at which the next frame is expected.
        self._num_samples = 0  # Samples of the output so far.

    def packets_of(self, packet: av.Packet | None) -> list[av.Packet]:
        packets = []
        try:
            for frame in self._source.decode(packet):
                packets += self._encoded(self._resampled(frame))
            if packet is None:
                packets += self._encoded(self._flushed())
                packets += self.stream.encode(None)
        except (av.FFmpegError, ValueError):
            self.num_damaged += 1
        return packets

    def _encoded(self, frames: Iterator[av.AudioFrame]) -> list[av.Packet]:
        packets = []
        for frame in frames:
            frame.pts, frame.time_base = (
                self._num_samples,
                Fraction(1, self._rate),
            )
            self._num_samples += frame.samples
            packets += self.stream.encode(frame)
        return packets

    def _resampled(self, frame: av.AudioFrame) -> Iterator[av.AudioFrame]:
        begin = self._end
        if frame.pts is not None:
            begin = round(frame.pts * frame.time_base * self._rate)
        form = frame.format.name, frame.layout.name, frame.sample_rate
        if form != self._form or begin - self._end > _LONG_GAP * self._rate:
            yield from self._flushed()
            yield from self._silence(begin)
            self._resampler = self._make_resampler(frame.sample_rate)
            self._form = form
        self._end = begin + frame.samples * self._rate // frame.sample_rate
        if self._resampler is not None:
            yield from self._resampler.resample(frame)

    def _make_resampler(self, source_rate: int) -> av.AudioResampler:
        first = round(self._num_samples * source_rate / self._rate)
        return av.AudioResampler(
            self.stream.format,
            self._layout,
            self._rate,
            # Any size: without one, PyAV skips libswresample where it can.
            _CHUNK,
            # Inserts silence, or cuts sound, from the end of the output on.
            options={
                "async": 1,
                "first_pts": first,
                "min_hard_comp": _TOLERANCE,
            },
        )

    def _flushed(self) -> Iterator[av.AudioFrame]:
        if self._resampler is not None:
            yield from self._resampler.resample(None)
            self._resampler = None

    def _silence(self, end: int) -> Iterator[av.AudioFrame]:
        """Yields silence until shortly before a sample, or leaves a gap."""
        is_long = end - self._num_samples > GAP_SECONDS * self._rate
        if is_long and self._keeps_gaps:
            self._num_samples = end
        step = _LONG_GAP * self._rate
        while end - self._num_samples > step:
            frame = av.AudioFrame(self.stream.format.name, self._layout, step)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate = self._rate
            yield frame


Way = Callable[[OutputContainer], SoundTrack]


def ways_to_write(source: Any, container: OutputContainer) -> Iterator[Way]:
    """Yields ways to write a track of sound, the best first.

    A container that is opened may still refuse some of them.
    """
    try:
        source.codec_context.open(strict=False)
    except av.FFmpegError:
        return
    codecs = container_codecs(container)
    layout, name = _layout_of(source), container.format.name
    codec = source.codec_context.name
    may_copy = codec in codecs and name not in _WITHOUT_TIMES
    if codec.startswith(_BOUND_CODECS):
        may_copy &= name == source.container.format.name
    if may_copy and layout is not None and source.rate > 0:
        yield functools.partial(CopiedSound, source)
    own = container.default_audio_codec
    names = (own, *_CODECS) if name in _OWN_CODECS else (*_CODECS, own)
    layouts = dict.fromkeys((layout or "stereo", "stereo", "mono"))
    for codec in dict.fromkeys(names):
        if codec in codecs and codec in av.codecs_available:
            wanted = (source.rate or _USUAL_RATES[0], *_USUAL_RATES)
            rates = dict.fromkeys(_nearest_rate(codec, one) for one in wanted)
            for form in itertools.product([codec], layouts, rates):
                yield functools.partial(EncodedSound, source, *form)


def container_codecs(container: OutputContainer) -> set[str]:
    """Returns FFmpeg's names of the codecs that a container takes."""
    codecs = container.supported_codecs
    if container.format.name == "mpegts":
        # FFmpeg writes these, too, but does not list them.
        codecs = codecs | {"h264", "hevc", "aac", "ac3"}
        codecs |= {"libmp3lame", "mp3float"}
    return codecs


def _layout_of(source: Any) -> str | None:
    """Returns the name of the layout of channels; None if unknown."""
    layout = source.layout
    if not layout.name.endswith("channels"):
        return layout.name
    known = 0 < layout.nb_channels <= len(_LAYOUTS)
    return _LAYOUTS[layout.nb_channels - 1] if known else None


def _nearest_rate(codec: str, rate: int) -> int:
    """Returns the rate of a codec that loses nothing, or the highest one."""
    rates = av.Codec(codec, "w").audio_rates or [rate]
    return min((one for one in rates if one >= rate), default=max(rates))
