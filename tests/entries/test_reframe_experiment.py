"""The numbers of the experiment on crops."""

import numpy as np
import pytest

from experiments.applications import reframe_pictures
from experiments.applications.reframe import (
    best_still,
    fixed,
    motion,
    share_inside,
)
from rmdn_tf.data.annotations import Video
from rmdn_tf.data.records import Fixations
from rmdn_tf.model.moments import parameters_from_moments
from rmdn_tf.prediction.density import Density


class Gaze:
    """A clip with gaze on three frames, a tenth of a second apart."""

    times = np.array([0.0, 0.1, 0.2])


POINTS = [
    np.array([[0.1, 0.5], [0.3, 0.5]]),
    np.zeros((0, 2)),
    np.array([[0.7, 0.5], [0.8, 0.5], [0.2, 0.5]]),
]


def test_the_share_counts_fixations_inside_the_crop_on_display():
    left, right = [0, 0, 0.5, 1], [0.5, 0, 0.5, 1]
    assert share_inside(Gaze, POINTS, fixed(left)) == 3 / 5
    path = np.array([0.0, 0.04, 0.19]), np.array([left, left, right])
    assert share_inside(Gaze, POINTS, path) == 4 / 5
    late = np.array([0.0, 0.21]), np.array([left, right])
    assert share_inside(Gaze, POINTS, late) == 3 / 5


def test_the_best_still_crop_is_found():
    assert best_still(Gaze, POINTS, (1.0, 0.25)) == 3 / 5
    assert best_still(Gaze, POINTS, (1.0, 1.0)) == 1


def test_motion_counts_within_shots():
    times = np.arange(12) / 10
    left = np.concatenate([0.1 * times[:6], np.full(6, 0.9)])
    boxes = np.stack([left, 0 * left, 0 * left + 0.1, 0 * left + 1], 1)
    shots = np.repeat([0, 1], 6)
    speed, jerk, moves = motion((times, boxes), shots)
    assert speed == pytest.approx(0.05)
    assert jerk == pytest.approx(0, abs=1e-9)
    assert moves == 0.5


def viewed(x):
    """A picture of 100x200 pixels; four observers look at the height 0.5."""
    number = len(x)
    fixations = Fixations(
        np.zeros(number, np.int64),
        np.array(x, np.float32),
        np.full(number, 0.5, np.float32),
        np.arange(number),
    )
    return Video("a", (), (100, 200), 1.0, 1, fixations)


def test_a_crop_of_a_picture_is_scored_by_gaze():
    moments = [[1, 0.8, 0.5, 0.02, 0.02, 0]]
    density = Density(parameters_from_moments(np.array(moments)))
    right = reframe_pictures.scores_of(density, viewed([0.8] * 4), "1:2")
    assert right == {"centre": 0, "model": 1, "people": 1}
    left = reframe_pictures.scores_of(density, viewed([0.2] * 4), "1:2")
    assert left == {"centre": 0, "model": 0, "people": 1}
    assert reframe_pictures.scores_of(density, viewed([0.2] * 4), "2:1") is None
