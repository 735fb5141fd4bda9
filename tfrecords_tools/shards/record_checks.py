"""One record as it was read -> what is wrong with it, in words.

Here stands what a record must hold by itself and by the settings of its
dataset; `tfrecords_tools.shards.verification` checks how the records lie
together.
"""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.records import (
    MAX_FRAMES_PER_RECORD,
    MAX_LABELS,
    MAX_TEXT_BYTES,
)

SIZE_TOLERANCE = 1.0
"""Pixels that a side may differ by from the original's aspect ratio."""


def check_record(
    record: Mapping[str, tf.Tensor], info: DatasetInfo, split: str
) -> list[str]:
    """Finds the faults of a record that show without the other records.

    Args:
        record: as `parse_example` gives it.
        info: the dataset.
        split: the split of the record's shard.

    Returns:
        Sentences, one for each key at fault.
    """
    frames = record["frames"]
    record = {
        key: value.numpy() for key, value in record.items() if key != "frames"
    }
    return [
        *_expect("dataset", _text(record["dataset"]), info.name),
        *_expect("split", _text(record["split"]), split),
        *_check_texts(record),
        *_check_labels(record),
        *_check_frames(record, frames, info),
        *_check_size(record, info),
        *_check_fixations(record, info),
        *_check_truth(record, info),
    ]


def wrong(key: str, expected: object, received: object) -> str:
    """Returns the sentence that says what a key should have been."""
    return f"Invalid `{key}`. Expected {expected}. Received: {received}."


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _expect(key: str, received: object, expected: object) -> list[str]:
    return [] if received == expected else [wrong(key, expected, received)]


def _check_labels(record: Mapping) -> list[str]:
    for label in record["labels"]:
        try:
            label.decode()
        except UnicodeDecodeError:
            return [wrong("labels", "texts in UTF-8", label)]
    return []


def _check_texts(record: Mapping) -> list[str]:
    labels = record["labels"]
    if len(labels) > MAX_LABELS:
        return [wrong("labels", f"at most {MAX_LABELS}", len(labels))]
    allowed = f"texts of at most {MAX_TEXT_BYTES} bytes"
    return [
        wrong(key, allowed, f"{len(text)} bytes")
        for key, text in [("video_id", record["video_id"])]
        + [("labels", label) for label in labels]
        if len(text) > MAX_TEXT_BYTES
    ][:1]


def _check_frames(
    record: Mapping, frames: tf.Tensor, info: DatasetInfo
) -> list[str]:
    problems = _expect("num_frames", int(record["num_frames"]), len(frames))
    if not 1 <= len(frames) <= MAX_FRAMES_PER_RECORD:
        allowed = f"1 to {MAX_FRAMES_PER_RECORD} frames"
        return [*problems, wrong("frames", allowed, len(frames))]
    expected = [int(record["height"]), int(record["width"]), 3]
    try:
        shapes = _jpeg_shapes(frames).numpy()
        for index, shape in enumerate(shapes.tolist()):
            if shape != expected:
                found = f"{shape} in the JPEG of frame {index} of the record"
                return [*problems, wrong("frames", expected, found)]
        if max(expected) <= (info.max_size or max(info.size)):
            _decode(frames)
    except tf.errors.InvalidArgumentError:
        return [*problems, wrong("frames", "whole JPEGs", _damaged(frames))]
    return problems


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def _jpeg_shapes(frames: tf.Tensor) -> tf.Tensor:
    """Reads (height, width, channels) in the headers, without decoding."""
    return tf.map_fn(
        tf.io.extract_jpeg_shape,
        frames,
        fn_output_signature=tf.TensorSpec([3], tf.int32),
    )


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def _decode(frames: tf.Tensor) -> tf.Tensor:
    """Decodes frames and drops them; fails where one is cut short."""
    return tf.map_fn(
        lambda frame: tf.size(tf.io.decode_jpeg(frame)),
        frames,
        fn_output_signature=tf.int32,
    )


def _damaged(frames: tf.Tensor) -> str:
    """Says which frame is the first that cannot be decoded."""
    for index in range(len(frames)):
        for read in (_jpeg_shapes, _decode):
            try:
                read(frames[index : index + 1])
            except tf.errors.InvalidArgumentError:
                return f"frame {index} of the record, damaged or cut short"
    return "frames that cannot be decoded together"


def _check_size(record: Mapping, info: DatasetInfo) -> list[str]:
    size = [int(record["height"]), int(record["width"])]
    if info.max_size is None:
        return _expect("size", size, [*info.size])
    original = [int(record["original_height"]), int(record["original_width"])]
    if min(original) < 1:
        return [wrong("original size", "positive sizes", original)]
    factor = min(1.0, info.max_size / max(original))
    exact = np.multiply(original, factor)
    if min(size) >= 1 and np.all(np.abs(size - exact) <= SIZE_TOLERANCE):
        # Rounding may not go past the bound.
        if max(size) <= info.max_size:
            return []
    expected = (
        f"about {exact[0]:.1f}x{exact[1]:.1f}, {original[0]}x{original[1]} "
        f"within max_size={info.max_size}"
    )
    return [wrong("size", expected, f"{size[0]}x{size[1]}")]


def _check_fixations(record: Mapping, info: DatasetInfo) -> list[str]:
    keys = ("frame", "x", "y", "observer")
    frame, x, y, observer = (record[f"fixation_{key}"] for key in keys)
    lengths = {len(values) for values in (frame, x, y, observer)}
    if len(lengths) > 1:
        expected = "lists of one length"
        return [wrong("fixation_*", expected, sorted(lengths))]
    problems = _check_fixation_frames(frame, int(record["num_frames"]))
    for key, values in (("fixation_x", x), ("fixation_y", y)):
        outside = ~((values >= 0) & (values <= 1))  # So NaN is outside too.
        if outside.any():
            problems += [wrong(key, "[0, 1]", str(values[outside][0]))]
    # Where nobody knows who looked, `observer` only tells points apart.
    if info.num_observers is not None:
        problems += _check_observers(frame, observer)
    return problems


def _check_fixation_frames(frame: np.ndarray, num_frames: int) -> list[str]:
    if np.any((frame < 0) | (frame >= num_frames)):
        found = f"from {frame.min()} to {frame.max()}"
        return [wrong("fixation_frame", f"frames in [0, {num_frames})", found)]
    descends = np.diff(frame) < 0
    if np.any(descends):
        found = f"{frame[:-1][descends][0]} before {frame[1:][descends][0]}"
        return [wrong("fixation_frame", "ascending frames", found)]
    return []


def _check_observers(frame: np.ndarray, observer: np.ndarray) -> list[str]:
    pairs, counts = np.unique(
        np.stack([frame, observer]), axis=1, return_counts=True
    )
    if np.all(counts <= 1):
        return []
    at, who = pairs[:, np.argmax(counts)]
    found = f"observer {who} {counts.max()} times in frame {at} of the record"
    expected = "an observer at most once in a frame"
    return [wrong("fixation_observer", expected, found)]


def _check_truth(record: Mapping, info: DatasetInfo) -> list[str]:
    truth = record["truth_mixture"]
    problems = _expect(
        "truth_num_components", truth.shape[1], info.truth_num_components
    )
    if not np.all(np.isfinite(truth)):
        problems += [wrong("truth_mixture", "finite numbers", "others")]
    return problems
