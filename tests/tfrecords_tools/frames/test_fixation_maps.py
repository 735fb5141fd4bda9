"""Tests of `tfrecords_tools.frames.fixation_maps`."""

import numpy as np
import pytest

from tests.helpers.raw_images import write_image, write_map
from tests.helpers.source_checks import check_fixations
from tfrecords_tools.frames import fixation_maps
from tfrecords_tools.frames.fixation_maps import read_fixation_maps
from tfrecords_tools.raw_video import SourceError


@pytest.fixture
def folder(tmp_path):
    for number, pixels in ((3, []), (4, [(6, 8), (18, 4)]), (5, [(23, 31)])):
        write_map(tmp_path / f"clip00001_{number:05d}.png", pixels)
    # Two things that are no maps, though they lie among them.
    write_map(tmp_path / "maps" / "clip00001_00003.png", [(0, 0)])
    (tmp_path / "clip00001_00003.mat").write_bytes(b"MATLAB")
    return tmp_path


def test_fixations_lie_at_the_centres_of_pixels_and_have_no_observer(folder):
    fixations, left_out = read_fixation_maps(folder, [3, 4, 5])
    # (8.5, 6.5), (4.5, 18.5), (31.5, 23.5); the observer counts in the frame.
    x, y = [8.5 / 32, 4.5 / 32, 31.5 / 32], [6.5 / 24, 18.5 / 24, 23.5 / 24]
    check_fixations(fixations, [1, 1, 2], [0, 1, 0], x, y)
    assert not left_out


def test_what_is_missing_is_counted_by_its_cause(folder):
    fixations, left_out = read_fixation_maps(folder, range(4, 9))
    np.testing.assert_array_equal(fixations.frame, [0, 0, 1])
    assert left_out == {
        fixation_maps.FRAMES_WITHOUT_MAP: 3,
        fixation_maps.MAPS_WITHOUT_FRAME: 1,
    }
    fixations, left_out = read_fixation_maps(folder / "absent", [1, 2])
    assert len(fixations) == 0
    assert left_out == {fixation_maps.FRAMES_WITHOUT_MAP: 2}


def test_a_map_of_another_size_than_its_frame_keeps_its_coordinates(tmp_path):
    write_map(tmp_path / "1.png", [(5, 30)], (10, 40))
    fixations, _ = read_fixation_maps(tmp_path, [1])
    check_fixations(fixations, [0], [0], [30.5 / 40], [5.5 / 10])


def test_maps_of_0_and_1_are_read_as_those_of_0_and_255(tmp_path):
    write_map(tmp_path / "1.png", [(2, 3)], level=1)
    fixations, _ = read_fixation_maps(tmp_path, [1])
    check_fixations(fixations, [0], [0], [3.5 / 32], [2.5 / 24])


def test_a_map_that_is_not_binary_or_damaged_is_an_error(tmp_path):
    image = np.arange(24 * 32, dtype=np.uint8).reshape([24, 32, 1])
    path = write_image(tmp_path / "0001.png", image)
    with pytest.raises(SourceError, match="0001.png.*binary.* from 1 to 255"):
        read_fixation_maps(tmp_path, [1])
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(SourceError, match="Unreadable image .*0001.png"):
        read_fixation_maps(tmp_path, [1])
