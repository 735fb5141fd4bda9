"""Tests of `tfrecords_tools.gaze.fixations`."""

import math

import numpy as np
import pytest

from tfrecords_tools.frames.facts import VideoFacts
from tfrecords_tools.gaze import fixations as gaze

SIZE = (100, 200)  # Height, width.


def spread(events, frames_per_second=25, num_frames=10):
    facts = VideoFacts(SIZE, frames_per_second, num_frames)
    return gaze.events_to_fixations(np.array(events, np.float64), facts)


@pytest.mark.parametrize(
    ("onset_ms", "duration_ms", "frames_per_second", "expected"),
    [
        # d = 40 ms: ceil(2.5) = 3 to ceil(4) = 4, counted from 1.
        (100, 60, 25, [2, 3]),
        # ceil(0.025) = 1 to ceil(1.025) = 2.
        (1, 40, 25, [0, 1]),
        # An onset of 0 is in frame 1; ceil(40 / 40) = 1.
        (0, 40, 25, [0]),
        (0, 0, 25, [0]),
        # On the border: ceil(80 / 40) = 2 to ceil(81 / 40) = 3.
        (80, 1, 25, [1, 2]),
        # d = 16.67 ms: 50 ms are three frames exactly.
        (50, 50, 60, [2, 3, 4, 5]),
    ],
)
def test_an_event_covers_the_frames_worked_out_by_hand(
    onset_ms, duration_ms, frames_per_second, expected
):
    fixations, left_out = spread(
        [[onset_ms, duration_ms, 50, 25, 7]], frames_per_second
    )
    np.testing.assert_array_equal(fixations.frame, expected)
    np.testing.assert_array_equal(fixations.observer, [7] * len(expected))
    np.testing.assert_allclose(fixations.x, 0.25, rtol=1e-5)
    np.testing.assert_allclose(fixations.y, 0.25, rtol=1e-5)
    assert fixations.x.dtype == fixations.y.dtype == np.float32
    assert not left_out


@pytest.mark.parametrize(
    ("onset_ms", "duration_ms", "expected"),
    [
        (0, 0, [0]),
        (1, 0, [0]),
        (40, 0, [0]),  # The frame that is about to go.
        (40, 1, [0, 1]),
        (100, 900, [1]),  # A hole of a second belongs to the frame before it.
        (1050, 60, [1, 2, 3]),
        (1200, 20, [3]),
        (1101, 500, [3]),
        (1221, 10, []),
    ],
)
def test_an_event_covers_the_frames_on_display(onset_ms, duration_ms, expected):
    times = np.array([0, 0.04, 1.08, 1.1])
    facts = VideoFacts(
        SIZE,
        10,
        4,
        frame_times=times,
        frame_seconds=np.array([0.04, 1.04, 0.02, 0.12]),
    )
    events = np.array([[onset_ms, duration_ms, 50, 25, 7]], np.float64)
    fixations, left_out = gaze.events_to_fixations(events, facts)
    np.testing.assert_array_equal(fixations.frame, expected)
    # Past the end, at 1.22 s, frames have the average rate of 10 a second.
    lost = int(np.ceil((onset_ms + duration_ms - 1220) / 100))
    assert left_out == ({gaze.PAST_END: lost} if lost > 0 else {})


def test_of_two_events_of_one_observer_in_a_frame_the_later_stays():
    # 1-based frames 1..3 and 3..4; the later event stands first.
    fixations, left_out = spread([[90, 50, 20, 10, 1], [0, 85, 160, 90, 1]])
    np.testing.assert_array_equal(fixations.frame, [0, 1, 2, 3])
    np.testing.assert_allclose(fixations.x, [0.8, 0.8, 0.1, 0.1], rtol=1e-5)
    assert left_out == {gaze.REPEATED: 1}


def test_frames_past_the_end_are_counted():
    # Ten frames are 400 ms. 1-based frames 9..13: three too many. 14..15: two.
    fixations, left_out = spread([[330, 180, 20, 10, 1], [530, 60, 20, 10, 2]])
    np.testing.assert_array_equal(fixations.frame, [8, 9])
    assert left_out == {gaze.PAST_END: 5}


