"""Shards -> batches of windows, in time order, ready on the device.

Frames stay JPEG bytes until the last step, so that shuffling and windowing
move little; they are decoded in parallel, brought to one size where they were
stored in several, and travel to the device as uint8.
Everything else that is done to pixels happens there, inside the model.
Where a frozen C3D's features have been computed once, they take the place of
the frames; order and draws are the same.

Two orders:

- `random_cuts`: windows from random places, as the paper trains;
- `ordered_windows`: row r of every batch goes on with its video until it ends
  and `is_first` marks the next one; nothing is dropped. For evaluation and for
  training with a carried state.

A batch is a dict, with B rows, L = `window.num_used` frames, F =
`window.num_served` frames that the window answers for, N fixations:

    frames          uint8 [B, L, H, W, 3] or, from a feature cache,
    features        float16 [B, T, D]     of the clips; any past the end
    frame_mask      bool [B, F]           False past the end of the video
    fixations       float32 [B, F, N, 2]  (x, y) in [0, 1]
    fixation_mask   bool [B, F, N]        False where padded
    is_first        bool [B]              the row's video begins here
    video_id        string [B]            "" where a row has run out
    first_frame     int64 [B]             index in the video of frame F = 0
    truth           float32 [B, F, Ct, 6] only in `ordered_windows`, and only
                                          where the true density is known
    actions         float32 [B, A]        only where classes are asked for: 1
                                          for each that is a label of the video
"""

import functools
import os

import numpy as np
import tensorflow as tf

from rmdn_tf.data.cached_features import CachedFeatures
from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.shard_dealing import (
    deal,
    num_ordered_windows,
    rows_of_share,
    shards_of,
    steps_per_epoch,
)
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.window_cutting import blank_window, draw_fixations, windows_at
from rmdn_tf.data.windows import CONTEXT, Window

