"""Measures the attention that areas get, frame by frame."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import av

from rmdn_tf.applications.areas.area import Area, size_of
from rmdn_tf.prediction.density import Density

# Fresh looks of one observer in a second: independent draws from the density
# that explain best when observers first look at areas. Fitted by
# `experiments.applications.areas`.
LOOKS_PER_SECOND = 2.0

# Larger shares count as this, so that their logarithms are finite.
_ALL = 1 - 1e-12

# Expected looks at an area that half of the observers have looked at.
_HALF = math.log(2)


class Reading(NamedTuple):
    """What an area gets in one frame.

    Attributes:
        size: part of the frame that the area takes; None where it is not there.
        share: probability that an observer looks at it, which is the expected
            share of observers; None where it is not there.
        looked: probability that an observer has looked at it by now.
    """

    size: float | None
    share: float | None
    looked: float


class FrameReadings(NamedTuple):
    """The readings of all areas in one frame.

    Attributes:
        number: number of the frame, from 0.
        seconds: when it is shown.
        readings: one for each area, in their order.
    """

    number: int
    seconds: float
    readings: list[Reading]


class Looks:
    """Counts the looks that an observer is expected to take at an area.

    Gaze stays at a place for a while, so two neighbouring frames are not two
    looks. An observer takes one look when the area appears, and fresh looks at
    the rate r. With the share m(t), the probability that the observer has not
    looked yet is

        (1 - m(0)) exp(-r integral of m(t) dt)

    Args:
        rate: r, fresh looks in a second.

    Attributes:
        number: expected number so far, minus the logarithm of that probability.
        before: the number at the beginning of the last frame, with the look
            that an area gets when it appears.
    """

    def __init__(self, rate: float = LOOKS_PER_SECOND):
        self._rate = rate
        self._is_there = False
        self.number = self.before = 0.0

    def add(self, share: float | None, duration: float) -> None:
        """Adds a frame.

        Args:
            share: share of the area, 0 to 1; None where it is not there.
            duration: for how long the frame is shown, in seconds.
        """
        appears, self._is_there = not self._is_there, share is not None
        if appears and share is not None:
            self.number -= math.log1p(-min(share, _ALL))
        self.before = self.number
        if share is None:
            return
        self.number += self._rate * share * duration

    @property
    def looked(self) -> float:
        """Probability that an observer has looked at the area so far."""
        return -math.expm1(-self.number)


class AreaMeter:
    """Adds up what an area gets in a video.

    Args:
        area: the area.

    Attributes:
        looks: at the area, so far.
        visible_seconds: how long the area is there.
        size_seconds: integral of its size over the time.
        dwell_seconds: integral of its share: how long an observer looks at it,
            on average.
        appears_seconds: when it first appears; None if it never does.
        peak_share: its largest share.
        peak_seconds: when its share is largest.
        half_seconds: when half of the observers have looked at it; None if
            that does not happen.
    """

    def __init__(self, area: Area):
        self.area = area
        self.looks = Looks()
        self.visible_seconds = self.size_seconds = self.dwell_seconds = 0.0
        self.appears_seconds: float | None = None
        self.peak_share, self.peak_seconds = 0.0, 0.0
        self.half_seconds: float | None = None

    def add(self, seconds: float, duration: float, density: Density) -> Reading:
        """Adds a frame.

        Args:
            seconds: when the frame is shown; later than the frame before.
            duration: for how long.
            density: its density.

        Returns:
            What the area gets in the frame; `looked` is at its end.
        """
        corners = self.area.at(seconds)
        if corners is None:
            self.looks.add(None, duration)
            return Reading(None, None, self.looks.looked)
        size, share = size_of(corners), density.mass(corners)
        self.visible_seconds += duration
        self.size_seconds += size * duration
        self.dwell_seconds += share * duration
        if self.appears_seconds is None:
            self.appears_seconds = self.peak_seconds = seconds
        if share > self.peak_share:
            self.peak_share, self.peak_seconds = share, seconds
        self.looks.add(share, duration)
        if self.half_seconds is None and self.looks.number >= _HALF:
            wait = max(0.0, _HALF - self.looks.before)
            fresh = self.looks.number - self.looks.before
            self.half_seconds = seconds + duration * (wait and wait / fresh)
        return Reading(size, share, self.looks.looked)

    @property
    def size(self) -> float:
        """Mean part of the frame that the area takes while it is there."""
        return self.size_seconds / self.visible_seconds

    @property
    def share(self) -> float:
        """Mean share of attention while the area is there."""
        return self.dwell_seconds / self.visible_seconds


class Measurement:
    """Measures the areas of one video.

    Args:
        areas: the areas.

    Attributes:
        meters: what each area gets so far, in the order of the areas.
    """

    def __init__(self, areas: Sequence[Area]):
        self.meters = [AreaMeter(area) for area in areas]

    def __call__(
        self, video: Iterable[tuple[av.VideoFrame, Density]]
    ) -> Iterator[FrameReadings]:
        """Measures frame by frame.

        Args:
            video: the frames with their densities, such as a `PredictedVideo`.

        Yields:
            The readings of each frame.

        Raises:
            ValueError: the outline of an area crosses itself at some moment.
        """
        for number, (frame, duration, density) in enumerate(_lasting(video)):
            seconds = frame.time
            readings = [
                meter.add(seconds, duration, density) for meter in self.meters
            ]
            yield FrameReadings(number, seconds, readings)


def _lasting(
    video: Iterable[tuple[av.VideoFrame, Density]],
) -> Iterator[tuple[av.VideoFrame, float, Density]]:
    """Makes each frame last until the next one."""
    before = None
    for frame, density in video:
        if before is not None:
            yield before[0], frame.time - before[0].time, before[1]
        before = frame, density
    if before is not None:
        frame, density = before
        yield frame, float(frame.duration * frame.time_base), density
