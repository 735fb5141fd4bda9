"""Tests of `tfrecords_tools.gaze.recordings`; the rest is in the sources'."""

import collections

import numpy as np
import pytest

from tests.helpers.source_checks import check_fixations
from tfrecords_tools.gaze.recordings import (
    group_recordings,
    read_recordings,
    screen_to_video,
)
from tfrecords_tools.raw_video import SourceError


def parse(path):
    video, _, observer = path.partition("-")
    return (video, int(observer)) if observer else None


def test_files_are_grouped_by_video_and_observer():
    paths = ["a-1", "b-7", "readme", "a-2"]
    assert group_recordings(paths, parse) == (
        {"a": {1: "a-1", 2: "a-2"}, "b": {7: "b-7"}},
        1,
    )
    with pytest.raises(SourceError, match="1 and the video 'a': 'a-1' .*a-01"):
        group_recordings(["a-1", "a-01"], parse)


@pytest.mark.parametrize(
    ("size", "bar"), [((48, 64), 32), ((40, 64), 112), ((64, 80), 0)]
)
def test_the_bars_above_and_below_are_taken_off(size, bar):
    corners = [[0, bar], [1280, 1024 - bar]]
    places = screen_to_video(np.array(corners), size, (1024, 1280))
    np.testing.assert_allclose(places, [[0, 0], size[::-1]], atol=1e-12)


def test_all_observers_and_what_is_left_out_come_together():
    def read(path):
        left_out = collections.Counter({"blinks": len(path)})
        return np.array([[0.5, 640, 512], [1.5, 320, 272]]), left_out

    fixations, left_out = read_recordings(
        {7: "a", 3: "bc"}, read, (48, 64), (1024, 1280), num_frames=1
    )
    check_fixations(fixations, [0, 0], [3, 7], [0.5, 0.5], [0.5, 0.5])
    assert left_out == {"blinks": 3, "samples past the last frame": 2}
