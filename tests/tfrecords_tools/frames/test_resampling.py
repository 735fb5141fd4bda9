"""Tests of `tfrecords_tools.frames.resampling`."""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.made_up import MadeUp
from tfrecords_tools.frames.resampling import Resampling, resample

RATES = st.sampled_from([1.0, 10.0, 23.976, 24.0, 25.0, 29.97, 30.0, 59.94, 60])


def opened(num_frames, **changes):
    source = MadeUp({"a": num_frames}, **changes)
    return source.open(source.entries()[0])


def levels(raw):
    return [int(frame.to_ndarray().mean()) for frame in raw.frames]


def test_half_the_rate_keeps_every_second_frame_with_its_fixation():
    raw = resample(opened(7), 12.5)
    assert levels(raw) == [0, 2, 4, 6]
    assert raw.frames_per_second == 12.5
    assert raw.fixations.frame.tolist() == [0, 1, 2, 3]
    assert raw.fixations.observer.tolist() == [7, 9, 11, 13]
    assert raw.left_out["fixations on frames that resampling leaves out"] == 3


def test_twice_the_rate_repeats_frame_and_fixation():
    raw = resample(opened(2), 50.0)
    assert levels(raw) == [0, 0, 1, 1]
    assert raw.fixations.frame.tolist() == [0, 1, 2, 3]
    assert raw.fixations.observer.tolist() == [7, 7, 8, 8]
    assert raw.left_out == {"blinks": 2}


def test_the_true_density_goes_with_its_frame():
    truth = np.arange(24, dtype=np.float32).reshape([4, 1, 6])
    raw = resample(opened(4, truth=truth), 12.5)
    np.testing.assert_array_equal(raw.truth, truth[[0, 2]])


def test_fixations_past_the_end_stay_past_the_end():
    raw = opened(10)
    short = dataclasses.replace(raw, frames=iter(list(raw.frames)[:4]))
    resampled = resample(short, 12.5)
    assert levels(resampled) == [0, 2]
    assert resampled.fixations.frame.tolist() == [0, 1, 2, 3, 4]


@settings(max_examples=50)
@given(st.integers(0, 2000), RATES, RATES)
def test_the_duration_stays_and_every_new_frame_has_a_source(
    num_frames, old_rate, new_rate
):
    resampling = Resampling(old_rate, new_rate)
    length = resampling.length(num_frames)
    # To a frame of the new rate, and never shorter.
    longer = length / new_rate - num_frames / old_rate
    assert -1e-9 <= longer <= 1 / new_rate + 1e-9
    source = resampling.source_of(np.arange(length + 1))
    assert np.all(np.diff(source) >= 0)
    assert np.all(source[:-1] < num_frames)
    assert source[-1] >= num_frames


@settings(max_examples=30)
@given(st.integers(1, 60), RATES)
def test_frames_and_fixations_agree_at_any_rate(num_frames, new_rate):
    raw = resample(opened(num_frames), float(new_rate))
    shown = levels(raw)
    assert raw.fixations.frame.tolist() == list(range(len(shown)))
    assert (raw.fixations.observer - 7).tolist() == shown
    assert shown[0] == 0  # However short the video is.


def test_a_picture_stays_one_frame():
    raw = dataclasses.replace(opened(1), is_picture=True)
    resampled = resample(raw, 10.0)
    assert levels(resampled) == [0]
    assert resampled.frames_per_second == 10.0
    assert resampled.fixations is raw.fixations