def test_frames_before_the_start_are_counted():
    # ceil(-100 / 40) = -2 to ceil(50 / 40) = 2: frames -2, -1, 0 do not exist.
    fixations, left_out = spread([[-100, 150, 20, 10, 1]])
    np.testing.assert_array_equal(fixations.frame, [0, 1])
    assert left_out == {gaze.BEFORE_START: 3}


@pytest.mark.parametrize("point", [(200, 50), (-0.1, 50), (5, 100), (5, -1)])
def test_points_outside_the_frame_are_counted(point):
    fixations, left_out = spread([[0, 80, *point, 1]])
    assert len(fixations) == 0
    assert left_out == {gaze.OUTSIDE: 2}


def test_nothing_gives_no_fixation():
    for fixations, left_out in (spread([]), choose([])):
        assert len(fixations) == 0
        assert not left_out


def test_points_at_the_edge_stay_in_the_unit_square():
    just_inside = np.nextafter(200, 0), np.nextafter(100, 0)
    fixations, left_out = spread([[0, 1, 0, 0, 1], [0, 1, *just_inside, 2]])
    np.testing.assert_array_equal(fixations.x, [0, 1])
    np.testing.assert_array_equal(fixations.y, [0, 1])
    assert not left_out


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((column, np.nan) for column in range(5)),
        *((column, np.inf) for column in range(5)),
        # Times past any clock.
        *((0, 1e308), (1, 1e308), (0, -1e300)),
    ],
)
def test_events_that_are_not_numbers_are_counted(column, value):
    events = np.array([[0, 1, 20, 10, 1], [0, 1, 20, 10, 2]], np.float64)
    events[0, column] = value
    fixations, left_out = spread(events)
    np.testing.assert_array_equal(fixations.observer, [2])
    assert left_out == {gaze.NOT_A_NUMBER: 1}


def test_events_of_negative_duration_are_counted():
    fixations, left_out = spread([[100, -1, 20, 10, 1]])
    assert len(fixations) == 0
    assert left_out == {gaze.NEGATIVE_DURATION: 1}


def test_an_event_without_end_costs_no_memory():
    fixations, left_out = spread([[0, 4e15, 20, 10, 1]])
    assert len(fixations) == 10
    assert left_out == {gaze.PAST_END: 10**14 - 10}


def test_random_events_agree_with_a_plain_loop():
    rng = np.random.default_rng(3)
    events = np.stack(
        [
            rng.integers(0, 900, 300),
            rng.integers(0, 300, 300),
            rng.integers(-5, 205, 300),
            rng.integers(-5, 105, 300),
            rng.integers(1, 5, 300),
        ],
        axis=1,
    )
    seen, num_points = {}, 0
    for onset, duration, x, y, observer in sorted(
        events.tolist(), key=lambda event: event[0]
    ):
        frames = range(
            max(math.ceil(onset * 30 / 1000), 1),
            max(math.ceil((onset + duration) * 30 / 1000), 1) + 1,
        )
        num_points += len(frames)
        for frame in frames:
            if frame <= 20 and 0 <= x < 200 and 0 <= y < 100:
                seen[frame - 1, observer] = x / 200, y / 100
    fixations, left_out = spread(events, 30, 20)
    keys = list(zip(fixations.frame, fixations.observer, strict=True))
    assert keys == sorted(seen)
    np.testing.assert_allclose(
        np.stack([fixations.x, fixations.y], axis=1),
        [seen[key] for key in keys],
        rtol=1e-5,
    )
    assert sum(left_out.values()) == num_points - len(seen)


def choose(samples, num_frames=10):
    return gaze.samples_to_fixations(
        np.array(samples, np.float64), SIZE, num_frames
    )


