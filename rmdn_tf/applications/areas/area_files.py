"""Reads files of areas: CSV, or the JSON that Tobii Pro Lab exports."""

import os
from collections.abc import Callable

from rmdn_tf.applications.areas.area import Area
from rmdn_tf.applications.areas.csv_areas import parse_csv
from rmdn_tf.applications.areas.tobii_areas import parse_tobii
from rmdn_tf.files.reading import read_content

# Some 100,000 key frames.
MAX_BYTES = 16 * 2**20

# Each area costs about a millisecond a frame.
MAX_AREAS = 1000

Parser = Callable[[bytes, str, tuple[int, int]], list[Area]]

# Suffix of a file -> what parses its content.
PARSERS: dict[str, Parser] = {
    ".csv": parse_csv,
    ".tsv": parse_csv,
    ".txt": parse_csv,
    ".json": parse_tobii,
    ".aois": parse_tobii,
}


def read_areas(path: str | os.PathLike, size: tuple[int, int]) -> list[Area]:
    """Reads the areas of a video or picture.

    Areas may overlap: each is measured as if it were alone.

    Args:
        path: `.csv`, `.tsv` or `.txt`: a table, see
            `rmdn_tf.applications.areas.csv_areas`; `.json` or `.aois`: areas
            that Tobii Pro Lab has exported.
        size: (height, width) of the upright frame, in pixels.

    Returns:
        The areas, in the order of the file.

    Raises:
        ValueError: the file is invalid; the message names the place.
        OSError: the file cannot be read.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in PARSERS:
        raise ValueError(
            f"Invalid file of areas '{path}'. Expected a name that ends with "
            f"{', '.join(PARSERS)}."
        )
    areas = PARSERS[suffix](read_content(path, MAX_BYTES), f"'{path}'", size)
    if not 0 < len(areas) <= MAX_AREAS:
        raise ValueError(
            f"Invalid file of areas '{path}'. Expected 1 to {MAX_AREAS} areas. "
            f"Received: {len(areas)}."
        )
    return areas
