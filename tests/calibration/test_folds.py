"""Folds of frames: by video, or by time with a gap."""

import numpy as np
import pytest

from rmdn_tf.calibration.folds import deal, gap_of, units_of
from tests.helpers.made_samples import made_sample


@pytest.mark.parametrize(("num_videos", "num_folds"), [(2, 2), (12, 5)])
def test_no_video_is_on_both_sides(num_videos, num_folds):
    sample = made_sample(num_videos, 3, 1)
    every = np.ones(sample.num_frames, bool)
    folds = deal(sample, every)
    assert len(folds) == num_folds
    held_out = np.sum([fold.held_out for fold in folds], 0)
    assert (held_out == 1).all()
    for fold in folds:
        tested = {*sample.videos[fold.held_out]}
        fitted = {*sample.videos[fold.training]}
        assert tested and fitted and not tested & fitted


def test_frames_that_do_not_count_stand_in_no_fold():
    sample = made_sample(4, 3, 1)
    some = sample.videos != "v01"
    for fold in deal(sample, some):
        assert not (fold.held_out | fold.training)[~some].any()


def test_blocks_of_one_video_are_apart():
    sample = made_sample(1, 60, 1)
    every = np.ones(60, bool)
    folds = deal(sample, every)
    assert len(folds) == 5 and gap_of(sample, every) == 2
    assert np.array_equal(np.unique(units_of(sample, every)), np.arange(5))
    for fold in folds:
        times = sample.seconds[fold.held_out]
        assert (np.diff(times) == 1).all()  # One block.
        away = np.abs(sample.seconds[fold.training][:, None] - times)
        assert away.min() == 2
        assert fold.training.sum() + fold.held_out.sum() >= 58


def test_the_gap_of_a_short_video_is_half_a_block():
    sample = made_sample(1, 11, 1)
    assert gap_of(sample, np.ones(11, bool)) == 1


def test_one_frame_alone_is_refused():
    sample = made_sample(1, 1, 1)
    with pytest.raises(ValueError, match="Expected fixations on frames of"):
        deal(sample, np.ones(1, bool))
