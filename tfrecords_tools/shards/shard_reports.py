"""Reports of finished shards: their content and their raw files."""

import dataclasses
import os

from rmdn_tf.data.dataset_info import (
    COUNT,
    MAX_INFO_BYTES,
    VIDEO_SCHEMA,
    VideoInfo,
    by_name,
    list_of,
)
from rmdn_tf.data.records import RecordError
from rmdn_tf.files.file_systems import file_length
from rmdn_tf.files.json_files import dataclass_schema, read_json
from rmdn_tf.files.published import write_json
from tfrecords_tools.shards.statistics import Statistics

REPORT_FOLDER = "finished"  # holds a JSON file for each finished shard


@dataclasses.dataclass(frozen=True)
class ShardReport:
    """The content of a finished shard.

    Attributes:
        checksums: video id -> checksum of its raw files.
        file: name of the shard, without directory.
        videos: the videos written, in the order of their records.
        unreadable: video id -> cause.
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


class ChangedShardError(ValueError):
    """A finished shard or its raw files have changed."""


def find_report(
    output_dir: str | os.PathLike, file: str, checksums: dict[str, str]
) -> ShardReport | None:
    """Returns the report of a shard; None if the shard must be written.

    A shard that lacks unreadable videos must be written again.

    Args:
        file: name of the shard, without directory.
        checksums: video id -> present checksum of its raw files.

    Raises:
        RecordError: the report is missing or damaged.
        ChangedShardError: the shard or its raw files have changed.
    """
    path = os.path.join(output_dir, file)
    num_bytes = file_length(path)
    if num_bytes is None:
        return None
    report = read_report(output_dir, file)
    if report.unreadable:
        return None
    if report.checksums != checksums:
        changed = report.checksums.items() ^ checksums.items()
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
    """Publishes a report, for `read_report`."""
    document = vars(report) | {"statistics": report.statistics.to_json()}
    write_json(_report_path(output_dir, report.file), document)


def read_report(output_dir: str | os.PathLike, file: str) -> ShardReport:
    """Reads the report of a shard, or raises `RecordError`."""
    path = _report_path(output_dir, file)
    try:
        document = read_json(path, REPORT_SCHEMA, max_bytes=MAX_INFO_BYTES)
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
