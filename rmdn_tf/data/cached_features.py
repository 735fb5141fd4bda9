"""Reads a feature cache, which `rmdn_tf.data.feature_cache` writes.

A feature cache is a directory with a `manifest.json` and, for each shard of a
prepared dataset, a shard of the same name. Its records hold `features` in place
of `frames`: for each frame the D features of the clip that ends at it, float16,
little-endian.
"""

import os

import tensorflow as tf

from rmdn_tf.data.dataset_info import ShardInfo
from rmdn_tf.data.prepared_dataset import dataset_digest
from rmdn_tf.data.record_lengths import check_record_lengths
from rmdn_tf.data.records import SPEC, Field, RecordError
from rmdn_tf.data.windows import Window
from rmdn_tf.files.file_systems import file_length, require_file_system
from rmdn_tf.files.settings_file import SettingsFile

FEATURE_MANIFEST_FILE = "manifest.json"
DTYPE = tf.float16
FEATURE_SPEC = {key: SPEC[key] for key in SPEC if key != "frames"} | {
    # The bytes of D numbers for each frame.
    "features": Field(tf.string, is_list=True),
}

MAX_FEATURES = 2**24  # Of one clip.

MANIFEST_SCHEMA = {
    "type": "object",
    "properties": {
        "about": {"type": "object"},
        "num_features": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_FEATURES,
        },
        "dtype": {"const": DTYPE.name},
        "dataset": {"type": "string"},
        "shards": {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 0},
        },
    },
    "required": ["about", "num_features", "dtype", "dataset", "shards"],
}


class CachedFeatures:
    """Cuts and decodes the features in some shards of a feature cache.

    Attributes:
        num_features: D.
        key, spec, directory, blank: see `StoredFrames`.

    Raises:
        FileNotFoundError, RecordError: the feature cache is missing, damaged
            or belongs to another dataset.
    """

    key = "features"
    spec = FEATURE_SPEC

    def __init__(
        self,
        data_dir: str | os.PathLike,
        feature_dir: str | os.PathLike,
        shards: list[ShardInfo],
    ):
        manifest = read_feature_manifest(feature_dir)
        if manifest is None:
            raise FileNotFoundError(
                f"No features in '{feature_dir}': '{FEATURE_MANIFEST_FILE}' is "
                "missing. Compute them first."
            )
        if manifest["dataset"] != dataset_digest(data_dir):
            file = feature_settings(feature_dir).path
            raise RecordError(
                f"Invalid '{file}'. Expected features of the dataset in "
                f"'{data_dir}'. Received: features of "
                "another dataset, or of another version of it. Compute them "
                "again, in another directory."
            )
        for shard in shards:
            _check_shard(feature_dir, shard.file, manifest["shards"])
        self.directory = feature_dir
        self.num_features = manifest["num_features"]
        self.blank = tf.constant(bytes(self.num_features * DTYPE.size))

    def num_values(self, window: Window) -> int:
        """Counts the clips of a window."""
        return window.num_clips

    def cut(
        self,
        values: tf.Tensor,
        context: tf.Tensor,
        begins: tf.Tensor,
        window: Window,
    ) -> tf.Tensor:
        """Gathers the features of windows; ignores the context."""
        ends = begins[:, None] + tf.range(
            0, window.num_served, window.clip_stride
        )
        return tf.gather(values, tf.minimum(ends, tf.size(values) - 1))

    def decode(self, stored: tf.Tensor) -> tf.Tensor:
        """Decodes bytes, string `[n]` -> float16 `[n, D]`."""
        features = tf.io.decode_raw(stored, DTYPE, little_endian=True)
        return tf.ensure_shape(features, [None, self.num_features])


def read_feature_manifest(feature_dir: str | os.PathLike) -> dict | None:
    """Reads the `manifest.json` of a feature cache.

    Returns:
        None if the file is missing, or a dict:
            about: the settings of the encoder.
            num_features: D.
            dtype: "float16".
            dataset: checksum of the dataset.
            shards: name of each finished shard -> its length in bytes.
    """
    require_file_system(feature_dir)
    return feature_settings(feature_dir).read()


def feature_settings(feature_dir: str | os.PathLike) -> SettingsFile:
    """Returns the `manifest.json` of a feature cache, without reading it."""
    path = os.path.join(feature_dir, FEATURE_MANIFEST_FILE)
    return SettingsFile(
        path, MANIFEST_SCHEMA, may_change=["shards"], error=RecordError
    )


def _check_shard(
    feature_dir: str | os.PathLike, file: str, lengths: dict[str, int]
) -> None:
    path = os.path.join(feature_dir, file)
    length = file_length(path)
    if length is None or file not in lengths:
        raise RecordError(
            f"Missing features '{path}'. Compute those of this split first; "
            "what is finished is kept."
        )
    if length != lengths[file]:
        raise RecordError(
            f"Invalid features '{path}': truncated or changed. Expected "
            f"{lengths[file]} bytes. Received: {length}. Compute them again; "
            "what is finished is kept."
        )
    check_record_lengths(path)
