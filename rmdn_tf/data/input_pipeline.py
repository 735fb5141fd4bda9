"""Reads the shards of a split as batches of windows.

Two orders:

- `random_cuts`: windows from random places, as the paper trains;
- `ordered_windows`: every frame once, for evaluation and for training with a
  carried state. Row b of a batch continues the video of row b in the batch
  before; `is_first` marks where the next video begins.

With cached features in place of frames, the order and the random draws are the
same.

A batch is a dict of B rows, L = `window.num_used` frames, F =
`window.num_served` frames with a density, and N fixations:

    frames          uint8 [B, L, H, W, 3] or, from a feature cache,
    features        float16 [B, T, D]     one row for each clip; those past the
                                          end are meaningless
    frame_mask      bool [B, F]           False past the end of the video
    fixations       float32 [B, F, N, 2]  (x, y) in [0, 1]
    fixation_mask   bool [B, F, N]        False where padded
    is_first        bool [B]              the row's video begins here; always
                                          True in `random_cuts`
    video_id        string [B]            "" after the row's last video
    first_frame     int64 [B]             index in the video of the first of F
    truth           float32 [B, F, Ct, 6] only in `ordered_windows`, if the
                                          true density is known
    actions         float32 [B, A]        only with `actions`: 1 if the video
                                          has the class as a label
"""

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from rmdn_tf.data.cached_features import CachedFeatures
from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo
from rmdn_tf.data.mixing import MIXED_SPLIT, Mix
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.shard_dealing import (
    deal,
    ordered_steps,
    rows_of_share,
    shards_of,
    steps_per_epoch,
)
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.window_cutting import WindowCutter
from rmdn_tf.data.windows import CONTEXT, Window

SHUFFLE_WINDOWS = 256  # JPEG bytes, about 1 MB each.

# Added to the seed of an epoch, for the windows of other datasets.
SEED_OF_MIX = 500

_PARALLEL = {"num_parallel_calls": tf.data.AUTOTUNE, "deterministic": True}


def random_cuts(
    data_dir: str | os.PathLike,
    split: str,
    *,
    batch_size: int,
    window: Window,
    fixations_per_frame: int,
    seed: int,
    share: tuple[int, int] = (0, 1),
    skip: int = 0,
    feature_dir: str | os.PathLike | None = None,
    actions: tuple[str, ...] = (),
    mix: Mix | None = None,
) -> tf.data.Dataset:
    """Reads one epoch of shuffled windows, cut at random places.

    A record of n frames gives ceil(n / F) cuts. If a video has several records,
    the first 15 frames of each later one are context only. With `mix`, the
    epoch counts only the windows of the dataset in `data_dir`.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or some joined by "+".
        batch_size: B, the rows of all workers together.
        window: length and clip stride of a window.
        fixations_per_frame: N; if a frame has more, N are drawn at random.
        seed: draws order, places and fixations. Choose another in each epoch.
            TensorFlow's global seed changes the draws, too.
        share: number of this worker, from 0, and number of workers. Together
            they make the rows that one worker alone would make.
        skip: number of batches to leave out at the beginning.
        feature_dir: feature cache to read; None decodes frames.
        actions: classes for `actions` of a batch.
        mix: other datasets, which give some rows of each batch; not with
            `actions`.

    Returns:
        A dataset of `steps_per_epoch` - `skip` full batches. Iterate once; the
        second time the order is another.

    Raises:
        FileNotFoundError, RecordError: the dataset or its features are missing
            or damaged, or the split holds no video.
        ValueError: `share`, `skip` or `mix` is invalid.
    """
    info, shards, stored = _open(data_dir, split, feature_dir)
    cutter = WindowCutter(stored, window, fixations_per_frame, actions)
    rows = rows_of_share(batch_size, share)
    num_own = batch_size - (mix.num_rows if mix else 0)
    steps = steps_per_epoch(info, split, num_own, window)
    _check_skip(skip, steps)
    if mix:
        mix.check(data_dir, info)
        rows, others, order = mix.deal(rows, batch_size)
    paths = _paths(stored, shards)
    np.random.default_rng(seed).shuffle(paths)
    files = tf.data.Dataset.from_tensor_slices(paths)
    records = _interleaved(files, len(paths), tf.data.TFRecordDataset)
    cuts = functools.partial(_cuts, cutter, steps, skip)
    if mix is None or not others:
        return cuts(records, seed, rows, num_own)
    mixed = cuts(*_mixed_records(mix, seed, stored), others, mix.num_rows)
    if not rows:
        return mixed
    return _joined(cuts(records, seed, rows, num_own), mixed, order)