SHUFFLE_WINDOWS = 256
"""Windows in the shuffle buffer, as JPEG bytes: about 1 MB each."""


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
    """One epoch of windows cut at random places, shuffled.

    A record of n frames gives ceil(n / F) cuts. A cut may begin at the video's
    first frame, never closer than 15 frames to the start of a later record of
    a long video, since its context lies in the record before.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or some joined by "+".
        batch_size: B, of all workers together.
        window: the `Window` to cut.
        fixations_per_frame: A, the fixations drawn at random in each frame
            that has more.
        seed: draws order, places and fixations; another one each epoch.
            TensorFlow's global seed, where one is set, takes part in it.
        share: number of this worker and of all: each makes its own rows of
            the batches, which are those that one worker alone would make.
        skip: batches to leave out at the beginning.
        feature_dir: of `rmdn_tf.data.feature_cache`; None decodes frames.
        actions: names of the classes that are asked for.

    Returns:
        A finite dataset of `steps_per_epoch` full batches, less those left
        out. Go through it once: a second time it is shuffled otherwise.

    Raises:
        FileNotFoundError, RecordError: no prepared dataset, or a broken one,
            or one without a video in the split; the same of features.
        ValueError: `share` or `skip` is invalid.
    """
    info = read_dataset_info(data_dir)
    shards = shards_of(info, split)
    stored = _stored(info, data_dir, feature_dir, shards)
    rows = rows_of_share(batch_size, share)
    steps = steps_per_epoch(info, split, batch_size, window)
    _check_skip(skip, steps)
    paths = _paths(stored, shards)
    np.random.default_rng(seed).shuffle(paths)
    records = tf.data.Dataset.from_tensor_slices(paths).interleave(
        tf.data.TFRecordDataset,
        cycle_length=min(len(paths), 16),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    seeds = tf.data.Dataset.random(seed).batch(2)

    dataset = tf.data.Dataset.zip((records, seeds)).map(
        functools.partial(
            _cut_at_random,
            window=window,
            fixations_per_frame=fixations_per_frame,
            stored=stored,
            actions=actions,
        ),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    dataset = dataset.unbatch().shuffle(SHUFFLE_WINDOWS, seed).repeat()
    dataset = dataset.take(steps * batch_size).skip(skip * batch_size)
    dataset = _of_rows(dataset, rows, batch_size).map(
        functools.partial(_decode, stored=stored),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return dataset.batch(len(rows), drop_remainder=True)


def _of_rows(
    windows: tf.data.Dataset, rows: range, batch_size: int
) -> tf.data.Dataset:
    """Keeps of each `batch_size` windows those of some rows."""

    def is_own(index, _):
        row = index % batch_size
        return tf.logical_and(row >= rows.start, row < rows.stop)

    return windows.enumerate().filter(is_own).map(lambda _, window: window)


def _cut_at_random(
    serialized: tf.Tensor,
    seed: tf.Tensor,
    window: Window,
    fixations_per_frame: int,
    stored: StoredFrames | CachedFeatures,
    actions: tuple[str, ...],
) -> dict[str, tf.Tensor]:
    """Cuts one record, see `random_cuts`; leading axis: the cuts."""
    record = parse_example(serialized, stored.spec)
    num_frames = tf.cast(record["num_frames"], tf.int32)
    lowest = CONTEXT * tf.cast(record["first_frame"] > 0, tf.int32)
    highest = tf.maximum(lowest, num_frames - window.num_served)
    num_cuts = _ceil_divide(num_frames - lowest, window.num_served)
    begins = tf.random.stateless_uniform(
        [tf.maximum(num_cuts, 0)], seed, lowest, highest + 1, tf.int32
    )
    context = tf.repeat(record[stored.key][:1], CONTEXT)
    fixations = draw_fixations(record, fixations_per_frame, seed + 1)
    windows = windows_at(
        begins, record, context, fixations, window, stored, actions
    )
    windows["is_first"] = tf.ones_like(begins, tf.bool)
    del windows["truth"]
    return windows


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
    """All windows of a split, every row in time order, nothing dropped.

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
        seed: with a seed the shards are dealt in another order, for training.
        share, skip, feature_dir, actions: see `random_cuts`. All workers give
            as many batches.

    Returns:
        A finite dataset of batches.

    Raises:
        FileNotFoundError, RecordError, ValueError: see `random_cuts`.
    """
    info = read_dataset_info(data_dir)
    shards = shards_of(info, split)
    stored = _stored(info, data_dir, feature_dir, shards)
    dealt = deal(shards, batch_size, seed)
    steps = max(num_ordered_windows(row, window) for row in dealt)
    _check_skip(skip, steps)
    if fixations_per_frame is None:
        # A dataset without any fixation gets one masked place.
        fixations_per_frame = max(info.max_fixations_per_frame, 1)
    rows = [
        _row(
            _paths(stored, dealt[row]),
            info,
            window,
            fixations_per_frame,
            (seed or 0) + row,
            stored,
            actions,
        )
        for row in rows_of_share(batch_size, share)
    ]
    dataset = tf.data.Dataset.zip(tuple(rows)).map(
        lambda *windows: tf.nest.map_structure(
            lambda *values: tf.stack(values), *windows
        )
    )
    return (
        dataset.take(steps)
        .skip(skip)
        .map(
            functools.partial(_decode, stored=stored),
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        .prefetch(2)
    )


def describe_damage(
    data_dir: str | os.PathLike, feature_dir: str | os.PathLike | None = None
) -> str:
    """Finds the shards whose checksums fail, for an error's message.

    TensorFlow's own error gives a position but names no file.

    Args:
        data_dir: directory of a prepared dataset; all of it is read.
        feature_dir: of its features, where they are in use; read as well.

    Returns:
        A sentence that names the shards.
    """
    damaged = []
    for shard in read_dataset_info(data_dir).shards:
        for directory in filter(None, (data_dir, feature_dir)):
            path = os.path.join(directory, shard.file)
            try:
                for _ in tf.data.TFRecordDataset(path):
                    pass
            except tf.errors.DataLossError:
                damaged.append(path)
            except tf.errors.NotFoundError:
                pass  # Features of this split have not been computed.
    return (
        f"Corrupted record in {damaged or data_dir}; prepare the "
        "dataset again. Features are computed again where their shard is "
        "removed."
    )


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


def _stored(
    info: DatasetInfo,
    data_dir: str | os.PathLike,
    feature_dir: str | os.PathLike | None,
    shards: list[ShardInfo],
) -> StoredFrames | CachedFeatures:
    if feature_dir is None:
        return StoredFrames(info, data_dir)
    return CachedFeatures(data_dir, feature_dir, shards)


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


def _row(
    paths: list[str],
    info: DatasetInfo,
    window: Window,
    fixations_per_frame: int,
    seed: int,
    stored: StoredFrames | CachedFeatures,
    actions: tuple[str, ...],
) -> tf.data.Dataset:
    """Windows of a row's videos one after the other, then blank ones."""

    def advance(context, element):
        serialized, seed = element
        record = parse_example(serialized, stored.spec)
        values = record[stored.key]
        is_first = tf.equal(record["first_frame"], 0)
        context = tf.where(is_first, values[0], context)
        num_frames = tf.cast(record["num_frames"], tf.int32)
        begins = tf.range(0, num_frames, window.num_served)
        fixations = draw_fixations(record, fixations_per_frame, seed)
        windows = windows_at(
            begins, record, context, fixations, window, stored, actions
        )
        windows["is_first"] = tf.logical_and(is_first, begins == 0)
        if not info.truth_num_components:
            # `unbatch` crashes the process on tensors without an element.
            del windows["truth"]
        context = tf.concat([context, values[-CONTEXT:]], 0)[-CONTEXT:]
        return tf.ensure_shape(context, [CONTEXT]), windows

    records = tf.data.TFRecordDataset(tf.constant(paths, tf.string))
    seeds = tf.data.Dataset.random(seed).batch(2)
    dataset = tf.data.Dataset.zip((records, seeds)).scan(
        tf.fill([CONTEXT], ""), advance
    )
    blank = blank_window(info, window, fixations_per_frame, stored, actions)
    dataset = dataset.unbatch().map(
        lambda windows: {
            key: tf.ensure_shape(windows[key], value.shape)
            for key, value in blank.items()
        }
    )
    return dataset.concatenate(tf.data.Dataset.from_tensors(blank).repeat())


def _decode(
    window: dict[str, tf.Tensor], stored: StoredFrames | CachedFeatures
) -> dict[str, tf.Tensor]:
    """Decodes what is stored, `[..., n]` -> `[..., n, *]`."""
    values = window[stored.key]
    decoded = stored.decode(tf.reshape(values, [-1]))
    shape = [*values.shape, *decoded.shape[1:]]
    return {**window, stored.key: tf.reshape(decoded, shape)}


def _ceil_divide(numerator: tf.Tensor, denominator: int) -> tf.Tensor:
    return -(-numerator // denominator)
