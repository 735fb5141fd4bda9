"""Raw videos -> one shard, whole or not at all.

A shard is written under a temporary name. When it is complete, its report is
published, and then the shard itself is renamed. So whatever has a shard's name
is complete and has a report, and need never be written again.
"""

import collections
import dataclasses
import os

import tensorflow as tf

from rmdn_tf.data.dataset_info import (
    COUNT,
    VIDEO_SCHEMA,
    VideoInfo,
    by_name,
    list_of,
)
from rmdn_tf.data.records import RecordError, serialize_example
from rmdn_tf.files.file_systems import file_length, require_file_system
from rmdn_tf.files.json_files import dataclass_schema, read_json
from rmdn_tf.files.published import published, write_json
from tfrecords_tools.frames.resampling import Resampling, resample
from tfrecords_tools.gaze.fixations import PAST_END
from tfrecords_tools.raw_video import (
    RawVideo,
    Source,
    SourceError,
    VideoEntry,
)
from tfrecords_tools.shards.encoding import encode_video
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.plan import ShardPlan
from tfrecords_tools.shards.statistics import Statistics
from tfrecords_tools.shards.survey import SurveyedVideo

REPORT_FOLDER = "finished"
"""Holds one small JSON file for each finished shard."""

NOT_DECODED = "frames announced but not decoded"


@dataclasses.dataclass(frozen=True)
class ShardReport:
    """What a finished shard holds.

    Attributes:
        checksums: video id -> checksum of the raw files it was made of.
        split: "train", "validation" or "test".
        file: name of the shard, without directory.
        num_bytes: size of the file.
        videos: those written, in the order of their records.
        unreadable: id -> cause of the videos that could not be read.
        statistics: sums over the videos.
    """

    checksums: dict[str, str]
    split: str
    file: str
    num_bytes: int
    videos: tuple[VideoInfo, ...]
    unreadable: dict[str, str]
    statistics: Statistics


REPORT_SCHEMA = dataclass_schema(
    ShardReport,
    checksums=by_name({"type": "string"}),
    num_bytes=COUNT,
    videos=list_of(VIDEO_SCHEMA),
    unreadable=by_name({"type": "string"}),
    statistics=dataclass_schema(
        Statistics,
        observers=list_of({"type": "integer"}),
        truth_num_components=list_of(COUNT),
        left_out=by_name(COUNT),
    ),
)
"""Schema of the report of a shard."""


class ChangedShardError(ValueError):
    """A finished shard that is not what is to be written."""


class _BrokenOffError(Exception):
    """A video became unreadable after some of its records were written."""

    def __init__(self, video_id: str, cause: Exception):
        super().__init__(video_id, cause)
        self.video_id = video_id
        self.cause = cause


def write_shard(
    plan: ShardPlan,
    *,
    source: Source,
    output_dir: str | os.PathLike,
    frame_format: FrameFormat,
    strict: bool = False,
) -> ShardReport:
    """Writes one shard and its report, or nothing.

    A video that cannot be read is left out whole, and the report says so. A
    shard that is finished already stays as it is: a cluster may hand out a task
    twice.

    Args:
        plan: which videos and under which name.
        source: opens the videos.
        output_dir: directory that exists, on any file system of `tf.io.gfile`,
            with the folder `REPORT_FOLDER` in it.
        frame_format: how frames are stored.
        strict: whether a video that cannot be read is an error.

    Returns:
        The `ShardReport`.

    Raises:
        SourceError, rmdn_tf.data.records.RecordError: a video cannot be read,
            or breaks the contract, and `strict` is True.
        OSError, tf.errors.OpError: the shard cannot be written.
    """
    require_file_system(output_dir)  # Each worker needs its own.
    finished = find_report(output_dir, plan)
    if finished is not None:
        return finished
    unreadable = {}
    path = os.path.join(output_dir, plan.file)
    if file_length(path) is not None:
        # It lacks a video. A report is never beside a shard of another run.
        tf.io.gfile.remove(path)
    while True:
        try:
            with published(path) as temporary:
                videos, statistics = _write_videos(
                    plan, temporary, source, frame_format, unreadable, strict
                )
                report = ShardReport(
                    plan.checksums,
                    plan.split,
                    plan.file,
                    tf.io.gfile.stat(temporary).length,
                    tuple(videos),
                    dict(sorted(unreadable.items())),
                    statistics,
                )
                write_report(output_dir, report)
            return report
        except _BrokenOffError as broken:
            if strict:
                raise broken.cause from None
            # What has been written of it cannot be taken back: once more
            # without it.
            unreadable[broken.video_id] = str(broken.cause)


