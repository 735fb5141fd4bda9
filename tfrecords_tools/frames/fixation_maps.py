"""A folder of fixation maps -> fixations.

As in DHF1K, a map is a binary image whose name ends in the frame's number.
"""

import collections
import os
from collections.abc import Sequence

import numpy as np

from rmdn_tf.data.records import Fixations
from rmdn_tf.files.images import read_image
from tfrecords_tools.frames.image_folders import list_images
from tfrecords_tools.raw_video import SourceError

FRAMES_WITHOUT_MAP = "frames without a fixation map"
MAPS_WITHOUT_FRAME = "fixation maps without a frame"


def read_fixation_maps(
    folder: str | os.PathLike, numbers: Sequence[int]
) -> tuple[Fixations, collections.Counter]:
    """Reads the fixations of one video, one map in memory at a time.

    Each fixated pixel becomes one point at the pixel's centre. A map does not
    tell who looked, so `observer` is the index of a point in its frame, row by
    row; it does not follow a person from frame to frame.

    Args:
        folder: numbered maps of any size; may be missing.
        numbers: the number of each frame of the video, in time order.

    Returns:
        `Fixations`, sorted by frame, then observer, where `frame` is an index
        into `numbers`; and cause -> number of items left out.

    Raises:
        SourceError: a map is unreadable or not binary.
    """
    maps = list_images(folder)
    rows = [np.zeros([0, 4])]
    for frame, number in enumerate(numbers):
        if number in maps:
            x, y = _fixated_points(maps[number])
            columns = [np.full(len(x), frame), x, y, np.arange(len(x))]
            rows.append(np.stack(columns, axis=1))
    with_frame = maps.keys() & set(numbers)
    left_out = collections.Counter(
        {
            FRAMES_WITHOUT_MAP: len(numbers) - len(with_frame),
            MAPS_WITHOUT_FRAME: len(maps) - len(with_frame),
        }
    )
    return Fixations.from_rows(np.concatenate(rows)), +left_out


def _fixated_points(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns x and y of the map's points, float64 `[n]` in (0, 1)."""
    image = read_image(path, channels=1, error=SourceError)[..., 0]
    row, column = np.nonzero(image)
    levels = np.unique(image[row, column])
    if len(levels) > 1:
        raise SourceError(
            f"Invalid fixation map '{path}'. Expected a binary image: 0, and "
            "255 at a fixated pixel. Received: levels from "
            f"{levels[0]} to {levels[-1]} besides 0."
        )
    height, width = image.shape
    return (column + 0.5) / width, (row + 0.5) / height
