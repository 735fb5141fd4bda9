"""Records that a reader refuses, inside `tf.data` and eagerly."""

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.annotations import read_videos
from rmdn_tf.data.record_parsing import parse_example
from rmdn_tf.data.record_writing import serialize_example
from rmdn_tf.data.records import SPEC_VERSION
from rmdn_tf.data.windows import Window
from tests.helpers.damaged_datasets import edited, make_damaged_dataset
from tests.helpers.made_datasets import make_record
from tests.helpers.numbered_videos import random

pytestmark = pytest.mark.slow

SERIALIZED = serialize_example(
    make_record("a", frame_times=np.array([0, 0.04, 0.9]))
)
parse = tf.function(parse_example, [tf.TensorSpec([], tf.string)])


def altered(change):
    """Serializes a record with its `tf.train.Features` changed."""
    example = tf.train.Example.FromString(SERIALIZED)
    change(example.features.feature)
    return example.SerializeToString()


def of_version(version):
    def change(feature):
        # As another release may: with another version, and other keys.
        feature["version"].int64_list.value[:] = [version]
        del feature["frames"]

    return altered(change)


@pytest.mark.parametrize(
    "serialized",
    [
        of_version(SPEC_VERSION + 1),
        of_version(SPEC_VERSION - 1),
        altered(lambda feature: feature.pop("version")),
    ],
    ids=["newer", "older", "none"],
)
@pytest.mark.parametrize("read", [parse_example, parse])
def test_another_version_is_refused_and_the_message_says_so(read, serialized):
    message = f"Invalid record version.*version {SPEC_VERSION} only"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        read(tf.constant(serialized))


def test_a_missing_key_is_refused_by_name():
    serialized = altered(lambda feature: feature.pop("video_id"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="video_id"):
        parse_example(tf.constant(serialized))


NAN = float("nan")
DAMAGES = [
    ("num_frames", {"num_frames": [2]}),
    ("num_frames", {"num_frames": [2**31 - 1]}),
    ("num_frames", {"num_frames": [2**62]}),
    ("num_frames", {"num_frames": [-1]}),
    ("first_frame", {"first_frame": [-1]}),
    ("video_id", {"video_id": [b"\xd0a"]}),
    ("video_id", {"video_id": [b"a" * 4097]}),
    ("labels", {"labels": [b"a" * 4097]}),
    ("labels", {"labels": [b"a"] * 1001}),
    ("frames_per_second", {"frames_per_second": [NAN]}),
    ("frames_per_second", {"frames_per_second": [0.0]}),
    ("frame_microseconds", {"frame_microseconds": [0, 1]}),
    ("frame_microseconds", {"frame_microseconds": [0, 5, 5]}),
    ("frame_microseconds", {"frame_microseconds": [-1, 5, 6]}),
    ("fixation_frame", {"fixation_frame": [0, 1, 3]}),
    ("fixation_frame", {"fixation_frame": [0, -1, 2]}),
    ("fixation_x", {"fixation_x": [0.5, NAN, 0.5]}),
    ("fixation_x", {"fixation_x": [0.5, 0.5]}),
    ("fixation_y", {"fixation_y": [0.5, 1.5, 0.5]}),
    ("fixation_y", {"fixation_y": [0.5, float("inf"), 0.5]}),
]


@pytest.mark.parametrize(("key", "features"), DAMAGES)
def test_values_that_break_the_contract_are_refused(key, features):
    serialized = edited(SERIALIZED, **features)
    for read in (parse, parse_example):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=f"Invalid `{key}`"
        ):
            read(tf.constant(serialized))


def test_no_such_value_reaches_a_network(tmp_path):
    make_damaged_dataset(tmp_path, [{"fixation_x": [0.5, NAN, 0.5]}])
    windows = random(tmp_path, batch_size=1, window=Window(16))
    for read in (lambda: list(windows), lambda: read_videos(tmp_path, "train")):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="Invalid `fixation_x`"
        ):
            read()