def ordered_windows(
    data_dir: str | os.PathLike,
    split: str,
    *,
    batch_size: int,
    window: Window,
    fixations_per_frame: int | None = None,
    seed: int | None = None,
    share: tuple[int, int] = (0, 1),
    skip: int = 0,
    feature_dir: str | os.PathLike | None = None,
    actions: tuple[str, ...] = (),
) -> tf.data.Dataset:
    """Reads all windows of a split, every row in time order.

    Each row reads whole shards. After its last video a row is filled with
    masked windows until the longest row ends: little is wasted if there are
    many more shards than rows.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".
        batch_size: B, the rows of all workers together.
        window: length and clip stride of a window.
        fixations_per_frame: N; if a frame has more, N are drawn at random.
            None keeps all.
        seed: shuffles the shards, for training.
        share: number of this worker, from 0, and number of workers; all make
            the same number of batches.
        skip: number of batches to leave out at the beginning.
        feature_dir: feature cache to read; None decodes frames.
        actions: classes for `actions` of a batch.

    Returns:
        A dataset of batches, until the longest row ends.

    Raises:
        FileNotFoundError, RecordError, ValueError: see `random_cuts`.
        FileNotFoundError, RecordError: the dataset or its features are missing
            or damaged, or the split holds no video.
        ValueError: `share` or `skip` is invalid.
    """
    info, shards, stored = _open(data_dir, split, feature_dir)
    dealt = deal(shards, batch_size, seed)
    steps = ordered_steps(info, split, batch_size, window)
    _check_skip(skip, steps)
    if fixations_per_frame is None:
        # Without any fixation in the dataset, N is 1 and masked.
        fixations_per_frame = max(info.max_fixations_per_frame, 1)
    num_components = info.truth_num_components
    cutter = WindowCutter(
        stored, window, fixations_per_frame, actions, num_components
    )
    rows = [
        _row(cutter, _paths(stored, dealt[row]), (seed or 0) + row)
        for row in rows_of_share(batch_size, share)
    ]
    batches = tf.data.Dataset.zip(tuple(rows)).map(_stack)
    batches = batches.take(steps).skip(skip)
    return batches.map(cutter.decode, **_PARALLEL).prefetch(2)


