"""Reads the windows of a part of a split.

`tf.data` would make new graphs for each part, in about a second, and keep some
of their memory. Here two graphs, made once, cut and decode all parts.
"""

import dataclasses
import functools
import itertools
import os
from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.record_dataset import iterate_records
from rmdn_tf.data.split_parts import NUM_ROWS, Part, VideoPlace
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.window_cutting import WindowCutter, make_cutter
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.video.read_ahead import read_ahead

# Batches that wait for the network, at most.
NUM_WAITING = 2
BYTES_WAITING = 2**28

Batch = dict[str, tf.Tensor]


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

    def batches(self, part: Part) -> Iterator[Batch]:
        """Yields all windows of a part; a thread reads ahead.

        Args:
            part: of `parts_of`.

        Yields:
            Batches, see `rmdn_tf.data.input_pipeline`. A batch has a row less
            where the videos of a row have ended: its last rows.
        """
        yield from read_ahead(
            self._decoded(part), NUM_WAITING, BYTES_WAITING, _num_bytes
        )

    def _decoded(self, part: Part) -> Iterator[Batch]:
        rows = map(self._windows, _rows(part, self._window))
        for windows in itertools.zip_longest(*rows):
            used = filter(None, windows)
            yield self._decode(
                tf.nest.map_structure(lambda *of: tf.stack(of), *used)
            )

    def _windows(self, row: Sequence[VideoPlace]) -> Iterator[Batch]:
        """Cuts the records of a row."""
        context = tf.fill([CONTEXT], "")
        for number, record in enumerate(_records(self._data_dir, row)):
            element = tf.constant(record), tf.constant([0, number], tf.int64)
            context, windows = self._cut(context, element)
            for window in zip(*map(tf.unstack, windows.values()), strict=True):
                yield dict(zip(windows, window, strict=True))

    @functools.cached_property
    def _cut(self) -> Callable:
        return tf.function(self._cutter.in_order)

    @functools.cached_property
    def _decode(self) -> Callable:
        return tf.function(self._cutter.decode)

    @functools.cached_property
    def _cutter(self) -> WindowCutter:
        stored = StoredFrames(self._info, self._data_dir)
        return make_cutter(self._info, stored, self._window)

    def __reduce__(self) -> tuple:
        return PartReader, (self._data_dir, self._info, self._window)


def _num_bytes(batch: Batch) -> int:
    return sum(
        value.dtype.size * value.shape.num_elements()
        for value in batch.values()
    )


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
) -> Iterator[bytes]:
    """Reads the records of videos that follow each other."""
    for file, group in itertools.groupby(row, lambda place: place.file):
        first, *others = group
        path = os.path.join(data_dir, file)
        number = sum(place.num_records for place in (first, *others))
        if first.first_byte is None:
            records = iterate_records(path)
            records = itertools.islice(records, first.first_record, None)
        else:
            records = iterate_records(path, first.first_byte)
        yield from itertools.islice(records, number)
