"""Prepares a raw dataset: writes its shards and its `dataset_info.json`."""

import contextlib
import functools
import gc
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tqdm import tqdm

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE
from rmdn_tf.engines.processes import processes
from rmdn_tf.engines.tasks import Run
from rmdn_tf.files.file_systems import (
    file_length,
    is_local,
    make_directory,
    remove_file,
    require_file_system,
)
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.published import remove_partial, write_content
from rmdn_tf.files.shown_paths import redacted, shown
from tfrecords_tools.raw_files import forget_kept
from tfrecords_tools.raw_video import Source, VideoEntry
from tfrecords_tools.shards.dataset_info import (
    Content,
    make_dataset_info,
    write_dataset_info,
)
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.hash_memory import open_memory
from tfrecords_tools.shards.manifest import (
    Manifest,
    all_reports,
    check_settings,
    claim,
    make_settings,
)
from tfrecords_tools.shards.missing_gaze import check_gaze, try_gaze
from tfrecords_tools.shards.plan import Plans, ShardPlan
from tfrecords_tools.shards.survey import (
    ESTIMATOR,
    SurveyedVideo,
    survey_all,
)
from tfrecords_tools.shards.video_table import VideoTable
from tfrecords_tools.shards.writing import write_shard

PICTURE_FILE = "gaze_check.png"

# Number of new objects after which Python looks for cycles.
NEW_OBJECTS = 100_000


def prepare(
    source: Source,
    output_dir: str | os.PathLike,
    frame_format: FrameFormat | None = None,
    *,
    num_shards: int = 16,
    num_workers: int | None = None,
    limit: int | None = None,
    strict: bool = False,
    allow_missing_gaze: bool = False,
    rehash: bool = False,
    run: Run | None = None,
) -> DatasetInfo:
    """Writes a raw dataset as shards and `dataset_info.json`.

    A killed run goes on where it stopped. A script that calls this needs the
    guard `if __name__ == "__main__"`, since the workers are spawned.

    Args:
        source: the raw dataset.
        output_dir: directory, on any file system.
        frame_format: how frames are stored; None for the defaults.
        num_shards: most shards of each split; a shard has at least one video.
        num_workers: processes; by default one for each core. With 1 this
            process does all the work.
        limit: most videos of each split, for a trial.
        strict: raise an error for an unreadable video; by default the video is
            left out and named in `unreadable` of the info.
        allow_missing_gaze: whether to prepare the dataset even if hardly any of
            its gaze lies on the frames.
        rehash: whether to compute the checksums of all raw files again; by
            default those of unchanged files are remembered in the user's cache.
        run: writes the shards, see `rmdn_tf.engines`; None for the processes.

    Returns:
        The facts of the dataset, as in `dataset_info.json`.

    Raises:
        ValueError: an argument is out of range.
        SourceError: the raw data cannot be prepared.
        MissingGazeError: hardly any gaze lies on the frames. Finished shards
            stay, but `dataset_info.json` is not written.
        OtherSettingsError, ManifestError: `output_dir` holds another dataset.
        RecordError: a record breaks a rule.
        InUseError: another process prepares in `output_dir`.
        OSError, tf.errors.OpError: `output_dir` cannot be written.
    """
    frame_format = frame_format or FrameFormat()
    if num_workers is None:
        num_workers = _num_cores()
    _check_positive(num_shards=num_shards, num_workers=num_workers, limit=limit)
    require_file_system(output_dir)
    preparation = uuid.uuid4().hex
    forget_kept(preparation)
    write = functools.partial(
        _write,
        source=source,
        output_dir=os.fspath(output_dir),
        frame_format=frame_format,
        strict=strict,
        preparation=preparation,
    )
    make_directory(output_dir)
    with (
        _collecting_seldom(),
        one_at_a_time(output_dir, "preparing"),
        VideoTable() as table,
    ):
        settings = make_settings(source, frame_format, num_shards, limit)
        check_settings(output_dir, settings)
        _list_videos(source, limit, table, output_dir, allow_missing_gaze)
        num_workers = min(num_workers, len(table))
        with _tidied(output_dir), processes(num_workers) as local:
            _survey_all(source, table, local, rehash)
            manifest = claim(output_dir, settings, table)
            _write_missing(manifest, output_dir, write, run or local)
        content = Content.of(all_reports(output_dir, manifest))
        if not allow_missing_gaze:
            check_gaze(source, content.total)
        info = make_dataset_info(
            source,
            content,
            frame_format,
            table.num_videos_before_cutting(),
            manifest.sha256,
        )
        write_dataset_info(output_dir, info)
        return info


