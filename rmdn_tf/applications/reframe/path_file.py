"""Writes the path of a crop as CSV or JSON, for other editors."""

import os

import numpy as np

from rmdn_tf.applications.reframe.crop_path import CropPath
from rmdn_tf.applications.reframe.crop_sizes import CropSizes
from rmdn_tf.files.csv_tables import write_table
from rmdn_tf.files.published import write_json

# Columns, and how many decimals their numbers have.
COLUMNS = {
    "frame": 0,
    "time_seconds": 6,
    "x_pixels": 3,
    "y_pixels": 3,
    "width_pixels": 3,
    "height_pixels": 3,
    "attention": 4,
    "shot": 0,
}


def write_path(
    path: str | os.PathLike, crop: CropPath, sizes: CropSizes
) -> None:
    """Writes the crop of every frame; the file appears when it is complete.

    Each frame has `COLUMNS`: its number and time, the corner and the size of
    the crop in pixels of the source, the share of the predicted attention
    inside, and the number of its shot. In JSON they are the members of
    `frames`, beside `source` and `output`, each with `width` and `height`.

    Args:
        path: name of the file, which ends with .csv or .json.
        crop: the crop of every frame.
        sizes: of the frames and the output, in pixels.

    Raises:
        OSError: the file cannot be written.
    """
    rows = _rows(crop, sizes)
    if os.fspath(path).lower().endswith(".csv"):
        write_table(path, [[*COLUMNS], *rows])
        return
    document: dict = {
        name: {"width": width, "height": height}
        for name, (height, width) in (
            ("source", sizes.frame),
            ("output", sizes.output),
        )
    }
    document["frames"] = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    write_json(path, document)


def _rows(crop: CropPath, sizes: CropSizes) -> list[list[int | float]]:
    pixels = crop.boxes * np.tile(sizes.frame[::-1], 2)
    numbers = np.arange(len(pixels))
    columns = (numbers, crop.times, *pixels.T, crop.shares, crop.shots)
    rounded = [
        np.round(column, decimals).tolist()
        for column, decimals in zip(columns, COLUMNS.values(), strict=True)
    ]
    return [*map(list, zip(*rounded, strict=True))]
