"""Entry: a raw dataset -> TFRecord shards and `dataset_info.json`.

    python -m tfrecords_tools.prepare --dataset video_database \\
        --raw_dir RAW --output_dir PREPARED
"""

import os

# Before TensorFlow is imported: without it every process prints a page.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import concurrent.futures
import multiprocessing
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence

import tensorflow as tf
from absl import app, flags
from tqdm import tqdm

from rmdn_tf.records import DATASET_INFO_FILE, SPLITS
from tfrecords_tools.raw_video import Source, SourceError, VideoEntry
from tfrecords_tools.shards import (
    ShardPlan,
    WrittenShard,
    make_dataset_info,
    plan_shards,
    remove_leftovers,
    write_dataset_info,
    write_shard,
)
from tfrecords_tools.source_registry import SOURCES, define_source_flags
from tfrecords_tools.video_records import FrameFormat


def prepare(
    source: Source,
    output_dir: str | os.PathLike,
    *,
    size: tuple[int, int] = (128, 171),
    jpeg_quality: int = 95,
    num_shards: int = 16,
    num_workers: int | None = None,
) -> dict:
    """Writes a raw dataset as shards, one process a core.

    With more than one worker the processes are spawned: a script that calls
    this needs the usual `if __name__ == "__main__"` guard.

    Args:
        source: the raw dataset.
        output_dir: where to; must not hold a prepared dataset.
        size: (height, width) of the stored frames. The default is what C3D's
            112x112 crops were cut from.
        jpeg_quality: 1 to 100.
        num_shards: shards of each split, fewer where it has fewer videos.
        num_workers: processes; the number of cores by default. At 1 all is
            done in this process.

    Returns:
        The content of `dataset_info.json`.

    Raises:
        ValueError: an argument is out of range.
        FileExistsError: `output_dir` holds a prepared dataset.
        SourceError: the raw data cannot be prepared.
        rmdn_tf.records.RecordError: what was read breaks the contract.
    """
    num_workers = os.cpu_count() if num_workers is None else num_workers
    _check_arguments(
        jpeg_quality,
        height=size[0],
        width=size[1],
        num_shards=num_shards,
        num_workers=num_workers,
    )
    _claim(output_dir)
    entries = source.entries()
    _check_entries(source, entries)
    frame_format = FrameFormat(tuple(size), jpeg_quality)
    plans = plan_shards(entries, num_shards)
    written = []
    num_frames = sum(entry.num_frames for entry in entries)
    with tqdm(total=num_frames, desc=source.name, unit="frame") as progress:
        for shard in _write_all(
            source, plans, output_dir, frame_format, num_workers
        ):
            written.append(shard)
            progress.update(shard.statistics.num_frames)
    info = make_dataset_info(source, written, frame_format)
    write_dataset_info(output_dir, info)
    return info


def summary(info: Mapping) -> str:
    """Returns the numbers of `dataset_info.json` as lines of text."""
    lines = [f"{info['name']}: {info['citation']}"]
    for split, numbers in info["splits"].items():
        lines.append(
            f"  {split:<10} {numbers['num_videos']:>6} videos "
            f"{numbers['num_frames']:>9} frames "
            f"{numbers['num_fixations']:>10} fixations "
            f"{len(numbers['shards']):>4} shards"
        )
    lines.append("  left out:" if info["left_out"] else "  nothing left out")
    lines += [
        f"  {count:>10} {cause}" for cause, count in info["left_out"].items()
    ]
    return "\n".join(lines)


def _claim(output_dir: str | os.PathLike) -> None:
    tf.io.gfile.makedirs(os.fspath(output_dir))
    info_path = os.path.join(output_dir, DATASET_INFO_FILE)
    if tf.io.gfile.exists(info_path):
        raise FileExistsError(
            f"A prepared dataset exists already: '{info_path}'. Remove "
            f"'{output_dir}' or choose another `output_dir`."
        )
    leftovers = remove_leftovers(output_dir)
    if leftovers:
        print(
            f"Removed {len(leftovers)} shards from '{output_dir}', left by a "
            "run that did not come to its end.",
            file=sys.stderr,
        )


