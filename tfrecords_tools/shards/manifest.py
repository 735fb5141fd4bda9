"""Lets a killed preparation go on, by the `manifest.json` of its directory.

The manifest is written before the first shard. It holds the settings, and each
video's shard and checksum of raw files. A later run with the same settings and
videos goes on where the first stopped; a run with others is refused.
"""

import dataclasses
import json
import os
import re
from collections.abc import Iterator, Sequence

import av
import tensorflow as tf

from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE, MANIFEST_FILE
from rmdn_tf.data.records import SPEC_VERSION
from rmdn_tf.files.file_systems import file_length, list_names, make_directory
from rmdn_tf.files.published import remove_partial
from rmdn_tf.files.settings_file import (
    MAX_NAMED,
    name_some,
    refuse_changes,
    refuse_differences,
)
from tfrecords_tools.raw_video import Source
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.manifest_file import (
    SHARD_NAME,
    ManifestFile,
    digest,
)
from tfrecords_tools.shards.plan import Plans, plan_shards
from tfrecords_tools.shards.shard_reports import (
    REPORT_FOLDER,
    ShardReport,
    find_report,
    read_report,
)
from tfrecords_tools.shards.video_table import Shard, VideoTable


class ManifestError(ValueError):
    """The directory holds another dataset, or an incomplete one."""


@dataclasses.dataclass(frozen=True)
class Manifest:
    """A dataset to write.

    Attributes:
        settings: as JSON.
        table: the videos with their shards.
        plans: of all shards.
        finished: name -> report of the shards that are finished, without the
            checksums, which equal those in the table.
    """

    settings: dict
    table: VideoTable
    plans: Plans
    finished: dict[str, ShardReport]

    @property
    def sha256(self) -> str:
        """The checksum of settings, raw files and plans, in hexadecimal."""
        return digest(self.settings, self.table.placed_videos())


def make_settings(
    source: Source,
    frame_format: FrameFormat,
    num_shards: int,
    limit: int | None,
) -> dict:
    """Returns the settings that the records depend on, as JSON."""
    settings = {
        "dataset": source.name,
        **{f"source.{key}": value for key, value in source.settings().items()},
        **dataclasses.asdict(frame_format),
        "num_shards": num_shards,
        "limit": limit,
        "spec_version": SPEC_VERSION,
        # Another decoder or encoder may write other bytes.
        "pyav": av.__version__,
        "tensorflow": tf.__version__,
    }
    return json.loads(json.dumps(settings))  # Tuples become lists.


def check_settings(output_dir: str | os.PathLike, settings: dict) -> bool:
    """Tells whether a directory has a manifest, which has these settings.

    Raises:
        OtherSettingsError: the manifest has other settings.
        ManifestError: the manifest is damaged, or missing beside shards.
    """
    file = _manifest_file(output_dir)
    old = file.settings()
    if old is None:
        _check_no_shards(output_dir)
        return False
    refuse_changes(file.path, {"settings": old}, {"settings": settings})
    return True


def claim(
    output_dir: str | os.PathLike, settings: dict, table: VideoTable
) -> Manifest:
    """Makes a directory ready for the shards of a dataset.

    Args:
        output_dir: new, or of an earlier run with the same settings and videos.
        settings: see `make_settings`.
        table: all videos, surveyed. They get their shards; a video stays in
            its shard of an earlier run.

    Raises:
        OtherSettingsError, ManifestError: the directory holds another dataset.
        RecordError, ChangedShardError: a finished shard has changed.
    """
    file = _manifest_file(output_dir)
    is_old = check_settings(output_dir, settings)
    table.number_videos()
    if is_old:
        _place_as_earlier(file, table)
        plans = Plans(table, table.shards())
    else:
        plans = plan_shards(table, settings["num_shards"])
    reports = os.path.join(output_dir, REPORT_FOLDER)
    make_directory(reports)
    for directory in (os.fspath(output_dir), reports):
        remove_partial(directory)
    # Raises before it overwrites.
    finished = _find_reports(output_dir, plans.shards, table)
    if not is_old or not table.is_as_earlier():
        file.write(settings, table.placed_videos())
    return Manifest(settings, table, plans, finished)


def _find_reports(
    output_dir: str | os.PathLike, shards: Sequence[Shard], table: VideoTable
) -> dict[str, ShardReport]:
    reports = {}
    present = set(list_names(output_dir))
    for shard in shards:
        if shard.file not in present:
            continue
        checksums = table.checksums_of(shard)
        report = find_report(output_dir, shard.file, checksums)
        if report is not None:
            reports[shard.file] = dataclasses.replace(report, checksums={})
    return reports


def all_reports(
    output_dir: str | os.PathLike, manifest: Manifest
) -> Iterator[ShardReport]:
    """Yields the reports of all shards, or raises `ManifestError`."""
    files = [shard.file for shard in manifest.plans.shards]
    missing = [
        file
        for file in files
        if file_length(os.path.join(output_dir, file)) is None
    ]
    if missing:
        raise ManifestError(
            f"Incomplete dataset in '{output_dir}': the run has ended without "
            f"writing {name_some(missing)}. Repeat the command to go on."
        )
    for file in files:
        yield manifest.finished.get(file) or read_report(output_dir, file)


def _place_as_earlier(file: ManifestFile, table: VideoTable) -> None:
    """Puts the videos into the shards of the earlier manifest."""
    twice = table.add_earlier(file.videos())
    if twice is not None:
        raise ManifestError(
            f"Invalid '{file.path}'. Expected each video once. Received: "
            f"'{twice}' twice."
        )
    differences, total = table.differences(MAX_NAMED)
    refuse_differences(file.path, differences, total=total)
    table.place_as_earlier()


def _check_no_shards(output_dir: str | os.PathLike) -> None:
    for file in list_names(output_dir):
        if re.fullmatch(SHARD_NAME, file) or file == DATASET_INFO_FILE:
            raise ManifestError(
                f"Unknown dataset in '{output_dir}': it has '{file}', but no "
                f"'{MANIFEST_FILE}'. Choose another `output_dir`."
            )


def _manifest_file(output_dir: str | os.PathLike) -> ManifestFile:
    path = os.path.join(output_dir, MANIFEST_FILE)
    return ManifestFile(path, ManifestError)
