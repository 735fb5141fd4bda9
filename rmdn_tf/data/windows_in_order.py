"""All windows of a split, each video from its begin to its end."""

import os
from collections.abc import Sequence

import tensorflow as tf

from rmdn_tf.data.cached_features import CachedFeatures
from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.opened_split import (
    PARALLEL,
    check_skip,
    open_split,
    shard_paths,
    with_seeds,
)
from rmdn_tf.data.record_dataset import records_of
from rmdn_tf.data.shard_dealing import deal, ordered_steps, rows_of_share
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.window_cutting import WindowCutter
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
    seeds = [(seed or 0) + row for row in rows_of_share(batch_size, share)]
    rows = [
        records_of(shard_paths(stored, dealt[row]))
        for row in rows_of_share(batch_size, share)
    ]
    cutting = RowCutting(info, stored, window, fixations_per_frame, actions)
    return cutting.batches(rows, seeds, steps, skip)


class RowCutting:
    """Cuts the records of rows into batches of windows, in their order.

    Takes arguments of `ordered_windows`. TensorFlow makes its graphs only once,
    for any number of rows.

    Args:
        info: the facts of the dataset.
        stored: cuts and decodes its frames or features.
        window: length and clip stride of a window.
        fixations_per_frame: N; None keeps all.
        actions: classes for `actions` of a batch.
    """

    def __init__(
        self,
        info: DatasetInfo,
        stored: StoredFrames | CachedFeatures,
        window: Window,
        fixations_per_frame: int | None = None,
        actions: tuple[str, ...] = (),
    ):
        if fixations_per_frame is None:
            # Without any fixation in the dataset, N is 1 and masked.
            fixations_per_frame = max(info.max_fixations_per_frame, 1)
        num_components = info.truth_num_components
        cutter = WindowCutter(
            stored, window, fixations_per_frame, actions, num_components
        )
        self._blank = cutter.blank()
        self._cut = tf.function(cutter.in_order)
        self._decode = tf.function(cutter.decode)

    def batches(
        self,
        rows: Sequence[tf.data.Dataset],
        seeds: Sequence[int],
        steps: int,
        skip: int = 0,
    ) -> tf.data.Dataset:
        """Makes batches of windows.

        Args:
            rows: the records of each row of a batch.
            seeds: of each row.
            steps: number of batches. A row is filled with masked windows.
            skip: number of batches to leave out at the beginning.

        Returns:
            A dataset of `steps - skip` batches.
        """
        filled = map(self._row, rows, seeds)
        batches = tf.data.Dataset.zip(tuple(filled)).map(_stack)
        batches = batches.take(steps).skip(skip)
        return batches.map(self._decode, **PARALLEL).prefetch(2)

    def _row(self, records: tf.data.Dataset, seed: int) -> tf.data.Dataset:
        """Cuts the videos of a row one after the other, then blank windows."""
        windows = with_seeds(records, seed).scan(
            tf.fill([CONTEXT], ""), self._cut
        )
        windows = windows.unbatch().map(
            lambda window: {
                key: tf.ensure_shape(window[key], value.shape)
                for key, value in self._blank.items()
            }
        )
        blank = tf.data.Dataset.from_tensors(self._blank).repeat()
        return windows.concatenate(blank)


def _stack(*windows: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Makes a batch from one window of each row."""
    return tf.nest.map_structure(lambda *values: tf.stack(values), *windows)
