"""Densities of several models, calibrated across them, as stored maps."""

import numpy as np
import pytest
from scipy.special import logsumexp

from experiments.best_maps.clips import CELLS, mixtures_of, sample_of
from experiments.best_maps.held_out import (
    KnownMaps,
    calibrated,
    folds_of,
    joined,
    make_maps,
)
from rmdn_tf.evaluation.frames import Frames
from tests.helpers.made_gaze import make_video
from tests.helpers.made_samples import made_sample

pytestmark = pytest.mark.slow


def test_a_joined_sample_keeps_the_frame_of_each_fixation():
    first, second = made_sample(), made_sample()
    both = joined([first, second])
    assert both.num_frames == first.num_frames + second.num_frames
    late = both.frame >= first.num_frames
    assert np.array_equal(both.points[late], second.points)
    assert np.array_equal(both.frame[late] - first.num_frames, second.frame)


def test_each_of_several_samples_is_a_fold():
    samples = [made_sample(), made_sample()]
    first, second = folds_of(samples, joined(samples))
    number = samples[0].num_frames
    assert first.held_out[:number].all() and not first.held_out[number:].any()
    assert np.array_equal(first.held_out, second.training)
    assert np.array_equal(first.training, ~first.held_out)


def test_calibration_widens_densities_that_are_too_narrow():
    true = {"sharpness": 1.0, "spread": 2.0, "share": 0.0}
    samples = [made_sample(seed=seed, numbers=true) for seed in range(2)]
    sample = joined(samples)
    changed = calibrated(sample, folds_of(samples, sample))
    scales = np.exp(np.array(changed)[:, : sample.parameters.shape[1], 3:5])
    ratios = scales / np.exp(sample.parameters[..., 3:5])
    assert ratios == pytest.approx(2.0, rel=0.2)


def test_known_maps_are_those_of_the_frames():
    video = make_video("a", 20)
    numbers = np.array([9, 3])
    frames = Frames(video, numbers, 0, numbers, {}, {})
    maps = KnownMaps(np.arange(2.0)[:, None, None], {"a": {3: 0, 9: 1}})
    assert maps.log_maps(frames, (1, 1)).ravel().tolist() == [1.0, 0.0]


def test_a_map_as_a_mixture_is_about_the_same_density():
    draw = np.random.default_rng(0)
    y, x = np.indices((64, 64)) / 64
    log_maps = -((x - 0.3) ** 2 + (y - draw.uniform()) ** 2)[None] / 0.02
    (again,) = make_maps(mixtures_of(log_maps), (64, 64))
    again = np.exp(again - logsumexp(again))
    expected = np.exp(log_maps[0] - logsumexp(log_maps[0]))
    assert again.sum() == pytest.approx(1)
    assert np.abs(again - expected).sum() < 0.05


def test_a_sample_of_maps_has_the_gaze_on_its_frames():
    video = make_video("a", 20)
    numbers = np.array([3, 9])
    sample = sample_of(
        {"a": np.zeros((2, 64, 64))}, {"a": video}, {"a": numbers}
    )
    gaze = video.gaze_on(numbers)
    assert sample.parameters.shape == (2, CELLS**2, 6)
    assert np.array_equal(sample.points, gaze.points[gaze.mask])
    assert np.array_equal(np.bincount(sample.frame), gaze.mask.sum(1))
