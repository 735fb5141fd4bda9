"""Frames that are on display at the moments of another rate."""

import numpy as np
import pytest

from rmdn_tf.video.frame_selection import FrameSelection
from tfrecords_tools.frames.resampling import Resampling


@pytest.mark.parametrize("new_rate", [5.0, 10.0, 24.0, 25.0, 30.0, 50.0, 60.0])
@pytest.mark.parametrize("old_rate", [12.0, 25.0, 30.0])
def test_frames_are_those_that_preparing_stores(old_rate, new_rate):
    num_frames = 40
    times_wanted = FrameSelection(new_rate)
    chosen = [
        number
        for number in range(num_frames)
        for _ in range(times_wanted(3 + number / old_rate, 1 / old_rate))
    ]
    resampling = Resampling(old_rate, new_rate)
    length = resampling.length(num_frames)
    stored = resampling.source_of(np.arange(length)).tolist()
    assert chosen == stored


def test_without_a_rate_every_frame_is_wanted_once():
    times_wanted = FrameSelection(0.0)
    assert [times_wanted(t / 25, 1 / 25) for t in range(5)] == [1] * 5