def test_of_the_samples_in_a_frame_the_one_nearest_to_its_middle_stays():
    # Distances from 3.5: 0.5, 0.3, 0.2, 0.45; the frames before and after
    # have one each.
    fixations, left_out = choose(
        [
            [3.0, 20, 10, 1],
            [3.8, 40, 20, 1],
            [3.3, 60, 30, 1],
            [3.95, 80, 40, 1],
            [4.0, 100, 50, 1],
            [2.999, 120, 60, 1],
        ]
    )
    np.testing.assert_array_equal(fixations.frame, [2, 3, 4])
    np.testing.assert_allclose(fixations.x, [0.6, 0.3, 0.5], rtol=1e-5)
    np.testing.assert_allclose(fixations.y, [0.6, 0.3, 0.5], rtol=1e-5)
    assert fixations.x.dtype == fixations.y.dtype == np.float32
    assert fixations.frame.dtype == fixations.observer.dtype == np.int64
    assert left_out == {gaze.SAMPLES_BESIDE: 3}


@pytest.mark.parametrize("times", [(0.25, 0.75), (0.75, 0.25)])
def test_of_two_samples_equally_near_the_earlier_stays(times):
    fixations, left_out = choose([[time, 100 * time, 10, 1] for time in times])
    np.testing.assert_allclose(fixations.x, [0.125], rtol=1e-5)
    assert left_out == {gaze.SAMPLES_BESIDE: 1}


def test_samples_that_give_no_point_are_counted_by_the_first_cause():
    fixations, left_out = choose(
        [
            [np.nan, 20, 10, 1],
            [0.5, np.inf, 10, 1],
            [0.5, 20, np.nan, 1],
            [-0.1, 20, 10, 1],
            [-0.1, -20, 10, 1],  # Outside too, but before the start first.
            [10.0, 20, 10, 1],
            [1e300, 20, 10, 1],
            [5.5, 200, 10, 1],
            [5.6, 20, 100, 1],
            [5.6, -0.1, 50, 1],
            [9.99, 0, 0, 1],
        ]
    )
    np.testing.assert_array_equal(fixations.frame, [9])
    assert left_out == {
        gaze.SAMPLES_NOT_NUMBERS: 3,
        gaze.SAMPLES_BEFORE_START: 2,
        gaze.SAMPLES_PAST_END: 2,
        gaze.SAMPLES_OUTSIDE: 3,
    }


def test_every_random_sample_is_a_fixation_or_counted():
    rng = np.random.default_rng(5)
    samples = np.stack(
        [
            rng.integers(-5, 60, 500) / 5,
            rng.integers(-5, 205, 500),
            rng.integers(-5, 105, 500),
            rng.integers(1, 4, 500),
        ],
        axis=1,
    )
    best = {}
    for time, x, y, observer in sorted(samples.tolist(), key=lambda s: s[0]):
        frame = math.floor(time)
        if not (0 <= frame < 10 and 0 <= x < 200 and 0 <= y < 100):
            continue
        # Rounded: fifths are not exact, and equally near they should be.
        distance = round(abs(time - frame - 0.5), 9)
        if (frame, observer) not in best:
            best[frame, observer] = distance, time
        elif distance < best[frame, observer][0]:
            best[frame, observer] = distance, time
    fixations, left_out = choose(samples)
    keys = list(zip(fixations.frame, fixations.observer, strict=True))
    assert keys == sorted(best)
    assert len(fixations) + sum(left_out.values()) == len(samples)


def test_a_picture_takes_all_events_of_an_observer():
    facts = VideoFacts(SIZE, 1.0, 1, is_picture=True)
    rows = [
        [500, 200, 100, 50, 2],
        [2900, 9000, 20, 10, 1],  # Longer than a frame; the time is unknown.
        [0, 200, 180, 90, 1],
        [-1, 300, 100, 50, 1],  # At the cross, before the picture.
        [100, 200, 200, 50, 1],
        [100, 200, np.nan, 50, 1],
    ]
    fixations, left_out = gaze.events_to_fixations(np.array(rows), facts)
    np.testing.assert_array_equal(fixations.frame, [0, 0, 0])
    np.testing.assert_array_equal(fixations.observer, [1, 1, 2])
    np.testing.assert_allclose(fixations.x, [0.9, 0.1, 0.5], rtol=1e-5)
    assert left_out == {
        gaze.BEFORE_START: 1,
        gaze.OUTSIDE: 1,
        gaze.NOT_A_NUMBER: 1,
    }
