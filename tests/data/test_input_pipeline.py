"""Tests of `rmdn_tf.data.input_pipeline`, on frames that tell their number."""

import collections
import os

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows, to_device
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.windows import Window
from tests.helpers.numbered_videos import (
    DRAWN,
    LENGTHS,
    MOST_FIXATIONS,
    NUM_COMPONENTS,
    SIZE,
    VIDEOS,
    batches,
    check_pixels,
    points_by_frame,
    points_on,
    random,
    served,
    truth_on,
    windows_of,
)

pytestmark = pytest.mark.slow


def ordered(data_dir, batch_size, window, **options):
    return ordered_windows(
        data_dir, "train", batch_size=batch_size, window=window, **options
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
            assert (name, numbers[0]) == (ends_at or (name, 0))
            end = numbers[-1] + 1
            ends_at = None if end == LENGTHS[name] else (name, end)
        assert ends_at is None


def test_windows_hold_true_frames_with_context_gaze_and_density(pass_):
    for window in valid_windows(pass_):
        check_pixels(window)
        video, numbers = served(window)
        for frame, points in points_by_frame(window):
            assert points == points_on(video, frame)
        np.testing.assert_array_equal(
            window["truth"][: len(numbers)], truth_on(video, numbers)
        )


def test_only_the_last_window_of_a_record_is_padded(pass_):
    window, _ = pass_
    for served_window in valid_windows(pass_):
        video, numbers = served(served_window)
        if len(numbers) < window.num_served:
            end = LENGTHS[VIDEOS[video]]
            assert numbers[-1] + 1 in (end, 512)


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
    random_spec = random(numbered_dataset, 3, window=window).element_spec

    def of_row(dtype, *shape):
        return tf.TensorSpec([3, *shape], dtype)

    both = {
        "frames": of_row(tf.uint8, num_used, *SIZE, 3),
        "frame_mask": of_row(tf.bool, num_served),
        "is_first": of_row(tf.bool),
        "video_id": of_row(tf.string),
        "first_frame": of_row(tf.int64),
    }
    truth = of_row(tf.float32, num_served, NUM_COMPONENTS, 6)
    for spec, most in ((ordered_spec, MOST_FIXATIONS), (random_spec, DRAWN)):
        assert spec.pop("fixations") == of_row(tf.float32, num_served, most, 2)
        assert spec.pop("fixation_mask") == of_row(tf.bool, num_served, most)
        assert spec == (both | {"truth": truth} if "truth" in spec else both)
    assert "truth" in ordered_spec and "truth" not in random_spec


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
            numbered_dataset_without_truth / shard.file, tmp_path / shard.file
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
