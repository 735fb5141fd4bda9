"""A frozen encoder and a prepared dataset -> the features of every frame.

C3D is by far the most of a training step. While it is frozen its features never
change, so they are computed once, and every epoch after reads them. What is on
disk then is described in `rmdn_tf.data.cached_features`.
"""

import os
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from rmdn_tf.data.cached_features import DTYPE, feature_settings
from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo
from rmdn_tf.data.prepared_dataset import (
    dataset_digest,
    is_prepared,
    read_dataset_info,
)
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.shard_dealing import shards_of
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.windows import CLIP_LENGTH, CONTEXT
from rmdn_tf.files.disk_space import format_bytes, require_room
from rmdn_tf.files.file_systems import (
    file_length,
    is_local,
    require_file_system,
)
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.published import published, remove_partial

Encoder = Callable[[tf.Tensor], tf.Tensor]
"""uint8 `[1, L, H, W, 3]` -> float `[1, L - 15, D]`: of every 16 frames that
follow each other, at stride 1."""


def cache_features(
    encoder: Encoder,
    data_dir: str | os.PathLike,
    split: str,
    feature_dir: str | os.PathLike,
    about: dict,
    *,
    clips_at_once: int = 32,
) -> None:
    """Computes the features of every frame of a split, once.

    Shards appear whole. What is finished is kept: a run that was killed goes
    on, and another split is added. Of several processes that want the same
    features one computes them; the others say that they wait, then use them.

    Args:
        encoder: the `Encoder`; runs as a `tf.function`.
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or some joined by "+".
        feature_dir: directory of the features, made if absent, on any file
            system of `tf.io.gfile`; on remote ones nothing keeps two
            processes from computing the same. Not touched where all is there.
        about: what the features depend on, for JSON: the encoder's settings
            and a checksum of its weights.
        clips_at_once: clips that the encoder gets in one call.

    Raises:
        FileNotFoundError, RecordError: no prepared dataset, or a broken one,
            or one without a video in the split; or `feature_dir` holds a
            dataset; or a feature that float16 cannot hold.
        OtherSettingsError: `feature_dir` holds features of another encoder or
            another dataset.
        OSError: the disk is too small, or cannot be written.
    """
    info = read_dataset_info(data_dir)
    shards = shards_of(info, split)
    encode = tf.function(
        lambda frames: tf.cast(encoder(frames[None])[0], tf.float32),
        input_signature=[tf.TensorSpec([None, *info.size, 3], tf.uint8)],
        jit_compile=False,  # XLA makes Conv3D slower on a CPU.
        autograph=False,
    )
    manifest = {
        "about": about,
        "num_features": _num_features(encode, info),
        "dtype": DTYPE.name,
        "dataset": dataset_digest(data_dir),
        "shards": {},
    }
    missing = _missing(feature_dir, shards, manifest)
    if missing or is_local(feature_dir):
        remove_partial(feature_dir)
    if not missing:
        return
    with one_at_a_time(feature_dir, "computing features", wait=True):
        # Other processes may have computed some shards meanwhile.
        missing = _missing(feature_dir, shards, manifest)
        _begin(feature_dir, manifest)
        if missing:
            num_features = manifest["num_features"]
            _announce(feature_dir, _expected_bytes(info, missing, num_features))
        stored = StoredFrames(info, data_dir)
        num_frames = sum(shard.num_frames for shard in missing)
        with tqdm(total=num_frames, desc="features", unit="frame") as progress:
            for shard in missing:
                records = _records(
                    stored, shard, encode, clips_at_once, progress
                )
                _write_shard(feature_dir, shard.file, records, manifest)


def _announce(feature_dir: str | os.PathLike, num_bytes: int) -> None:
    """Says what room the features need, and makes sure that it is there."""
    print(f"Features will take {format_bytes(num_bytes)}: '{feature_dir}'.")
    if is_local(feature_dir):  # Of others nobody knows the room.
        require_room(feature_dir, num_bytes)


def _num_features(encode: Encoder, info: DatasetInfo) -> int:
    blank = tf.zeros([CLIP_LENGTH, *info.size, 3], tf.uint8)
    return encode(blank).shape[-1]


