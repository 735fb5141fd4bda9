"""Deals the shards of a split to rows of a batch, and the rows to workers."""

import math
from typing import Any

from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo
from rmdn_tf.data.records import MAX_FRAMES_PER_RECORD, RecordError
from rmdn_tf.data.windows import Window


def shards_of(info: DatasetInfo, split: str) -> list[ShardInfo]:
    """Returns the shards of a split such as "train" or "train+validation".

    Raises:
        RecordError: a split is unknown, empty, or named twice.
    """
    names = split.split("+")
    splits = info.splits
    for name in names:
        if name not in splits or not splits[name].shards:
            there = [known for known in splits if splits[known].shards]
            raise RecordError(
                f"Invalid `split`. The dataset '{info.name}' holds no video "
                f"of '{name}'. Expected one or several of {there}, joined by "
                f"'+'. Received: split='{split}'."
            )
    if len(set(names)) < len(names):
        raise RecordError(
            "Invalid `split`. Expected each split once. Received: "
            f"split='{split}'."
        )
    return [shard for name in names for shard in splits[name].shards]


def has_fixations(info: DatasetInfo, split: str) -> bool:
    """Whether a split, or one of several joined by "+", has a fixation."""
    splits = (info.splits.get(name) for name in split.split("+"))
    return any(one and one.num_fixations > 0 for one in splits)


def deal(
    shards: list[ShardInfo], num_rows: int, seed: int | None
) -> list[list[ShardInfo]]:
    """Deals shards to rows of about equal length; a seed shuffles them."""
    import numpy as np  # Here, since flags of a training need no NumPy.

    shards = sorted(shards, key=lambda shard: -shard.num_frames)
    rows: list[Any] = [[] for _ in range(num_rows)]
    lengths = np.zeros(num_rows, np.int64)
    for shard in shards:
        shortest = int(np.argmin(lengths))
        rows[shortest].append(shard)
        lengths[shortest] += shard.num_frames
    if seed is not None:
        generator = np.random.default_rng(seed)
        generator.shuffle(rows)
        for row in rows:
            generator.shuffle(row)
    return rows


def rows_of_share(batch_size: int, share: tuple[int, int]) -> range:
    """Returns the rows of a batch that belong to one worker.

    Args:
        batch_size: rows of all workers together.
        share: number of the worker, from 0, and number of workers.
    """
    worker, num_workers = share
    if not 0 <= worker < num_workers:
        raise ValueError(
            "Invalid `share`. Expected a worker's number, from 0, and the "
            f"number of workers. Received: share={share}."
        )
    if batch_size % num_workers:
        raise ValueError(
            f"Invalid `batch_size`. Expected a multiple of the {num_workers} "
            f"workers. Received: batch_size={batch_size}."
        )
    num_rows = batch_size // num_workers
    return range(worker * num_rows, (worker + 1) * num_rows)


def steps_per_epoch(
    info: DatasetInfo, split: str, batch_size: int, window: Window
) -> int:
    """Counts the batches in an epoch of random cuts; at least 1."""
    num_cuts = sum(
        math.ceil(video.num_frames / window.num_served)
        for shard in shards_of(info, split)
        for video in shard.videos
    )
    return max(1, num_cuts // batch_size)


def ordered_steps(
    info: DatasetInfo, split: str, batch_size: int, window: Window
) -> int:
    """Counts the batches of an epoch in time order."""
    rows = deal(shards_of(info, split), batch_size, seed=None)
    return max(num_ordered_windows(row, window) for row in rows)


def num_ordered_windows(shards: list[ShardInfo], window: Window) -> int:
    """Counts the windows of shards that are read in time order."""
    return sum(
        math.ceil(length / window.num_served)
        for shard in shards
        for length in record_lengths(shard)
    )


def record_lengths(shard: ShardInfo) -> list[int]:
    """Counts the frames in each record of a shard.

    Raises:
        RecordError: the shard has another number of records.
    """
    lengths = [
        length
        for video in shard.videos
        for length in lengths_of_records(video.num_frames)
    ]
    if len(lengths) != shard.num_records:
        raise RecordError(
            f"Invalid shard '{shard.file}'. Expected {len(lengths)} records "
            f"of up to {MAX_FRAMES_PER_RECORD} frames. Received: num_records="
            f"{shard.num_records}. Prepare the dataset again."
        )
    return lengths


def lengths_of_records(num_frames: int) -> list[int]:
    """Counts the frames in each record of a video; only the last is not full.

    Args:
        num_frames: of the video.
    """
    most = MAX_FRAMES_PER_RECORD
    begins = range(0, num_frames, most)
    return [min(most, num_frames - begin) for begin in begins]
