"""Reads the shards of a split as batches of windows.

Two orders:

- `random_cuts`: windows from random places, as the paper trains;
- `ordered_windows`: each row of a batch goes on with the video of the row
  before, and `is_first` marks the next video; no frame is left out. For
  evaluation, and for training with a carried state.

Frames are decoded in parallel, in the last step, and reach the device as
uint8; everything else that is done to pixels happens in the model. Cached
features can take the place of frames: order and draws are the same.

A batch is a dict, with B rows, L = `window.num_used` frames, F =
`window.num_served` frames that the window gives densities for, N fixations:

    frames          uint8 [B, L, H, W, 3] or, from a feature cache,
    features        float16 [B, T, D]     of the clips; any past the end
    frame_mask      bool [B, F]           False past the end of the video
    fixations       float32 [B, F, N, 2]  (x, y) in [0, 1]
    fixation_mask   bool [B, F, N]        False where padded
    is_first        bool [B]              the row's video begins here
    video_id        string [B]            "" where a row has run out
    first_frame     int64 [B]             index in the video of frame F = 0
    truth           float32 [B, F, Ct, 6] only in `ordered_windows`, and only
                                          if the true density is known
    actions         float32 [B, A]        only if classes are asked for: 1 for
                                          each that is a label of the video
"""

import os

import numpy as np
import tensorflow as tf

from rmdn_tf.data.cached_features import CachedFeatures
from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.shard_dealing import (
    deal,
    num_ordered_windows,
    rows_of_share,
    shards_of,
    steps_per_epoch,
)
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.window_cutting import WindowCutter
from rmdn_tf.data.windows import CONTEXT, Window

SHUFFLE_WINDOWS = 256
"""Windows in the shuffle buffer, as JPEG bytes: about 1 MB each."""

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
) -> tf.data.Dataset:
    """Reads one epoch of windows cut at random places, shuffled.

    A record of n frames gives ceil(n / F) cuts. A cut may begin at the video's
    first frame, never closer than 15 frames to the start of a later record of
    a long video, since its context lies in the record before.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or some joined by "+".
        batch_size: B, of all workers together.
        window: the `Window` to cut.
        fixations_per_frame: N, the fixations drawn at random in each frame
            that has more.
        seed: draws order, places and fixations; give another one each epoch.
            TensorFlow's global seed, if set, takes part in it.
        share: number of this worker, from 0, and number of workers: each makes
            its own rows of the batches that one worker alone would make.
        skip: batches to leave out at the beginning.
        feature_dir: of `rmdn_tf.data.feature_cache`; None decodes frames.
        actions: names of the classes that are asked for.

    Returns:
        A finite dataset of `steps_per_epoch` full batches, less those left
        out. Iterate once: a second time it is shuffled otherwise.

    Raises:
        FileNotFoundError, RecordError: the dataset or its features are missing
            or damaged, or the split holds no video.
        ValueError: `share` or `skip` is invalid.
    """
    info, shards, stored = _open(data_dir, split, feature_dir)
    cutter = WindowCutter(stored, window, fixations_per_frame, actions)
    rows = rows_of_share(batch_size, share)
    steps = steps_per_epoch(info, split, batch_size, window)
    _check_skip(skip, steps)
    paths = _paths(stored, shards)
    np.random.default_rng(seed).shuffle(paths)
    records = tf.data.Dataset.from_tensor_slices(paths).interleave(
        tf.data.TFRecordDataset,
        cycle_length=min(len(paths), 16),
        **_PARALLEL,
    )
    windows = _with_seeds(records, seed).map(cutter.at_random, **_PARALLEL)
    windows = windows.unbatch().shuffle(SHUFFLE_WINDOWS, seed).repeat()
    windows = windows.take(steps * batch_size).skip(skip * batch_size)
    windows = _of_rows(windows, rows, batch_size)
    windows = windows.map(cutter.decode, **_PARALLEL)
    return windows.batch(len(rows), drop_remainder=True)


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

    Whole shards are dealt to the rows, the longest first, so each is read
    once. A row that has run out is filled with masked windows until the
    longest is done; a dataset of many more shards than rows wastes little.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or some joined by "+".
        batch_size: B, the rows of all workers together.
        window: the `Window`.
        fixations_per_frame: fixations kept in each frame, drawn at random;
            None keeps all.
        seed: deals the shards in another order, for training.
        share, skip, feature_dir, actions: see `random_cuts`. All workers give
            as many batches.

    Returns:
        A finite dataset of batches.

    Raises:
        FileNotFoundError, RecordError, ValueError: see `random_cuts`.
    """
    info, shards, stored = _open(data_dir, split, feature_dir)
    dealt = deal(shards, batch_size, seed)
    steps = max(num_ordered_windows(row, window) for row in dealt)
    _check_skip(skip, steps)
    if fixations_per_frame is None:
        # A dataset without any fixation gets one masked place.
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
    """Prefetches batches to the first GPU, or in host memory without one.

    Strings have no place on a GPU: drop `video_id` before.

    Args:
        dataset: of batches.

    Returns:
        The same batches, two of them ready ahead.
    """
    if tf.config.list_logical_devices("GPU"):
        return dataset.apply(
            tf.data.experimental.prefetch_to_device("/GPU:0", 2)
        )
    return dataset.prefetch(2)


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
    """Keeps of each `batch_size` windows those of some rows."""

    def is_own(index, _):
        row = index % batch_size
        return tf.logical_and(row >= rows.start, row < rows.stop)

    return windows.enumerate().filter(is_own).map(lambda _, window: window)


def _row(cutter: WindowCutter, paths: list[str], seed: int) -> tf.data.Dataset:
    """Windows of a row's videos one after the other, then blank ones."""
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
    """Makes a batch of one window of each row."""
    return tf.nest.map_structure(lambda *values: tf.stack(values), *windows)
