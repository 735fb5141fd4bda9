"""The part of a video to read, and where in the file to begin.

A frame can be decoded only after the key frame before it. Packets before that
one are passed over:

    packets    K . . . . . K . . . . . K . . . . .
                           |  start            end
               passed over | decoded, left out | given |
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import av
import numpy as np

# Seconds of sound before the start that are kept: a decoder needs some of them.
EARLY_SOUND_SECONDS = 1

# Seconds that a source that may be endless stores sound later than the frames
# beside it. FFmpeg writes sound at most so late (`max_interleave_delta`). One
# file is read to its end, if need be.
LATE_SOUND_SECONDS = 10

# Seconds that a given time may be later than its frame: tables print times with
# six decimals, rounded.
ROUNDING = 1e-6


class Span(NamedTuple):
    """A part of a video, in seconds from its first frame.

    Attributes:
        start: frames shown before are left out.
        end: frames shown from here on are left out.
        wanted_start: where the wanted part begins; frames before serve a
            network that remembers. Sound before is left out, apart from
            `EARLY_SOUND_SECONDS`, which a writer cuts off.
        wanted_end: where the wanted part ends. Sound that begins from here on
            is left out.
    """

    start: float = 0.0
    end: float = math.inf
    wanted_start: float = -math.inf
    wanted_end: float = math.inf

    def holds(self, time: float) -> bool:
        return self.start - ROUNDING <= time < self.end - ROUNDING

    def are_wanted(self, times: np.ndarray) -> np.ndarray:
        start = max(self.start, self.wanted_start) - ROUNDING
        end = min(self.end, self.wanted_end) - ROUNDING
        return (times >= start) & (times < end)

    def holds_sound(self, packet: av.Packet) -> bool:
        begin, end = times_of(packet)
        earliest = self.wanted_start - EARLY_SOUND_SECONDS
        return begin < self.wanted_end and end > earliest

    def ends_with(self, packet: av.Packet) -> bool:
        """Tells whether sound lasts to the end of the wanted part.

        Args:
            packet: of sound.

        Returns:
            True if the packet ends there or later.
        """
        return times_of(packet)[1] >= self.wanted_end


def times_of(packet: av.Packet) -> tuple[float, float]:
    """Returns the begin and the end of a packet, in seconds."""
    tick = packet.dts if packet.pts is None else packet.pts
    begin = float(tick * packet.time_base)
    return begin, begin + float((packet.duration or 0) * packet.time_base)


WHOLE = Span()


def key_before(
    packets: Iterable[av.Packet], start: float
) -> tuple[int | None, int | None] | None:
    """Finds the last key frame that is shown at a time, or before.

    Args:
        packets: of `VideoReader.timed_packets`.
        start: seconds from the first frame.

    Returns:
        What `place_of` gives for its packet; None if a video lacks key frames.
    """
    found = None
    for packet in packets:
        if float(packet.pts * packet.time_base) > start:
            break
        if packet.is_keyframe:
            found = place_of(packet)
    return found


def place_of(packet: av.Packet) -> tuple[int | None, int | None]:
    """Tells a packet from the others of its stream."""
    return packet.dts, packet.pos


def split_at(
    packets: Iterator[av.Packet], place: tuple[int | None, int | None] | None
) -> tuple[Iterator[av.Packet], Iterator[av.Packet]]:
    """Splits packets into those before a place and those from there on.

    The first iterator must be exhausted before the second one is used.
    """
    if place is None:
        return iter(()), packets
    first: list[av.Packet] = []

    def before() -> Iterator[av.Packet]:
        for packet in packets:
            if place_of(packet) == place:
                first.append(packet)
                return
            yield packet

    return before(), itertools.chain(first, packets)
