"""Windows from random places, on frames that tell their number."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.shard_dealing import steps_per_epoch
from rmdn_tf.data.windows import CONTEXT
from tests.helpers.numbered_videos import (
    DRAWN,
    LENGTHS,
    RANDOM_WINDOW,
    SIZE,
    VIDEOS,
    batches,
    check_pixels,
    points_by_frame,
    points_on,
    random,
    served,
    windows_of,
)

pytestmark = pytest.mark.slow

SEEDS = range(6)


@pytest.fixture(scope="module")
def epochs(numbered_dataset):
    """Returns seed -> batches of `random_cuts`."""
    tf.random.set_seed(0)  # Of every test; it takes part in the draws.
    return {
        seed: batches(random(numbered_dataset, seed=seed)) for seed in SEEDS
    }


def cuts(epochs):
    return [window for epoch in epochs.values() for window in windows_of(epoch)]


def num_cuts(length):
    return -(-length // RANDOM_WINDOW.num_served)


def test_an_epoch_has_as_many_full_batches_as_it_says(epochs, numbered_dataset):
    info = read_dataset_info(numbered_dataset)
    steps = steps_per_epoch(info, "train", 2, RANDOM_WINDOW)
    assert steps == sum(map(num_cuts, LENGTHS.values())) // 2
    for epoch in epochs.values():
        assert len(epoch) == steps
        assert {len(batch["frames"]) for batch in epoch} == {2}


def test_a_batch_larger_than_the_epoch_is_still_filled(
    numbered_dataset_without_truth,
):
    (batch,) = batches(random(numbered_dataset_without_truth, batch_size=7))
    assert batch["frames"].shape == (7, RANDOM_WINDOW.num_used, *SIZE, 3)
    assert batch["frame_mask"].any(axis=1).all()


def test_a_video_is_cut_as_often_as_its_length_asks(numbered_dataset):
    windows = windows_of(batches(random(numbered_dataset, batch_size=1)))
    counted = collections.Counter(VIDEOS[served(w)[0]] for w in windows)
    assert counted == {name: num_cuts(LENGTHS[name]) for name in LENGTHS}


def test_cuts_hold_consecutive_frames_and_their_true_context(epochs):
    for window in cuts(epochs):
        check_pixels(window)
        assert window["is_first"]
        video, numbers = served(window)
        # Padded only where the video is shorter.
        length = LENGTHS[VIDEOS[video]]
        assert len(numbers) == min(length, RANDOM_WINDOW.num_served)


def test_cuts_of_a_later_record_keep_clear_of_the_context_it_lacks(epochs):
    later = [
        window["first_frame"]
        for window in cuts(epochs)
        if window["first_frame"] >= 512
    ]
    # 88 frames: from 15 frames after the record's begin to 17 before its end.
    assert min(later) >= 512 + CONTEXT
    assert max(later) <= 600 - RANDOM_WINDOW.num_served
    assert len(set(later)) > 10


def test_cuts_begin_anywhere_in_a_video(epochs):
    begins = {
        int(window["first_frame"])
        for window in cuts(epochs)
        if VIDEOS[served(window)[0]] == "hundred"
    }
    assert min(begins) < CONTEXT  # with repeated frames, too
    assert max(begins) > 100 - 2 * RANDOM_WINDOW.num_served
    assert len(begins) > 15


def test_each_frame_gets_as_many_of_its_fixations_as_asked(epochs):
    for window in cuts(epochs):
        video, _ = served(window)
        for frame, points in points_by_frame(window):
            there = points_on(video, frame)
            assert points <= there
            assert len(points) == min(len(there), DRAWN)


def test_over_many_epochs_every_fixation_is_drawn(epochs):
    drawn = set()
    for window in cuts(epochs):
        for _, points in points_by_frame(window):
            drawn |= points
    # Videos that fit in one cut, so that every epoch shows all their frames.
    short = [name for name in VIDEOS if num_cuts(LENGTHS[name]) == 1]
    assert len(short) == 3
    for name in short:
        video = VIDEOS.index(name)
        for frame in range(LENGTHS[name]):
            assert points_on(video, frame) <= drawn


def test_one_seed_gives_one_epoch_and_another_seed_another(
    epochs, numbered_dataset
):
    again = batches(random(numbered_dataset, seed=SEEDS[0]))
    tf.nest.map_structure(
        np.testing.assert_array_equal, again, epochs[SEEDS[0]]
    )
    orders = {
        tuple(np.concatenate([batch["first_frame"] for batch in epoch]))
        for epoch in epochs.values()
    }
    assert len(orders) == len(SEEDS)
