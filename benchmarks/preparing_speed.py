"""Times preparing against decoding, and two workers against one; and memory.

    python -m benchmarks.preparing_speed --raw_dir RAW

Needs the raw data of `video_database`. "Decoding" is the least work possible:
PyAV decodes a frame, which is resized, encoded as JPEG and thrown away. All
times include the start of the worker processes. The order changes from round to
round, since the machine's speed may drift. The memory is the peak of a worker,
on one clip and on ten copies of the clip in one file.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import functools
import multiprocessing
import pathlib
import resource
import statistics
import tempfile
import time
from collections.abc import Callable

import av
import tensorflow as tf

from rmdn_tf.engines.processes import processes
from tfrecords_tools.frames.video_files import Scaler, read_frames
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.sources.folder import Folder
from tfrecords_tools.sources.video_database import VideoDatabase

FORMAT = FrameFormat()
REPETITIONS = 10  # of the clip, for the memory


def decode(path: str) -> int:
    """Decodes, resizes and encodes a video; returns its frames."""
    scaler = Scaler(FORMAT.size)
    num_frames = 0
    for frame in read_frames(path):
        tf.io.encode_jpeg(
            scaler(frame),
            quality=FORMAT.jpeg_quality,
            chroma_downsampling=False,
        ).numpy()
        num_frames += 1
    return num_frames


def decode_all(raw_dir: str, num_workers: int) -> int:
    """Decodes all clips, the largest files first; returns the frames."""
    paths = sorted(
        pathlib.Path(raw_dir, "videos").iterdir(),
        key=lambda path: -path.stat().st_size,
    )
    with processes(num_workers) as run:
        return sum(run(decode, map(str, paths)))


def prepare_all(raw_dir: str, num_workers: int) -> int:
    """Prepares all clips; returns the frames."""
    with tempfile.TemporaryDirectory() as output_dir:
        info = prepare(
            VideoDatabase(raw_dir), output_dir, FORMAT, num_workers=num_workers
        )
    return sum(split.num_frames for split in info.splits.values())


def seconds_a_frame(function: Callable[[], int]) -> float:
    """Times one call of a function that returns a number of frames."""
    begin = time.perf_counter()
    num_frames = function()
    return (time.perf_counter() - begin) / num_frames


def compare(raw_dir: str, num_rounds: int) -> None:
    """Prints the ratios of each round and their medians."""
    num_cores = os.cpu_count()
    cases = {
        "decoding": functools.partial(decode_all, raw_dir, num_cores),
        "preparing": functools.partial(prepare_all, raw_dir, num_cores),
        "one": functools.partial(in_a_process, prepare_all, raw_dir, 1),
        "two": functools.partial(prepare_all, raw_dir, 2),
    }
    ratios = {"preparing / decoding alone": [], "two workers / one": []}
    for index in range(num_rounds):
        names = list(cases)[:: 1 if index % 2 else -1]
        seconds = {name: seconds_a_frame(cases[name]) for name in names}
        for ratio, slow, fast in (
            ("preparing / decoding alone", "decoding", "preparing"),
            ("two workers / one", "one", "two"),
        ):
            ratios[ratio].append(seconds[slow] / seconds[fast])
    for name, values in ratios.items():
        rounds = ", ".join(f"{value:.2f}" for value in values)
        print(f"speed, {name}: {statistics.median(values):.2f} ({rounds})")


def repeat(path: pathlib.Path, output: pathlib.Path, num_times: int) -> None:
    """Joins copies of a video without decoding it."""
    with av.open(str(output), "w") as target:
        stream = None
        offset = 0
        for _ in range(num_times):
            with av.open(str(path)) as source:
                video = source.streams.video[0]
                stream = stream or target.add_stream_from_template(video)
                packets = [p for p in source.demux(video) if p.size]
                for packet in packets:
                    packet.dts += offset
                    packet.pts = None if packet.pts is None else packet.dts
                    packet.stream = stream
                    target.mux(packet)
                offset += len(packets)


def in_a_process(function: Callable, *arguments):
    """Calls a function in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def largest_memory(folder: str) -> int:
    """Prepares a folder in this process; returns its largest memory in MiB."""
    with tempfile.TemporaryDirectory() as output_dir:
        prepare(Folder(folder), output_dir, FORMAT, num_workers=1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure_memory(raw_dir: str) -> None:
    """Prints the peak memory of a worker on a short and on a long video."""
    path = max(
        pathlib.Path(raw_dir, "videos").iterdir(),
        key=lambda path: path.stat().st_size,
    )
    for num_times in (1, REPETITIONS):
        with tempfile.TemporaryDirectory() as folder:
            repeat(path, pathlib.Path(folder, path.name), num_times)
            memory = in_a_process(largest_memory, folder)
        print(f"memory, {path.name} {num_times} times over: {memory} MiB")


def main() -> None:
    """Reads the flags and prints the measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--raw_dir", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    measure_memory(options.raw_dir)
    compare(options.raw_dir, options.rounds)


if __name__ == "__main__":
    main()
