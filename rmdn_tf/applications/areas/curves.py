"""Keeps curves of any length in bounded memory, for a plot."""

from collections.abc import Sequence

import numpy as np

from rmdn_tf.applications.areas.measuring import FrameReadings

# A plot shows no more points than this: it has fewer pixels across.
MAX_POINTS = 2048


class Curves:
    """Shares and looks of areas over the time of a video.

    Each point is the mean of as many frames. When there are too many points,
    neighbours are joined, two by two.

    Args:
        num_areas: A.
        max_points: most points, even.
    """

    def __init__(self, num_areas: int, max_points: int = MAX_POINTS):
        self._step = 1  # Frames of a point.
        self._number = 0  # Of frames.
        # Sums over the frames of a point: the time; for each area, its share
        # while it is there, the frames where it is there, and who has looked.
        self._sums = np.zeros([max_points, 1 + 3 * num_areas])

    def add(self, frame: FrameReadings) -> None:
        """Adds the next frame."""
        if self._number == self._step * len(self._sums):
            pairs = self._sums.reshape(-1, 2, self._sums.shape[1]).sum(1)
            self._sums[: len(pairs)], self._sums[len(pairs) :] = pairs, 0
            self._step *= 2
        numbers: list[float] = [frame.seconds]
        for one in frame.readings:
            is_there = one.share is not None
            numbers += one.share or 0.0, is_there, one.looked
        self._sums[self._number // self._step] += numbers
        self._number += 1

    def points(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns the points, P of them.

        Returns:
            `seconds` `[P]`; `share` `[P, A]`, NaN where an area is not there;
            `looked` `[P, A]`; float64.
        """
        used = -(-self._number // self._step)
        counts = np.full(used, self._step)
        counts[-1:] = self._number - self._step * (used - 1)
        sums = self._sums[:used]
        share, there, looked = np.moveaxis(
            sums[:, 1:].reshape(used, -1, 3), 2, 0
        )
        with np.errstate(invalid="ignore"):
            share = share / there
        return sums[:, 0] / counts, share, looked / counts[:, None]


def largest(dwell: Sequence[float], most: int) -> list[int]:
    """Returns the numbers of the areas with most dwell, in their own order."""
    order = np.argsort(-np.asarray(dwell), kind="stable")
    return sorted(int(number) for number in order[:most])
