"""Tests of `tfrecords_tools.gaze.recordings`; the rest is in the sources'."""

import collections

import numpy as np
import pytest

from tests.helpers.source_checks import check_fixations
from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.coordinates import CoordinateSpace
from tfrecords_tools.gaze.recordings import (
    group_recordings,
    read_recordings,
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


def test_all_observers_and_what_is_left_out_come_together():
    def read(path):
        left_out = collections.Counter({"blinks": len(path)})
        return np.array([[0.5, 640, 512], [1.5, 320, 272]]), left_out

    fixations, left_out = read_recordings(
        {7: "a", 3: "bc"},
        read,
        VideoFacts((48, 64), 25.0, 1),
        CoordinateSpace("screen", (1024, 1280)),
    )
    check_fixations(fixations, [0, 0], [3, 7], [0.5, 0.5], [0.5, 0.5])
    assert left_out == {"blinks": 3, "samples past the last frame": 2}
