"""Tests of `tfrecords_tools.gaze.detection`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfrecords_tools.gaze.detection import (
    SAMPLES_BETWEEN_GAPS,
    SAMPLES_OF_SHORT_FIXATIONS,
    detect_fixations,
)
from tfrecords_tools.gaze.fixations import (
    SAMPLES_NOT_NUMBERS,
    SAMPLES_OF_SACCADES,
)

pytestmark = pytest.mark.slow


def at(times, places, observer=1):
    return [
        [t, x, 2.0 * x, observer] for t, x in zip(times, places, strict=True)
    ]


def detect(samples, **settings):
    return detect_fixations(np.array(samples, np.float64), 10.0, **settings)


def test_two_places_are_two_fixations():
    # 50 Hz. 30 degrees a second are 0.3 pixels a ms, 6 pixels a sample.
    times = np.arange(0, 300, 20)
    places = [10, 11, 10, 11, 10, 11, 10, 50, 90, 91, 92, 91, 90, 91, 92]
    events, left_out = detect(at(times, places))
    np.testing.assert_allclose(
        events,
        [[0, 120, 73 / 7, 146 / 7, 1], [160, 120, 91, 182, 1]],
        rtol=1e-12,
    )
    assert left_out == {SAMPLES_OF_SACCADES: 1}


@pytest.mark.parametrize(("step", "num_fixations"), [(5.99, 1), (6.01, 0)])
def test_the_threshold_is_in_degrees_a_second(step, num_fixations):
    times = np.arange(0, 200, 20)
    # Both axes count: (3.6, 4.8) is 6 long.
    for x, y in ((1, 0), (0, 1), (0.6, 0.8)):
        steps = [
            [t, step * x * i, step * y * i, 1] for i, t in enumerate(times)
        ]
        events, _ = detect(steps)
        assert len(events) == num_fixations
    # Twice the pixels a degree, twice the pixels a second.
    samples = [[t, 2 * step * i, 0, 1] for i, t in enumerate(times)]
    events, _ = detect_fixations(np.array(samples, np.float64), 20.0)
    assert len(events) == num_fixations


@pytest.mark.parametrize(("last", "num_fixations"), [(59, 0), (60, 1)])
def test_a_short_fixation_is_left_out_and_counted(last, num_fixations):
    events, left_out = detect(at([0, 20, 40, last], [10, 10, 10, 10]))
    assert len(events) == num_fixations
    counted = {} if num_fixations else {SAMPLES_OF_SHORT_FIXATIONS: 4}
    assert left_out == counted


@pytest.mark.parametrize(("value", "num_counted"), [(np.nan, 0), (np.inf, 1)])
def test_a_sample_without_a_place_ends_a_fixation(value, num_counted):
    samples = at(np.arange(0, 300, 20), [10.0] * 15)
    samples[7][2] = value
    events, left_out = detect(samples)
    np.testing.assert_array_equal(events[:, :2], [[0, 120], [160, 120]])
    # The reader of the table has counted NaN.
    assert left_out == ({SAMPLES_NOT_NUMBERS: 1} if num_counted else {})


@pytest.mark.parametrize(("gap_ms", "num_fixations"), [(75, 1), (76, 2)])
def test_a_gap_ends_a_fixation(gap_ms, num_fixations):
    times = np.concatenate([np.arange(5) * 20, 80 + gap_ms + np.arange(5) * 20])
    events, left_out = detect(at(times, [10] * 10))
    assert len(events) == num_fixations
    assert not left_out


def test_observers_are_apart_and_the_order_does_not_count():
    times = np.arange(0, 100, 20)
    samples = at(times, [10] * 5, 7) + at(times + 1, [60] * 5, 3)
    np.random.default_rng(0).shuffle(samples)
    events, left_out = detect(samples)
    np.testing.assert_array_equal(
        events, [[1, 80, 60, 120, 3], [0, 80, 10, 20, 7]]
    )
    assert not left_out


def test_noise_at_a_high_rate_does_not_break_a_fixation():
    # 500 Hz: neighbours 0.8 pixels apart are 40 degrees a second.
    times = np.arange(0, 200, 2)
    samples = at(times, 50 + 0.4 * (-1.0) ** np.arange(100))
    events, left_out = detect(samples, velocity_threshold=60.0)
    np.testing.assert_array_equal(events[:, :2], [[0, 198]])
    assert not left_out
    events, _ = detect(samples, velocity_threshold=60.0, window_ms=2.0)
    assert len(events) == 0


def test_the_window_does_not_reach_over_a_gap_or_to_another_observer():
    times = np.arange(0, 100, 4)
    samples = at(times, [10] * 25) + at(times + 200, [90] * 25)
    samples += at(times + 100, [200] * 25, 2)
    events, left_out = detect(samples)
    np.testing.assert_array_equal(
        events,
        [[0, 96, 10, 20, 1], [200, 96, 90, 180, 1], [100, 96, 200, 400, 2]],
    )
    assert not left_out


RATES = [5, 8, 10, 25, 30, 60, 250, 1000]
# Onset and end in ms, x, y: places at least 3 degrees apart, with saccades of
# 40 ms between them.
KNOWN = [
    (0, 960, 100.0, 100.0),
    (1000, 1760, 140.0, 110.0),
    (1800, 2960, 60.0, 200.0),
    (3000, 4200, 90.0, 200.0),
]


def watch(rate, known=KNOWN, jitter_ms=0.0, noise=0.0, observer=1, seed=0):
    """Samples known fixations, and the straight saccades between them."""
    random = np.random.default_rng(seed)
    times = np.arange(0, known[-1][1], 1000 / rate)
    times += random.uniform(-jitter_ms, jitter_ms, len(times))
    knots = [t for onset, end, _, _ in known for t in (onset, end)]
    x, y = (
        np.interp(times, knots, np.repeat([k[i] for k in known], 2))
        for i in (2, 3)
    )
    samples = np.column_stack([times, x, y, np.full(len(times), observer)])
    samples[:, 1:3] += random.normal(0, noise, [len(times), 2])
    return samples


def check_known(events, rate, known=KNOWN, tolerance=0.5):
    """Checks that each known fixation is found but for a sample at an end."""
    assert len(events) == len(known)
    # The window of 20 ms takes its part of a fixation beside a saccade.
    margin = 2 * 1000 / rate + 20
    for event, (onset, end, x, y) in zip(events, known, strict=True):
        assert abs(event[0] - onset) <= margin
        assert abs(event[0] + event[1] - end) <= margin
        # A sample in the beginning of a saccade moves the mean a little.
        np.testing.assert_allclose(event[2:4], [x, y], atol=tolerance)


@pytest.mark.parametrize("rate", RATES)
def test_known_fixations_are_found_at_any_rate(rate):
    events, left_out = detect(watch(rate))
    check_known(events, rate)
    assert sum(left_out.values()) <= 0.1 * rate * 4.2
    # A jump of 1.5 degrees ends a fixation of a slow tracker.
    near = [(0, 960, 100.0, 100.0), (1000, 2000, 117.0, 100.0)]
    events, _ = detect(watch(rate, near))
    check_known(events, rate, near)


@pytest.mark.parametrize("rate", RATES)
def test_jitter_and_noise_of_a_tracker_do_not_break_fixations(rate):
    jitter_ms = 0.15 * 1000 / rate
    noisy = watch(rate, jitter_ms=jitter_ms, noise=0.4)
    events, _ = detect(noisy)
    check_known(events, rate, tolerance=3.0)


@pytest.mark.parametrize("rate", RATES)
def test_repeated_times_and_any_order_change_nothing_at_any_rate(rate):
    samples = watch(rate)
    others = watch(60, observer=2)
    expected, _ = detect(np.concatenate([samples, others]))
    twice = np.concatenate([samples, others, samples])
    np.random.default_rng(0).shuffle(twice)
    events, _ = detect(twice)
    np.testing.assert_array_equal(events[:, :2], expected[:, :2])
    np.testing.assert_allclose(events[:, 2:], expected[:, 2:], rtol=1e-9)


def test_each_observer_has_a_sampling_rate():
    slow, fast = watch(8, observer=1), watch(250, observer=2)
    events, _ = detect(np.concatenate([slow, fast]))
    check_known(events[events[:, 4] == 1], 8)
    check_known(events[events[:, 4] == 2], 250)


@pytest.mark.parametrize(
    ("interval_ms", "gap_ms", "num_fixations"),
    [(33, 75, 1), (33, 76, 2), (100, 150, 1), (100, 151, 2), (200, 301, 2)],
)
def test_a_gap_is_longer_for_a_slow_tracker(interval_ms, gap_ms, num_fixations):
    times = np.arange(6) * interval_ms
    times = np.concatenate([times, times[-1] + gap_ms + times])
    events, left_out = detect(at(times, [10] * 12))
    assert len(events) == num_fixations
    assert not left_out


def test_samples_far_apart_in_time_are_no_fixation_and_no_saccade():
    events, left_out = detect(at(np.arange(0, 9000, 1000), [10] * 9))
    assert len(events) == 0
    assert left_out == {SAMPLES_BETWEEN_GAPS: 9}


@pytest.mark.parametrize(
    "name",
    ["velocity_threshold", "window_ms", "min_duration_ms", "max_gap_ms"],
)
@pytest.mark.parametrize("value", [0, -1, np.nan])
def test_an_argument_out_of_range_is_an_error(name, value):
    with pytest.raises(ValueError, match=f"Invalid `{name}`"):
        detect(np.zeros([0, 4]), **{name: value})
    with pytest.raises(ValueError, match="Invalid `pixels_per_degree`"):
        detect_fixations(np.zeros([0, 4]), value)


NUMBERS = st.floats() | st.integers(0, 200).map(float)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS, st.integers(0, 2))))
def test_any_sample_belongs_to_an_event_or_is_counted(samples):
    samples = np.array(samples, np.float64).reshape([-1, 4])
    events, left_out = detect(samples)
    assert events.shape[1] == 5
    assert np.all(events[:, 1] >= 60)
    inside = np.zeros(len(samples), bool)
    for onset_ms, duration_ms, _, _, observer in events:
        inside |= (
            (samples[:, 3] == observer)
            & (samples[:, 0] >= onset_ms)
            & (samples[:, 0] <= onset_ms + duration_ms)
        )
    num_lost = sum(left_out.values())
    num_lost += np.sum(np.any(np.isnan(samples[:, 1:3]), axis=1))
    assert len(samples) - num_lost <= np.sum(inside)
    assert num_lost <= len(samples)


def test_detected_fixations_agree_with_the_eye_tracker_on_real_gaze(real_data):
    folder = real_data / "dhf1k" / "exportdata_train"
    if not folder.is_dir():
        pytest.skip(f"'{folder}' is not there.")
    rows, is_fixation = [], []
    for path in sorted(folder.rglob("*.txt")):
        lines = [line.split("\t") for line in path.read_text().splitlines()[1:]]
        start = int(lines[0][0])
        for line in lines:
            time_ms = (int(line[0]) - start) / 1000
            observer = int(path.parent.name[1:])
            rows.append([time_ms, float(line[5]), float(line[6]), observer])
            is_fixation.append(line[7] == "Fixation")
    rows, is_fixation = np.array(rows), np.array(is_fixation)
    # 1440 pixels over 38 degrees: the screen's size is an estimate.
    events, _ = detect_fixations(rows, 38.0)
    inside = np.zeros(len(rows), bool)
    for onset_ms, duration_ms, _, _, observer in events:
        mine = (rows[:, 3] == observer) & (rows[:, 0] >= onset_ms)
        inside |= mine & (rows[:, 0] <= onset_ms + duration_ms)
    both = np.sum(inside & is_fixation)
    # Measured: 0.88 and 0.92. Without the window 0.52 of them were found.
    assert both / np.sum(is_fixation) > 0.85
    assert both / np.sum(inside) > 0.90
