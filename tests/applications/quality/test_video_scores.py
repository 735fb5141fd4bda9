"""Frames are pooled as FFmpeg and libvmaf do."""

import math

import numpy as np
import pytest

from rmdn_tf.applications.quality.report import worst_moments
from rmdn_tf.applications.quality.video_scores import VideoScores


def scores_of(mse, ssim=None, times=None, **more):
    mse = np.asarray(mse, float)
    ssim = np.ones(len(mse)) if ssim is None else np.asarray(ssim)
    times = np.arange(len(mse)) if times is None else np.asarray(times)
    columns = np.stack([mse, 4 * mse, ssim, ssim], 1)
    return VideoScores("b.mp4", times, columns, **more)


def test_values_are_pooled_as_worked_out_by_hand():
    # 10 log10(255^2 / mse): 48.1308, 38.1308 and 28.1308 decibels.
    pooled = scores_of([1, 10, 100], ssim=[0.9, 0.5, 0.1]).pooled()
    plain = pooled["psnr"]
    assert plain["mean"] == pytest.approx(38.1308, abs=1e-4)
    assert plain["of_mean_mse"] == pytest.approx(
        10 * math.log10(255**2 / 37), abs=1e-9
    )
    harmonic = 3 / (1 / 49.1308 + 1 / 39.1308 + 1 / 29.1308) - 1
    assert plain["harmonic_mean"] == pytest.approx(harmonic, abs=1e-3)
    assert plain["min"] == pytest.approx(28.1308, abs=1e-4)
    assert plain["p5"] == pytest.approx(29.1308, abs=1e-4)
    weighted = pooled["weighted_psnr"]
    lower = 10 * math.log10(4)
    assert weighted["mean"] == pytest.approx(plain["mean"] - lower)
    assert pooled["ssim"]["mean"] == pytest.approx(0.5)
    assert "of_mean_mse" not in pooled["ssim"]


def test_missing_frames_are_left_out():
    with_gap = scores_of([1, math.nan, 100], ssim=[0.9, math.nan, 0.1])
    without = scores_of([1, 100], ssim=[0.9, 0.1])
    assert with_gap.pooled() == without.pooled()
    assert with_gap.is_matched.tolist() == [True, False, True]


@pytest.mark.parametrize(("bits", "most"), [(8, 60), (10, 72), (12, 84)])
def test_equal_frames_have_the_psnr_of_libvmaf(bits, most):
    scores = scores_of([0.0], bits=bits)
    assert scores.pooled()["psnr"]["of_mean_mse"] == most


def test_the_worst_moments_are_apart():
    times = np.arange(100) / 10
    mse = np.ones(100)
    mse[[30, 31, 32]] = 90, 100, 95
    mse[[5, 60, 80]] = 50, 40, 30
    assert worst_moments(scores_of(mse, times=times)) == [31, 5, 60]


def test_a_short_video_has_fewer_moments():
    assert worst_moments(scores_of([3, math.nan, 5, 4])) == [2, 3, 0]
    assert worst_moments(scores_of([3, 5], times=[0, 0.1])) == [1]
