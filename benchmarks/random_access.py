"""Compares TFRecord with ArrayRecord and Grain for windows at random places.

    pip install array_record grain portpicker
    python -m benchmarks.random_access --data_dir DATA

DATA is a prepared dataset on this machine. Its training split is copied into
two more formats, and all three give the same number of windows for an epoch:

    tfrecord          the product's `random_cuts`: reads the shards in turn,
                      cuts each record, and shuffles 256 windows
    array, records    the same records in ArrayRecord files; Grain shuffles all
                      windows, and reads a whole record for each
    array, frames     a frame in each record of ArrayRecord; Grain shuffles all
                      windows, and reads the frames of each

Prints for each the size on disk, and of an epoch the seconds to the first
window, the windows a second after that, and all CPU seconds: of windows as they
are stored, then decoded, then of those after the first half of an epoch, as a
resumed training begins. With `--cold` the system's cache forgets the files
before each epoch.
"""

import argparse
import contextlib
import dataclasses
import functools
import math
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pathlib
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import tensorflow as tf

from rmdn_tf.data.input_pipeline import random_cuts
from rmdn_tf.data.opened_split import open_split, shard_paths
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.record_dataset import iterate_records
from rmdn_tf.data.shard_dealing import steps_per_epoch
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.window_cutting import WindowCutter
from rmdn_tf.data.windows import CONTEXT, Window

if TYPE_CHECKING:
    import grain

SPLIT = "train"
WINDOW = Window(65)
FIXATIONS = 4
THREADS = len(os.sched_getaffinity(0))

# Grain's own default of records that wait.
WAITING = 500


@dataclasses.dataclass(frozen=True)
class Cut:
    """A window of an epoch: its record, and its number within that."""

    record: int
    number: int


@dataclasses.dataclass
class Copy:
    """A split in ArrayRecord files.

    Attributes:
        paths: of the files.
        lengths: number of frames of each record of the original.
        first: index of the first frame of each record, among all frames.
    """

    paths: list[str]
    lengths: list[int]
    first: list[int]

    def cuts(self) -> list[Cut]:
        """Lists as many windows as `random_cuts` makes of full records."""
        return [
            Cut(record, number)
            for record, length in enumerate(self.lengths)
            for number in range(math.ceil(length / WINDOW.num_served))
        ]


def frames_of(serialized: bytes) -> list[bytes]:
    """Returns the encoded frames of a record."""
    features = tf.train.Example.FromString(serialized).features.feature
    return list(features["frames"].bytes_list.value)


def copy_split(shards: list[str], folder: pathlib.Path, whole: bool) -> Copy:
    """Copies a split; `whole` keeps its records, otherwise a frame is one."""
    from array_record.python.array_record_module import ArrayRecordWriter

    copy = Copy([], [], [])
    for number, shard in enumerate(shards):
        path = str(folder / f"{number:05d}.array_record")
        # JPEGs do not get smaller; a group is what is read at once.
        writer = ArrayRecordWriter(path, "group_size:1,uncompressed")
        for serialized in iterate_records(shard):
            frames = frames_of(serialized)
            copy.first.append(sum(copy.lengths))
            copy.lengths.append(len(frames))
            for content in [serialized] if whole else frames:
                writer.write(content)
        writer.close()
        copy.paths.append(path)
    return copy


def begin_of(length: int, generator: np.random.Generator) -> int:
    """Draws the first served frame of a window."""
    return int(generator.integers(max(1, length - WINDOW.num_served + 1)))


def places(length: int, begin: int) -> np.ndarray:
    """Returns the frames of a window; the ends of a record are repeated."""
    used = begin - CONTEXT + np.arange(WINDOW.num_used)
    return np.clip(used, 0, length - 1)


def from_records(
    source: "grain.sources.ArrayRecordDataSource",
    copy: Copy,
    cut: Cut,
    generator: np.random.Generator,
) -> np.ndarray:
    """Reads the frames of a window out of its whole record."""
    frames = frames_of(source[cut.record])
    begin = begin_of(copy.lengths[cut.record], generator)
    return np.array([frames[i] for i in places(len(frames), begin)], object)


def from_frames(
    source: "grain.sources.ArrayRecordDataSource",
    copy: Copy,
    cut: Cut,
    generator: np.random.Generator,
) -> np.ndarray:
    """Reads the frames of a window, each a record; and no other."""
    length, first = copy.lengths[cut.record], copy.first[cut.record]
    wanted = first + places(length, begin_of(length, generator))
    different, place = np.unique(wanted, return_inverse=True)
    read = source.__getitems__([int(one) for one in different])
    return np.array(read, object)[place]


