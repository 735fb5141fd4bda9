"""The packets of a video, in the order in which their frames are shown.

A file stores a frame after the frames that it is predicted from, even if those
are shown later:

    stored    I0 P3 B1 B2 P6 B4 B5
    shown     I0 B1 B2 P3 B4 B5 P6
"""

from collections.abc import Iterable, Iterator

import av

from rmdn_tf.video.clock import REORDERED_FRAMES

# The bit `show_frame` in the first byte of a frame; RFC 6386, section 9.1.
VP8_SHOWN = 0x10


def holds_frame(packet: av.Packet) -> bool:
    """Tells whether a packet holds a frame that is shown.

    The last packet of a stream is empty. An edit list marks packets to be
    decoded but not shown. VP8 has frames that only predict others.
    """
    if packet.is_discard or (packet.dts is None and not packet.size):
        return False
    is_vp8 = packet.stream.codec_context.name == "vp8"
    return not (
        is_vp8 and packet.size and not memoryview(packet)[0] & VP8_SHOWN
    )


def in_order_shown(packets: Iterable[av.Packet]) -> Iterator[av.Packet]:
    """Sorts packets by `pts`, holding back no more than needed.

    No packet has a `pts` before its `dts`, and `dts` increases: once it has
    reached the `pts` of a waiting packet, no earlier frame can follow. Where
    `dts` goes back, another recording begins, after all frames so far.
    """
    waiting: list[av.Packet] = []
    newest = None  # The last known `dts`.
    for packet in packets:
        begins_anew = None not in (newest, packet.dts) and packet.dts < newest
        if begins_anew or packet.pts is None:
            yield from waiting
            waiting.clear()
        if packet.dts is not None:
            newest = packet.dts
            while waiting and waiting[0].pts <= newest:
                yield waiting.pop(0)
        if packet.pts is None:
            yield packet
            continue
        waiting.append(packet)
        waiting.sort(key=lambda packet: packet.pts)
        if len(waiting) > REORDERED_FRAMES:
            yield waiting.pop(0)
    yield from waiting
