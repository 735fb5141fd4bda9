"""Reports of all shards -> `dataset_info.json`, the last file of a dataset."""

import collections
import os
from collections.abc import Sequence

from rmdn_tf.data.records import DATASET_INFO_FILE, SPEC_VERSION, SPLITS
from rmdn_tf.files.published import write_json
from tfrecords_tools.raw_video import Source, SourceError, VideoEntry
from tfrecords_tools.shards.statistics import Statistics
from tfrecords_tools.shards.video_records import FrameFormat
from tfrecords_tools.shards.writing import ShardReport


def make_dataset_info(
    source: Source,
    entries: Sequence[VideoEntry],
    reports: Sequence[ShardReport],
    frame_format: FrameFormat,
    manifest_sha256: str,
) -> dict:
    """Sums up the shards of a dataset.

    Args:
        source: gives name, citation and what it left out as a whole.
        entries: all videos, also those that could not be read.
        reports: of all shards, in any order.
        frame_format: how frames are stored.
        manifest_sha256: see `tfrecords_tools.shards.manifest.manifest_sha256`.

    Returns:
        The content of `dataset_info.json`.

    Raises:
        SourceError: true densities differ in their number of components.
    """
    reports = sorted(reports, key=lambda report: report.file)
    total = Statistics(left_out=collections.Counter(source.left_out()))
    for report in reports:
        total.add(report.statistics)
    cut_from = {entry.cut_from for entry in entries if entry.cut_from}
    unreadable = {k: v for r in reports for k, v in r.unreadable.items()}
    return {
        "name": source.name,
        "citation": source.citation,
        "spec_version": SPEC_VERSION,
        "manifest_sha256": manifest_sha256,
        "size": list(frame_format.size),
        "max_size": frame_format.max_size,
        "frames_per_second": frame_format.frames_per_second,
        "jpeg_quality": frame_format.jpeg_quality,
        "max_fixations_per_frame": total.max_fixations_per_frame,
        "truth_num_components": _truth_num_components(source, total),
        # Shots are the videos of a dataset that is cut into shots.
        "num_videos_before_cutting": len(cut_from) or None,
        "num_observers": len(total.observers)
        if total.knows_observers
        else None,
        "num_frames_without_fixation": total.num_frames_without_fixation,
        "splits": {
            split: _split_info([r for r in reports if r.split == split])
            for split in SPLITS
        },
        "folds": source.folds(),
        "left_out": dict(sorted(total.left_out.items())),
        "unreadable": dict(sorted(unreadable.items())),
    }


def _truth_num_components(source: Source, total: Statistics) -> int:
    if len(total.truth_num_components) > 1:
        raise SourceError(
            f"Invalid true densities of '{source.name}'. Expected one number "
            "of components in all videos. Received: "
            f"{sorted(total.truth_num_components)}."
        )
    return max(total.truth_num_components, default=0)


def write_dataset_info(output_dir: str | os.PathLike, info: dict) -> None:
    """Publishes `dataset_info.json`; call it last, after all shards."""
    write_json(os.path.join(output_dir, DATASET_INFO_FILE), info)


def _split_info(reports: Sequence[ShardReport]) -> dict:
    return {
        "num_videos": sum(len(report.videos) for report in reports),
        "num_frames": sum(r.statistics.num_frames for r in reports),
        "num_fixations": sum(r.statistics.num_fixations for r in reports),
        "shards": [
            {
                "file": report.file,
                "num_bytes": report.num_bytes,
                "num_frames": report.statistics.num_frames,
                "num_records": report.statistics.num_records,
                "num_fixations": report.statistics.num_fixations,
                "videos": report.videos,
            }
            for report in reports
        ],
    }
