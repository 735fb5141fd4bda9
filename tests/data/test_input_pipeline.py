"""Tests of `rmdn_tf.data.input_pipeline`, on frames that tell their number."""

import collections
import os

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts, to_device
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.shard_dealing import steps_per_epoch
from rmdn_tf.data.windows import CONTEXT, Window
from tests.helpers.numbered_videos import (
    LENGTHS,
    MOST_FIXATIONS,
    NUM_COMPONENTS,
    SIZE,
    VIDEOS,
    batches,
    check_pixels,
    points_by_frame,
    points_on,
    read_frames,
    served,
    truth_on,
    windows_of,
)

RANDOM_WINDOW = Window(32)  # F = 17
DRAWN = 2  # fixations of a frame that `random_cuts` draws
SEEDS = range(6)


def ordered(data_dir, batch_size, window, **options):
    return ordered_windows(
        data_dir, "train", batch_size=batch_size, window=window, **options
    )


def random(data_dir, batch_size=2, seed=0, window=RANDOM_WINDOW, split="train"):
    return random_cuts(
        data_dir,
        split,
        batch_size=batch_size,
        window=window,
        fixations_per_frame=DRAWN,
        seed=seed,
    )


# Three shards: fewer rows, as many, and more.
@pytest.fixture(scope="module", params=[(1, 2), (4, 3), (4, 5)], ids=str)
def pass_(request, numbered_dataset):
    """Returns (window, batches) of one pass in time order."""
    clip_stride, batch_size = request.param
    window = Window(65, clip_stride)
    return window, batches(ordered(numbered_dataset, batch_size, window))


def rows_of(pass_):
    """Returns row -> its windows in time order, blank ones left out."""
    _, all_batches = pass_
    rows = []
    for row in range(len(all_batches[0]["is_first"])):
        windows = [
            {key: value[row] for key, value in batch.items()}
            for batch in all_batches
        ]
        valid = [bool(window["frame_mask"].any()) for window in windows]
        # Once a row has run out it stays blank.
        assert valid == sorted(valid, reverse=True)
        rows.append(windows[: sum(valid)])
    return rows


def valid_windows(pass_):
    return [window for row in rows_of(pass_) for window in row]


def test_every_frame_of_every_video_is_served_once_and_in_order(pass_):
    frames = collections.defaultdict(list)
    for window in valid_windows(pass_):
        video, numbers = served(window)
        frames[VIDEOS[video]] += numbers.tolist()
    wanted = {name: list(range(length)) for name, length in LENGTHS.items()}
    assert frames == wanted


def test_a_row_goes_on_with_its_video_until_it_ends(pass_):
    for row in rows_of(pass_):
        ends_at = None
        for window in row:
            video, numbers = served(window)
            name = VIDEOS[video]
            assert window["video_id"] == name.encode()
            assert window["is_first"] == (ends_at is None)
            if ends_at is None:
                ends_at = (name, 0)
            assert (name, numbers[0]) == ends_at
            is_done = numbers[-1] + 1 == LENGTHS[name]
            ends_at = None if is_done else (name, numbers[-1] + 1)
        assert ends_at is None


def test_windows_hold_the_true_frames_and_the_context_before_them(pass_):
    for window in valid_windows(pass_):
        check_pixels(window)


def test_the_context_reaches_across_the_border_of_two_records(pass_):
    beyond = [
        window
        for window in valid_windows(pass_)
        if window["video_id"] == b"long" and window["first_frame"] == 512
    ]
    (window,) = beyond
    _, frames = read_frames(window["frames"])
    assert frames[:17].tolist() == list(range(497, 514))


def test_only_the_last_window_of_a_record_is_padded(pass_):
    window, _ = pass_
    for served_window in valid_windows(pass_):
        video, numbers = served(served_window)
        if len(numbers) < window.num_served:
            end = LENGTHS[VIDEOS[video]]
            assert numbers[-1] + 1 in (end, 512)


def test_fixations_lie_on_their_frames(pass_):
    for window in valid_windows(pass_):
        video, _ = served(window)
        for frame, points in points_by_frame(window):
            assert points == points_on(video, frame)


def test_true_densities_lie_on_their_frames(pass_):
    for window in valid_windows(pass_):
        video, numbers = served(window)
        np.testing.assert_array_equal(
            window["truth"][: len(numbers)], truth_on(video, numbers)
        )


def test_a_pass_ends_with_its_longest_row(pass_):
    _, all_batches = pass_
    assert all(batch["frame_mask"].any() for batch in all_batches)
    rows = rows_of(pass_)
    assert len(all_batches) == max(map(len, rows))
    # Shards are dealt whole: no row is idle unless there are more than three.
    assert sum(len(row) > 0 for row in rows) == min(3, len(rows))


def test_blank_windows_are_masked_all_over(pass_):
    rows = rows_of(pass_)
    _, all_batches = pass_
    for row, windows in enumerate(rows):
        for batch in all_batches[len(windows) :]:
            for key in ("frame_mask", "fixation_mask", "is_first"):
                assert not batch[key][row].any()
            assert batch["video_id"][row] == b""


