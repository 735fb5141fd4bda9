"""Computes the features of a prepared dataset once, and stores them.

C3D takes most of the time of a training step. A frozen C3D gives the same
features in every epoch. `rmdn_tf.data.cached_features` reads the stored ones.
"""

import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from rmdn_tf.data.cached_features import DTYPE, feature_settings
from rmdn_tf.data.dataset_info import DatasetInfo, ShardInfo
from rmdn_tf.data.prepared_dataset import (
    dataset_digest,
    is_prepared,
    load_dataset_info,
    read_dataset_info,
)
from rmdn_tf.data.record_dataset import (
    clear_errors_of_records,
    iterate_records,
)
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.shard_dealing import shards_of
from rmdn_tf.data.stored_frames import StoredFrames
from rmdn_tf.data.windows import CLIP_LENGTH, CONTEXT
from rmdn_tf.engines.processes import in_this_process
from rmdn_tf.engines.tasks import Run
from rmdn_tf.files.disk_space import format_bytes, require_room
from rmdn_tf.files.file_systems import (
    file_length,
    is_local,
    make_directory,
    require_file_system,
)
from rmdn_tf.files.locks import one_at_a_time
from rmdn_tf.files.published import published, remove_partial
from rmdn_tf.files.shown_paths import shown

# Frames uint8 [B, L, H, W, 3] -> features float [B, L - 15, D], clip stride 1.
Encoder = Callable[[tf.Tensor], tf.Tensor]

# Most videos in one call: each has 15 frames of context in memory, too.
MAX_ROWS = 8


def cache_features(
    encoder: Encoder,
    data_dir: str | os.PathLike,
    split: str,
    feature_dir: str | os.PathLike,
    about: dict,
    *,
    clips_at_once: int = 32,
    run: Run = in_this_process,
) -> None:
    """Computes the features of every frame of a split.

    Finished shards are kept: a killed run goes on where it stopped. If several
    processes need the same features, one computes them and the others wait,
    but not on a remote file system.

    Args:
        encoder: frames uint8 `[B, L, H, W, 3]` -> features float
            `[B, L - 15, D]`, at clip stride 1. Hashable; other processes get it
            by pickling.
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test", or some joined by "+".
        feature_dir: directory to write; may hold other splits.
        about: the encoder's settings and a checksum of its weights, as JSON.
        clips_at_once: most clips in one call of the encoder.
        run: does the tasks, one for each shard; see `rmdn_tf.engines`.

    Raises:
        FileNotFoundError, RecordError: the dataset is missing or damaged, the
            split holds no video, `feature_dir` holds a dataset, or float16
            cannot hold a feature.
        OtherSettingsError: `feature_dir` belongs to another encoder or
            dataset.
        OSError: the disk is too small, or cannot be written.
    """
    info = read_dataset_info(data_dir)
    shards = shards_of(info, split)
    num_features = _num_features(_compiled(encoder, info.size), info)
    cache = _Cache(feature_dir, about, num_features, dataset_digest(data_dir))
    missing = cache.missing(shards)
    remove_partial(feature_dir)
    if not missing:
        return
    with one_at_a_time(feature_dir, "computing features", wait=True):
        # Another process may have computed some meanwhile.
        missing = cache.missing(shards)
        cache.begin()
        if missing:
            _announce(feature_dir, expected_bytes(info, missing, num_features))
        num_frames = sum(shard.num_frames for shard in missing)
        with tqdm(total=num_frames, desc="features", unit="frame") as progress:
            is_here = run is in_this_process
            write = functools.partial(
                _write_shard,
                encoder,
                data_dir,
                feature_dir,
                clips_at_once,
                progress.update if is_here else None,
            )
            lengths = {shard.file: shard.num_frames for shard in missing}
            for file, length in run(write, missing, lambda shard: shard.file):
                cache.note(file, length)
                progress.update(0 if is_here else lengths[file])


def expected_bytes(
    info: DatasetInfo, shards: list[ShardInfo], num_features: int
) -> int:
    """Estimates the bytes of the features of some shards, a little too high."""
    frame = num_features * DTYPE.size + 8 + 24 * info.truth_num_components
    return sum(
        shard.num_frames * frame
        + shard.num_fixations * 16
        + shard.num_records * 1024  # Names and labels.
        for shard in shards
    )


def _num_features(encode: Encoder, info: DatasetInfo) -> int:
    blank = tf.zeros([1, CLIP_LENGTH, *info.size, 3], tf.uint8)
    return encode(blank).shape[-1]


def _announce(feature_dir: str | os.PathLike, num_bytes: int) -> None:
    """Prints the disk space needed; raises `OSError` if the disk lacks it."""
    size = format_bytes(num_bytes)
    print(f"Features will take {size}: '{shown(feature_dir)}'.")
    if is_local(feature_dir):  # A remote one does not tell its free space.
        require_room(feature_dir, num_bytes)


