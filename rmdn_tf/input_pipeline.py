"""Shards -> batches of windows, in time order, ready on the device.

Frames stay JPEG bytes until the last step, so that shuffling and windowing
move little; they are decoded in parallel, brought to one size where they were
stored in several, and travel to the device as uint8.
Everything else that is done to pixels happens there, inside the model.

Two orders:

- `random_cuts`: windows from random places, as the paper trains;
- `ordered_windows`: row r of every batch goes on with its video until it ends
  and `is_first` marks the next one; nothing is dropped. For evaluation and for
  training with a carried state.

A batch is a dict, with B rows, L = `window.num_used` frames, F =
`window.num_served` frames that the window answers for, N fixations:

    frames          uint8 [B, L, H, W, 3]
    frame_mask      bool [B, F]           False past the end of the video
    fixations       float32 [B, F, N, 2]  (x, y) in [0, 1]
    fixation_mask   bool [B, F, N]        False where padded
    is_first        bool [B]              the row's video begins here
    video_id        string [B]            only in `ordered_windows`
    first_frame     int64 [B]             index in the video of frame F = 0
    truth           float32 [B, F, Ct, 6] only in `ordered_windows`, and only
                                          where the true density is known
"""

import functools
import math
import os
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from rmdn_tf.records import RecordError, parse_example, read_dataset_info
from rmdn_tf.window_cutting import blank_window, draw_fixations, windows_at
from rmdn_tf.windows import CONTEXT, Window

SHUFFLE_WINDOWS = 256
"""Windows in the shuffle buffer, as JPEG bytes: about 1 MB each."""