@contextlib.contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Lets Python look for cycles of objects seldom.

    Usually it looks after every 700 new objects. Among a million videos, of
    which none is in a cycle, this takes a fifth of the time.
    """
    first, *others = gc.get_threshold()
    if first:  # 0: somebody has turned it off.
        gc.set_threshold(max(first, NEW_OBJECTS), *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)


@contextlib.contextmanager
def _tidied(output_dir: str | os.PathLike) -> Iterator[None]:
    """After an error, removes the unfinished files of the killed workers."""
    try:
        yield
    except BaseException:
        if is_local(output_dir):  # Elsewhere, others may be at work.
            remove_partial(output_dir)
        raise


def _num_cores() -> int:
    """Returns the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux only.
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _show_gaze(
    source: Source,
    entries: Sequence[VideoEntry],
    output_dir: str | os.PathLike,
) -> None:
    """Shows how the gaze was understood, and checks its units."""
    if source.summary():
        print(redacted(source.summary()), file=sys.stderr)
    source.check()
    picture = source.gaze_picture(entries)
    if picture is not None:
        path = os.path.join(output_dir, PICTURE_FILE)
        write_content(path, picture)
        print(
            f"Check the gaze in the picture '{shown(path)}'.", file=sys.stderr
        )


def summary(info: DatasetInfo) -> str:
    """Describes a dataset for a person.

    Args:
        info: result of `prepare`.

    Returns:
        Lines of text.
    """
    lines = [f"{info.name}: {info.citation}"]
    for split, numbers in info.splits.items():
        lines.append(
            f"  {split:<10} {numbers.num_videos:>6} {_unit(info)} "
            f"{numbers.num_frames:>9} frames "
            f"{numbers.num_fixations:>10} fixations "
            f"{len(numbers.shards):>4} shards"
        )
    if info.splits_from:
        lines.append(f"  split by the user's '{info.splits_from}'")
    if info.num_videos_before_cutting is not None:
        lines.append(f"  cut from {info.num_videos_before_cutting} videos")
    observers = str(info.num_observers)
    if info.num_observers is None:
        observers = "an unknown number of"
    lines += [
        f"  {observers} observers",
        f"  {info.num_frames_without_fixation} frames without a fixation",
    ]
    lines += _listed("left out", info.left_out, "{1:>10} {0}")
    lines += _listed("unreadable", info.unreadable, "{0}: {1}")
    return "\n".join(lines)


def _unit(info: DatasetInfo) -> str:
    return "videos" if info.num_videos_before_cutting is None else "shots"


def _listed(title: str, items: Mapping, line: str) -> list[str]:
    if not items:
        return [f"  nothing {title}"]
    return [f"  {title}:"] + [
        "    " + line.format(key, value) for key, value in items.items()
    ]


def _check_positive(**values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < 1:
            raise ValueError(
                f"Invalid `{name}`. Expected a positive integer. "
                f"Received: {name}={value}."
            )


def _list_videos(
    source: Source,
    limit: int | None,
    table: VideoTable,
    output_dir: str | os.PathLike,
    allow_missing_gaze: bool,
) -> None:
    """Lists the videos, and checks the gaze of a few."""
    entries = source.entries()
    table.list_videos(source.name, entries, limit)
    if limit is not None:
        entries = list(table.entries())
    _show_gaze(source, entries, output_dir)
    if not allow_missing_gaze:
        try_gaze(source, entries)


def _survey_all(
    source: Source, table: VideoTable, run: Run, rehash: bool
) -> None:
    with (
        tqdm(
            total=len(table), desc=f"{source.name}, files", unit="video"
        ) as progress,
        open_memory(ESTIMATOR, rehash=rehash) as memory,
    ):

        def add(video: SurveyedVideo) -> None:
            table.add(video)
            progress.update()

        survey_all(source, table.entries(), memory, run, add)


def _write_missing(
    manifest: Manifest,
    output_dir: str | os.PathLike,
    write: Callable[[ShardPlan], str],
    run: Run,
) -> None:
    """Writes the shards that are not finished, with a progress bar."""
    shards = manifest.plans.shards
    missing = [s for s in shards if s.file not in manifest.finished]
    if manifest.finished:
        print(
            f"{len(manifest.finished)} of {len(shards)} shards are finished "
            f"already in '{shown(output_dir)}'.",
            file=sys.stderr,
        )
    if not missing:
        return
    _retract_dataset_info(output_dir)
    # The longest first, so that the workers end at about the same time.
    missing.sort(key=lambda shard: shard.num_frames, reverse=True)
    lengths = {shard.file: shard.num_frames for shard in missing}
    total = sum(lengths.values())
    plans = Plans(manifest.table, missing)
    with tqdm(total=total, desc="shards", unit="frame") as progress:
        for file in run(write, plans, lambda plan: plan.file):
            progress.update(lengths[file])


def _write(plan: ShardPlan, **settings: Any) -> str:
    """Writes a shard; returns its name, a result that fits JSON."""
    return write_shard(plan, **settings).file


def _retract_dataset_info(output_dir: str | os.PathLike) -> None:
    """Removes `dataset_info.json`, which marks a complete dataset."""
    path = os.path.join(output_dir, DATASET_INFO_FILE)
    if file_length(path) is not None:
        remove_file(path)
