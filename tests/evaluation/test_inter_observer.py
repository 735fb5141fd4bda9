"""Observers who predict each other."""

import dataclasses

import numpy as np
import pytest

from rmdn_tf.data.records import Fixations
from rmdn_tf.evaluation.inter_observer import (
    Blur,
    Halves,
    LeaveOneOut,
    PreviousFrame,
    choose_blur,
    random_half,
)
from rmdn_tf.metrics.true_density import fixation_densities
from tests.helpers.made_gaze import frames_of, make_video

SIZE = (12, 16)
BLUR = Blur(0.1, 0.2)


def test_the_halves_are_disjoint_and_those_of_the_whole_video():
    video = make_video(num_observers=7)
    half = random_half(video, 0)
    assert len(half) == 3
    assert set(half) < set(range(7))
    np.testing.assert_array_equal(half, random_half(video, 0))
    draws = {tuple(sorted(random_half(video, seed))) for seed in range(20)}
    assert len(draws) > 5


def test_each_half_is_scored_by_a_map_that_has_not_seen_it():
    video = make_video()
    frames = frames_of(video)
    gaze = frames.gaze
    trials = list(Halves(BLUR, num_splits=2).trials(frames, SIZE))
    assert len(trials) == 4
    for first, second in (trials[:2], trials[2:]):
        np.testing.assert_array_equal(first.mask ^ second.mask, gaze.mask)
        for trial, known in ((first, second.mask), (second, first.mask)):
            expected = fixation_densities(
                gaze.points, known, *SIZE, 0.1 * 16, 0.2
            )
            np.testing.assert_allclose(np.exp(trial.log_maps), expected)
    assert (trials[0].mask != trials[2].mask).any()


def test_all_others_predict_each_observer():
    frames = frames_of(make_video(num_observers=3))
    trials = list(LeaveOneOut(BLUR).trials(frames, SIZE))
    assert len(trials) == 3
    total = sum(trial.mask.astype(int) for trial in trials)
    np.testing.assert_array_equal(total, frames.gaze.mask)
    expected = fixation_densities(
        frames.gaze.points,
        frames.gaze.observers != 1,
        *SIZE,
        0.1 * 16,
        0.2,
    )
    np.testing.assert_allclose(np.exp(trials[1].log_maps), expected)


@pytest.mark.parametrize("predictor", [Halves(BLUR), LeaveOneOut(BLUR)])
def test_a_frame_that_nobody_else_saw_is_held_against_nobody(predictor):
    video = make_video(num_frames=2, num_observers=4)
    kept = (video.fixations.frame == 0) | (video.fixations.observer == 1)
    rows = dataclasses.astuple(video.fixations)
    fixations = Fixations(*(column[kept] for column in rows))
    video = dataclasses.replace(video, fixations=fixations)
    for trial in predictor.trials(frames_of(video), SIZE):
        np.testing.assert_array_equal(trial.mask.any(-1), [True, False])


def test_the_frame_before_predicts_and_the_first_has_none():
    video = make_video()
    maps = np.exp(PreviousFrame(BLUR).log_maps(frames_of(video), SIZE))
    np.testing.assert_allclose(maps[0], 1 / 192)
    before = video.gaze_on(np.array([1]))
    expected = fixation_densities(
        before.points, before.mask, *SIZE, 0.1 * 16, 0.2
    )
    np.testing.assert_allclose(maps[2], expected[0])


def test_a_frame_that_one_half_did_not_see_is_uniform_to_it():
    video = make_video(num_frames=1, num_observers=2)
    frames = frames_of(video)
    none = np.zeros_like(frames.gaze.mask)
    log_maps = BLUR.log_densities(frames.gaze.points, none, SIZE)
    np.testing.assert_allclose(log_maps, -np.log(192))


@pytest.mark.parametrize("spread", [0.02, 0.1])
def test_the_blur_is_about_as_wide_as_the_gaze(spread):
    videos = [make_video(str(seed), 60, 12, seed, spread) for seed in range(4)]
    sigmas = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32]
    blur = choose_blur(videos, (48, 64), sigmas, [0.01, 0.5])
    # Of six others, each at the centre plus an error.
    assert spread / 2 < blur.sigma <= 2 * spread
    assert blur.uniform_share == 0.01


def test_lapses_ask_for_a_uniform_share():
    videos = [make_video(str(seed), 60, 12, seed, 0.02) for seed in range(4)]
    for video in videos:
        lapsed = np.arange(len(video.fixations)) % 3 == 0
        place = np.random.default_rng(0).random((2, len(lapsed)))
        video.fixations.x[lapsed] = place[0, lapsed]
        video.fixations.y[lapsed] = place[1, lapsed]
    blur = choose_blur(videos, (48, 64), [0.03], [0.001, 0.3, 0.9])
    assert blur.uniform_share == 0.3


def test_one_observer_cannot_be_held_against_another():
    videos = [make_video(num_observers=1)]
    with pytest.raises(ValueError, match="two observers or more"):
        choose_blur(videos, SIZE, [0.1], [0.1])