def _write_shard(
    feature_dir: str | os.PathLike,
    file: str,
    records: Iterator[bytes],
    manifest: dict,
) -> None:
    with published(os.path.join(feature_dir, file)) as temporary:
        with tf.io.TFRecordWriter(temporary) as writer:
            for record in records:
                writer.write(record)
        # Before the shard gets its name: what has one is in the manifest.
        manifest["shards"][file] = tf.io.gfile.stat(temporary).length
        feature_settings(feature_dir).write(manifest)


def expected_bytes(info: DatasetInfo, split: str, num_features: int) -> int:
    """Estimates the disk space that the features of a split need.

    Args:
        info: the dataset.
        split: "train", "validation" or "test", or some joined by "+".
        num_features: D.

    Returns:
        Bytes, a little more than will be written.

    Raises:
        RecordError: the split is unknown or without a video.
    """
    return _expected_bytes(info, shards_of(info, split), num_features)


def _expected_bytes(
    info: DatasetInfo, shards: list[ShardInfo], num_features: int
) -> int:
    frame = num_features * DTYPE.size + 8 + 24 * info.truth_num_components
    return sum(
        shard.num_frames * frame
        + shard.num_fixations * 16
        + shard.num_records * 1024  # names, labels
        for shard in shards
    )


def _missing(
    feature_dir: str | os.PathLike, shards: list[ShardInfo], manifest: dict
) -> list[ShardInfo]:
    """Returns the shards without features; adds the others to `manifest`."""
    manifest["shards"].update(_finished_before(feature_dir, manifest))
    return [s for s in shards if not _is_finished(feature_dir, s, manifest)]


def _finished_before(feature_dir: str | os.PathLike, manifest: dict) -> dict:
    """Returns name -> length of finished shards; refuses other settings."""
    require_file_system(feature_dir)
    if is_prepared(feature_dir):
        raise RecordError(
            "Invalid `feature_dir`. Expected a directory of its own. Received: "
            f"'{feature_dir}', which holds a dataset."
        )
    earlier = feature_settings(feature_dir).check(manifest)
    return earlier["shards"] if earlier else {}


def _begin(feature_dir: str | os.PathLike, manifest: dict) -> None:
    """Makes the directory ready for shards."""
    tf.io.gfile.makedirs(os.fspath(feature_dir))
    feature_settings(feature_dir).write(manifest)


def _is_finished(
    feature_dir: str | os.PathLike, shard: ShardInfo, manifest: dict
) -> bool:
    """A shard that has been cut short or lost is computed again."""
    length = file_length(os.path.join(feature_dir, shard.file))
    return length is not None and length == manifest["shards"].get(shard.file)


def _records(
    stored: StoredFrames,
    shard: ShardInfo,
    encode: Encoder,
    clips_at_once: int,
    progress: tqdm,
) -> Iterator[bytes]:
    """Yields the records of a shard, features in place of frames."""
    path = os.path.join(stored.directory, shard.file)
    chunks = iter(stored.chunks(path, clips_at_once))
    for serialized in tf.data.TFRecordDataset(path):
        example = tf.train.Example.FromString(serialized.numpy())
        fields = example.features.feature
        num_frames = len(fields["frames"].bytes_list.value)
        first = fields["first_frame"].int64_list.value[0]
        del fields["frames"]
        for begin in range(0, num_frames, clips_at_once):
            chunk = next(chunks)["frames"]
            if first + begin == 0:
                context = tf.repeat(chunk[:1], CONTEXT, 0)
            chunk = tf.concat([context, chunk], 0)
            context = chunk[-CONTEXT:]
            features = encode(chunk).numpy()  # [n, D]
            _check(features, fields, first + begin)
            fields["features"].bytes_list.value.extend(
                row.tobytes() for row in features.astype("<f2")
            )
            progress.update(len(features))
        yield example.SerializeToString(deterministic=True)


def _check(features: np.ndarray, fields, first_frame: int) -> None:
    """Refuses what float16 cannot hold."""
    # Also False for NaN.
    holds = np.all(np.abs(features) <= DTYPE.max, axis=-1)
    if not holds.all():
        index = int(np.argmin(holds))
        video = fields["video_id"].bytes_list.value[0].decode()
        raise RecordError(
            f"Invalid feature of video '{video}' at frame "
            f"{first_frame + index}. Expected finite numbers up to {DTYPE.max},"
            " which float16 holds. Received: "
            f"{np.abs(features[index]).max()}."
        )
