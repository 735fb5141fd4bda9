"""Sums up all shards in `dataset_info.json`, the last file of a dataset."""

import collections
import dataclasses
import os
from collections.abc import Sequence

from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo, SplitInfo
from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE
from rmdn_tf.data.records import SPLITS
from rmdn_tf.files.published import write_json
from tfrecords_tools.raw_video import Source, SourceError, VideoEntry
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.shard_reports import ShardReport
from tfrecords_tools.shards.statistics import Statistics


def make_dataset_info(
    source: Source,
    entries: Sequence[VideoEntry],
    reports: Sequence[ShardReport],
    frame_format: FrameFormat,
    manifest_sha256: str,
) -> DatasetInfo:
    """Sums up the reports of all shards, in any order.

    `entries` are all videos, including unreadable ones.
    """
    reports = sorted(reports, key=lambda report: report.file)
    total = Statistics(left_out=collections.Counter(source.left_out()))
    for report in reports:
        total.add(report.statistics)
    cut_from = {entry.cut_from for entry in entries if entry.cut_from}
    unreadable = {k: v for r in reports for k, v in r.unreadable.items()}
    return DatasetInfo(
        name=source.name,
        citation=source.citation,
        manifest_sha256=manifest_sha256,
        **dataclasses.asdict(frame_format),
        max_fixations_per_frame=total.max_fixations_per_frame,
        truth_num_components=_truth_num_components(source, total),
        num_videos_before_cutting=len(cut_from) or None,
        num_observers=total.num_observers if total.knows_observers else None,
        num_frames_without_fixation=total.num_frames_without_fixation,
        splits={
            split: SplitInfo.of_shards(
                [_shard_info(r) for r in reports if r.split == split]
            )
            for split in SPLITS
        },
        splits_from=source.splits_from(),
        folds=source.folds(),
        left_out=dict(sorted(total.left_out.items())),
        unreadable=dict(sorted(unreadable.items())),
    )


def _truth_num_components(source: Source, total: Statistics) -> int:
    if len(total.truth_num_components) > 1:
        raise SourceError(
            f"Invalid true densities of '{source.name}'. Expected one number "
            "of components in all videos. Received: "
            f"{sorted(total.truth_num_components)}."
        )
    return max(total.truth_num_components, default=0)


def write_dataset_info(
    output_dir: str | os.PathLike, info: DatasetInfo
) -> None:
    """Publishes `dataset_info.json`, which marks a complete dataset."""
    write_json(os.path.join(output_dir, DATASET_INFO_FILE), info.to_json())


def _shard_info(report: ShardReport) -> ShardInfo:
    statistics = report.statistics
    return ShardInfo(
        file=report.file,
        num_bytes=report.num_bytes,
        num_frames=statistics.num_frames,
        num_records=statistics.num_records,
        num_fixations=statistics.num_fixations,
        videos=report.videos,
    )