def random_cuts(
    data_dir: str | os.PathLike,
    split: str,
    *,
    batch_size: int,
    window: Window,
    fixations_per_frame: int,
    seed: int,
) -> tf.data.Dataset:
    """One epoch of windows cut at random places, shuffled.

    A record of n frames gives ceil(n / F) cuts. A cut may begin at the video's
    first frame, never closer than 15 frames to the start of a later record of
    a long video, since its context lies in the record before.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test".
        batch_size: B.
        window: the `Window` to cut.
        fixations_per_frame: A, the fixations drawn at random in each frame
            that has more.
        seed: draws order, places and fixations; another one each epoch.

    Returns:
        A finite dataset of `steps_per_epoch` full batches.

    Raises:
        FileNotFoundError, RecordError: no prepared dataset, or a broken one,
            or one without a video in the split.
    """
    info = read_dataset_info(data_dir)
    shards = _shards(info, data_dir, split)
    paths = [os.path.join(data_dir, shard["file"]) for shard in shards]
    np.random.default_rng(seed).shuffle(paths)
    records = tf.data.Dataset.from_tensor_slices(paths).interleave(
        tf.data.TFRecordDataset,
        cycle_length=min(len(paths), 16),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    seeds = tf.data.Dataset.random(seed).batch(2)

    dataset = tf.data.Dataset.zip((records, seeds)).map(
        functools.partial(
            _cut_at_random,
            window=window,
            fixations_per_frame=fixations_per_frame,
        ),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    dataset = dataset.unbatch().shuffle(SHUFFLE_WINDOWS, seed).repeat()
    steps = steps_per_epoch(info, split, batch_size, window)
    dataset = dataset.map(
        functools.partial(_decode, decode_frame=_frame_decoder(info)),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return dataset.batch(batch_size, drop_remainder=True).take(steps)


def _cut_at_random(
    serialized: tf.Tensor,
    seed: tf.Tensor,
    window: Window,
    fixations_per_frame: int,
) -> dict[str, tf.Tensor]:
    """Cuts one record, see `random_cuts`; leading axis: the cuts."""
    record = parse_example(serialized)
    num_frames = tf.cast(record["num_frames"], tf.int32)
    lowest = CONTEXT * tf.cast(record["first_frame"] > 0, tf.int32)
    highest = tf.maximum(lowest, num_frames - window.num_served)
    num_cuts = _ceil_divide(num_frames - lowest, window.num_served)
    begins = tf.random.stateless_uniform(
        [tf.maximum(num_cuts, 0)], seed, lowest, highest + 1, tf.int32
    )
    context = tf.repeat(record["frames"][:1], CONTEXT)
    fixations = draw_fixations(record, fixations_per_frame, seed + 1)
    windows = windows_at(begins, record, context, fixations, window)
    windows["is_first"] = tf.ones_like(begins, tf.bool)
    for unused in ("video_id", "truth"):
        del windows[unused]
    return windows


def steps_per_epoch(
    info: dict, split: str, batch_size: int, window: Window
) -> int:
    """Batches that hold as many windows as an epoch has cuts, at least 1."""
    num_cuts = sum(
        math.ceil(video["num_frames"] / window.num_served)
        for shard in info["splits"][split]["shards"]
        for video in shard["videos"]
    )
    return max(1, num_cuts // batch_size)


def ordered_windows(
    data_dir: str | os.PathLike,
    split: str,
    *,
    batch_size: int,
    window: Window,
    fixations_per_frame: int | None = None,
    seed: int | None = None,
) -> tf.data.Dataset:
    """All windows of a split, every row in time order, nothing dropped.

    Whole shards are dealt to the rows, the longest first, so each is read
    once. A row that has run out is filled with masked windows until the
    longest is done; a dataset of many more shards than rows wastes little.

    Args:
        data_dir: directory of a prepared dataset.
        split: "train", "validation" or "test".
        batch_size: B, the rows.
        window: the `Window`.
        fixations_per_frame: fixations kept in each frame, drawn at random;
            None keeps all.
        seed: with a seed the shards are dealt in another order, for training.

    Returns:
        A finite dataset of batches.

    Raises:
        FileNotFoundError, RecordError: no prepared dataset, or a broken one,
            or one without a video in the split.
    """
    info = read_dataset_info(data_dir)
    shards = _shards(info, data_dir, split)
    if fixations_per_frame is None:
        # A dataset without any fixation gets one masked place.
        fixations_per_frame = max(info["max_fixations_per_frame"], 1)
    rows = [
        _row(
            [os.path.join(data_dir, shard["file"]) for shard in dealt],
            info,
            window,
            fixations_per_frame,
            (seed or 0) + row,
        )
        for row, dealt in enumerate(_deal(shards, batch_size, seed))
    ]
    dataset = tf.data.Dataset.zip(tuple(rows)).map(
        lambda *windows: tf.nest.map_structure(
            lambda *values: tf.stack(values), *windows
        )
    )
    dataset = dataset.take_while(
        lambda batch: tf.reduce_any(batch["frame_mask"])
    )
    return dataset.map(
        functools.partial(_decode, decode_frame=_frame_decoder(info)),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    ).prefetch(2)


def all_fixations(data_dir: str | os.PathLike, split: str) -> np.ndarray:
    """Reads every fixation of a split, without decoding a frame.

    Returns:
        float32 `[n, 2]`, (x, y) in [0, 1].

    Raises:
        FileNotFoundError, RecordError: no prepared dataset, or a broken one.
    """
    shards = _shards(read_dataset_info(data_dir), data_dir, split)
    paths = [os.path.join(data_dir, shard["file"]) for shard in shards]

    def points(serialized):
        record = parse_example(serialized)
        return tf.stack([record["fixation_x"], record["fixation_y"]], -1)

    dataset = tf.data.TFRecordDataset(paths).map(
        points, num_parallel_calls=tf.data.AUTOTUNE
    )
    return np.concatenate(list(dataset.as_numpy_iterator()))


def describe_damage(data_dir: str | os.PathLike) -> str:
    """Finds the shards whose checksums fail, for an error's message.

    TensorFlow's own error gives a position but names no file.

    Args:
        data_dir: directory of a prepared dataset; all of it is read.

    Returns:
        A sentence that names the shards.
    """
    damaged = []
    for split in read_dataset_info(data_dir)["splits"].values():
        for shard in split["shards"]:
            path = os.path.join(data_dir, shard["file"])
            try:
                for _ in tf.data.TFRecordDataset(path):
                    pass
            except tf.errors.DataLossError:
                damaged.append(path)
    return (
        f"Error: corrupted record in {damaged or data_dir}; prepare the "
        "dataset again."
    )


def to_device(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Prefetches batches to the first GPU, or in host memory without one.

    Strings have no place on a GPU: drop `video_id` before.

    Args:
        dataset: of batches.

    Returns:
        The same batches, two of them ready ahead.
    """
    if tf.config.list_logical_devices("GPU"):
        return dataset.apply(
            tf.data.experimental.prefetch_to_device("/GPU:0", 2)
        )
    return dataset.prefetch(2)


def _shards(info: dict, data_dir: str | os.PathLike, split: str) -> list[dict]:
    if split not in info["splits"] or not info["splits"][split]["shards"]:
        raise RecordError(
            f"Invalid `split`. The dataset in '{data_dir}' holds no video of "
            f"it. Received: split='{split}'."
        )
    return info["splits"][split]["shards"]


def _deal(shards: list[dict], num_rows: int, seed: int | None) -> list[list]:
    """Deals shards to rows of about equal length, the longest first."""
    shards = sorted(shards, key=lambda shard: -shard["num_frames"])
    rows = [[] for _ in range(num_rows)]
    lengths = np.zeros(num_rows, np.int64)
    for shard in shards:
        row = int(np.argmin(lengths))
        rows[row].append(shard)
        lengths[row] += shard["num_frames"]
    if seed is not None:
        generator = np.random.default_rng(seed)
        generator.shuffle(rows)
        for row in rows:
            generator.shuffle(row)
    return rows


def _row(
    paths: list[str],
    info: dict,
    window: Window,
    fixations_per_frame: int,
    seed: int,
) -> tf.data.Dataset:
    """Windows of a row's videos one after the other, then blank ones."""

    def advance(context, element):
        serialized, seed = element
        record = parse_example(serialized)
        is_first = tf.equal(record["first_frame"], 0)
        context = tf.where(is_first, record["frames"][0], context)
        num_frames = tf.cast(record["num_frames"], tf.int32)
        begins = tf.range(0, num_frames, window.num_served)
        fixations = draw_fixations(record, fixations_per_frame, seed)
        windows = windows_at(begins, record, context, fixations, window)
        windows["is_first"] = tf.logical_and(is_first, begins == 0)
        if not info["truth_num_components"]:
            # `unbatch` crashes the process on tensors without an element.
            del windows["truth"]
        context = tf.concat([context, record["frames"]], 0)[-CONTEXT:]
        return tf.ensure_shape(context, [CONTEXT]), windows

    records = tf.data.TFRecordDataset(tf.constant(paths, tf.string))
    seeds = tf.data.Dataset.random(seed).batch(2)
    dataset = tf.data.Dataset.zip((records, seeds)).scan(
        tf.fill([CONTEXT], ""), advance
    )
    blank = blank_window(info, window, fixations_per_frame)
    dataset = dataset.unbatch().map(
        lambda windows: {
            key: tf.ensure_shape(windows[key], value.shape)
            for key, value in blank.items()
        }
    )
    return dataset.concatenate(tf.data.Dataset.from_tensors(blank).repeat())


def _decode(
    window: dict[str, tf.Tensor], decode_frame: Callable[[tf.Tensor], tf.Tensor]
) -> dict[str, tf.Tensor]:
    """Decodes the JPEG bytes, `[..., L]` -> uint8 `[..., L, H, W, 3]`."""
    frames = window["frames"]
    decoded = tf.map_fn(
        decode_frame, tf.reshape(frames, [-1]), fn_output_signature=tf.uint8
    )
    shape = [*frames.shape, *decoded.shape[1:]]
    return {**window, "frames": tf.reshape(decoded, shape)}


def _frame_decoder(info: dict) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns JPEG bytes `[]` -> uint8 `[H, W, 3]` of the dataset's size."""
    shape = [*info["size"], 3]

    def decode(jpeg):
        return tf.ensure_shape(tf.io.decode_jpeg(jpeg, channels=3), shape)

    def decode_and_resize(jpeg):
        frame = tf.io.decode_jpeg(jpeg, channels=3)
        # Averages all pixels under an output pixel, as preparation does; the
        # whole frame, so that relative coordinates stay true.
        resized = tf.image.resize(frame, info["size"], method="area")
        return tf.cast(tf.round(resized), tf.uint8)

    # Frames stored at their own aspect ratio differ in size.
    return decode if info["max_size"] is None else decode_and_resize


def _ceil_divide(numerator: tf.Tensor, denominator: int) -> tf.Tensor:
    return -(-numerator // denominator)