def to_device(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Prefetches two batches to the first GPU, or to host memory without one.

    A GPU cannot hold strings: drop `video_id` before.
    """
    if tf.config.list_logical_devices("GPU"):
        return dataset.apply(
            tf.data.experimental.prefetch_to_device("/GPU:0", 2)
        )
    return dataset.prefetch(2)


def _interleaved(
    files: tf.data.Dataset, num_files: int, read: Callable
) -> tf.data.Dataset:
    """Reads the records of 16 files at a time, in turn."""
    return files.interleave(read, cycle_length=min(num_files, 16), **_PARALLEL)


def _mixed_records(
    mix: Mix, seed: int, stored: StoredFrames | CachedFeatures
) -> tuple[tf.data.Dataset, int]:
    """Returns the records of other datasets, and the seed of their windows.

    Each file begins at a random record: an epoch may need only a few records.
    """
    feature_dirs: Sequence[str | os.PathLike | None] = mix.feature_dirs or [
        None
    ] * len(mix.data_dirs)
    paths, lengths = [], []
    for data_dir, feature_dir in zip(mix.data_dirs, feature_dirs, strict=True):
        _, shards, other = _open(data_dir, MIXED_SPLIT, feature_dir)
        _check_alike(stored, other)
        paths += _paths(other, shards)
        lengths += [shard.num_records for shard in shards]
    seed += SEED_OF_MIX
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(paths))
    begins = generator.integers(0, lengths)[order]

    def read(path: tf.Tensor, begin: tf.Tensor) -> tf.data.Dataset:
        records = tf.data.TFRecordDataset(path)
        return records.skip(begin).concatenate(records.take(begin))

    files = tf.data.Dataset.from_tensor_slices((np.array(paths)[order], begins))
    return _interleaved(files, len(paths), read), seed


def _check_alike(
    stored: StoredFrames | CachedFeatures,
    other: StoredFrames | CachedFeatures,
) -> None:
    """Refuses features of another length, which have no place in a batch."""
    expected, received = (
        getattr(one, "num_features", None) for one in (stored, other)
    )
    if received != expected:
        raise ValueError(
            f"Invalid features in '{other.directory}'. Expected those of the "
            f"encoder of '{stored.directory}', {expected} numbers a clip. "
            f"Received: {received}."
        )


def _cuts(
    cutter: WindowCutter,
    steps: int,
    skip: int,
    records: tf.data.Dataset,
    seed: int,
    rows: range,
    batch_size: int,
) -> tf.data.Dataset:
    """Cuts records at random places; keeps some rows of each batch."""
    windows = _with_seeds(records, seed).map(cutter.at_random, **_PARALLEL)
    windows = windows.unbatch().shuffle(SHUFFLE_WINDOWS, seed).repeat()
    windows = windows.take(steps * batch_size).skip(skip * batch_size)
    windows = _of_rows(windows, rows, batch_size)
    windows = windows.map(cutter.decode, **_PARALLEL)
    return windows.batch(len(rows), drop_remainder=True)


def _joined(
    batches: tf.data.Dataset, mixed: tf.data.Dataset, order: list[int]
) -> tf.data.Dataset:
    """Joins the rows of two datasets of batches, in an order."""

    def join(batch: dict, other: dict) -> dict:
        return {
            key: tf.gather(tf.concat([batch[key], other[key]], 0), order)
            for key in batch
        }

    return tf.data.Dataset.zip((batches, mixed)).map(join, **_PARALLEL)


def _open(
    data_dir: str | os.PathLike,
    split: str,
    feature_dir: str | os.PathLike | None,
) -> tuple[DatasetInfo, list[ShardInfo], StoredFrames | CachedFeatures]:
    info = read_dataset_info(data_dir)
    shards = shards_of(info, split)
    if feature_dir is None:
        return info, shards, StoredFrames(info, data_dir)
    return info, shards, CachedFeatures(data_dir, feature_dir, shards)


def _paths(
    stored: StoredFrames | CachedFeatures, shards: list[ShardInfo]
) -> list[str]:
    return [os.path.join(stored.directory, shard.file) for shard in shards]


def _check_skip(skip: int, num_batches: int) -> None:
    if not 0 <= skip <= num_batches:
        raise ValueError(
            f"Invalid `skip`. Expected 0 to {num_batches} batches. Received: "
            f"skip={skip}."
        )


def _with_seeds(records: tf.data.Dataset, seed: int) -> tf.data.Dataset:
    seeds = tf.data.Dataset.random(seed).batch(2)
    return tf.data.Dataset.zip((records, seeds))


def _of_rows(
    windows: tf.data.Dataset, rows: range, batch_size: int
) -> tf.data.Dataset:
    """Keeps only the windows of some rows of each batch."""

    def is_own(index: tf.Tensor, _: Any) -> tf.Tensor:
        row = index % batch_size
        return tf.logical_and(row >= rows.start, row < rows.stop)

    return windows.enumerate().filter(is_own).map(lambda _, window: window)


def _row(cutter: WindowCutter, paths: list[str], seed: int) -> tf.data.Dataset:
    """Reads the videos of a row one after the other, then blank windows."""
    records = tf.data.TFRecordDataset(tf.constant(paths, tf.string))
    windows = _with_seeds(records, seed).scan(
        tf.fill([CONTEXT], ""), cutter.in_order
    )
    blank = cutter.blank()
    windows = windows.unbatch().map(
        lambda window: {
            key: tf.ensure_shape(window[key], value.shape)
            for key, value in blank.items()
        }
    )
    return windows.concatenate(tf.data.Dataset.from_tensors(blank).repeat())


def _stack(*windows: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Makes a batch from one window of each row."""
    return tf.nest.map_structure(lambda *values: tf.stack(values), *windows)
