"""Map files are what the encoders read."""

import io

import numpy as np
import pytest

from rmdn_tf.applications.compress.map_files import KvazaarMap, SvtAv1Map

OFFSETS = np.array([[7.2, 6.8, 4.0], [-3.0, -3.4, 4.4]])


def test_svt_av1_gets_a_line_where_the_offsets_change():
    file = io.StringIO()
    writer = SvtAv1Map(file)
    for offsets in (OFFSETS, OFFSETS + 0.01, -OFFSETS, OFFSETS):
        writer.write(offsets)
    assert file.getvalue().splitlines() == [
        "0 35 35 20 -15 -15 20",
        "2 -35 -35 -20 15 15 -20",
        "3 35 35 20 -15 -15 20",
    ]


@pytest.mark.parametrize("seed", range(3))
def test_svt_av1_gets_at_most_eight_offsets_near_the_wanted_ones(seed):
    wanted = np.random.default_rng(seed).uniform(-12, 12, [17, 30])
    file = io.StringIO()
    SvtAv1Map(file).write(wanted)
    number, *values = map(int, file.getvalue().split())
    assert number == 0 and len(values) == 17 * 30
    assert 6 <= len(set(values)) <= 8
    written = np.reshape(values, wanted.shape) / 5
    assert abs(written - wanted).max() <= 2
    assert abs(np.array(values)).max() <= 255


def test_kvazaar_gets_a_grid_for_each_frame():
    file = io.StringIO()
    writer = KvazaarMap(file)
    writer.write(OFFSETS)
    writer.write(OFFSETS)
    grid = ["3 2", "7 7 4", "-3 -3 4"]
    assert file.getvalue().splitlines() == grid * 2
