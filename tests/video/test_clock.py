"""Ticks that jump are placed one after another, and sound beside them."""

import dataclasses
from fractions import Fraction

import pytest

from rmdn_tf.video.clock import GAP_SECONDS, Clock, SoundClock, unwrapped

BASE = Fraction(1, 100)  # Seconds.
PERIOD, GAP = 4, 1000  # Ticks.


def placed(ticks, clock=None, **frames):
    """Where a clock places ticks, and the numbers of those that jump."""
    clock = clock or Clock(PERIOD, GAP)
    now, jumps = [], []
    for number, tick in enumerate(ticks):
        now.append(clock(tick, **frames))
        if clock.jump is not None:
            jumps.append(number)
    return now, jumps


def test_ticks_that_go_forward_stay():
    assert placed([7, 11, 15, 400, 1400]) == ([7, 11, 15, 400, 1400], [])


def test_a_tick_that_goes_back_follows_the_one_before():
    ticks = [*range(20, 60, 4), *range(0, 20, 4), *range(0, 20, 4)]
    assert placed(ticks) == (list(range(20, 100, 4)), [10, 15])


def test_a_frame_lasts_as_long_as_it_says_before_a_new_recording():
    clock = Clock(PERIOD, GAP)
    clock(100, 8)
    assert clock(0, 8) == 108
    assert clock.jump == (100, 0)
    clock(8, 5000)  # Longer than a gap: no duration.
    assert clock.duration == PERIOD


@pytest.mark.parametrize("first", [0, 50, 200])
def test_a_clock_that_wraps_goes_on(first):
    clock = Clock(PERIOD, 40, wraps_after=256)
    ticks = range(first, 3000, 4)
    assert placed([t % 256 for t in ticks], clock) == (list(ticks), [])


def test_a_clock_that_wraps_may_go_back_before_it_does():
    clock = Clock(PERIOD, 40, wraps_after=256)
    now, jumps = placed([100, 104, 20, 24], clock)
    assert (now, jumps) == ([100, 104, 108, 112], [2])
    assert clock.jump is None


@pytest.mark.parametrize(
    ("is_key", "back", "jumps"),
    [(True, 2, False), (True, 3, True), (False, 16, False), (False, 17, True)],
)
def test_how_far_back_an_error_of_order_may_be(is_key, back, jumps):
    clock = Clock(PERIOD, GAP)
    clock(100)
    now = clock(100 - back * PERIOD, is_key=is_key)
    assert (clock.jump is not None) is jumps
    assert now == (104 if jumps else 101)


def test_ticks_out_of_order_or_the_same_are_one_tick_apart():
    ticks = [0, 8, 4, 4, 12, 16]
    assert placed(ticks, is_key=False) == ([0, 8, 9, 10, 12, 16], [])


def test_time_that_runs_backwards_does_not_stand_still():
    now, jumps = placed(range(400, 0, -4))
    assert now[-1] - now[0] > 0.3 * 400
    assert len(jumps) == 33


def test_a_tick_that_is_missing_follows_the_one_before():
    assert placed([None, None, 20, None, 0, None]) == (
        [0, 4, 20, 24, 28, 32],
        [4],
    )


def test_a_gap_is_closed_or_kept():
    ticks = [0, 4, 1005, 1009]
    assert placed(ticks) == ([0, 4, 8, 12], [2])
    asked = []
    clock = Clock(
        PERIOD, GAP, keeps_gap=lambda tick: asked.append(tick) or True
    )
    assert placed(ticks, clock) == (ticks, [2])
    assert asked == [1005]


def test_a_gap_of_more_than_30_hours_is_closed_in_any_case():
    for hours, now in ((29, 29 * 360000), (31, 4)):
        clock = Clock(PERIOD, GAP, keeps_gap=lambda tick: True)
        assert placed([0, hours * 360000], clock) == ([0, now], [1])


@pytest.mark.parametrize("tick", [2**63 - 1, -(2**63) + 1])
def test_a_tick_that_is_damaged_follows_the_one_before(tick):
    assert placed([tick, tick, 20, tick]) == ([0, 4, 20, 24], [])


def test_a_time_is_unwrapped_to_the_nearest():
    assert unwrapped(3, None, 100) == 3
    assert unwrapped(3, 98, None) == 3
    assert [unwrapped(t, 498, 100) for t in (97, 99, 3)] == [497, 499, 503]


