"""Checks one record by itself; `shard_checks` checks the sequence."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.record_rules import broken_rules
from rmdn_tf.data.records import MAX_FRAMES_PER_RECORD, Fixations, Record

SIZE_TOLERANCE = 1.0  # pixels that a side may deviate from the aspect ratio


def check_record(
    parsed: Mapping[str, tf.Tensor],
    record: Record,
    info: DatasetInfo,
    split: str,
) -> list[str]:
    """Returns a sentence for each invalid key of a record.

    Args:
        parsed: result of `parse_unchecked`.
        record: result of `record_of`, for the same record.
        info: the dataset that holds the record.
        split: the split of the record's shard.
    """
    problems = [
        *_expect("dataset", record.dataset, info.name),
        *_expect("split", record.split, split),
        *_expect("num_frames", int(parsed["num_frames"]), len(record.frames)),
        *_check_labels(parsed["labels"].numpy()),
        *itertools.starmap(wrong, broken_rules(record)),
        *_check_size(record, info),
        *_expect(
            "truth_num_components",
            0 if record.truth is None else record.truth.shape[1],
            info.truth_num_components,
        ),
    ]
    if 1 <= len(record.frames) <= MAX_FRAMES_PER_RECORD:
        problems += _check_frames(parsed["frames"], record.size, info)
    fixations = record.fixations
    if len(fixations.frame) == len(fixations.observer):
        problems += _check_order(fixations.frame)
        # Without known observers, `observer` only tells points apart. In the
        # only frame of a picture, an observer looks at several places.
        is_one_frame = record.first_frame == 0 and len(record.frames) == 1
        if info.num_observers is not None and not is_one_frame:
            problems += _check_observers(fixations.frame, fixations.observer)
    return problems


def record_of(parsed: Mapping[str, tf.Tensor]) -> Record:
    """Makes a `Record` from `parse_unchecked`, even if it is invalid."""
    values = {key: value.numpy() for key, value in parsed.items()}
    fixations = (
        values[f"fixation_{key}"] for key in ("frame", "x", "y", "observer")
    )
    microseconds = values["frame_microseconds"]
    return Record(
        dataset=_text(values["dataset"]),
        split=_text(values["split"]),
        video_id=_text(values["video_id"]),
        first_frame=int(values["first_frame"]),
        frames_per_second=float(values["frames_per_second"]),
        original_size=(
            int(values["original_height"]),
            int(values["original_width"]),
        ),
        size=(int(values["height"]), int(values["width"])),
        frames=values["frames"],
        fixations=Fixations(*fixations),
        labels=list(map(_text, values["labels"])),
        truth=values["truth_mixture"],
        frame_times=microseconds / 1e6 if len(microseconds) else None,
    )


def wrong(key: str, expected: object, received: object) -> str:
    """Returns the sentence about an invalid key."""
    return f"Invalid `{key}`. Expected {expected}. Received: {received}."


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _expect(key: str, received: object, expected: object) -> list[str]:
    return [] if received == expected else [wrong(key, expected, received)]


def _check_labels(labels: Sequence[bytes]) -> list[str]:
    for label in labels:
        try:
            label.decode()
        except UnicodeDecodeError:
            return [wrong("labels", "texts in UTF-8", label)]
    return []


def _check_frames(
    frames: tf.Tensor, size: tuple[int, int], info: DatasetInfo
) -> list[str]:
    expected = [*size, 3]
    try:
        shapes = _jpeg_shapes(frames).numpy()
        for index, shape in enumerate(shapes.tolist()):
            if shape != expected:
                found = f"{shape} in the JPEG of frame {index} of the record"
                return [wrong("frames", expected, found)]
        if max(expected) <= (info.max_size or max(info.size)):
            _decode(frames)
    except tf.errors.InvalidArgumentError:
        return [wrong("frames", "whole JPEGs", _damaged(frames))]
    return []


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def _jpeg_shapes(frames: tf.Tensor) -> tf.Tensor:
    """Reads (height, width, channels) from the headers, without decoding."""
    return tf.map_fn(
        tf.io.extract_jpeg_shape,
        frames,
        fn_output_signature=tf.TensorSpec([3], tf.int32),
    )


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def _decode(frames: tf.Tensor) -> tf.Tensor:
    """Decodes frames and drops them; raises for a damaged one."""
    return tf.map_fn(
        lambda frame: tf.size(tf.io.decode_jpeg(frame)),
        frames,
        fn_output_signature=tf.int32,
    )


def _damaged(frames: tf.Tensor) -> str:
    """Describes the first frame that cannot be decoded."""
    for index in range(len(frames)):
        for read in (_jpeg_shapes, _decode):
            try:
                read(frames[index : index + 1])
            except tf.errors.InvalidArgumentError:
                return f"frame {index} of the record, damaged or cut short"
    return "frames that cannot be decoded together"


def _check_size(record: Record, info: DatasetInfo) -> list[str]:
    size, original = record.size, record.original_size
    if info.max_size is None:
        return _expect("size", [*size], [*info.size])
    if min(*size, *original) < 1:
        return []  # `broken_rules` reports it.
    factor = min(1.0, info.max_size / max(original))
    exact = np.multiply(original, factor)
    # Rounding may not exceed the limit.
    is_near = np.all(np.abs(size - exact) <= SIZE_TOLERANCE)
    if is_near and max(size) <= info.max_size:
        return []
    expected = (
        f"about {exact[0]:.1f}x{exact[1]:.1f}, {original[0]}x{original[1]} "
        f"within max_size={info.max_size}"
    )
    return [wrong("size", expected, f"{size[0]}x{size[1]}")]


def _check_order(frame: np.ndarray) -> list[str]:
    descends = np.diff(frame) < 0
    if not np.any(descends):
        return []
    found = f"{frame[:-1][descends][0]} before {frame[1:][descends][0]}"
    return [wrong("fixation_frame", "ascending frames", found)]


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
