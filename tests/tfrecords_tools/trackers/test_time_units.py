"""Tests of `tfrecords_tools.trackers.time_units`."""

import numpy as np
import pytest

from tfrecords_tools.gaze.time_units import UNITS
from tfrecords_tools.raw_video import SourceError
from tfrecords_tools.trackers.time_units import likely_unit, typical_step


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("rate", [5, 30, 60, 300, 1000, 2000])
def test_the_rate_of_a_tracker_tells_the_unit(unit, rate):
    assert likely_unit("a", 1000 / rate / UNITS[unit][1], False) == unit


@pytest.mark.parametrize("unit", UNITS)
def test_the_duration_of_fixations_tells_the_unit(unit):
    for duration_ms in (60, 250, 2000):
        assert likely_unit("a", duration_ms / UNITS[unit][1], True) == unit


@pytest.mark.parametrize("step", [np.nan, 300.0, 0.3, 1e12])
def test_an_unlikely_step_is_an_error_that_names_the_flag(step):
    with pytest.raises(SourceError, match="'a.csv'.*--time_unit"):
        likely_unit("a.csv", step, False)


def test_the_step_is_between_samples_of_one_recording():
    recording = np.array([0, 1, 0, 1, 0, 0])
    time = np.array([0.0, 500.0, 4.0, 504.0, 5.0, 8.0])
    is_sample = np.array([True, True, True, True, False, True])
    assert typical_step(recording, time, is_sample) == 4
    assert np.isnan(typical_step(recording[:2], time[:2], is_sample[:2]))