def test_shapes_and_types_are_those_promised(numbered_dataset):
    window = Window(65, 4)
    num_used, num_served = 64, 52
    ordered_spec = ordered(numbered_dataset, 3, window).element_spec
    wanted = {
        "frames": tf.TensorSpec([3, num_used, *SIZE, 3], tf.uint8),
        "frame_mask": tf.TensorSpec([3, num_served], tf.bool),
        "fixations": tf.TensorSpec(
            [3, num_served, MOST_FIXATIONS, 2], tf.float32
        ),
        "fixation_mask": tf.TensorSpec(
            [3, num_served, MOST_FIXATIONS], tf.bool
        ),
        "is_first": tf.TensorSpec([3], tf.bool),
        "video_id": tf.TensorSpec([3], tf.string),
        "first_frame": tf.TensorSpec([3], tf.int64),
        "truth": tf.TensorSpec([3, num_served, NUM_COMPONENTS, 6], tf.float32),
    }
    assert ordered_spec == wanted
    random_spec = random(numbered_dataset, 3, window=window).element_spec
    del wanted["truth"]
    wanted["fixations"] = tf.TensorSpec([3, num_served, DRAWN, 2], tf.float32)
    wanted["fixation_mask"] = tf.TensorSpec([3, num_served, DRAWN], tf.bool)
    assert random_spec == wanted


def test_without_a_known_density_there_is_no_truth(
    numbered_dataset_without_truth,
):
    dataset = ordered(numbered_dataset_without_truth, 3, Window())
    (batch,) = batches(dataset)
    assert "truth" not in batch
    assert sorted(batch["video_id"]) == [b"", b"five", b"one"]
    for window in windows_of(batches(dataset)):
        if window["video_id"]:
            check_pixels(window)


def test_ordered_windows_draw_as_many_fixations_as_asked(numbered_dataset):
    dataset = ordered(
        numbered_dataset, 1, Window(), fixations_per_frame=DRAWN, seed=5
    )
    for window in windows_of(batches(dataset)):
        if window["frame_mask"].any():
            video, _ = served(window)
            for frame, points in points_by_frame(window):
                there = points_on(video, frame)
                assert points <= there
                assert len(points) == min(len(there), DRAWN)


def test_a_seed_deals_the_shards_in_another_order_and_drops_nothing(
    numbered_dataset,
):
    def ids(seed):
        dataset = ordered(numbered_dataset, 1, Window(65, 16), seed=seed)
        return [batch["video_id"].tolist() for batch in batches(dataset)]

    unseeded, seeded, again = (ids(seed) for seed in (None, 2, 2))
    assert seeded == again != unseeded
    assert sorted(sum(seeded, [])) == sorted(sum(unseeded, []))


@pytest.fixture(scope="module")
def epochs(numbered_dataset):
    """Returns seed -> batches of `random_cuts`."""
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
    counted = collections.Counter(
        VIDEOS[served(window)[0]]
        for window in windows_of(
            batches(random(numbered_dataset, batch_size=1))
        )
    )
    assert counted == {
        name: num_cuts(length) for name, length in LENGTHS.items()
    }


def test_cuts_hold_consecutive_frames_and_their_true_context(epochs):
    for window in cuts(epochs):
        check_pixels(window)


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


def test_a_cut_is_padded_only_where_the_video_is_shorter(epochs):
    for window in cuts(epochs):
        video, numbers = served(window)
        length = LENGTHS[VIDEOS[video]]
        assert len(numbers) == min(length, RANDOM_WINDOW.num_served)


def test_every_cut_begins_from_no_memory(epochs):
    assert all(window["is_first"] for window in cuts(epochs))


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


@pytest.mark.parametrize("split", ["validation", "holdout"])
def test_a_split_without_a_video_is_an_error(numbered_dataset, split):
    message = f"no video of '{split}'.*split='{split}'"
    with pytest.raises(RecordError, match=message):
        random(numbered_dataset, split=split)
    with pytest.raises(RecordError, match=message):
        ordered_windows(numbered_dataset, split, batch_size=2, window=Window())


def test_a_stored_frame_of_another_size_than_announced_is_an_error(
    numbered_dataset_without_truth, tmp_path
):
    info = read_dataset_info(numbered_dataset_without_truth)
    for shard in info.splits["train"].shards:
        os.symlink(
            numbered_dataset_without_truth / shard.file,
            tmp_path / shard.file,
        )
    text = (numbered_dataset_without_truth / "dataset_info.json").read_text()
    text = text.replace(f"{SIZE[0]},", f"{SIZE[0] * 2},", 1)
    (tmp_path / "dataset_info.json").write_text(text)
    assert read_dataset_info(tmp_path).size == (16, 24)
    expected = r"the size \(16, 24\).*the size"
    with pytest.raises(tf.errors.InvalidArgumentError, match=expected):
        batches(random(tmp_path))


def test_to_device_passes_batches_on(numbered_dataset_without_truth):
    dataset = ordered(numbered_dataset_without_truth, 1, Window()).map(
        # Strings have no place on a GPU.
        lambda batch: {k: v for k, v in batch.items() if k != "video_id"}
    )
    for mine, other in zip(to_device(dataset), dataset, strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, mine, other)
