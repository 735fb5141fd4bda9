"""Sums up all shards in `dataset_info.json`, the last file of a dataset."""

import collections
import dataclasses
import os
from collections.abc import Iterable

from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo, SplitInfo
from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE
from rmdn_tf.data.records import SPLITS
from rmdn_tf.files.published import write_json
from rmdn_tf.files.shown_paths import shown
from tfrecords_tools.raw_video import Source, SourceError
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.shard_reports import ShardReport
from tfrecords_tools.shards.statistics import Statistics


@dataclasses.dataclass(frozen=True)
class Content:
    """What the reports of all shards say.

    Attributes:
        total: counts of all videos.
        splits: for all of `SPLITS`.
        unreadable: video id -> cause, sorted.
    """

    total: Statistics
    splits: dict[str, SplitInfo]
    unreadable: dict[str, str]

    @classmethod
    def of(cls, reports: Iterable[ShardReport]) -> "Content":
        """Sums up the reports, in any order, one at a time."""
        total = Statistics()
        shards: dict[str, list[ShardInfo]] = {split: [] for split in SPLITS}
        unreadable: dict[str, str] = {}
        for report in reports:
            total.add(report.statistics)
            shards[report.split].append(_shard_info(report))
            unreadable |= report.unreadable
        splits = {
            split: SplitInfo.of_shards(sorted(infos, key=lambda i: i.file))
            for split, infos in shards.items()
        }
        return cls(total, splits, dict(sorted(unreadable.items())))


def make_dataset_info(
    source: Source,
    content: Content,
    frame_format: FrameFormat,
    num_videos_before_cutting: int,
    manifest_sha256: str,
) -> DatasetInfo:
    """Makes the facts of a dataset.

    Args:
        num_videos_before_cutting: 0 if the videos are whole.
    """
    total = content.total
    left_out = collections.Counter(source.left_out()) + total.left_out
    return DatasetInfo(
        name=source.name,
        citation=source.citation,
        manifest_sha256=manifest_sha256,
        **dataclasses.asdict(frame_format),
        max_fixations_per_frame=total.max_fixations_per_frame,
        truth_num_components=_truth_num_components(source, total),
        num_videos_before_cutting=num_videos_before_cutting or None,
        num_observers=total.num_observers if total.knows_observers else None,
        num_frames_without_fixation=total.num_frames_without_fixation,
        splits=content.splits,
        splits_from=shown(source.splits_from()),
        folds=source.folds(),
        left_out=dict(sorted(left_out.items())),
        unreadable=content.unreadable,
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
    write_json(os.path.join(output_dir, DATASET_INFO_FILE), info)


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
