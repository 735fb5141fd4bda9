"""Selects the frames of a video for another frame rate."""


class FrameSelection:
    """Selects the frames on display n / rate seconds after the first frame.

    Here n = 0, 1, ..., as in preparing a dataset at a rate.

    Args:
        frames_per_second: wanted rate; 0 for every frame.

    Call arguments:
        time: start of the frame, in seconds; frames come in order.
        duration: of the frame, in seconds.

    Returns:
        How often the frame is taken: the number of n at which it is on display.
    """

    def __init__(self, frames_per_second: float):
        self._rate = frames_per_second
        self._origin = None
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
