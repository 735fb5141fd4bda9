"""Windows from random places of a split, as the paper trains."""

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from rmdn_tf.data.cached_features import CachedFeatures
from rmdn_tf.data.mixing import MIXED_SPLIT, Mix
from rmdn_tf.data.opened_split import (
    PARALLEL,
    check_skip,
    open_split,
    shard_paths,
    with_seeds,
)
from rmdn_tf.data.record_dataset import reader_of
from rmdn_tf.data.shard_dealing import rows_of_share, steps_per_epoch
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.window_cutting import WindowCutter
from rmdn_tf.data.windows import Window

SHUFFLE_WINDOWS = 256  # JPEG bytes, about 1 MB each.

# Added to the seed of an epoch, for the windows of other datasets.
SEED_OF_MIX = 500


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
    info, shards, stored = open_split(data_dir, split, feature_dir)
    cutter = WindowCutter(stored, window, fixations_per_frame, actions)
    rows = rows_of_share(batch_size, share)
    num_own = batch_size - (mix.num_rows if mix else 0)
    steps = steps_per_epoch(info, split, num_own, window)
    check_skip(skip, steps)
    if mix:
        mix.check(data_dir, info)
        rows, others, order = mix.deal(rows, batch_size)
    paths = shard_paths(stored, shards)
    np.random.default_rng(seed).shuffle(paths)
    files = tf.data.Dataset.from_tensor_slices(paths)
    records = _interleaved(files, len(paths), reader_of(paths))
    cuts = functools.partial(_cuts, cutter, steps, skip)
    if mix is None or not others:
        return cuts(records, seed, rows, num_own)
    mixed = cuts(*_mixed_records(mix, seed, stored), others, mix.num_rows)
    if not rows:
        return mixed
    return _joined(cuts(records, seed, rows, num_own), mixed, order)


def _interleaved(
    files: tf.data.Dataset, num_files: int, read: Callable
) -> tf.data.Dataset:
    """Reads the records of 16 files at a time, in turn."""
    return files.interleave(read, cycle_length=min(num_files, 16), **PARALLEL)


def _mixed_records(
    mix: Mix, seed: int, stored: StoredFrames | CachedFeatures
) -> tuple[tf.data.Dataset, int]:
    """Returns the records of other datasets, and the seed of their windows.

    Each file begins at a random record: an epoch may need only a few records.
    """
    feature_dirs: Sequence[str | os.PathLike | None] = mix.feature_dirs
    if not feature_dirs:
        feature_dirs = [None] * len(mix.data_dirs)
    paths, lengths = [], []
    for data_dir, feature_dir in zip(mix.data_dirs, feature_dirs, strict=True):
        _, shards, other = open_split(data_dir, MIXED_SPLIT, feature_dir)
        _check_alike(stored, other)
        paths += shard_paths(other, shards)
        lengths += [shard.num_records for shard in shards]
    seed += SEED_OF_MIX
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(paths))
    begins = generator.integers(0, lengths)[order]

    read_one = reader_of(paths)

    def read(path: tf.Tensor, begin: tf.Tensor) -> tf.data.Dataset:
        records = read_one(path)
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
    windows = with_seeds(records, seed).map(cutter.at_random, **PARALLEL)
    windows = windows.unbatch().shuffle(SHUFFLE_WINDOWS, seed).repeat()
    windows = windows.take(steps * batch_size).skip(skip * batch_size)
    windows = _of_rows(windows, rows, batch_size)
    windows = windows.map(cutter.decode, **PARALLEL)
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

    return tf.data.Dataset.zip((batches, mixed)).map(join, **PARALLEL)


def _of_rows(
    windows: tf.data.Dataset, rows: range, batch_size: int
) -> tf.data.Dataset:
    """Keeps only the windows of some rows of each batch."""

    def is_own(index: tf.Tensor, _: Any) -> tf.Tensor:
        row = index % batch_size
        return tf.logical_and(row >= rows.start, row < rows.stop)

    return windows.enumerate().filter(is_own).map(lambda _, window: window)