@dataclasses.dataclass
class Packet:
    """What a `SoundClock` needs of FFmpeg's."""

    dts: int
    time_base: Fraction = Fraction(1, 50)

    def __post_init__(self):
        self.pts = self.dts


class Heard:
    """Frames and sound that are read one after another."""

    def __init__(self):
        self.frames = Clock(PERIOD, GAP, keeps_gap=self.keeps_gap)
        self.sound = SoundClock(self.frames, BASE)
        self.placed = []

    def keeps_gap(self, tick):
        return self.sound.goes_on_to(tick)

    def see(self, *seconds):
        for second in seconds:
            self.frames(round(second / BASE))
        return self

    def hear(self, *seconds):
        for second in seconds:
            self._take(self.sound(Packet(round(50 * second))))
        return self

    def end(self):
        self._take(self.sound.release(is_last=True))
        return self.placed

    def _take(self, packets):
        assert all(packet.pts == packet.dts for packet in packets)
        self.placed += [packet.dts / 50 for packet in packets]


def test_sound_that_goes_on_stays():
    heard = Heard().see(5).hear(4.5, 5, 5, 5.02).see(9)
    assert heard.placed == [4.5, 5, 5, 5.02]
    assert heard.sound.num_left_out == 0


def test_new_sound_waits_for_the_frames_that_it_is_read_before():
    heard = Heard().see(4.96, 5).hear(5, 5.02, 1, 1.02)
    assert heard.placed == [5, 5.02]
    heard.see(1).hear(1.04)  # At 5.04, as the frame before lasts so long.
    assert heard.placed == [5, 5.02, 5.04, 5.06, 5.08]


def test_sound_that_waits_at_the_end_is_released():
    heard = Heard().see(5).hear(5, 1)
    heard.see(1)
    assert heard.end() == [5, 5.04]


def test_old_sound_that_is_read_late_stays_where_it_was():
    heard = Heard().see(4.96, 5).hear(4.9).see(1).hear(4.92, 4.98, 1.04)
    assert heard.placed == [4.9, 4.92, 4.98, 5.08]


def test_new_sound_after_a_silent_end_is_beside_its_frames():
    # The old sound ended so early that the new one does not go back.
    heard = Heard().see(8.96, 9).hear(0.9).see(1, 1.04).hear(1, 1.02)
    assert heard.placed == [0.9, 9.04, 9.06]


def test_new_sound_that_overlaps_the_old_is_left_out_and_counted():
    heard = Heard().see(5).hear(5, 5.2).see(1).hear(1, 1.1, 1.2)
    assert heard.placed == [5, 5.2, 5.24]
    assert heard.sound.num_left_out == 2


def test_sound_that_goes_back_a_little_is_left_out_and_counted():
    heard = Heard().see(5).hear(5, 5.04, 5.02, 5.06)
    assert heard.placed == [5, 5.04, 5.06]
    assert heard.sound.num_left_out == 1


def test_rounded_sound_that_begins_together_stays_in_a_new_recording_too():
    times = [0, 0.02, 0.02, 0.04, 0.04]
    heard = Heard().see(5).hear(5).see(0).hear(*times)
    assert heard.placed == [5, *(round(5.04 + time, 2) for time in times)]
    assert heard.sound.num_left_out == 0


def test_sound_that_pauses_alone_keeps_its_time():
    heard = Heard().see(1).hear(1, 1 + 2 * GAP_SECONDS)
    heard.see(*range(2, 25))
    assert heard.hear(1.02 + 2 * GAP_SECONDS).end() == [1, 21, 21.02]


@pytest.mark.parametrize("far", [-40 * 3600, 40 * 3600, 2**58, -(2**58)])
def test_sound_far_from_any_frame_is_left_out_and_counted(far):
    heard = Heard().see(1).hear(1, far).see(2, 3).hear(far)
    assert heard.end() == [1]
    assert heard.sound.num_left_out == 2


def test_sound_beside_a_gap_of_the_frames_keeps_the_gap():
    heard = Heard().see(1).hear(*range(1, 31)).see(31)
    assert heard.frames.now == 3100
    heard = Heard().see(1).hear(1, 1.02).see(31)
    assert heard.frames.now == 104
    heard = Heard().see(1).hear(1, 31).see(31)
    assert heard.frames.now == 104
    assert heard.end() == [1, 1.04]