class _Cache:
    """Writes the directory of the features."""

    def __init__(
        self,
        directory: str | os.PathLike,
        about: dict,
        num_features: int,
        dataset: str,
    ):
        self._directory = directory
        self._file = feature_settings(directory)
        self._manifest = {
            "about": about,
            "num_features": num_features,
            "dtype": DTYPE.name,
            "dataset": dataset,
            "shards": {},
        }

    def missing(self, shards: list[ShardInfo]) -> list[ShardInfo]:
        """Returns the shards without features; refuses other settings."""
        require_file_system(self._directory)
        if is_prepared(self._directory):
            raise RecordError(
                "Invalid `feature_dir`. Expected a directory of its own. "
                f"Received: '{self._directory}', which holds a dataset."
            )
        earlier = self._file.check(self._manifest)
        if earlier is not None:
            self._manifest["shards"].update(earlier["shards"])
        return [s for s in shards if not self._is_finished(s.file)]

    def _is_finished(self, file: str) -> bool:
        """Whether a shard exists with the length in the manifest."""
        length = file_length(os.path.join(self._directory, file))
        finished = self._manifest["shards"]
        return length is not None and length == finished.get(file)

    def begin(self) -> None:
        """Makes the directory and writes the manifest."""
        make_directory(self._directory)
        self._file.write(self._manifest)

    def note(self, file: str, length: int) -> None:
        """Adds a finished shard to the manifest."""
        shards = {**self._manifest["shards"], file: length}
        # In any order of the tasks, the file is the same.
        self._manifest["shards"] = dict(sorted(shards.items()))
        self._file.write(self._manifest)


@functools.lru_cache(maxsize=1)
def _compiled(encoder: Encoder, size: tuple[int, int]) -> Encoder:
    """Compiles an encoder; a process does the tasks of one."""
    return tf.function(
        lambda frames: tf.cast(encoder(frames), tf.float32),
        input_signature=[tf.TensorSpec([None, None, *size, 3], tf.uint8)],
        jit_compile=False,  # XLA makes Conv3D slower on a CPU.
        autograph=False,
    )


def _write_shard(
    encoder: Encoder,
    data_dir: str | os.PathLike,
    feature_dir: str | os.PathLike,
    clips_at_once: int,
    advance: Callable[[int], object] | None,
    shard: ShardInfo,
) -> tuple[str, int]:
    """Writes the features of a shard; returns its name and length."""
    info = load_dataset_info(data_dir)
    stored = StoredFrames(info, data_dir)
    encode = _compiled(encoder, info.size)
    records = _records(stored, shard, encode, clips_at_once, advance)
    with published(os.path.join(feature_dir, shard.file)) as temporary:
        with (
            tf.io.TFRecordWriter(temporary) as writer,
            clear_errors_of_records(),
        ):
            for record in records:
                writer.write(record)
        length = os.path.getsize(temporary)
    return shard.file, length


def _records(
    stored: StoredFrames,
    shard: ShardInfo,
    encode: Encoder,
    clips_at_once: int,
    advance: Callable[[int], object] | None,
) -> Iterator[bytes]:
    """Yields the records of a shard with features in place of frames."""
    path = os.path.join(stored.directory, shard.file)
    chunks = iter(stored.chunks(path, clips_at_once))
    for examples in _encoded_together(path, clips_at_once):
        rows = [example.features.feature for example in examples]
        first, num_frames = _place(examples[0])
        for fields in rows:
            del fields["frames"]
        for begin in range(0, num_frames, clips_at_once):
            chunk = tf.stack([next(chunks)["frames"] for _ in rows])
            if first + begin == 0:
                context = tf.repeat(chunk[:, :1], CONTEXT, 1)
            chunk = tf.concat([context, chunk], 1)  # [B, 15 + n, H, W, 3]
            context = chunk[-1:, -CONTEXT:]  # Only the last record goes on.
            features = encode(chunk).numpy()  # [B, n, D]
            for fields, of_row in zip(rows, features, strict=True):
                _check(of_row, fields, first + begin)
                fields["features"].bytes_list.value.extend(
                    clip.tobytes() for clip in of_row.astype("<f2")
                )
                if advance:
                    advance(len(of_row))
        for example in examples:
            yield example.SerializeToString(deterministic=True)


def _encoded_together(
    path: str, clips_at_once: int
) -> Iterator[list[tf.train.Example]]:
    """Groups records for one call: short ones that begin videos, of one length.

    Any other record is alone.
    """
    group: list[tf.train.Example] = []
    for serialized in iterate_records(path):
        example = tf.train.Example.FromString(serialized)
        first, num_frames = _place(example)
        most = min(MAX_ROWS, clips_at_once // num_frames)
        if group and (
            first > 0
            or _place(group[0]) != (0, num_frames)
            or len(group) >= most
        ):
            yield group
            group = []
        group.append(example)
    yield group


def _place(example: tf.train.Example) -> tuple[int, int]:
    """Returns a record's first frame in the video, and its number of frames."""
    fields = example.features.feature
    first = fields["first_frame"].int64_list.value[0]
    return first, len(fields["frames"].bytes_list.value)


def _check(features: np.ndarray, fields: Any, first_frame: int) -> None:
    """Refuses numbers that float16 cannot hold."""
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
