"""Lets a killed preparation go on, by the `manifest.json` of its directory.

The manifest is written before the first shard. It holds the settings, and each
video's shard and checksum of raw files. A later run with the same settings and
videos goes on where the first stopped; a run with others is refused.
"""

import dataclasses
import hashlib
import json
import os
import re

import av
import tensorflow as tf

from rmdn_tf.data.dataset_info import by_name
from rmdn_tf.data.prepared_dataset import DATASET_INFO_FILE, MANIFEST_FILE
from rmdn_tf.data.records import SPEC_VERSION, SPLITS
from rmdn_tf.files.file_systems import file_length, list_names
from rmdn_tf.files.published import remove_partial
from rmdn_tf.files.settings_file import (
    SettingsFile,
    name_some,
    refuse_differences,
)
from tfrecords_tools.raw_video import Source
from tfrecords_tools.shards.frame_format import FrameFormat
from tfrecords_tools.shards.plan import ShardPlan
from tfrecords_tools.shards.shard_reports import (
    REPORT_FOLDER,
    ShardReport,
    find_report,
    read_report,
)
from tfrecords_tools.shards.survey import SurveyedVideo

_SHARD_NAME = rf"(?:{'|'.join(SPLITS)})\.tfrecord-\d{{5}}-of-\d{{5}}"

MANIFEST_SCHEMA = {
    "type": "object",
    "properties": {
        "settings": {"type": "object"},
        "videos": by_name(
            {
                "type": "object",
                "properties": {
                    "split": {"enum": [*SPLITS]},
                    "shard": {
                        "type": "string",
                        "pattern": rf"^{_SHARD_NAME}\Z",
                        "description": "the name of a shard",
                    },
                },
                "required": ["split", "shard"],
            }
        ),
    },
    "required": ["settings", "videos"],
}


class ManifestError(ValueError):
    """The directory holds another dataset, or an incomplete one."""


@dataclasses.dataclass(frozen=True)
class Manifest:
    """A dataset to write: its settings, as JSON, and its shards."""

    settings: dict
    plans: tuple[ShardPlan, ...]


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


def manifest_sha256(manifest: Manifest) -> str:
    """Returns the checksum of settings, raw files and plans, in hexadecimal."""
    text = json.dumps(_to_json(manifest), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def check_settings(
    output_dir: str | os.PathLike, settings: dict
) -> dict | None:
    """Returns the content of a directory's manifest; None if missing.

    Raises:
        OtherSettingsError: the manifest has other settings.
        ManifestError: the manifest is damaged, or missing beside shards.
    """
    old = _settings_file(output_dir).check({"settings": settings})
    if old is None:
        _check_no_shards(output_dir)
    return old


def claim(output_dir: str | os.PathLike, manifest: Manifest) -> Manifest:
    """Makes an existing directory ready for the shards of a manifest.

    Returns:
        The manifest to follow: a video stays in its shard of an earlier run.

    Raises:
        OtherSettingsError, ManifestError: the directory holds another dataset.
    """
    old = check_settings(output_dir, manifest.settings)
    if old is not None:
        manifest = _join(output_dir, old, manifest)
    reports = os.path.join(output_dir, REPORT_FOLDER)
    tf.io.gfile.makedirs(reports)
    for directory in (os.fspath(output_dir), reports):
        remove_partial(directory)
    finished_reports(output_dir, manifest)  # Raises before it overwrites.
    _settings_file(output_dir).write(_to_json(manifest))
    return manifest


def finished_reports(
    output_dir: str | os.PathLike, manifest: Manifest
) -> dict[str, ShardReport]:
    """Returns shard -> report of the finished shards; see `find_report`."""
    reports = {
        plan.file: find_report(output_dir, plan) for plan in manifest.plans
    }
    return {file: report for file, report in reports.items() if report}


def all_reports(
    output_dir: str | os.PathLike, manifest: Manifest
) -> list[ShardReport]:
    """Returns the reports of all shards, or raises `ManifestError`."""
    missing = [
        plan.file
        for plan in manifest.plans
        if file_length(os.path.join(output_dir, plan.file)) is None
    ]
    if missing:
        raise ManifestError(
            f"Incomplete dataset in '{output_dir}': the run has ended without "
            f"writing {name_some(missing)}. Repeat the command to go on."
        )
    return [read_report(output_dir, plan.file) for plan in manifest.plans]


def _join(
    output_dir: str | os.PathLike, old: dict, manifest: Manifest
) -> Manifest:
    """Puts the videos of a new manifest into the shards of the old one."""
    videos = {v.entry.video_id: v for p in manifest.plans for v in p.videos}
    differences = [
        f"'{name}' is {what}"
        for what, names in (
            ("gone", old["videos"].keys() - videos.keys()),
            ("new", videos.keys() - old["videos"].keys()),
        )
        for name in sorted(names)
    ]
    differences += [
        f"'{name}' was in {old['videos'][name]['split']} and is now in "
        f"{video.entry.split}"
        for name, video in videos.items()
        if name in old["videos"]
        and old["videos"][name]["split"] != video.entry.split
    ]
    refuse_differences(_settings_file(output_dir).path, differences)
    shards: dict[str, list[SurveyedVideo]] = {}
    for name, video in sorted(old["videos"].items()):
        shards.setdefault(video["shard"], []).append(videos[name])
    plans = [
        ShardPlan(shard_videos[0].entry.split, file, tuple(shard_videos))
        for file, shard_videos in shards.items()
    ]
    plans.sort(key=lambda plan: (SPLITS.index(plan.split), plan.file))
    return Manifest(manifest.settings, tuple(plans))


def _check_no_shards(output_dir: str | os.PathLike) -> None:
    for file in list_names(output_dir):
        if re.fullmatch(_SHARD_NAME, file) or file == DATASET_INFO_FILE:
            raise ManifestError(
                f"Unknown dataset in '{output_dir}': it has '{file}', but no "
                f"'{MANIFEST_FILE}'. Choose another `output_dir`."
            )


def _settings_file(output_dir: str | os.PathLike) -> SettingsFile:
    path = os.path.join(output_dir, MANIFEST_FILE)
    return SettingsFile(
        path, MANIFEST_SCHEMA, may_change=["videos"], error=ManifestError
    )


def _to_json(manifest: Manifest) -> dict:
    return {
        "settings": manifest.settings,
        "videos": {
            video.entry.video_id: {
                "split": plan.split,
                "shard": plan.file,
                "num_frames": video.num_frames,
                "sha256": video.sha256,
            }
            for plan in manifest.plans
            for video in plan.videos
        },
    }
