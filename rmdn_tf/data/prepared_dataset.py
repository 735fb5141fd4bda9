"""A directory that `tfrecords_tools.prepare` wrote -> its `DatasetInfo`."""

import contextlib
import hashlib
import os
from collections.abc import Iterator

import tensorflow as tf

from rmdn_tf.data.dataset_info import (
    DATASET_INFO_SCHEMA,
    DatasetInfo,
    ShardInfo,
    contradictions,
)
from rmdn_tf.data.record_lengths import check_record_lengths
from rmdn_tf.data.records import RecordError
from rmdn_tf.files.file_systems import (
    file_length,
    is_local,
    require_file_system,
)
from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.safe_names import path_inside

DATASET_INFO_FILE = "dataset_info.json"
MANIFEST_FILE = "manifest.json"  # Of the tools; readers do without.


def is_prepared(data_dir: str | os.PathLike) -> bool:
    """Says whether a directory holds a `dataset_info.json`.

    Raises:
        OSError: the file system cannot be used, or does not answer.
    """
    require_file_system(data_dir)
    return file_length(os.path.join(data_dir, DATASET_INFO_FILE)) is not None


def load_dataset_info(data_dir: str | os.PathLike) -> DatasetInfo:
    """Reads `dataset_info.json` and checks its version and its values.

    Args:
        data_dir: directory of a prepared dataset.

    Raises:
        FileNotFoundError: directory or info is missing.
        OSError: the file system cannot be used, or does not answer.
        RecordError: the file is damaged, or has another version.
        ValueError: the name of a shard leads out of the directory.
    """
    if not is_prepared(data_dir):
        raise FileNotFoundError(
            f"No prepared dataset in '{data_dir}': '{DATASET_INFO_FILE}' is "
            "missing. Prepare it with `python -m tfrecords_tools.prepare`."
        )
    path = os.path.join(data_dir, DATASET_INFO_FILE)
    document = read_json(path, DATASET_INFO_SCHEMA, error=RecordError)
    info = DatasetInfo.from_json(document)
    for shard in info.shards:
        path_inside(data_dir, shard.file, path)
    return info


def read_dataset_info(data_dir: str | os.PathLike) -> DatasetInfo:
    """Reads `dataset_info.json`, and checks that all shards are there.

    Raises:
        FileNotFoundError, OSError, ValueError: see `load_dataset_info` and
            `check_shard`.
        RecordError: the numbers in the file contradict each other.
    """
    info = load_dataset_info(data_dir)
    for problem in contradictions(info):
        path = os.path.join(data_dir, DATASET_INFO_FILE)
        raise RecordError(
            f"Invalid '{path}'. Expected numbers that add up. Received: "
            f"{problem}."
        )
    for shard in info.shards:
        check_shard(data_dir, shard)
    return info


def check_shard(data_dir: str | os.PathLike, shard: ShardInfo) -> None:
    """Checks that a shard is there and as long as its info says.

    Raises:
        FileNotFoundError: the shard is missing.
        RecordError: the shard has another length.
        RecordLengthError: a record claims to be longer than the shard. Not
            checked on remote file systems, where each record would cost a
            request; `tfrecords_tools.show_records --verify` checks there, too.
    """
    path = os.path.join(data_dir, shard.file)
    length = file_length(path)
    if length is None:
        raise FileNotFoundError(
            f"Shard '{path}' is missing, though '{DATASET_INFO_FILE}' names it."
        )
    if length != shard.num_bytes:
        raise RecordError(
            f"Invalid shard '{path}': truncated or changed. Expected "
            f"{shard.num_bytes} bytes. Received: {length}."
        )
    if is_local(path):
        check_record_lengths(path)


def dataset_digest(data_dir: str | os.PathLike) -> str:
    """Returns a checksum of `dataset_info.json`.

    It stands for the dataset: the file holds the checksum of the manifest, and
    so of all settings and raw files, and it tells the length of every shard,
    which `read_dataset_info` checks.
    """
    path = os.path.join(data_dir, DATASET_INFO_FILE)
    with tf.io.gfile.GFile(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def find_damage(
    data_dir: str | os.PathLike, feature_dir: str | os.PathLike | None = None
) -> str:
    """Finds the shards whose checksums fail, for an error's message.

    TensorFlow's own error gives a position but names no file.

    Args:
        data_dir: directory of a prepared dataset; all of it is read.
        feature_dir: of its features, if they are in use; read as well.

    Returns:
        A sentence that names the shards.
    """
    damaged = []
    for shard in read_dataset_info(data_dir).shards:
        for directory in filter(None, (data_dir, feature_dir)):
            path = os.path.join(directory, shard.file)
            try:
                for _ in tf.data.TFRecordDataset(path):
                    pass
            except tf.errors.DataLossError:
                damaged.append(path)
            except tf.errors.NotFoundError:
                pass  # Features of this split have not been computed.
    return (
        f"Corrupted record in {damaged or data_dir}; prepare the dataset "
        "again. Features are computed again where their shard is removed."
    )


@contextlib.contextmanager
def damage_named(data_dir: str | os.PathLike) -> Iterator[None]:
    """Turns a failed checksum into an error that names the shards.

    Raises:
        RecordError: a shard of the dataset is damaged.
    """
    try:
        yield
    except tf.errors.DataLossError as error:
        raise RecordError(find_damage(data_dir)) from error
