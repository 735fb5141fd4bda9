"""Times as a stream gives them -> times that only go forward.

Two recordings may be joined in one file, a camera's clock may be set while it
runs, and the clock of MPEG-TS begins at 0 again after 26.5 hours:

    given    0.0  0.1  0.2  0.0  0.1          two files, joined
    placed   0.0  0.1  0.2  0.3  0.4

    given    8.9  9.0  9.1  0.0  0.1          a clock that wraps after 9.2
    placed   8.9  9.0  9.1  9.2  9.3
"""

import collections
from collections.abc import Callable
from fractions import Fraction

import av

GAP_SECONDS = 10
"""A longer gap between two frames begins a new recording, as in FFmpeg
(`dts_delta_threshold`)."""

WRONG_SECONDS = 30 * 3600
"""A longer gap is an error of the clock, in any container, as in FFmpeg
(`dts_error_threshold`). The gap is closed. Sound that far from its frames is
left out."""

LARGEST_TICK = 2**61
"""A larger tick is damaged. Sums of smaller ones fit in 64 bits."""

REORDERED_FRAMES = 16
"""H.264 and HEVC reorder at most so many frames. A time that goes back by no
more than these may be an error of the order, and begins no new recording."""

REORDERED_KEY_FRAMES = 2
"""The same for key frames. Other frames do not move across them, so only times
that are rounded or repeated go back."""

EARLY_SOUND_SECONDS = 1
"""Sound is read at most so long before the frames that it belongs to."""

SOUND_JITTER_SECONDS = 0.1
"""Packets of sound are not reordered. Times that are rounded go back by less
than that."""


class Clock:
    """Places ticks so that each is later than the one before.

    A tick that is a little too early is placed one tick after the one before.
    Where time goes back further, or forward by more than `gap`, a new recording
    begins.

    Args:
        period: ticks from one frame to the next, as a rule.
        gap: the ticks of `GAP_SECONDS`.
        wraps_after: the clock begins at 0 again after so many ticks; None for
            never.
        keeps_gap: takes the tick after a gap, returns whether the gap stays;
            otherwise the tick follows the one before at once.

    Call arguments:
        tick: when a frame begins; None, or more than `LARGEST_TICK`, to follow
            the one before.
        duration: of the frame, in ticks; 0 if unknown.
        is_key: whether the frame is a key frame.

    Returns:
        The tick that the frame is placed at.

    Attributes:
        now: the tick placed last; None before the first.
        duration: of the frame placed last, in ticks; `period` if the given
            duration is unknown or longer than `gap`.
        jump: (tick before, tick) if the last tick begins a new recording;
            otherwise None.
        offset: placed ticks minus given ones.
        num_moved: how often `offset` changed.
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
        self._newest = None  # The latest tick of this recording, as given.
        self.now = None
        self.duration = 0
        self.jump = None
        self.offset = 0
        self.num_moved = 0

    def __call__(
        self, tick: int | None, duration: int = 0, is_key: bool = True
    ) -> int:
        self.jump = None
        if tick is not None and abs(tick) > LARGEST_TICK:
            tick = None
        if self.now is None:
            self.now = self._newest = tick or 0
        else:
            follows = self.now + self.duration
            given = follows - self.offset if tick is None else tick
            tick = unwrapped(given, self._newest, self._wraps_after)
            if self._jumps(tick, is_key):
                self.jump = (self._newest, given)
                if not self._stays(tick):
                    self.offset = follows - tick
                    self.num_moved += 1
                self._newest = tick
            self._newest = max(self._newest, tick)
            self.now = max(tick + self.offset, self.now + 1)
        is_known = 0 < duration <= self._gap
        self.duration = duration if is_known else self._period
        return self.now

    def _stays(self, tick: int) -> bool:
        """Tells whether a tick that jumps is placed where it is."""
        longest = self._gap * WRONG_SECONDS // GAP_SECONDS
        step = tick - self._newest
        return 0 < step <= longest and self._keeps_gap(tick)

    def _jumps(self, tick: int, is_key: bool) -> bool:
        num_frames = REORDERED_KEY_FRAMES if is_key else REORDERED_FRAMES
        step = tick - self._newest
        return not -num_frames * self._period <= step <= self._gap


class SoundClock:
    """Moves sound as the frames that it belongs to are moved.

    Sound is read a little before or after its frames. So sound whose time jumps
    waits for the jump of the frames.

    Args:
        frames: the `Clock` of the frames.
        time_base: seconds of one of its ticks.
        wraps_after: as in `Clock`, in seconds.

    Call arguments:
        packet: the next packet of one stream of sound.

    Returns:
        The packets that are placed now: none, one or several.

    Attributes:
        num_left_out: packets that are not returned: those of a new recording
            that overlap the sound before, and those far from any frame.
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
        self._newest = None  # Seconds, as given.
        self._offset = Fraction(0)  # Seconds.
        self._num_moved = 0  # `Clock.num_moved` when `_offset` was taken.
        self._held = collections.deque()  # Packets and their seconds.
        self._held_since = None
        self._placed = None  # Ticks of the packet placed last.
        self._has_jumped = False
        self.num_left_out = 0

    def goes_on_to(self, tick: int) -> bool:
        """Tells whether the sound reaches a tick of the frames, unbroken."""
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
        """Returns the packets that wait, once their frames are known.

        Args:
            is_last: no frame comes any more.
        """
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
        """Tells whether the frames' offset brings sound closer to them."""
        offset = self._frames.offset * self._time_base
        new, old = (seconds + o - self._now() for o in (offset, self._offset))
        return abs(new) < abs(old)

    def _place(self, packet: av.Packet, seconds: Fraction) -> list[av.Packet]:
        seconds += self._offset
        tick = round(seconds / packet.time_base)
        # Two packets begin together where a container rounds their times. Only
        # the first packet of a new recording overlaps the sound before so.
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


def unwrapped(time, newest, wraps_after):
    """Undoes the wrap of a clock: returns the time nearest to the newest one.

    Args:
        time: as the clock shows it, in any unit.
        newest: the time before; None for the first.
        wraps_after: the clock begins at 0 again after so long; None for never.
    """
    if newest is None or wraps_after is None:
        return time
    return time + wraps_after * round(Fraction(newest - time, wraps_after))
