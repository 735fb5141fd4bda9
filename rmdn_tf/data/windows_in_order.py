"""All windows of a split, each video from its begin to its end."""

import os

import tensorflow as tf

from rmdn_tf.data.opened_split import (
    PARALLEL,
    check_skip,
    open_split,
    shard_paths,
    with_seeds,
)
from rmdn_tf.data.record_dataset import records_of
from rmdn_tf.data.shard_dealing import deal, ordered_steps, rows_of_share
from rmdn_tf.data.window_cutting import WindowCutter, make_cutter
from rmdn_tf.data.windows import CONTEXT, Window


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
        FileNotFoundError, RecordError: the dataset or its features are missing
            or damaged, or the split holds no video.
        ValueError: `share` or `skip` is invalid.
    """
    info, shards, stored = open_split(data_dir, split, feature_dir)
    dealt = deal(shards, batch_size, seed)
    steps = ordered_steps(info, split, batch_size, window)
    check_skip(skip, steps)
    numbers = rows_of_share(batch_size, share)
    seeds = [(seed or 0) + number for number in numbers]
    cutter = make_cutter(info, stored, window, fixations_per_frame, actions)
    rows = [
        _row(cutter, shard_paths(stored, dealt[row]), seed)
        for row, seed in zip(numbers, seeds, strict=True)
    ]
    batches = tf.data.Dataset.zip(tuple(rows)).map(_stack)
    batches = batches.take(steps).skip(skip)
    return batches.map(cutter.decode, **PARALLEL).prefetch(2)


def _row(cutter: WindowCutter, paths: list[str], seed: int) -> tf.data.Dataset:
    """Reads the videos of a row one after the other, then blank windows."""
    windows = with_seeds(records_of(paths), seed).scan(
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
