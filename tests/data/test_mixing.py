"""Batches that take some of their windows from other datasets."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data import random_windows
from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.data.mixing import Mix
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import Fixations, RecordError
from rmdn_tf.data.shard_dealing import steps_per_epoch
from rmdn_tf.data.windows import Window
from tests.helpers.cached_features import cache
from tests.helpers.made_datasets import make_dataset, make_record
from tests.helpers.made_pictures import make_pictures
from tests.helpers.numbered_videos import RANDOM_WINDOW, batches

pytestmark = pytest.mark.slow

BATCH = 8
NUM_MIXED = 2


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two datasets of 60 and 30 pictures; more than an epoch needs."""
    directories = [tmp_path_factory.mktemp(name) for name in ("many", "few")]
    for directory, number in zip(directories, (60, 30), strict=True):
        make_pictures(directory, number)
    return directories


@pytest.fixture(scope="module")
def cuts(numbered_dataset, pictures):
    """Returns batches of six windows of videos and two pictures."""
    tf.random.set_seed(0)
    return functools.partial(
        random_cuts,
        numbered_dataset,
        "train",
        batch_size=BATCH,
        window=RANDOM_WINDOW,
        fixations_per_frame=4,
        seed=1,
        mix=Mix(pictures, NUM_MIXED),
    )


@pytest.fixture(scope="module")
def whole(cuts):
    """Returns the batches of an epoch."""
    return batches(cuts())


def _is_picture(batch):
    return [name.startswith(b"picture") for name in batch["video_id"]]


def _assert_same(got, expected):
    tf.nest.map_structure(np.testing.assert_array_equal, got, expected)


def test_every_batch_has_its_share_of_pictures_evenly_among_its_rows(whole):
    for batch in whole:
        assert _is_picture(batch) == [False, False, False, True] * 2


def test_an_epoch_counts_the_main_dataset_only(cuts, whole, numbered_dataset):
    info = read_dataset_info(numbered_dataset)
    own = BATCH - NUM_MIXED
    expected = steps_per_epoch(info, "train", own, RANDOM_WINDOW)
    assert len(whole) == expected
    plain = batches(cuts(batch_size=own, mix=None))
    for mixed, alone in zip(whole, plain, strict=True):
        rows = ~np.array(_is_picture(mixed))
        _assert_same({k: v[rows] for k, v in mixed.items()}, alone)


def test_a_picture_is_one_frame_and_the_rest_of_its_window_is_masked(whole):
    for batch in whole:
        for row in np.flatnonzero(_is_picture(batch)):
            assert batch["frame_mask"][row].tolist() == [True] + 16 * [False]
            assert batch["fixation_mask"][row].sum() == 3
            assert batch["fixation_mask"][row, 0].sum() == 3


def test_an_epoch_that_needs_few_pictures_begins_anywhere(
    cuts, pictures, monkeypatch
):
    """Else the last pictures of a shard would never be seen."""
    monkeypatch.setattr(random_windows, "SHUFFLE_WINDOWS", 1)
    mix = Mix(pictures[:1], 1)
    places = []
    for seed in range(4):
        few = batches(cuts(seed=seed, batch_size=17, mix=mix))
        names = [batch["video_id"][_is_picture(batch)][0] for batch in few]
        assert len(set(names)) == len(few) < 10
        # A shard has every third picture.
        places += [int(name[-3:]) // 3 for name in names]
    assert min(places) < 10 < max(places)
    assert len(set(places)) > 5


def test_a_resumed_epoch_and_two_workers_get_the_same_rows(cuts, whole):
    _assert_same(batches(cuts(skip=3)), whole[3:])
    halves = [batches(cuts(share=(worker, 2))) for worker in range(2)]
    for batch, *parts in zip(whole, *halves, strict=True):
        joined = {k: np.concatenate([p[k] for p in parts]) for k in batch}
        _assert_same(joined, batch)


def test_a_worker_may_have_rows_of_one_kind_only():
    mix, dealt = Mix((), 1), []
    for worker in range(4):
        main, others, order = mix.deal(range(worker, worker + 1), 4)
        dealt.append(([*main], [*others], order))
    assert dealt == [([0], [], [0]), ([1], [], [0]), ([2], [], [0])] + [
        ([], [0], [0])
    ]
    main, others, order = Mix((), 3).deal(range(4, 8), 8)
    assert ([*main], [*others], order) == ([3, 4], [1, 2], [0, 2, 1, 3])


def test_features_are_mixed_as_frames_are(
    cuts, whole, numbered_dataset, pictures, tmp_path
):
    caches = [tmp_path / str(n) for n in range(3)]
    for data_dir, feature_dir in zip(
        (numbered_dataset, *pictures), caches, strict=True
    ):
        cache(data_dir, feature_dir)
    mix = Mix(pictures, NUM_MIXED, caches[1:])
    got = batches(cuts(mix=mix, feature_dir=caches[0]))
    for batch, expected in zip(got, whole, strict=True):
        features = batch.pop("features")
        frames = expected["frames"]
        _assert_same(batch, {key: expected[key] for key in batch})
        # The first clip ends at the first frame of the window.
        last = features[:, 0].reshape(BATCH, 2, -1, 3)[:, 1]
        np.testing.assert_array_equal(last, frames[:, 15, 0])


def test_datasets_that_do_not_fit_are_refused(cuts, numbered_dataset, tmp_path):
    for name, other, message in (
        ("wide", {"size": (8, 32)}, r"size=\(8, 24\).*size=\(8, 32\)"),
        ("tall", {"max_size": 99}, "max_size=None. Received: max_size=99"),
    ):
        make_pictures(tmp_path / name, 3, **other)
        with pytest.raises(ValueError, match=f"{name}'.*{message}"):
            cuts(mix=Mix([tmp_path / name], 1))
    with pytest.raises(ValueError, match="each once. .*numbered.* again"):
        cuts(mix=Mix([numbered_dataset], 1))
    blind = make_record("blind", fixations=Fixations.empty())
    make_dataset(tmp_path / "blind", {"train.tfrecord": [blind]})
    with pytest.raises(RecordError, match="blind'. Expected fixations"):
        cuts(mix=Mix([tmp_path / "blind"], 1))


def test_an_epoch_of_pictures_has_one_window_for_each(pictures):
    info = read_dataset_info(pictures[0])
    assert steps_per_epoch(info, "train", 24, Window(23, 1)) == 2
    assert steps_per_epoch(info, "train", 24, Window(16, 1)) == 2
