"""A folder of fixation maps -> fixations.

Releases in the line of DHF1K hold a binary image for each frame that was looked
at, with the number of the frame at the end of its name.
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

    A fixated pixel becomes a point at the pixel's centre. A map does not tell
    who looked where, nor whether two observers met in one pixel. `observer` is
    therefore the index of a point in its frame, row by row: it tells the points
    of one frame apart, and means nothing from one frame to the next.

    Args:
        folder: numbered maps; may be missing. A map may differ in size from
            its frame.
        numbers: the number of each frame of the video, in time order.

    Returns:
        `Fixations`, sorted by frame, then observer, where `frame` is the index
        into `numbers`; and a `Counter` of what was left out, by cause.

    Raises:
        SourceError: a map cannot be read or is not binary.
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
    """Returns x and y `[n]`, float64 in (0, 1), of the map's points."""
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
