"""The summary of a video is what its densities say of themselves."""

import csv

import numpy as np
import pytest

from rmdn_tf.prediction.density import Density
from rmdn_tf.prediction.summary import SUMMARY_COLUMNS, summary_file

# Logit, x, y, logarithms of the deviations, and the correlation before tanh.
TWO = [[np.log(3), 0.3, 0.4, -3, -4, 0.5], [0, 0.8, 0.7, -4, -4, 0]]


def rows_of(tmp_path, *parameters):
    with summary_file(tmp_path / "s.csv") as table:
        for number, one in enumerate(parameters):
            table.write(None, number / 25, Density(np.float32(one)))
    return [*csv.DictReader((tmp_path / "s.csv").open())]


def test_a_line_tells_mean_spread_entropy_and_peaks(tmp_path):
    (row,) = rows_of(tmp_path, TWO)
    row = {key: float(value) for key, value in row.items() if value}
    # By hand: three quarters at one place, one quarter at the other.
    assert (row["x"], row["y"]) == pytest.approx((0.425, 0.475), abs=1e-4)
    shares, xs = np.array([0.75, 0.25]), np.array([0.3, 0.8])
    variance = shares @ (xs - 0.425) ** 2 + shares @ np.exp([-6, -8])
    assert row["scale_x"] == pytest.approx(np.sqrt(variance), abs=1e-4)
    assert (row["peak1_share"], row["peak2_share"]) == pytest.approx(
        (0.75, 0.25), abs=1e-3
    )
    assert (row["peak2_x"], row["peak2_y"]) == pytest.approx(
        (0.8, 0.7), abs=5e-3
    )
    assert "peak3_x" not in row
    density = Density(np.float32(TWO))
    covariance = density.covariance()
    assert row["correlation"] == pytest.approx(
        covariance[0, 1] / np.sqrt(np.diag(covariance).prod()), abs=1e-5
    )
    assert row["entropy_bits"] == pytest.approx(density.entropy(), abs=1e-4)


def test_each_frame_has_a_line_of_the_same_columns(tmp_path):
    rows = rows_of(tmp_path, TWO, TWO[:1], TWO)
    assert [row["frame"] for row in rows] == ["0", "1", "2"]
    assert [row["time_seconds"] for row in rows] == [
        *("0.000000", "0.040000", "0.080000")
    ]
    for row in rows:
        assert tuple(row) == SUMMARY_COLUMNS
        assert None not in row.values()


def test_a_density_at_a_point_has_finite_numbers(tmp_path):
    (row,) = rows_of(tmp_path, [[0, 0.5, 0.5, -30, -30, 9]])
    assert all(np.isfinite(float(value)) for value in row.values() if value)
