"""Batches dealt to workers, begun in the middle, and of several splits."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.annotations import fixations_of, read_videos
from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.shard_dealing import steps_per_epoch
from rmdn_tf.data.windows import Window
from tests.helpers.made_datasets import make_dataset, make_record
from tests.helpers.numbered_videos import batches

pytestmark = pytest.mark.slow

WINDOW = Window(65, 4)
ORDERS = [
    functools.partial(order, window=WINDOW, fixations_per_frame=2, seed=3)
    for order in (random_cuts, ordered_windows)
]
both_orders = pytest.mark.parametrize(
    "order", ORDERS, ids=["random", "ordered"]
)


def check_equal(some, others):
    assert len(some) == len(others) > 0
    for one, other in zip(some, others, strict=True):
        assert one.keys() == other.keys()
        for key in one:
            assert one[key].dtype == other[key].dtype
            np.testing.assert_array_equal(one[key], other[key])


@both_orders
def test_the_shares_of_all_workers_joined_are_the_whole(
    numbered_dataset, order
):
    # Three shards: one of the four rows of `ordered_windows` is blank.
    make = functools.partial(order, numbered_dataset, "train", batch_size=4)
    shares = [batches(make(share=(worker, 2))) for worker in range(2)]
    joined = [
        {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        for parts in zip(*shares, strict=True)
    ]
    check_equal(joined, batches(make()))


@both_orders
def test_batches_left_out_at_the_beginning_change_no_other(
    numbered_dataset, order
):
    make = functools.partial(order, numbered_dataset, "train", batch_size=2)
    whole = batches(make())
    check_equal(batches(make(skip=2)), whole[2:])
    share = batches(make(skip=1, share=(1, 2)))
    check_equal(
        share, [{k: v[1:] for k, v in batch.items()} for batch in whole[1:]]
    )
    assert batches(make(skip=len(whole))) == []
    message = f"Invalid `skip`. Expected 0 to {len(whole)} batches"
    for skip in (-1, len(whole) + 1):
        with pytest.raises(ValueError, match=message):
            make(skip=skip)


@both_orders
@pytest.mark.parametrize(
    "share, message",
    [((0, 3), "`batch_size`.*3 workers"), ((2, 2), r"`share`.*\(2, 2\)")],
)
def test_rows_that_cannot_be_shared_are_an_error(
    numbered_dataset, order, share, message
):
    with pytest.raises(ValueError, match=message):
        order(numbered_dataset, "train", batch_size=4, share=share)


@both_orders
def test_batches_depend_on_the_seed_and_not_on_the_threads(
    numbered_dataset, order
):
    def make(num_threads):
        options = tf.data.Options()
        options.threading.private_threadpool_size = num_threads
        dataset = order(numbered_dataset, "train", batch_size=2)
        return batches(dataset.with_options(options))

    check_equal(make(1), make(16))


@pytest.fixture(scope="module")
def unreadable_first(tmp_path_factory):
    """Returns a dataset of two shards; the first video is no JPEG."""
    data_dir = tmp_path_factory.mktemp("unreadable")
    first = make_record("a", frames=[b"no JPEG"] * 3)
    shards = {
        "train.tfrecord-00000-of-00002": [first, make_record("b")],
        "train.tfrecord-00001-of-00002": [make_record("c"), make_record("d")],
    }
    make_dataset(data_dir, shards)
    return data_dir


def can_be_decoded(dataset):
    try:
        return len(batches(dataset)) > 0
    except tf.errors.InvalidArgumentError:
        return False


def test_a_worker_decodes_its_own_rows_alone(unreadable_first):
    window = Window(18)  # F = 3: one window a video
    random = functools.partial(
        random_cuts, window=window, fixations_per_frame=1, seed=0
    )
    ordered = functools.partial(ordered_windows, window=window)
    for order, batch_size, wanted in ((random, 4, 3), (ordered, 2, 1)):
        make = functools.partial(
            order, unreadable_first, "train", batch_size=batch_size
        )
        shares = [(worker, batch_size) for worker in range(batch_size)]
        sound = [can_be_decoded(make(share=share)) for share in shares]
        assert sum(sound) == wanted


def test_batches_left_out_are_not_decoded(unreadable_first):
    make = functools.partial(
        ordered_windows,
        unreadable_first,
        "train",
        batch_size=2,
        window=Window(17),
    )
    assert not can_be_decoded(make(skip=1))
    assert can_be_decoded(make(skip=2))


@pytest.fixture(scope="module")
def two_splits(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("splits")
    shards = {
        f"{split}.tfrecord-00000-of-00001": [make_record(name, split=split)]
        for name, split in (("a", "train"), ("b", "validation"))
    }
    make_dataset(data_dir, shards)
    return data_dir


BOTH = "train+validation"


@both_orders
def test_splits_can_be_joined(two_splits, order):
    dataset = order(two_splits, BOTH, batch_size=1)
    ids = [batch["video_id"][0] for batch in batches(dataset)]
    assert sorted(ids) == [b"a", b"b"]
    info = read_dataset_info(two_splits)
    assert steps_per_epoch(info, BOTH, 1, WINDOW) == 2
    assert len(fixations_of(read_videos(two_splits, BOTH))) == 6


@pytest.mark.parametrize(
    "split, message",
    [
        ("train+holdout", "no video of 'holdout'.*'train', 'validation'"),
        ("train+test", "no video of 'test'"),
        ("train+", "no video of ''"),
        ("train+train", "each split once.*split='train.train'"),
    ],
)
def test_a_split_that_cannot_be_joined_is_an_error(two_splits, split, message):
    for order in ORDERS:
        with pytest.raises(RecordError, match=message):
            order(two_splits, split, batch_size=1)
    with pytest.raises(RecordError, match=message):
        read_videos(two_splits, split)
    with pytest.raises(RecordError, match=message):
        steps_per_epoch(read_dataset_info(two_splits), split, 1, WINDOW)


def test_records_that_cannot_be_counted_are_an_error(tmp_path):
    records = [make_record("a"), make_record("a", first_frame=3)]
    make_dataset(tmp_path, {"train.tfrecord-00000-of-00001": records})
    with pytest.raises(RecordError, match="Expected 1 records.*num_records=2"):
        ordered_windows(tmp_path, "train", batch_size=1, window=WINDOW)
