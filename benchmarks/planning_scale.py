"""Times how `prepare` plans and resumes up to a million videos; and memory.

    python -m benchmarks.planning_scale [--videos 1000 10000 100000 1000000]
    python -m benchmarks.planning_scale --real_files --videos 1000000

Each line is one call of `prepare` in a process of its own. The videos are made
up, as are the states of their files, and a shard is one byte with a report:

    first    no checksum is known: reads all files
    plan     all are known: surveys, plans and writes the manifest
    resume   all shards are finished: compares them, writes the info

The phase "read" is `load_dataset_info`, with which training begins.

With `--real_files` the videos are empty pictures on disk, in folders of 1000,
and two processes read them. "Start" is the memory before the call, with all
libraries; "peak" is the most during the call. Linux only.
"""

import argparse
import concurrent.futures
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import contextlib
import functools
import multiprocessing
import pathlib
import resource
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from unittest import mock

from rmdn_tf.data.dataset_info import VideoInfo
from rmdn_tf.data.prepared_dataset import load_dataset_info
from tfrecords_tools.raw_video import RawVideo, Source, SourceError, VideoEntry
from tfrecords_tools.shards import survey
from tfrecords_tools.shards.plan import ShardPlan
from tfrecords_tools.shards.preparation import prepare
from tfrecords_tools.shards.shard_reports import ShardReport, write_report
from tfrecords_tools.shards.statistics import Statistics
from tfrecords_tools.sources.folder import Folder

NUM_IN_A_FOLDER = 1000
NUM_VIDEOS = (1000, 10_000, 100_000, 1_000_000)
PHASES = ("first", "plan", "resume", "read")


class ManyVideos(Source):
    """Made-up videos with a file each, and a table of gaze for all.

    Args:
        num_videos: how many.
    """

    name = "many_videos"
    citation = "Nobody."

    def __init__(self, num_videos: int):
        self._num_videos = num_videos

    def entries(self) -> list[VideoEntry]:
        return [
            VideoEntry(name_of(i), "train" if i % 5 else "test")
            for i in range(self._num_videos)
        ]

    def num_frames(self, entry: VideoEntry) -> int:
        return 100 + zlib.crc32(entry.video_id.encode()) % 900

    def measured_file(self, entry: VideoEntry) -> str:
        return f"/made_up/videos/{entry.video_id}.mp4"

    def files(self, entry: VideoEntry) -> list[str]:
        return [self.measured_file(entry), "/made_up/gaze.csv"]

    def open(self, entry: VideoEntry) -> RawVideo:
        raise SourceError("Made-up videos have no frames.")


def name_of(index: int) -> str:
    """Returns e.g. "0003/017", sorted as the indices."""
    folder, number = divmod(index, NUM_IN_A_FOLDER)
    return f"{folder:04d}/{number:03d}"


def made_up_state(path: str) -> tuple[int, ...]:
    """Returns the state of a made-up file, which has not just changed."""
    return (1, zlib.crc32(path.encode()), 10**8, 10**18, 10**18)


def made_up_content(path: str) -> str:
    """Returns the checksum of a made-up file."""
    return f"{zlib.crc32(path.encode()):064x}"


class PlannedError(Exception):
    """All is planned: the shards would be written next."""


def stop(*_: object, **__: object) -> Iterator:
    """Writes no shard."""
    raise PlannedError


def write_bytes(
    output_dir: str, _: Callable, plans: Iterable[ShardPlan], *__: object
) -> Iterator[str]:
    """Writes a byte and a report for each shard."""
    for plan in plans:
        pathlib.Path(output_dir, plan.file).write_bytes(b"0")
        videos = tuple(
            VideoInfo(v.entry.video_id, v.num_frames, 7, 25.0, 3_000_000)
            for v in plan.videos
        )
        statistics = Statistics(num_frames=plan.num_frames, num_fixations=7)
        report = ShardReport(
            plan.checksums, plan.split, plan.file, 1, videos, {}, statistics
        )
        write_report(output_dir, report)
        yield plan.file


def measure(
    phase: str, source: Source, directory: str, num_shards: int, workers: int
) -> tuple[float, float, int, int]:
    """Calls `prepare`; returns seconds, CPU seconds and MiB before and most."""
    before = peak_mebibytes()
    output_dir = os.path.join(directory, "data")
    run = functools.partial(write_bytes, output_dir)
    if phase == "plan":
        output_dir, run = os.path.join(directory, "plan"), stop
    begin, cpu_begin = time.perf_counter(), cpu_seconds()
    with contextlib.suppress(PlannedError):
        if phase == "read":
            load_dataset_info(output_dir)
        else:
            prepare(
                source,
                output_dir,
                num_shards=num_shards,
                num_workers=workers,
                allow_missing_gaze=True,
                run=run,
            )
    seconds = time.perf_counter() - begin
    return seconds, cpu_seconds() - cpu_begin, before, peak_mebibytes()


def measure_made_up(
    phase: str, num_videos: int, directory: str
) -> tuple[float, float, int, int]:
    """Measures made-up videos."""
    with (
        mock.patch.object(survey, "file_state", made_up_state),
        mock.patch.object(survey, "_content", made_up_content),
    ):
        source = ManyVideos(num_videos)
        return measure(phase, source, directory, shards_of(num_videos), 1)


def measure_real(
    phase: str, num_videos: int, directory: str
) -> tuple[float, float, int, int]:
    """Measures empty pictures on disk; makes them if they are missing."""
    raw_dir = os.path.join(directory, "raw")
    if not os.path.exists(raw_dir):
        write_files(raw_dir, num_videos)
    num_shards = shards_of(num_videos)
    return measure(phase, Folder(raw_dir), directory, num_shards, 2)


def shards_of(num_videos: int) -> int:
    """Returns the default number of shards, or more, of 1000 videos each."""
    return max(16, num_videos // 1000)


def write_files(raw_dir: str, num_videos: int) -> None:
    """Makes empty pictures."""
    for index in range(num_videos):
        path = pathlib.Path(raw_dir, f"{name_of(index)}.jpg")
        if index % NUM_IN_A_FOLDER == 0:
            path.parent.mkdir(parents=True)
        path.touch()
    time.sleep(3)  # Files that have just changed are not remembered.


def peak_mebibytes() -> int:
    """Returns the largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def cpu_seconds() -> float:
    """Returns the processor time of this process and its workers."""
    used = map(
        resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Prints a line for each number of videos and phase."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, nargs="+", default=NUM_VIDEOS)
    parser.add_argument("--real_files", action="store_true")
    options = parser.parse_args()
    method = measure_real if options.real_files else measure_made_up
    print(" videos  phase   seconds      CPU  MiB at start  peak")
    for num_videos in options.videos:
        with tempfile.TemporaryDirectory() as directory:
            os.environ["XDG_CACHE_HOME"] = directory
            for phase in PHASES:
                # Its process may have workers, unlike that of a `Pool`.
                with concurrent.futures.ProcessPoolExecutor(
                    1, multiprocessing.get_context("spawn")
                ) as executor:
                    task = executor.submit(method, phase, num_videos, directory)
                    seconds, cpu, before, peak = task.result()
                print(
                    f"{num_videos:7} {phase:>6} {seconds:9.1f} {cpu:8.1f} "
                    f"{before:13} {peak:5}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
