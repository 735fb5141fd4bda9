"""Which frames of a video show what is on screen at another, even rate."""


class FrameSelection:
    """Chooses the frames on display when n / rate seconds have passed.

    Those with n = 0, 1, ... since the first frame, as a dataset is prepared at
    a rate.

    Args:
        frames_per_second: the rate wanted; 0 for every frame.

    Call arguments:
        time: when the frame begins, in seconds; frames come in order.
        duration: for how long it is shown, in seconds.

    Returns:
        How often the frame is wanted: for how many n it is on display.
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
        # The next frame begins then; a little before, for floating point.
        end = time - self._origin + duration * (1 - 1e-3)
        if self._num_due / self._rate >= end:
            return 0
        before, self._num_due = self._num_due, int(end * self._rate) + 1
        return self._num_due - before
