"""Collects the sound of a video that is read, with times beside its frames."""

import collections
import warnings
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import av

from rmdn_tf.video.clock import Clock, SoundClock
from rmdn_tf.video.span import LATE_SOUND_SECONDS, Span

# Most memory of sound that waits for the first frame: hours, as some files
# store all sound before it. A packet takes some memory beside its content.
MAX_EARLY_BYTES, _BYTES_BESIDE = 256 * 2**20, 512


class HeardSound:
    """The packets of sound of a container, whose times count from its frames.

    Args:
        container: of PyAV.
        clock: clock of the frames.
        time_base: seconds of a tick of `clock`.
        wraps_after: ticks after which the clocks wrap to 0; None for never.
        span: the part to collect.
        name: of the video, in warnings.
        collects: whether to collect the sound in `packets`.
        places: whether to follow the times of sound that is not collected.

    Attributes:
        tracks: FFmpeg's streams to collect.
        span: the part to collect.
        num_unknown: number of further tracks, of a codec that FFmpeg does not
            know.
        packets: packets collected so far.
    """

    def __init__(
        self,
        container: Any,
        clock: Clock,
        time_base: Fraction,
        wraps_after: int | None,
        span: Span,
        name: str,
        *,
        collects: bool,
        places: bool,
    ):
        tracks = container.streams.audio
        audible = [track for track in tracks if track.codec_context]
        self.tracks = audible if collects else []
        self.num_unknown = (len(tracks) - len(audible)) * collects
        self.packets: collections.deque[av.Packet] = collections.deque()
        seconds = None if wraps_after is None else wraps_after * time_base
        self._clocks = {
            stream.index: SoundClock(clock, time_base, seconds)
            for stream in (audible if places else self.tracks)
        }
        self._clock, self._time_base = clock, time_base
        self.span, self._name = span, name
        # Indexes of tracks that may have more sound of the span.
        self._awaited = {track.index for track in self.tracks}
        self._origin = Fraction(0)
        # None once the first frame is known.
        self._early: collections.deque[av.Packet] | None = collections.deque()
        self._num_early_bytes = 0
        self._num_too_early = 0

    @property
    def indexes(self) -> list[int]:
        """Indexes of the streams whose packets `hear` takes."""
        return [*self._clocks]

    def goes_on_to(self, tick: int) -> bool:
        """Tells whether sound without a jump reaches a tick of the frames."""
        return any(clock.goes_on_to(tick) for clock in self._clocks.values())

    def begin(self, origin: Fraction) -> None:
        """Sets the time of the first frame, from which times count."""
        self._origin = origin
        early, self._early = self._early, None
        self._keep(early or ())

    def hear(self, packet: av.Packet) -> None:
        """Takes the next packet."""
        if packet.dts is not None and packet.size:
            self._keep(self._clocks[packet.stream.index](packet))

    def hear_on(self, packets: Iterator[av.Packet], to_the_end: bool) -> None:
        """Reads on until all tracks are read to the end of the span.

        Args:
            packets: of the frames. Reading them calls `hear`.
            to_the_end: whether to read all of them, if need be, even those that
                are `LATE_SOUND_SECONDS` later than the span.
        """
        try:
            while self._awaited:
                packet = next(packets, None)
                if packet is None:
                    break
                tick = (packet.dts or 0) + self._clock.offset
                time = float(tick * self._time_base - self._origin)
                late = time - self.span.wanted_end
                if late > LATE_SOUND_SECONDS and not to_the_end:
                    break
        except av.FFmpegError as error:
            warnings.warn(
                f"Unreadable rest of '{self._name}': {error.strerror}. Sound "
                "that is stored there is missing.",
                stacklevel=3,
            )

    def end(self) -> None:
        """Takes the packets that wait."""
        num_left_out = 0
        for clock in self._clocks.values():
            self._keep(clock.release(is_last=True))
            num_left_out += clock.num_left_out
        if self._num_too_early:
            warnings.warn(
                f"The sound of '{self._name}' is stored long before its "
                f"frames. Left out the first {self._num_too_early} packets.",
                stacklevel=3,
            )
        if self.tracks and num_left_out:
            warnings.warn(
                f"The clock of the sound of '{self._name}' jumps. Left out "
                f"{num_left_out} packets of sound, which overlap the sound "
                "before them or belong to no frame.",
                stacklevel=3,
            )

    def _wait(
        self, early: collections.deque[av.Packet], packets: Iterable[av.Packet]
    ) -> None:
        for packet in packets:
            early.append(packet)
            self._num_early_bytes += packet.size + _BYTES_BESIDE
        while self._num_early_bytes > MAX_EARLY_BYTES:
            self._num_early_bytes -= early.popleft().size + _BYTES_BESIDE
            self._num_too_early += 1

    def _keep(self, packets: Iterable[av.Packet]) -> None:
        """Keeps sound, its time counted from the first frame."""
        if not self.tracks:
            return
        if self._early is not None:
            self._wait(self._early, packets)
            return
        for packet in packets:
            ticks = round(self._origin / packet.time_base)
            packet.dts -= ticks
            if packet.pts is not None:
                packet.pts -= ticks
            if self.span.holds_sound(packet):
                self.packets.append(packet)
            if self.span.ends_with(packet):
                self._awaited.discard(packet.stream.index)
