"""Cuts a split into parts of a few videos, which can be read one by one.

Which videos a part has depends only on the split, so a part gives the same
numbers on any machine.
"""

import dataclasses
import functools
import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.record_dataset import clear_errors_of_records, reader_of
from rmdn_tf.data.shard_dealing import (
    lengths_of_records,
    record_lengths,
    shards_of,
)
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.windows import Window
from rmdn_tf.data.windows_in_order import RowCutting

# Most rows of a batch.
NUM_ROWS = 4

# A part has as many frames, or more: beginning to read it takes time, too.
FRAMES_OF_A_PART = 500


@dataclasses.dataclass(frozen=True)
class VideoPlace:
    """Where the records of a video lie.

    Attributes:
        video_id: name of the video.
        num_frames: number of frames.
        file: name of the shard.
        first_record: number of the video's first record in the shard, from 0.
    """

    video_id: str
    num_frames: int
    file: str
    first_record: int

    @property
    def num_records(self) -> int:
        """Number of records."""
        return len(lengths_of_records(self.num_frames))

    def num_windows(self, window: Window) -> int:
        """Counts the windows of the video."""
        lengths = lengths_of_records(self.num_frames)
        return sum(math.ceil(length / window.num_served) for length in lengths)


# Videos that follow each other in the shards.
Part = tuple[VideoPlace, ...]


def parts_of(info: DatasetInfo, split: str) -> list[Part]:
    """Cuts a split into parts.

    Args:
        info: the facts of a prepared dataset.
        split: "train", "validation" or "test", or several joined by "+".

    Returns:
        The parts, in the order of the shards. A part has enough videos to fill
        the rows of a batch, and `FRAMES_OF_A_PART` frames; but for the last.

    Raises:
        RecordError: the split holds no video, or a shard other records than
            `info` lists.
    """
    parts: list[Part] = []
    part: list[VideoPlace] = []
    for place in _places(info, split):
        part.append(place)
        num_frames = sum(one.num_frames for one in part)
        if len(part) >= NUM_ROWS and num_frames >= FRAMES_OF_A_PART:
            parts.append(tuple(part))
            part = []
    return [*parts, tuple(part)] if part else parts


def _places(info: DatasetInfo, split: str) -> Iterator[VideoPlace]:
    for shard in shards_of(info, split):
        record_lengths(shard)  # Refuses a shard with other records.
        number = 0
        for video in shard.videos:
            place = VideoPlace(video.id, video.num_frames, shard.file, number)
            yield place
            number += place.num_records


class PartReader:
    """Reads the windows of parts, each video in time order; can be pickled.

    Args:
        data_dir: directory of a prepared dataset.
        info: its facts.
        window: length and clip stride of a window.
    """

    def __init__(
        self, data_dir: str | os.PathLike, info: DatasetInfo, window: Window
    ):
        self._data_dir = data_dir
        # The list of all videos may be long.
        self._info = dataclasses.replace(info, splits={}, folds=None)
        self._window = window

    def batches(self, part: Part) -> Iterator[dict[str, tf.Tensor]]:
        """Yields all windows of a part.

        Args:
            part: of `parts_of`.

        Yields:
            Batches, see `rmdn_tf.data.input_pipeline`. A batch has a row less
            where the videos of a row have ended: its last rows.
        """
        rows = _rows(part, self._window)
        lengths = [_num_windows(row, self._window) for row in rows]
        records = [_records(self._data_dir, row) for row in rows]
        seeds = range(len(rows))
        batches = self._cutting.batches(records, seeds, max(lengths))
        with clear_errors_of_records():
            for number, batch in enumerate(batches):
                num_rows = sum(length > number for length in lengths)
                yield {key: value[:num_rows] for key, value in batch.items()}

    @functools.cached_property
    def _cutting(self) -> RowCutting:
        stored = StoredFrames(self._info, self._data_dir)
        return RowCutting(self._info, stored, self._window)

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k != "_cutting"}


def _rows(part: Part, window: Window) -> list[list[VideoPlace]]:
    """Deals videos that follow each other to rows, the longest row first."""
    rows: list[list[VideoPlace]] = [[] for _ in range(NUM_ROWS)]
    total, begin = _num_windows(part, window), 0
    for place in part:
        length = place.num_windows(window)
        middle = begin + length / 2
        rows[int(NUM_ROWS * middle / total)].append(place)
        begin += length
    used = filter(None, rows)
    return sorted(used, key=lambda row: -_num_windows(row, window))


def _num_windows(places: Sequence[VideoPlace], window: Window) -> int:
    return sum(place.num_windows(window) for place in places)


def _records(
    data_dir: str | os.PathLike, row: Sequence[VideoPlace]
) -> tf.data.Dataset:
    """Reads the records of videos that follow each other."""
    firsts: dict[str, int] = {}
    counts: dict[str, int] = {}
    for place in row:
        path = os.path.join(data_dir, place.file)
        firsts.setdefault(path, place.first_record)
        counts[path] = counts.get(path, 0) + place.num_records
    read = reader_of([*firsts])
    begins = [*firsts], [*firsts.values()], [*counts.values()]
    begins = tuple(map(tf.constant, begins, (tf.string, tf.int64, tf.int64)))
    return tf.data.Dataset.from_tensor_slices(begins).flat_map(
        lambda path, first, number: read(path).skip(first).take(number)
    )
