"""Raw videos -> shards: names them, writes them, publishes them whole.

A shard is written under a temporary name and renamed when it is complete;
`dataset_info.json` comes last. So whatever has its final name is complete, and
a directory with `dataset_info.json` is too.
"""

import collections
import contextlib
import dataclasses
import heapq
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from rmdn_tf.records import (
    DATASET_INFO_FILE,
    SPEC_VERSION,
    SPLITS,
    serialize_example,
)
from tfrecords_tools import gaze
from tfrecords_tools.raw_video import RawVideo, Source, SourceError, VideoEntry
from tfrecords_tools.video_records import FrameFormat, video_records

TEMPORARY_SUFFIX = ".incomplete"

NOT_DECODED = "frames announced but not decoded"

_SHARD_PATTERN = re.compile(
    rf"(?:{'|'.join(SPLITS)})\.tfrecord-\d{{5}}-of-\d{{5}}"
    rf"(?:{re.escape(TEMPORARY_SUFFIX)})?"
)


@dataclasses.dataclass(frozen=True)
class ShardPlan:
    """One shard to write.

    Attributes:
        split: "train", "validation" or "test".
        file: name of the shard, without directory.
        entries: its videos, in the order of writing.
    """

    split: str
    file: str
    entries: tuple[VideoEntry, ...]


@dataclasses.dataclass
class VideoStatistics:
    """What was written of one video, or of several together.

    Attributes:
        num_frames: frames.
        num_records: records.
        num_fixations: fixations.
        max_fixations_per_frame: the most in any frame.
        truth_num_components: components of the true densities, one number a
            record.
        left_out: cause -> count.
    """

    num_frames: int = 0
    num_records: int = 0
    num_fixations: int = 0
    max_fixations_per_frame: int = 0
    truth_num_components: set[int] = dataclasses.field(default_factory=set)
    left_out: collections.Counter = dataclasses.field(
        default_factory=collections.Counter
    )

    def add(self, other: "VideoStatistics") -> None:
        """Adds the numbers of another video or shard."""
        self.num_frames += other.num_frames
        self.num_records += other.num_records
        self.num_fixations += other.num_fixations
        self.max_fixations_per_frame = max(
            self.max_fixations_per_frame, other.max_fixations_per_frame
        )
        self.truth_num_components |= other.truth_num_components
        self.left_out += other.left_out


@dataclasses.dataclass(frozen=True)
class WrittenShard:
    """A shard that lies under its final name.

    Attributes:
        split: "train", "validation" or "test".
        info: its entry in `dataset_info.json`.
        statistics: sums over its videos.
    """

    split: str
    info: dict
    statistics: VideoStatistics


def shard_name(split: str, index: int, num_shards: int) -> str:
    """Returns e.g. "train.tfrecord-00000-of-00032"."""
    return f"{split}.tfrecord-{index:05d}-of-{num_shards:05d}"


def plan_shards(
    entries: Sequence[VideoEntry], num_shards: int
) -> list[ShardPlan]:
    """Distributes videos over shards of about equal numbers of frames.

    The longest video goes first, each to the shard that is shortest so far.
    A video stays whole. Equal entries give equal plans.

    Args:
        entries: all videos of all splits.
        num_shards: of each split; fewer where a split has fewer videos.

    Returns:
        The shards of all splits, none of them empty.
    """
    plans = []
    for split in SPLITS:
        mine = [entry for entry in entries if entry.split == split]
        groups = _balance(mine, min(num_shards, len(mine)))
        for index, group in enumerate(groups):
            file = shard_name(split, index, len(groups))
            plans.append(ShardPlan(split, file, tuple(group)))
    return plans


def write_shard(
    source: Source,
    plan: ShardPlan,
    output_dir: str | os.PathLike,
    frame_format: FrameFormat,
) -> WrittenShard:
    """Writes one shard, or nothing.

    Args:
        source: opens the videos.
        plan: which videos and under which name.
        output_dir: directory that exists, on any file system of `tf.io.gfile`.
        frame_format: size and JPEG quality of the frames.

    Returns:
        The `WrittenShard`.

    Raises:
        SourceError: a video cannot be read.
        rmdn_tf.records.RecordError: what was read breaks the contract.
    """
    total = VideoStatistics()
    videos = []
    with (
        _published(os.path.join(output_dir, plan.file)) as temporary,
        tf.io.TFRecordWriter(temporary) as writer,
    ):
        for entry in plan.entries:
            raw = source.open(entry, frame_format.size)
            written = _write_video(
                writer, source.name, entry, raw, frame_format
            )
            total.add(written)
            videos.append(
                {
                    "id": entry.video_id,
                    "num_frames": written.num_frames,
                    "num_fixations": written.num_fixations,
                    "frames_per_second": raw.frames_per_second,
                }
            )
    info = {
        "file": plan.file,
        "num_bytes": tf.io.gfile.stat(
            os.path.join(output_dir, plan.file)
        ).length,
        "num_frames": total.num_frames,
        "num_records": total.num_records,
        "num_fixations": total.num_fixations,
        "videos": videos,
    }
    return WrittenShard(plan.split, info, total)


