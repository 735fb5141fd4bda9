"""Verifies a prepared dataset: reads every record and lists all problems.

Compares the shards, `dataset_info.json` and `manifest.json` with each other.
"""

import concurrent.futures
import dataclasses
import os
import re
from collections.abc import Iterator, Sequence

from tqdm import tqdm

from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo, contradictions
from rmdn_tf.data.prepared_dataset import (
    DATASET_INFO_FILE,
    MANIFEST_FILE,
    load_dataset_info,
)
from rmdn_tf.data.records import RecordError
from rmdn_tf.files.file_systems import list_names
from tfrecords_tools.shards.manifest_file import ManifestFile
from tfrecords_tools.shards.shard_checks import (
    VerifiedShard,
    compare,
    verify_shard,
)
from tfrecords_tools.shards.statistics import Statistics
from tfrecords_tools.shards.video_table import PlacedVideo

MAX_PROBLEMS_OF_A_SHARD = 20  # further ones are only counted

# On a remote file system a thread mostly waits. A thread takes about 40 MB.
NUM_THREADS = 4

_SHARD_LIKE = re.compile(r"\.tfrecord-\d+-of-\d+")


@dataclasses.dataclass(frozen=True)
class Verification:
    """The result of reading a dataset.

    Attributes:
        shards: in the order of `dataset_info.json`.
        of_dataset: problems that belong to no shard.
    """

    shards: Sequence[VerifiedShard]
    of_dataset: Sequence[str]

    @property
    def problems(self) -> list[str]:
        """The problems as sentences; at most 20 of a shard, then a number."""
        problems: list[str] = []
        for shard in self.shards:
            problems += shard.problems[:MAX_PROBLEMS_OF_A_SHARD]
            rest = len(shard.problems) - MAX_PROBLEMS_OF_A_SHARD
            if rest > 0:
                problems.append(f"{shard.info.file}: and {rest} more")
        return [*problems, *self.of_dataset]


def verify(
    data_dir: str | os.PathLike, num_threads: int = NUM_THREADS
) -> Verification:
    """Reads and checks every record of every split.

    Args:
        data_dir: directory of a prepared dataset.
        num_threads: shards to read at the same time.

    Returns:
        What was read, and the problems; none for a sound dataset.

    Raises:
        FileNotFoundError: the dataset or its manifest is missing.
        RecordError: `dataset_info.json` or `manifest.json` is damaged.
    """
    info = load_dataset_info(data_dir)
    manifest = ManifestFile(
        os.path.join(data_dir, MANIFEST_FILE), error=RecordError
    )
    of_manifest = _check_manifest(info, manifest)
    shards = _verify_shards(data_dir, info, num_threads)
    of_dataset = [
        *_check_directory(data_dir, info),
        *contradictions(info),
        *of_manifest,
        *_check_totals(info, shards),
    ]
    return Verification(shards, of_dataset)


def _verify_shards(
    data_dir: str | os.PathLike, info: DatasetInfo, num_threads: int
) -> list[VerifiedShard]:
    tasks = list(_shards(info))
    with concurrent.futures.ThreadPoolExecutor(num_threads) as executor:
        verified = executor.map(
            lambda task: verify_shard(data_dir, info, *task), tasks
        )
        return list(
            tqdm(verified, "verifying", len(tasks), unit="shard", leave=False)
        )


def _shards(info: DatasetInfo) -> Iterator[tuple[str, ShardInfo]]:
    for name, split in info.splits.items():
        for shard in split.shards:
            yield name, shard


def _check_directory(
    data_dir: str | os.PathLike, info: DatasetInfo
) -> list[str]:
    named = {shard.file for shard in info.shards}
    return [
        f"{file}: looks like a shard, but {DATASET_INFO_FILE} does not name it"
        for file in list_names(data_dir)
        if _SHARD_LIKE.search(file) and file not in named
    ]


def _check_manifest(info: DatasetInfo, manifest: ManifestFile) -> list[str]:
    """Compares the videos of the manifest with those of the info."""
    if manifest.settings() is None:
        raise FileNotFoundError(f"No such file: '{manifest.path}'.")
    missing = {
        video.id: (split, shard.file)
        for split, shard in _shards(info)
        for video in shard.videos
    }
    problems: dict[str, list[str]] = {}
    unreadable = set(info.unreadable)
    for video in manifest.videos():
        announced = missing.pop(video.video_id, None)
        is_unreadable = video.video_id in unreadable
        unreadable.discard(video.video_id)
        found = _check_video(video, announced, is_unreadable)
        if found:
            problems[video.video_id] = found
    for video_id in missing.keys() | unreadable:
        problems[video_id] = [f"not in {MANIFEST_FILE}"]
    return [
        f"video '{video_id}': {problem}"
        for video_id, found in sorted(problems.items())
        for problem in found
    ]


def _check_video(
    video: PlacedVideo, announced: tuple[str, str] | None, is_unreadable: bool
) -> list[str]:
    """Checks a video of the manifest.

    Args:
        announced: its split and its shard in the info, if any.
        is_unreadable: whether the info says so.
    """
    if announced is None:
        if is_unreadable:
            return []
        return [f"in {MANIFEST_FILE}, but neither in a shard nor unreadable"]
    problems = ["in a shard and unreadable"] if is_unreadable else []
    return problems + [
        f"{MANIFEST_FILE} says {key}={found}, {DATASET_INFO_FILE} says {value}"
        for key, found, value in zip(
            ("split", "shard"),
            (video.split, video.shard),
            announced,
            strict=True,
        )
        if found != value
    ]


def _check_totals(
    info: DatasetInfo, shards: Sequence[VerifiedShard]
) -> list[str]:
    if not all(shard.is_complete for shard in shards):
        return []  # Lost records are reported already.
    total = Statistics()
    for shard in shards:
        total.add(shard.total)
    keys = ["max_fixations_per_frame", "num_frames_without_fixation"]
    if info.num_observers is not None:
        keys.append("num_observers")
    return compare(total, info, keys)
