"""Selects the frames of a video for another frame rate."""


class FrameSelection:
    """Tells how often to take each frame of a video, to get another rate.

    Counts the n = 0, 1, ... for which the frame is on display n / rate seconds
    after the origin. A rate of 0 takes every frame once. Frames come in order;
    times and durations are in seconds.

    Args:
        frames_per_second: the other rate.
        origin: a time, at or before the first frame; None for that of the first
            frame.
    """

    def __init__(self, frames_per_second: float, origin: float | None = None):
        self._rate = frames_per_second
        self._origin = origin
        self._num_due = 0

    def __call__(self, time: float, duration: float) -> int:
        if self._origin is None:
            self._origin = time
        if not self._rate:
            return 1
        # End of the frame, a little early because of rounding.
        end = time - self._origin + duration * (1 - 1e-3)
        if self._num_due / self._rate >= end:
            return 0
        before, self._num_due = self._num_due, int(end * self._rate) + 1
        return self._num_due - before
