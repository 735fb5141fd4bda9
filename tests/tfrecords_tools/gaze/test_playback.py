"""Tests of `tfrecords_tools.gaze.playback`."""

import numpy as np
import pytest

from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze.fixations import REPEATED, events_to_fixations
from tfrecords_tools.gaze.playback import to_video_time

STEADY = VideoFacts((48, 64), 10.0, 5)
VARYING = VideoFacts(
    (48, 64), 10.0, 5, True, frame_times=np.array([0, 0.1, 0.2, 0.5, 0.6])
)
# Observer 7 saw frames 1 and 3, late; observer 2 as well, but in time.
PLAYBACK = np.array(
    [[1, 1000, 7], [3, 1100, 7], [4, 1400, 7], [1, 100, 2], [3, 300, 2.0]]
)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (STEADY, [90, 100, 150, 200, 350, 400, 500, 200]),
        (VARYING, [90, 100, 150, 200, 550, 600, 700, 200]),
    ],
)
def test_gaze_moves_to_the_frame_that_was_seen(facts, expected):
    times = [990, 1000, 1050, 1100, 1250, 1400, 1500]
    samples = np.array(
        [[ms, 5, 6, 7] for ms in times] + [[300, 5, 6, 2], [900, 5, 6, 1]]
    )
    moved = to_video_time(samples, PLAYBACK, facts, is_events=False)
    np.testing.assert_allclose(moved[:, 0], [*expected, 900])
    np.testing.assert_array_equal(moved[:, 1:], samples[:, 1:])


def test_a_fixation_ends_with_the_frame_that_was_seen():
    events = np.array([[1050, 350, 5, 6, 7], [50, 500, 5, 6, 1]])
    moved = to_video_time(events, PLAYBACK, STEADY, is_events=True)
    np.testing.assert_allclose(moved, [[150, 250, 5, 6, 7], [50, 500, 5, 6, 1]])


def test_a_frame_that_was_left_out_gets_no_gaze():
    # Frame 1 was on display from 1000 to 1100 ms, frame 2 never.
    events = np.array([[1020, 60, 5, 6, 7], [1090, 10, 5, 6, 7.0]])
    moved = to_video_time(events, PLAYBACK, STEADY, is_events=True)
    fixations, left_out = events_to_fixations(moved, STEADY)
    np.testing.assert_array_equal(fixations.frame, [1])
    assert left_out == {REPEATED: 1}
