"""Writes quantiser offsets to a file that an encoder reads.

`svt-av1` is for `SvtAv1EncApp --roi-map-file`. A line holds the number of a
frame, from 0, and an offset of the quantiser index (-255 to 255) for each block
of 64x64 pixels, row by row. It holds until the frame of the next line. A frame
has at most eight different offsets, and not all of them are negative.

    0 35 35 20 -15 -15 20
    8 35 20 20 -15 -30 20

`kvazaar` is for `kvazaar --roi` and `uvg266 --roi`. Each frame has its number
of columns and of rows, then an offset of the QP for each block of 64x64 pixels,
row by row.

    3 2
    7 7 4
    -3 -3 4
"""

import abc
from collections.abc import Callable
from typing import TextIO

import numpy as np

# Height and width of a block, in pixels.
BLOCK = 64

# Most offsets of a frame in SVT-AV1, and the steps of its quantiser index in a
# step of the QP: FFmpeg maps 0 to 255 to 0 to 51, too.
_MAX_LEVELS, _STEPS = 8, 5


class MapFile(abc.ABC):
    """Writes the offsets of a video, frame by frame.

    Args:
        file: an open text file.
    """

    def __init__(self, file: TextIO):
        self._file = file

    @abc.abstractmethod
    def write(self, offsets: np.ndarray) -> None:
        """Writes the offsets of the next frame.

        Args:
            offsets: float `[rows, columns]`, in steps of the QP of H.264.
        """


class SvtAv1Map(MapFile):
    """Writes a line where the offsets change."""

    def __init__(self, file: TextIO):
        super().__init__(file)
        self._number = 0
        self._last = ""

    def write(self, offsets: np.ndarray) -> None:
        values = _STEPS * _in_levels(offsets, _MAX_LEVELS)
        line = " ".join(map(str, values.ravel()))
        if line != self._last:
            self._file.write(f"{self._number} {line}\n")
        self._last = line
        self._number += 1


class KvazaarMap(MapFile):
    """Writes a grid for each frame."""

    def write(self, offsets: np.ndarray) -> None:
        rows, columns = offsets.shape
        grid = np.rint(offsets).astype(int)
        lines = [f"{columns} {rows}", *(" ".join(map(str, r)) for r in grid)]
        self._file.writelines(f"{line}\n" for line in lines)


# Format of a file -> class that writes it.
WRITERS: dict[str, Callable[[TextIO], MapFile]] = {
    "svt-av1": SvtAv1Map,
    "kvazaar": KvazaarMap,
}


def _in_levels(offsets: np.ndarray, most: int) -> np.ndarray:
    """Rounds offsets to integers, and further until few of them differ."""
    step = 1
    while True:
        rounded = step * np.rint(offsets / step).astype(int)
        if len(np.unique(rounded)) <= most:
            return rounded
        step += 1