def windows_of(copy: Copy, read: Callable, skip: int) -> "grain.IterDataset":
    """Returns an epoch of shuffled windows, from the `skip`th on."""
    import grain

    source = grain.sources.ArrayRecordDataSource(copy.paths)
    cuts = grain.MapDataset.source(copy.cuts()).shuffle(seed=0)[skip:]
    read_one = functools.partial(read, source, copy)
    windows = cuts.seed(0).random_map(read_one)
    options = grain.ReadOptions(THREADS, min(WAITING, len(cuts)))
    return windows.to_iter_dataset(options)


def epoch_of_arrays(
    copy: Copy, read: Callable, decode: Callable | None, skip: float
) -> Iterable:
    """Returns an epoch of ArrayRecord."""
    windows = windows_of(copy, read, int(skip * len(copy.cuts())))
    if decode is None:
        return windows
    dataset = tf.data.Dataset.from_generator(
        lambda: iter(windows),
        output_signature=tf.TensorSpec([WINDOW.num_used], tf.string),
    )
    return dataset.map(decode, tf.data.AUTOTUNE, deterministic=True)


def _as_stored(_: WindowCutter, windows: dict) -> dict:
    return windows


def epoch_of_tfrecords(
    data_dir: str, is_decoded: bool, skip: float
) -> Iterable:
    """Returns an epoch of the product's windows."""
    info = read_dataset_info(data_dir)
    total = steps_per_epoch(info, SPLIT, 1, WINDOW)
    with contextlib.ExitStack() as stack:
        if not is_decoded:
            stay = mock.patch.object(WindowCutter, "decode", _as_stored)
            stack.enter_context(stay)
        return random_cuts(
            data_dir,
            SPLIT,
            batch_size=1,
            window=WINDOW,
            fixations_per_frame=FIXATIONS,
            seed=0,
            skip=int(skip * total),
        )


def forget(paths: list[str]) -> None:
    """Makes the system's cache forget files."""
    for path in paths:
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(
    name: str, paths: list[str], epoch: Callable, options: argparse.Namespace
) -> None:
    """Prints the rows of a format."""
    size = sum(map(os.path.getsize, paths)) / 2**20
    print(f"{name}: {size:.1f} MiB", flush=True)
    for what, is_decoded, skip in (
        ("stored", False, 0),
        ("decoded", True, 0),
        ("second half, stored", False, 0.5),
    ):
        for _ in range(options.rounds):
            if options.cold:
                forget(paths)
            begin, cpu = time.perf_counter(), time.process_time()
            windows = iter(epoch(is_decoded, skip))
            next(windows)
            first = time.perf_counter()
            number = sum(1 for _ in windows)
            seconds = time.perf_counter() - first
            print(
                f"  {what:20} {first - begin:5.2f} s to the first, then "
                f"{number:4} in {seconds:6.2f} s: {number / seconds:6.1f} "
                f"windows/s; {time.process_time() - cpu:6.2f} CPU s",
                flush=True,
            )


@contextlib.contextmanager
def copies(shards: list[str], folder: str) -> Iterator[tuple[Copy, Copy]]:
    """Copies a split as whole records, and as frames."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        both = []
        for name in ("records", "frames"):
            place = pathlib.Path(made, name)
            place.mkdir()
            both.append(copy_split(shards, place, name == "records"))
        yield tuple(both)


def main() -> None:
    """Prints a row for each format and kind of epoch."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data_dir", required=True)
    parser.add_argument("--work_dir", help="of the copies")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", action="store_true")
    options = parser.parse_args()
    info, shards, stored = open_split(options.data_dir, SPLIT, None)
    paths = [os.fspath(path) for path in shard_paths(stored, shards)]
    decode = StoredFrames(info, options.data_dir).decode
    with copies(paths, options.work_dir) as (records, frames):

        def of_tfrecords(is_decoded: bool, skip: float) -> int:
            return epoch_of_tfrecords(options.data_dir, is_decoded, skip)

        def of(copy: Copy, read: Callable) -> Callable:
            return lambda is_decoded, skip: epoch_of_arrays(
                copy, read, decode if is_decoded else None, skip
            )

        measure("tfrecord", paths, of_tfrecords, options)
        whole = of(records, from_records)
        measure("array, records", records.paths, whole, options)
        measure("array, frames", frames.paths, of(frames, from_frames), options)


if __name__ == "__main__":
    main()
