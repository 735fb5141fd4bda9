"""Tests of `tfrecords_tools.trackers.presentations`."""

import numpy as np
import pytest

from tfrecords_tools.trackers.presentations import (
    is_repeated,
    split_presentations,
    start_times,
)


@pytest.mark.parametrize(
    ("recording", "video", "time_ms", "presentation"),
    [
        ([0, 0, 0, 0], [1, 1, 2, 1], [0, 9, 20, 30], [0, 0, 1, 2]),
        # Rows of two recordings alternate.
        ([0, 1, 0, 1], [1, 1, 1, 1], [0, 7, 9, 20], [0, 1, 0, 1]),
        # A row without a video interrupts for 20 ms, then for two seconds.
        ([0] * 3, [1, -1, 1], [0, 10, 20], [0, -1, 0]),
        ([0] * 3, [1, -1, 1], [0, 10, 2010], [0, -1, 1]),
        # A hole in the samples is no end.
        ([0] * 2, [1, 1], [0, 5000], [0, 0]),
        # A clock that starts again.
        ([0] * 4, [1, 1, 1, 1], [0, 2000, 0, 10], [0, 0, 1, 1]),
        ([0], [-1], [0], [-1]),
        ([], [], [], []),
    ],
)
def test_a_presentation_is_a_stretch_of_one_video(
    recording, video, time_ms, presentation
):
    found = split_presentations(
        np.array(recording, int), np.array(video, int), np.array(time_ms, float)
    )
    np.testing.assert_array_equal(found, presentation)


def test_a_presentation_starts_at_its_earliest_row():
    starts = start_times(
        np.array([0, 0, -1, 1, 1]), np.array([5.0, 4.0, 1.0, 9.0, 10.0])
    )
    np.testing.assert_array_equal(starts, [4, 9])


def test_the_first_presentation_of_an_observer_and_a_video_is_no_repetition():
    observer = np.array([7, 7, 7, 8, 7, 8])
    video = np.array([1, 2, 1, 1, -1, 1])
    presentation = np.array([0, 1, 2, 3, -1, 4])
    np.testing.assert_array_equal(
        is_repeated(observer, video, presentation),
        [False, False, True, False, True],
    )
