"""Writes a table with a line for each frame: where, how spread out, peaks."""

import contextlib
import csv
import os
from collections.abc import Iterator
from typing import TextIO

import av
import numpy as np

from rmdn_tf.files.published import published
from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.density_files import DensityFile

# Peaks in a line, the strongest first.
NUM_PEAKS = 3

# Smallest variance: the standard deviation is a thousandth of a pixel of 8K.
_LEAST = 1e-14

SUMMARY_COLUMNS = (
    *("frame", "time_seconds", "x", "y", "scale_x", "scale_y"),
    *("correlation", "entropy_bits"),
    *(
        f"peak{number}_{what}"
        for number in range(1, NUM_PEAKS + 1)
        for what in ("share", "x", "y")
    ),
)


class SummaryTable(DensityFile):
    """Densities in a few numbers, as CSV; see `SUMMARY_COLUMNS`.

    Mean, standard deviations and correlation are those of the density in the
    frame. A frame with fewer peaks has empty cells.

    Args:
        file: open for writing.
    """

    def __init__(self, file: TextIO):
        self._writer = csv.writer(file)
        self._writer.writerow(SUMMARY_COLUMNS)
        self._frame = 0

    def write(
        self, frame: av.VideoFrame, time: float, density: Density
    ) -> None:
        numbers = [f"{number:.6g}" for number in _summary(density)]
        numbers += [""] * (len(SUMMARY_COLUMNS) - 2 - len(numbers))
        self._writer.writerow([self._frame, f"{time:.6f}", *numbers])
        self._frame += 1


def _summary(density: Density) -> Iterator[float]:
    """Yields the numbers of a line, from `x` on."""
    yield from density.mean()
    covariance = density.covariance()
    # Of a density at a single point, rounding may leave less than 0.
    scale_x, scale_y = np.sqrt(np.maximum(np.diag(covariance), _LEAST))
    yield from (scale_x, scale_y, covariance[0, 1] / (scale_x * scale_y))
    yield density.entropy()
    for peak in density.peaks(NUM_PEAKS):
        yield from (peak.share, peak.x, peak.y)


@contextlib.contextmanager
def summary_file(path: str | os.PathLike) -> Iterator[SummaryTable]:
    """Opens a summary, which appears when it is complete; a context.

    Args:
        path: name of the file.

    Yields:
        The table, while it is written.

    Raises:
        OSError: the file cannot be written.
    """
    with published(path) as temporary:
        with open(temporary, "w", newline="") as file:
            yield SummaryTable(file)