def make_dataset_info(
    source: Source,
    written: Iterable[WrittenShard],
    frame_format: FrameFormat,
) -> dict:
    """Sums up the shards of a dataset.

    Args:
        source: gives name, citation and what it left out as a whole.
        written: all shards, in any order.
        frame_format: size and JPEG quality of the frames.

    Returns:
        The content of `dataset_info.json`.

    Raises:
        SourceError: true densities differ in their number of components.
    """
    written = sorted(written, key=lambda shard: shard.info["file"])
    total = VideoStatistics(left_out=collections.Counter(source.left_out()))
    for shard in written:
        total.add(shard.statistics)
    if len(total.truth_num_components) > 1:
        raise SourceError(
            f"Invalid true densities of '{source.name}'. Expected one number "
            "of components in all videos. Received: "
            f"{sorted(total.truth_num_components)}."
        )
    return {
        "name": source.name,
        "citation": source.citation,
        "spec_version": SPEC_VERSION,
        "size": list(frame_format.size),
        "jpeg_quality": frame_format.jpeg_quality,
        "max_fixations_per_frame": total.max_fixations_per_frame,
        "truth_num_components": max(total.truth_num_components, default=0),
        "splits": {
            split: _split_info([s.info for s in written if s.split == split])
            for split in SPLITS
        },
        "left_out": dict(sorted(total.left_out.items())),
    }


def write_dataset_info(output_dir: str | os.PathLike, info: dict) -> None:
    """Publishes `dataset_info.json`; call it last, after all shards."""
    path = os.path.join(output_dir, DATASET_INFO_FILE)
    with _published(path) as temporary:
        with tf.io.gfile.GFile(temporary, "w") as file:
            file.write(json.dumps(info, indent=2) + "\n")


def remove_leftovers(output_dir: str | os.PathLike) -> list[str]:
    """Removes the shards of a run that was killed before it was complete.

    Args:
        output_dir: directory without `dataset_info.json`.

    Returns:
        Names of the files removed.
    """
    leftovers = [
        file
        for file in sorted(tf.io.gfile.listdir(os.fspath(output_dir)))
        if _SHARD_PATTERN.fullmatch(file)
    ]
    for file in leftovers:
        tf.io.gfile.remove(os.path.join(output_dir, file))
    return leftovers


@contextlib.contextmanager
def _published(path: str) -> Iterator[str]:
    """Gives a temporary name; renames to `path` on success, else removes."""
    temporary = path + TEMPORARY_SUFFIX
    try:
        yield temporary
        tf.io.gfile.rename(temporary, path, overwrite=True)
    except BaseException:  # Ctrl-C must not leave half a file either.
        if tf.io.gfile.exists(temporary):
            tf.io.gfile.remove(temporary)
        raise


def _balance(
    entries: Sequence[VideoEntry], num_groups: int
) -> list[list[VideoEntry]]:
    groups = [[] for _ in range(num_groups)]
    # The second key spreads videos of unknown length, estimated as 0 frames.
    heap = [(0, 0, index) for index in range(num_groups)]
    for entry in sorted(entries, key=lambda e: (-e.num_frames, e.video_id)):
        num_frames, num_videos, index = heapq.heappop(heap)
        groups[index].append(entry)
        heapq.heappush(
            heap, (num_frames + entry.num_frames, num_videos + 1, index)
        )
    return [sorted(group, key=lambda e: e.video_id) for group in groups]


def _write_video(
    writer: tf.io.TFRecordWriter,
    dataset: str,
    entry: VideoEntry,
    raw: RawVideo,
    frame_format: FrameFormat,
) -> VideoStatistics:
    written = VideoStatistics(left_out=collections.Counter(raw.left_out))
    for record in video_records(dataset, entry, raw, frame_format):
        writer.write(serialize_example(record))
        written.num_frames += len(record.frames)
        written.num_records += 1
        written.num_fixations += len(record.fixations)
        written.max_fixations_per_frame = max(
            written.max_fixations_per_frame,
            int(np.bincount(record.fixations.frame, minlength=1).max()),
        )
        written.truth_num_components.add(
            0 if record.truth is None else record.truth.shape[1]
        )
    written.left_out += collections.Counter(
        {
            NOT_DECODED: max(entry.num_frames - written.num_frames, 0),
            gaze.PAST_END: len(raw.fixations) - written.num_fixations,
        }
    )
    return written


def _split_info(shards: list[dict]) -> dict:
    return {
        "num_videos": sum(len(shard["videos"]) for shard in shards),
        "num_frames": sum(shard["num_frames"] for shard in shards),
        "num_fixations": sum(shard["num_fixations"] for shard in shards),
        "shards": shards,
    }
