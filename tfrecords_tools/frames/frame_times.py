"""The times of a video's frames: a constant rate, or each frame's own time."""

import dataclasses
from fractions import Fraction

import numpy as np

from rmdn_tf.video.reader import VideoReader

# Matroska and other containers round times to milliseconds, and a copy in any
# container keeps the rounded times. They may still come from a constant rate.
ROUNDING_SECONDS = Fraction(1, 1000)


@dataclasses.dataclass(frozen=True)
class Ticks:
    """The frames of a video in the ticks of its clock.

    Attributes:
        base: seconds in a tick.
        shown: when each frame appears, int64 `[n]`, strictly increasing.
        lengths: how long each frame is on display, int64 `[n]`.
    """

    base: Fraction
    shown: np.ndarray
    lengths: np.ndarray

    @classmethod
    def read(cls, reader: VideoReader, first: int | None) -> "Ticks":
        """Reads the times of all frames; see `VideoReader.timed_packets`."""
        shown, lengths, anew = [], [], []
        for packet in reader.timed_packets(first):
            shown.append(packet.pts)
            lengths.append(packet.duration)
            anew.append(reader.begins_anew)
        shown, lengths = np.array([shown, lengths], np.int64)
        goes_on = ~np.array(anew[1:], bool)
        lengths[:-1][goes_on] = np.diff(shown)[goes_on]
        return cls(reader.stream.time_base, shown, lengths)

    @property
    def num_ticks(self) -> int:
        """The ticks from the first frame to the last one, both included."""
        return int(self.shown[-1] - self.shown[0]) + 1

    @property
    def times(self) -> np.ndarray:
        """Seconds from the first frame, float64 `[n]`, rounded only once."""
        return self._seconds(self.shown - self.shown[0])

    @property
    def seconds(self) -> np.ndarray:
        """How long each frame is on display, float64 `[n]`."""
        return self._seconds(self.lengths)

    def _seconds(self, ticks: np.ndarray) -> np.ndarray:
        ticks = ticks.astype(np.float64)
        return ticks * self.base.numerator / self.base.denominator

    def constant_rate(self, known: Fraction) -> Fraction | None:
        """Returns the rate, up to rounding; None if it varies.

        Args:
            known: the rate in the file's header; preferred to the measured one.
        """
        num_steps = len(self.shown) - 1
        total = int(self.shown[-1] - self.shown[0])
        mean = Fraction(num_steps, total) / self.base if total else known
        return next(filter(self._fits, (known, mean)), None)

    def _fits(self, rate: Fraction) -> bool:
        period = 1 / (rate * self.base)
        expected = np.arange(len(self.shown)) * float(period)
        late = np.abs(self.shown - self.shown[0] - expected)
        # A period of whole ticks needs no rounding.
        rounding = int(period.denominator > 1)
        tolerance = max(rounding, float(ROUNDING_SECONDS / self.base))
        return bool(np.all(late <= min(tolerance, float(period / 4)) + 1e-6))

    def average_rate(self) -> Fraction:
        """Returns frames per second of the time on display."""
        return len(self.lengths) / (int(np.sum(self.lengths)) * self.base)
