"""Turns the times of a stream into times that only go forward.

Times go back where two recordings are joined in one file, where a camera's
clock was set, and where the clock of MPEG-TS wraps to 0, every 26.5 hours:

    given    0.0  0.1  0.2  0.0  0.1          two files, joined
    placed   0.0  0.1  0.2  0.3  0.4

    given    8.9  9.0  9.1  0.0  0.1          a clock that wraps after 9.2
    placed   8.9  9.0  9.1  9.2  9.3
"""

import collections
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av

# A longer gap between two frames begins a new recording, as in FFmpeg
# (`dts_delta_threshold`).
GAP_SECONDS = 10

# A longer gap is an error of the clock, in any container, as in FFmpeg
# (`dts_error_threshold`). Such a gap is closed. Sound that is so far from its
# frames is left out.
WRONG_SECONDS = 30 * 3600

# Larger ticks are damaged. Sums of smaller ticks fit in 64 bits.
LARGEST_TICK = 2**61

# H.264 and HEVC reorder up to this many frames. A time that goes back by so few
# frames may be an error of the order, and begins no new recording.
REORDERED_FRAMES = 16

# The same for key frames. Frames do not move across them; only rounding and
# repeated times make their times go back.
REORDERED_KEY_FRAMES = 2

# Sound is read at most this long before its frames.
EARLY_SOUND_SECONDS = 1

# Packets of sound are not reordered: rounded times go back by less than this.
SOUND_JITTER_SECONDS = 0.1


# Frames a second of a video that does not tell.
_GUESSED_RATE = Fraction(25)


class Clock:
    """Places ticks so that each tick is later than the tick before.

    A tick that is slightly too early is placed one tick after the last one. A
    larger step back, or a step forward by more than `gap`, begins a new
    recording. A missing or damaged tick is placed directly after the frame
    before.

    Args:
        period: usual ticks from one frame to the next.
        gap: ticks of `GAP_SECONDS`.
        wraps_after: ticks after which the clock wraps to 0; None for never.
        keeps_gap: tells whether the gap before a tick stays; otherwise it is
            closed.

    Attributes:
        now: last placed tick; None before the first.
        duration: ticks of the last frame; `period` if unknown or longer than
            `gap`.
        jump: (tick before, tick) if the last tick begins a new recording,
            otherwise None.
        offset: placed ticks minus given ticks.
        num_moved: number of changes of `offset`.
    """

    def __init__(
        self,
        period: int,
        gap: int,
        wraps_after: int | None = None,
        keeps_gap: Callable[[int], bool] = lambda tick: False,
    ):
        self._period = period
        self._gap = gap
        self._wraps_after = wraps_after
        self._keeps_gap = keeps_gap
        # The latest tick of this recording, as given.
        self._newest: int | None = None
        self.now: int | None = None
        self.duration = 0
        self.jump: tuple[int, int] | None = None
        self.offset = 0
        self.num_moved = 0

    def __call__(
        self, tick: int | None, duration: int = 0, is_key: bool = True
    ) -> int:
        self.jump = None
        if tick is not None and abs(tick) > LARGEST_TICK:
            tick = None
        newest = self._newest
        if self.now is None or newest is None:
            now = newest = tick or 0
        else:
            follows = self.now + self.duration
            given = follows - self.offset if tick is None else tick
            tick = unwrapped(given, newest, self._wraps_after)
            step = tick - newest
            if self._jumps(step, is_key):
                self.jump = (newest, given)
                if not self._stays(tick, step):
                    self.offset = follows - tick
                    self.num_moved += 1
                newest = tick
            newest = max(newest, tick)
            now = max(tick + self.offset, self.now + 1)
        self.now, self._newest = now, newest
        is_known = 0 < duration <= self._gap
        self.duration = duration if is_known else self._period
        return now

    def _stays(self, tick: int, step: int) -> bool:
        longest = self._gap * WRONG_SECONDS // GAP_SECONDS
        return 0 < step <= longest and self._keeps_gap(tick)

    def _jumps(self, step: int, is_key: bool) -> bool:
        num_frames = REORDERED_KEY_FRAMES if is_key else REORDERED_FRAMES
        return not -num_frames * self._period <= step <= self._gap