def find_report(
    output_dir: str | os.PathLike, plan: ShardPlan
) -> ShardReport | None:
    """Returns the report of a shard if it need not be written again.

    One with unreadable videos is worth another try.

    Args:
        output_dir: directory of the shards.
        plan: the shard.

    Raises:
        RecordError: the shard is there, but not its report.
        ChangedShardError: it is not what is to be written.
        OSError: the file system does not answer.
    """
    path = os.path.join(output_dir, plan.file)
    num_bytes = file_length(path)
    if num_bytes is None:
        return None
    report = read_report(output_dir, plan.file)
    if report.unreadable:
        return None
    if report.checksums != plan.checksums:
        changed = report.checksums.items() ^ plan.checksums.items()
        names = ", ".join(sorted({f"'{video_id}'" for video_id, _ in changed}))
        raise ChangedShardError(
            f"Changed raw files of {names}: they differ from what the finished "
            f"shard '{path}' was made of. Remove the shard to have it written "
            "again."
        )
    if num_bytes != report.num_bytes:
        raise ChangedShardError(
            f"Damaged shard '{path}'. Expected {report.num_bytes} bytes. "
            f"Received: {num_bytes}. Remove it to have it written again."
        )
    return report


def write_report(output_dir: str | os.PathLike, report: ShardReport) -> None:
    """Publishes a report; inverse: `read_report`."""
    statistics = report.statistics.to_json()
    document = dataclasses.asdict(report) | {"statistics": statistics}
    write_json(_report_path(output_dir, report.file), document)


def read_report(output_dir: str | os.PathLike, file: str) -> ShardReport:
    """Reads the report of a shard.

    Args:
        output_dir: directory of the shards.
        file: name of the shard.

    Raises:
        RecordError: the report is missing, damaged or of another shard.
    """
    path = _report_path(output_dir, file)
    try:
        document = read_json(path, REPORT_SCHEMA)
        if document["file"] != file:
            raise ValueError(
                f"Expected `file` '{file}'. Received: '{document['file']}'."
            )
    except (OSError, ValueError) as error:
        raise RecordError(
            f"Missing or invalid report '{path}'. {error} Remove the shard "
            f"'{file}' and prepare again."
        ) from error
    document["statistics"] = Statistics.from_json(document["statistics"])
    document["videos"] = tuple(map(VideoInfo.from_json, document["videos"]))
    return ShardReport(**document)


def _report_path(output_dir: str | os.PathLike, file: str) -> str:
    return os.path.join(output_dir, REPORT_FOLDER, f"{file}.json")


def _write_videos(
    plan: ShardPlan,
    path: str,
    source: Source,
    frame_format: FrameFormat,
    unreadable: dict[str, str],
    strict: bool,
) -> tuple[list[VideoInfo], Statistics]:
    """Writes all videos but the unreadable ones, to which it may add."""
    total = Statistics()
    videos = []
    with tf.io.TFRecordWriter(path) as writer:
        for video in plan.videos:
            video_id = video.entry.video_id
            if video_id in unreadable:
                continue
            try:
                info, written = _write_video(
                    writer, source, video, frame_format
                )
            except (SourceError, RecordError) as error:
                if strict:
                    raise
                unreadable[video_id] = str(error)
            else:
                videos.append(info)
                total.add(written)
    return videos, total


def _open(source: Source, entry: VideoEntry) -> RawVideo:
    """Opens a video; what the disk refuses is a fault of the video."""
    try:
        return source.open(entry)
    except OSError as error:
        raise SourceError(
            f"Unreadable files of the video '{entry.video_id}': {error}."
        ) from error


def _write_video(
    writer: tf.io.TFRecordWriter,
    source: Source,
    video: SurveyedVideo,
    frame_format: FrameFormat,
) -> tuple[VideoInfo, Statistics]:
    """Returns the video's entry in the report, and its numbers."""
    entry = video.entry
    raw = _open(source, entry)
    rate = raw.frames_per_second
    if frame_format.frames_per_second is not None:
        raw = resample(raw, frame_format.frames_per_second)
    num_announced = Resampling(rate, raw.frames_per_second).length(
        video.num_frames
    )
    written = Statistics.of_opened(raw)
    try:
        for record in encode_video(source.name, entry, raw, frame_format):
            writer.write(serialize_example(record))
            written.add_record(record)
    except (SourceError, RecordError) as error:
        if written.num_records:
            raise _BrokenOffError(entry.video_id, error) from error
        raise
    written.left_out += collections.Counter(
        {
            NOT_DECODED: max(num_announced - written.num_frames, 0),
            PAST_END: len(raw.fixations) - written.num_fixations,
        }
    )
    info = VideoInfo(
        entry.video_id,
        written.num_frames,
        written.num_fixations,
        raw.frames_per_second,
    )
    return info, written