def _check_arguments(jpeg_quality: int, **values: int) -> None:
    if not 1 <= jpeg_quality <= 100:
        raise ValueError(
            "Invalid `jpeg_quality`. Expected a number from 1 to 100. "
            f"Received: jpeg_quality={jpeg_quality}."
        )
    for name, value in values.items():
        if value < 1:
            raise ValueError(
                f"Invalid `{name}`. Expected a positive integer. "
                f"Received: {name}={value}."
            )


def _check_entries(source: Source, entries: Sequence[VideoEntry]) -> None:
    if not entries:
        raise SourceError(f"The dataset '{source.name}' holds no video.")
    seen = set()
    for entry in entries:
        if entry.video_id in seen:
            raise SourceError(
                f"Two videos of '{source.name}' have the id '{entry.video_id}'."
            )
        seen.add(entry.video_id)
        if entry.split not in SPLITS:
            raise SourceError(
                f"Invalid split of the video '{entry.video_id}'. "
                f"Expected one of {SPLITS}. Received: {entry.split!r}."
            )


def _write_all(
    source: Source,
    plans: Sequence[ShardPlan],
    output_dir: str | os.PathLike,
    frame_format: FrameFormat,
    num_workers: int,
) -> Iterator[WrittenShard]:
    """Yields the shards as they are finished; the first error ends it."""
    if num_workers == 1:
        for plan in plans:
            yield write_shard(source, plan, output_dir, frame_format)
        return
    # TensorFlow does not survive a fork, hence spawn.
    with concurrent.futures.ProcessPoolExecutor(
        min(num_workers, len(plans)),
        multiprocessing.get_context("spawn"),
        _end_with_parent,
    ) as executor:
        try:
            tasks = [
                executor.submit(
                    write_shard, source, plan, output_dir, frame_format
                )
                # Long shards first, so that none is begun last.
                for plan in sorted(plans, key=_num_frames, reverse=True)
            ]
            for task in concurrent.futures.as_completed(tasks):
                yield task.result()
        except BaseException:
            # Here and not on leaving `with`, which would first let every
            # shard that waits in the queue be written.
            executor.shutdown(cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """Lets a worker end when the main process is killed, not wait for ever."""

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _num_frames(plan: ShardPlan) -> int:
    return sum(entry.num_frames for entry in plan.entries)


def define_flags(values: flags.FlagValues = flags.FLAGS) -> None:
    """Defines the flags of this entry."""
    flags.DEFINE_string(
        "output_dir",
        None,
        "Where the shards go.",
        flag_values=values,
        required=True,
    )
    for name, default, upper_bound, text in (
        ("height", 128, None, "Height of the stored frames in pixels."),
        ("width", 171, None, "Width of the stored frames in pixels."),
        ("jpeg_quality", 95, 100, "JPEG quality of the stored frames."),
        ("num_shards", 16, None, "Most shards of each split."),
        ("workers", None, None, "Processes; one a core by default."),
    ):
        flags.DEFINE_integer(
            name,
            default,
            text,
            lower_bound=1,
            upper_bound=upper_bound,
            flag_values=values,
        )
    define_source_flags(values)


def run(options: flags.FlagValues) -> int:
    """Prepares what the flags say; returns the exit code."""
    try:
        info = prepare(
            SOURCES[options.dataset](options),
            options.output_dir,
            size=(options.height, options.width),
            jpeg_quality=options.jpeg_quality,
            num_shards=options.num_shards,
            num_workers=options.workers,
        )
    except (
        ValueError,  # SourceError and RecordError are such.
        OSError,
        tf.errors.OpError,
        concurrent.futures.BrokenExecutor,
    ) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(summary(info))
    return 0


def main(argv: Sequence[str]) -> int:
    """Reads the flags; `absl.app` exits with the number returned."""
    if len(argv) > 1:
        raise app.UsageError(f"Unknown argument: {argv[1]!r}.")
    return run(flags.FLAGS)


if __name__ == "__main__":
    define_flags()
    app.run(main)
