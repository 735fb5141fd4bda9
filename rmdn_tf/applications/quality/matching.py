"""Finds the frames of two videos that are shown at the same time."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import numpy as np

from rmdn_tf.video.decoding import VideoError

Frame = TypeVar("Frame")

# Frames belong together if their times differ by at most this part of the time
# from one frame to the next, in the faster video. Rounded times differ by less.
TOLERANCE = 0.25

# Least share of the frames, where both videos run, that must match.
LEAST_MATCHED = 0.9


class Matcher(Generic[Frame]):
    """Finds a video's frame for each time of its reference.

    Args:
        frames: (time in seconds, frame) of the video, in time order.
        tolerance: most seconds between a frame and the given time.
    """

    def __init__(self, frames: Iterable[tuple[float, Frame]], tolerance: float):
        self._frames: Iterator[tuple[float, Frame]] = iter(frames)
        self._tolerance = tolerance
        self._next = next(self._frames, None)

    def at(self, time: float) -> Frame | None:
        """Takes the frame at a time, and leaves out the frames before.

        Args:
            time: in seconds, later than all times before.

        Returns:
            The frame, or None if the video has no frame at this time.
        """
        while self._next is not None:
            own_time, frame = self._next
            if own_time > time + self._tolerance:
                return None
            self._next = next(self._frames, None)
            if own_time >= time - self._tolerance:
                return frame
        return None


def tolerance_of(*videos: np.ndarray) -> float:
    """Returns the most seconds between two frames that belong together.

    Args:
        *videos: float `[n]` each, when the frames of a video are shown.
    """
    periods = [np.median(np.diff(times)) for times in videos if len(times) > 1]
    return TOLERANCE * float(min(periods, default=0.0))


def check_times(reference: np.ndarray, times: np.ndarray, name: str) -> None:
    """Makes sure that the frames of a video are those of its reference.

    Frames may be missing, also every second one. Frames between those of the
    reference, as of another rate, are refused.

    Args:
        reference: float `[n]`, seconds, increasing.
        times: float `[m]`, seconds of the video, on the same clock.
        name: name of the video in the error.

    Raises:
        VideoError: the times do not match.
    """
    tolerance = tolerance_of(reference, times)
    matcher = Matcher(((time, True) for time in times), tolerance)
    num_matched = sum(matcher.at(time) is not None for time in reference)
    # Where both videos run.
    begin = max(reference[0], times[0]) - tolerance
    end = min(reference[-1], times[-1]) + tolerance
    possible = min(
        int(((one >= begin) & (one <= end)).sum()) for one in (reference, times)
    )
    if not possible:
        raise VideoError(
            f"Invalid video '{name}'. Expected frames at the times of the "
            f"reference: {_described(reference)}. Received: "
            f"{_described(times)}, which is never at the same time. Check "
            "--offset."
        )
    is_alike = (len(reference) == 1) == (len(times) == 1)
    if not (is_alike and num_matched >= max(1, LEAST_MATCHED * possible)):
        raise VideoError(
            f"Invalid video '{name}'. Expected frames at the times of the "
            f"reference: {_described(reference)}. Received: "
            f"{_described(times)}. Only {num_matched} of {possible} frames "
            "match in time. Convert one of them to the rate of the other."
        )


def _described(times: np.ndarray) -> str:
    if len(times) < 2:
        return "one frame"
    rate = (len(times) - 1) / (times[-1] - times[0])
    return (
        f"{rate:.4g} frames a second from {times[0]:.3f} to {times[-1]:.3f} "
        "seconds"
    )