class SoundClock:
    """Moves sound together with its frames; returns the packets placed now.

    Sound is read slightly before or after its frames: sound whose time jumps
    waits until the time of the frames jumps too. `num_left_out` counts the
    packets that overlap the sound of the recording before, or are far from any
    frame.
    """

    def __init__(
        self,
        frames: Clock,
        time_base: Fraction,
        wraps_after: Fraction | None = None,
    ):
        self._frames = frames
        self._time_base = time_base
        self._wraps_after = wraps_after
        self._newest: Fraction | None = None  # Seconds, as given.
        self._offset = Fraction(0)  # Seconds.
        self._num_moved = 0  # `Clock.num_moved` when `_offset` was taken.
        # Packets and their seconds.
        self._held: collections.deque[tuple[av.Packet, Fraction]] = (
            collections.deque()
        )
        self._held_since = Fraction(0)
        self._placed: int | None = None  # Ticks of the packet placed last.
        self._has_jumped = False
        self.num_left_out = 0

    def goes_on_to(self, tick: int) -> bool:
        """Tells whether sound without a jump reaches a tick of the frames."""
        if self._held or self._newest is None:
            return False
        return abs(self._newest - tick * self._time_base) <= GAP_SECONDS

    def __call__(self, packet: av.Packet) -> list[av.Packet]:
        given = packet.dts * packet.time_base
        seconds = unwrapped(given, self._newest, self._wraps_after)
        jumps = self._newest is not None and not (
            -SOUND_JITTER_SECONDS <= seconds - self._newest <= GAP_SECONDS
        )
        self._has_jumped |= jumps
        self._newest = seconds
        is_known = self._num_moved < self._frames.num_moved
        if self._held or (jumps and not is_known):
            if not self._held:
                self._held_since = self._now()
            self._held.append((packet, seconds))
            return self.release()
        if is_known and (jumps or self._fits_better(seconds)):
            self._follow_frames()
        return self._place(packet, seconds)

    def release(self, is_last: bool = False) -> list[av.Packet]:
        """Returns the waiting packets, once their frames are known."""
        if not self._held:
            return []
        waited = self._now() - self._held_since
        is_known = self._num_moved < self._frames.num_moved
        if not (is_known or is_last or waited > EARLY_SOUND_SECONDS):
            return []
        if is_known:
            self._follow_frames()
        released = []
        while self._held:
            released += self._place(*self._held.popleft())
        return released

    def _now(self) -> Fraction:
        return (self._frames.now or 0) * self._time_base

    def _follow_frames(self) -> None:
        self._offset = self._frames.offset * self._time_base
        self._num_moved = self._frames.num_moved
        self._has_jumped = True

    def _fits_better(self, seconds: Fraction) -> bool:
        offset = self._frames.offset * self._time_base
        new, old = (seconds + o - self._now() for o in (offset, self._offset))
        return abs(new) < abs(old)

    def _place(self, packet: av.Packet, seconds: Fraction) -> list[av.Packet]:
        seconds += self._offset
        tick = round(seconds / packet.time_base)
        # Packets of equal rounded times do not overlap, unless the second one
        # begins a new recording.
        overlaps = self._placed is not None and (
            tick < self._placed or (self._has_jumped and tick == self._placed)
        )
        is_far = abs(tick) > LARGEST_TICK or (
            self._frames.now is not None
            and abs(seconds - self._now()) > WRONG_SECONDS
        )
        if is_far or overlaps:
            self.num_left_out += 1
            return []
        self._has_jumped = False
        if packet.pts is not None:
            packet.pts += tick - packet.dts
        packet.dts = self._placed = tick
        return [packet]


def unwrapped(time: Any, newest: Any, wraps_after: Any) -> Any:
    """Undoes the wrap of a clock: returns the time nearest to the newest time.

    `newest` is None for the first time; `wraps_after` is None for a clock that
    never wraps.
    """
    if newest is None or wraps_after is None:
        return time
    return time + wraps_after * round(Fraction(newest - time, wraps_after))


def average_rate(stream: Any) -> Fraction:
    """Returns frames per second; ignores averages that gaps distort."""
    rates = stream.average_rate, stream.guessed_rate
    fastest = 1 / (stream.time_base or 1)  # A frame in every tick.
    known = (r for r in rates if r and 1 / GAP_SECONDS <= r <= fastest)
    return Fraction(next(known, _GUESSED_RATE))
