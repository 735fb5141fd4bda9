"""Files of the path of a crop, and FFmpeg that follows them."""

import csv
import json

import numpy as np
import pytest

from rmdn_tf.applications.reframe.crop_path import CropPath
from rmdn_tf.applications.reframe.crop_sizes import CropSizes
from rmdn_tf.applications.reframe.path_file import COLUMNS, write_path

SIZES = CropSizes((360, 640), (360.0, 202.0), (360, 202))
PATH = CropPath(
    np.array([0.0, 0.04]),
    np.array([[0.25, 0, 202 / 640, 1], [0.2501, 0, 202 / 640, 1]]),
    np.array([0.75, 0.76543]),
    np.array([0.5, 0.5]),
    np.array([0, 1]),
)
ROWS = [
    [0, 0, 160, 0, 202, 360, 0.75, 0],
    [1, 0.04, 160.064, 0, 202, 360, 0.7654, 1],
]


def test_a_table_has_a_row_for_each_frame(tmp_path):
    write_path(tmp_path / "path.csv", PATH, SIZES)
    with open(tmp_path / "path.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [
        "frame",
        "time_seconds",
        "x_pixels",
        "y_pixels",
        "width_pixels",
        "height_pixels",
        "attention",
        "shot",
    ]
    assert [[float(n) for n in row] for row in rows] == ROWS
    assert rows[1][0] == "1"


def test_json_names_every_number(tmp_path):
    write_path(tmp_path / "path.JSON", PATH, SIZES)
    written = json.loads((tmp_path / "path.JSON").read_text())
    assert written == {
        "source": {"width": 640, "height": 360},
        "output": {"width": 202, "height": 360},
        "frames": [dict(zip(COLUMNS, row, strict=True)) for row in ROWS],
    }


def test_a_table_that_cannot_be_written_is_not_begun(tmp_path):
    with pytest.raises(OSError, match="Missing folder"):
        write_path(tmp_path / "no" / "path.csv", PATH, SIZES)
    assert [*tmp_path.iterdir()] == []
