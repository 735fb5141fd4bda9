"""Measures the input pipeline from an S3 server of this machine, and from disk.

Prepares the demo, copies it to moto's server, and reads one epoch of random
windows and all windows in order from both, in turn. The server runs beside the
reader, so on few cores the rates are lower bounds. Needs the extras `s3` and
`dev`.

    python -m benchmarks.remote_throughput
"""

import argparse
import os
import pathlib
import resource
import tempfile
import time

import numpy as np
import tensorflow as tf

from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.record_dataset import reader_of
from rmdn_tf.data.windows import Window
from rmdn_tf.files.file_systems import list_names, make_directory
from rmdn_tf.files.published import write_content
from tests.helpers.s3_server import run_s3_server
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.demo import Demo

WINDOW = Window(65)
BATCH = 4


def main() -> None:
    """Prints rates from disk and from the server, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = os.path.join(folder, "demo")
        form = FrameFormat((128, 171))
        prepare(Demo(options.videos), here, form, num_workers=1)
        with run_s3_server(pathlib.Path(folder)) as server:
            os.environ |= server.environment
            there = server.path("demo")
            print(f"{_copy(here, there) / 2**20:.1f} MiB in 16 shards a split")
            _compare(here, there, options.rounds)


def _compare(here: str, there: str, rounds: int) -> None:
    print("what             from  seconds  CPU s  MiB/s   peak MiB")
    for name, read in (
        ("records", _records),
        ("random windows", _random),
        ("in order", _ordered),
    ):
        ratios = []
        for _ in range(rounds):
            seconds = []
            for place, data_dir in (("disk", here), ("s3", there)):
                begin, cpu = time.perf_counter(), time.process_time()
                num_bytes = read(data_dir)
                seconds.append(time.perf_counter() - begin)
                used = time.process_time() - cpu
                rate = num_bytes / seconds[-1] / 2**20
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                print(
                    f"{name:16} {place:5} {seconds[-1]:7.2f} {used:6.2f} "
                    f"{rate:6.1f} {peak / 2**10:8.0f}"
                )
            ratios.append(seconds[1] / seconds[0])
        print(f"{name}: s3 takes {np.median(ratios):.2f} times as long")


def _records(data_dir: str) -> int:
    """Reads all records of the training split; returns their bytes."""
    shards = read_dataset_info(data_dir).splits["train"].shards
    paths = [os.path.join(data_dir, shard.file) for shard in shards]
    files = tf.data.Dataset.from_tensor_slices(paths)
    records = files.interleave(
        reader_of(paths),
        cycle_length=16,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return sum(len(record) for record in records.as_numpy_iterator())


def _random(data_dir: str) -> int:
    batches = random_cuts(
        data_dir,
        "train",
        batch_size=BATCH,
        window=WINDOW,
        fixations_per_frame=4,
        seed=0,
    )
    return _bytes_read(data_dir, batches)


def _ordered(data_dir: str) -> int:
    batches = ordered_windows(
        data_dir, "train", batch_size=BATCH, window=WINDOW
    )
    return _bytes_read(data_dir, batches)


def _bytes_read(data_dir: str, batches: tf.data.Dataset) -> int:
    for _ in batches:
        pass
    shards = read_dataset_info(data_dir).splits["train"].shards
    return sum(shard.num_bytes for shard in shards)


def _copy(here: str, there: str) -> int:
    """Uploads a dataset; returns its bytes."""
    make_directory(there)
    total = 0
    for name in list_names(here):
        path = pathlib.Path(here, name)
        if path.is_file() and not name.startswith("."):
            write_content(f"{there}/{name}", path.read_bytes())
            total += path.stat().st_size
    return total


if __name__ == "__main__":
    main()
