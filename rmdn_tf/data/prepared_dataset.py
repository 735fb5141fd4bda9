"""Reads and checks a directory that `rmdn prepare` wrote."""

import collections
import contextlib
import hashlib
import os
from collections.abc import Iterator

from rmdn_tf.data.dataset_info import (
    DATASET_INFO_SCHEMA,
    MAX_INFO_BYTES,
    DatasetInfo,
    ShardInfo,
    contradictions,
)
from rmdn_tf.data.record_lengths import check_record_lengths
from rmdn_tf.data.records import RecordError
from rmdn_tf.files.file_systems import file_length, require_file_system
from rmdn_tf.files.json_files import MAX_BYTES, read_json
from rmdn_tf.files.reading import read_content
from rmdn_tf.files.safe_names import path_inside
from rmdn_tf.files.shown_paths import shown

DATASET_INFO_FILE = "dataset_info.json"
MANIFEST_FILE = "manifest.json"  # Only the tools read it.


def is_prepared(data_dir: str | os.PathLike) -> bool:
    """Tells whether a directory holds a prepared dataset.

    Args:
        data_dir: a directory, which may be missing.

    Returns:
        True if `dataset_info.json` is there.

    Raises:
        OSError: the file system is unusable, or does not answer.
    """
    require_file_system(data_dir)
    return file_length(os.path.join(data_dir, DATASET_INFO_FILE)) is not None


def load_dataset_info(data_dir: str | os.PathLike) -> DatasetInfo:
    """Reads `dataset_info.json` and checks its version and its values.

    Raises:
        FileNotFoundError: the file or its directory is missing.
        OSError: the file system is unusable, or does not answer.
        RecordError: the file is damaged, or has another version.
        ValueError: the name of a shard leads out of the directory.
    """
    if not is_prepared(data_dir):
        raise FileNotFoundError(
            f"No prepared dataset in '{shown(data_dir)}': "
            f"'{DATASET_INFO_FILE}' is missing. Prepare it with `rmdn prepare`."
        )
    path = os.path.join(data_dir, DATASET_INFO_FILE)
    document = read_json(
        path, DATASET_INFO_SCHEMA, error=RecordError, max_bytes=MAX_INFO_BYTES
    )
    info = DatasetInfo.from_json(document)
    for shard in info.shards:
        path_inside(data_dir, shard.file, path)
    return info


def read_dataset_info(data_dir: str | os.PathLike) -> DatasetInfo:
    """Reads `dataset_info.json` and checks its numbers and all shards.

    Args:
        data_dir: directory of a prepared dataset.

    Returns:
        The facts of the dataset.

    Raises:
        FileNotFoundError: the dataset or a shard is missing.
        OSError: the file system is unusable, or does not answer.
        RecordError: the file is damaged or contradicts itself, or a shard has
            another length.
        ValueError: a shard's name leads out of the directory, or a record
            claims to be longer than its shard.
    """
    info = load_dataset_info(data_dir)
    for problem in contradictions(info):
        path = os.path.join(data_dir, DATASET_INFO_FILE)
        raise RecordError(
            f"Invalid '{shown(path)}'. Expected numbers that add up. Received: "
            f"{problem}."
        )
    for shard in info.shards:
        check_shard(data_dir, shard)
    return info


def check_shard(data_dir: str | os.PathLike, shard: ShardInfo) -> None:
    """Checks that a shard exists and has the length in `dataset_info.json`.

    The records of a remote shard are checked when they are read.

    Raises:
        FileNotFoundError: the shard is missing.
        RecordError: the shard has another length.
        RecordLengthError: a record claims to be longer than the shard.
    """
    path = os.path.join(data_dir, shard.file)
    length = file_length(path)
    if length is None:
        raise FileNotFoundError(
            f"Shard '{shown(path)}' is missing, though '{DATASET_INFO_FILE}' "
            "names it."
        )
    if length != shard.num_bytes:
        raise RecordError(
            f"Invalid shard '{shown(path)}': truncated or changed. Expected "
            f"{shard.num_bytes} bytes. Received: {length}."
        )
    check_record_lengths(path)


def dataset_digest(data_dir: str | os.PathLike) -> str:
    """Returns a checksum of `dataset_info.json`, which identifies the dataset.

    The file holds the length of every shard, and a checksum of the manifest
    with all settings and raw files.
    """
    path = os.path.join(data_dir, DATASET_INFO_FILE)
    content = read_content(path, MAX_BYTES)
    return hashlib.sha256(content).hexdigest()


def find_damage(
    data_dir: str | os.PathLike, feature_dir: str | os.PathLike | None = None
) -> str | None:
    """Finds the shards whose checksums fail, and says which.

    TensorFlow's own error gives a position but no file. Reads the whole
    dataset, and its feature cache if one is given.

    Args:
        data_dir: directory of a prepared dataset.
        feature_dir: directory of cached features to check, too; None checks
            only the dataset.

    Returns:
        An error message that names the shards; None if all are sound.
    """
    import tensorflow as tf

    from rmdn_tf.data.record_dataset import iterate_records

    directories = [data_dir, feature_dir] if feature_dir else [data_dir]
    damaged = []
    for shard in read_dataset_info(data_dir).shards:
        for directory in directories:
            path = os.path.join(directory, shard.file)
            try:
                collections.deque(iterate_records(path), maxlen=0)
            except tf.errors.DataLossError:
                damaged.append(shown(path))
            except (FileNotFoundError, tf.errors.NotFoundError):
                pass  # The features of this split are not computed yet.
    if not damaged:
        return None
    return (
        f"Corrupted record in {damaged}. Prepare the dataset again; a shard of "
        "features need only be removed, and is then computed again."
    )


@contextlib.contextmanager
def damage_named(*data_dirs: str | os.PathLike) -> Iterator[None]:
    """Raises `RecordError` with the shard's name if a checksum fails.

    Args:
        data_dirs: directories of the prepared datasets that are read.

    Raises:
        RecordError: a shard is damaged.
        OSError: a remote shard cannot be read.
    """
    import tensorflow as tf

    from rmdn_tf.data.record_dataset import clear_errors_of_records

    try:
        with clear_errors_of_records():
            yield
    except tf.errors.DataLossError as error:
        damage = next(filter(None, map(find_damage, data_dirs)), None)
        if damage is None:
            raise
        raise RecordError(damage) from error
