"""Packets come in the order in which their frames are shown."""

import types

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rmdn_tf.video.packet_order import in_order_shown


def packets(shown, decoded):
    """Makes packets of given times; None is unknown."""
    return [
        types.SimpleNamespace(pts=pts, dts=dts, number=number)
        for number, (pts, dts) in enumerate(zip(shown, decoded, strict=True))
    ]


def order(shown, decoded):
    return [p.number for p in in_order_shown(packets(shown, decoded))]


def test_frames_between_two_others_come_between_them():
    # I0 P3 B1 B2 P6 B4 B5, decoded two frames before they are shown.
    assert order([0, 3, 1, 2, 6, 4, 5], range(-2, 5)) == [0, 2, 3, 1, 5, 6, 4]


def test_a_second_recording_follows_the_first():
    shown, decoded = [7, 9, 8, 10], [5, 6, 7, 8]
    both = order([*shown, 1, 3, 2], [*decoded, -1, 0, 1])
    assert both == [0, 2, 1, 3, 4, 6, 5]


def test_a_packet_without_a_time_keeps_its_place():
    assert order([0, 2, None, 1, 4], [None] * 5) == [0, 1, 2, 3, 4]
    assert order([None] * 3, [0, 1, 2]) == [0, 1, 2]


def test_a_packet_waits_no_longer_than_needed():
    source = iter(packets(range(5), range(5)))
    shown = in_order_shown(source)
    assert next(shown).number == 0
    assert next(source).number == 2


@given(st.permutations(range(12)), st.booleans())
def test_any_order_is_undone(shown, knows_decoding):
    # `dts` increases, and is never later than the `pts` of what follows.
    latest = np.minimum.accumulate(shown[::-1])[::-1]
    decoded = latest if knows_decoding else [None] * len(shown)
    assert [shown[n] for n in order(shown, decoded)] == sorted(shown)
