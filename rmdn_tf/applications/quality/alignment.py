"""Notices a video whose frames are shifted against its reference.

Times cannot tell: they count from the first frame of each video. So a video
that lost its first frame, or that lost one and closed the gap, has fitting
times and wrong pictures. Here each frame is compared with the frames of the
reference around its own.

A shift is noticed only if it raises the mean square error by a quarter or more:
coded frames may resemble the frame before theirs by as much. The limits below
were chosen on 138 encodes of 23 clips, so that none of them is accused.
"""

import collections
from typing import NamedTuple

import numpy as np

# Largest shift that is looked for, in frames.
MOST_SHIFTED = 5

# Frames in a row that must fit one other place better.
NUM_WITNESSES = 12

# A frame fits better if its mean square error is below this part. Aligned
# frames, coded coarsely, have fitted another place at 0.83.
BETTER = 0.8

# Frames that change less than this part of the reference's change show nothing:
# a frozen picture is poor quality, but not shifted.
LEAST_CHANGE = 0.25

# Pixels that are compared in each frame, about.
NUM_SAMPLES = 2**14

Samples = np.ndarray | None


class _Pair(NamedTuple):
    """Samples of two frames, and how far the first is from the one before."""

    first: Samples
    second: Samples
    change: float


class Alignment:
    """Compares the frames of a video with the reference's around them.

    Attributes:
        shift: frames by which the video is early, once that is certain; None
            until then. 1 says that each frame shows what the reference shows
            one frame later, as in a video that lost its first frame.
    """

    def __init__(self) -> None:
        self.shift: int | None = None
        length = 2 * MOST_SHIFTED + 1
        self._pairs = collections.deque([_Pair(None, None, 0.0)] * length)
        self._witnesses: collections.deque[int] = collections.deque(
            maxlen=NUM_WITNESSES
        )

    def add(self, reference: np.ndarray, distorted: np.ndarray | None) -> None:
        """Takes the next frame.

        Args:
            reference: luma, `[H, W]`.
            distorted: luma of the video's frame at that time, on the same
                scale; None if it has no frame then.
        """
        step = max(1, round((reference.size / NUM_SAMPLES) ** 0.5))
        first = reference[::step, ::step].astype(np.float32)
        second = None
        if distorted is not None:
            second = distorted[::step, ::step].astype(np.float32)
        self._look_after(first, second)

    def finish(self) -> None:
        """Looks at the last frames."""
        for _ in range(MOST_SHIFTED):
            self._look_after(None, None)

    def _look_after(self, first: Samples, second: Samples) -> None:
        """Looks at the frame in the middle, after the next pair has come."""
        change = _error(self._pairs[-1].first, first)
        self._pairs.append(_Pair(first, second, change))
        self._pairs.popleft()
        pairs, middle = [*self._pairs], MOST_SHIFTED
        before, distorted = pairs[middle - 1].second, pairs[middle].second
        changes = [p.change for p in pairs if np.isfinite(p.change)]
        own_change = _error(before, distorted)
        usual = float(np.mean(changes)) if changes else 0.0
        if not LEAST_CHANGE * usual <= own_change < np.inf or not usual:
            return
        errors = [_error(pair.first, distorted) for pair in pairs]
        own, best = errors[middle], int(np.argmin(errors))
        around = min(errors[middle - 1], errors[middle + 1])
        if errors[best] < BETTER * own:
            self._witnesses.append(best - middle)
        elif own < BETTER * around:
            self._witnesses.append(0)
        witnesses = set(self._witnesses)
        if len(self._witnesses) == NUM_WITNESSES and len(witnesses) == 1:
            self.shift = witnesses.pop() or self.shift


def _error(one: Samples, other: Samples) -> float:
    """Returns the mean square error; infinite without two frames alike."""
    if one is None or other is None or one.shape != other.shape:
        return np.inf
    return float(np.square(one - other).mean())
