"""What both orders of windows need: the shards of a split, opened."""

import os

import tensorflow as tf

from rmdn_tf.data.cached_features import CachedFeatures
from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.shard_dealing import shards_of
from rmdn_tf.data.stored_frames import StoredFrames

# For `map` and `interleave`: in parallel, in the same order.
PARALLEL = {"num_parallel_calls": tf.data.AUTOTUNE, "deterministic": True}


def open_split(
    data_dir: str | os.PathLike,
    split: str,
    feature_dir: str | os.PathLike | None,
) -> tuple[DatasetInfo, list[ShardInfo], StoredFrames | CachedFeatures]:
    """Reads the info of a dataset; finds the shards and decoder of a split.

    `feature_dir` is a feature cache to read; None decodes frames.
    """
    info = read_dataset_info(data_dir)
    shards = shards_of(info, split)
    if feature_dir is None:
        return info, shards, StoredFrames(info, data_dir)
    return info, shards, CachedFeatures(data_dir, feature_dir, shards)


def shard_paths(
    stored: StoredFrames | CachedFeatures, shards: list[ShardInfo]
) -> list[str]:
    """Returns the paths of shards, of frames or of features."""
    return [os.path.join(stored.directory, shard.file) for shard in shards]


def check_skip(skip: int, num_batches: int) -> None:
    """Raises `ValueError` if an epoch has fewer batches than are left out."""
    if not 0 <= skip <= num_batches:
        raise ValueError(
            f"Invalid `skip`. Expected 0 to {num_batches} batches. Received: "
            f"skip={skip}."
        )


def with_seeds(records: tf.data.Dataset, seed: int) -> tf.data.Dataset:
    """Pairs each record with a seed, int64 `[2]`."""
    seeds = tf.data.Dataset.random(seed).batch(2)
    return tf.data.Dataset.zip((records, seeds))
