"""Checks records against their rules and serializes them."""

from typing import Any

import numpy as np
import tensorflow as tf

from rmdn_tf.data.record_rules import broken_rules
from rmdn_tf.data.records import SPEC, SPEC_VERSION, Field, Record, RecordError


def serialize_example(record: Record) -> bytes:
    """Serializes a record; inverse: `parse_example`.

    Args:
        record: the record.

    Returns:
        A serialized `tf.train.Example`.

    Raises:
        RecordError: the record breaks a rule.
    """
    for key, expected, received in broken_rules(record):
        raise RecordError(
            f"Invalid `{key}` in the record of video '{record.video_id}' at "
            f"frame {record.first_frame}. Expected {expected}. Received: "
            f"{received}."
        )
    truth = record.truth
    times = record.frame_times
    fixations = record.fixations
    values: dict[str, Any] = {
        "version": SPEC_VERSION,
        "dataset": record.dataset,
        "split": record.split,
        "video_id": record.video_id,
        "first_frame": record.first_frame,
        "num_frames": len(record.frames),
        "frames_per_second": record.frames_per_second,
        "frame_microseconds": () if times is None else _microseconds(times),
        "original_height": record.original_size[0],
        "original_width": record.original_size[1],
        "height": record.size[0],
        "width": record.size[1],
        "labels": record.labels,
        "frames": record.frames,
        "fixation_frame": fixations.frame,
        "fixation_x": fixations.x,
        "fixation_y": fixations.y,
        "fixation_observer": fixations.observer,
        "truth_num_components": 0 if truth is None else truth.shape[1],
        "truth_mixture": () if truth is None else truth.ravel(),
    }
    features = {
        key: _feature(field, values[key])
        for key, field in SPEC.items()
        if not field.is_optional or len(values[key])
    }
    example = tf.train.Example(features=tf.train.Features(feature=features))
    return example.SerializeToString(deterministic=True)


def _microseconds(seconds: np.ndarray) -> np.ndarray:
    return np.rint(seconds * 1e6).astype(np.int64)


def _feature(field: Field, value: Any) -> tf.train.Feature:
    values = value if field.is_list else [value]
    if field.dtype == "int64":
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    if field.dtype == "float32":
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    encoded = [v.encode() if isinstance(v, str) else v for v in values]
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))
