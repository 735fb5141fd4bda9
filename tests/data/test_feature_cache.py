"""Writing features: once, whole, and of one encoder and dataset alone."""

import itertools
import os
import threading
import types

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data import feature_cache
from rmdn_tf.data.cached_features import read_feature_manifest
from rmdn_tf.data.feature_cache import cache_features, expected_bytes
from rmdn_tf.data.input_pipeline import ordered_windows
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.data.records import Fixations, RecordError
from rmdn_tf.data.windows import CONTEXT, Window
from rmdn_tf.files import disk_space
from rmdn_tf.files.settings_file import OtherSettingsError
from tests.helpers.cached_features import (
    ABOUT,
    MANIFEST,
    NUM_FEATURES,
    cache,
    contents,
    ends,
    read,
)
from tests.helpers.made_datasets import grey, make_dataset, make_record
from tests.helpers.numbered_videos import LENGTHS

pytestmark = pytest.mark.slow


def test_the_encoder_is_traced_once_and_gets_few_frames_at_once(
    numbered_dataset, feature_dir, tmp_path
):
    num_traces = 0
    longest, total = tf.Variable(0), tf.Variable(0)

    def encoder(frames):
        nonlocal num_traces
        num_traces += 1
        length = tf.shape(frames)[1]
        longest.assign(tf.maximum(longest, length))
        total.assign_add(length - CONTEXT)
        return ends(frames)

    cache(numbered_dataset, tmp_path, encoder, clips_at_once=7)
    assert num_traces == 1
    assert int(longest) == 7 + CONTEXT
    # One more clip tells the number of features.
    assert int(total) == sum(LENGTHS.values()) + 1
    for shard in read_dataset_info(numbered_dataset).shards:
        # Ten clips at once gave the same.
        one, other = (d / shard.file for d in (tmp_path, feature_dir))
        assert one.read_bytes() == other.read_bytes()


def test_short_videos_of_one_length_are_encoded_together(tmp_path, monkeypatch):
    lengths = [1, 1, 1, 3, 3, 2, 1]
    levels = iter(range(0, 250, 10))
    records = [
        make_record(
            f"video{index}",
            frames=[grey((8, 24), next(levels)) for _ in range(length)],
            fixations=Fixations.from_rows([(0, 0.5, 0.5, 1)]),
        )
        for index, length in enumerate(lengths)
    ]
    file = "train.tfrecord-00000-of-00001"
    make_dataset(tmp_path / "data", {file: records})
    shapes = []

    def encoder(frames):
        def note(shape):
            shapes.append(tuple(shape[:2] - [0, CONTEXT]))
            return np.float32(0)

        zero = tf.numpy_function(note, [tf.shape(frames)], tf.float32)
        return tf.cast(ends(frames), tf.float32) + tf.ensure_shape(zero, [])

    cache(tmp_path / "data", tmp_path / "together", encoder, clips_at_once=6)
    # The first call asks for the number of features.
    assert shapes[1:] == [(3, 1), (2, 3), (1, 2), (1, 1)]
    monkeypatch.setattr(feature_cache, "MAX_ROWS", 1)
    cache(tmp_path / "data", tmp_path / "alone", encoder)
    assert shapes[6:] == [(1, length) for length in lengths]
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")


def failing_after(num_calls):
    left = tf.Variable(num_calls + 1)

    def encoder(frames):
        failure = tf.debugging.assert_positive(
            left.assign_sub(1), message="killed"
        )
        with tf.control_dependencies([failure]):
            return ends(frames)

    return encoder


# One shard holds 600 frames and another 100, ten clips in a call.
@pytest.mark.parametrize("num_calls", [1, 63])
def test_a_run_that_was_broken_off_goes_on_and_writes_the_same(
    numbered_dataset, feature_dir, tmp_path, num_calls
):
    with pytest.raises(tf.errors.InvalidArgumentError, match="killed"):
        encoder = failing_after(num_calls)
        cache(numbered_dataset, tmp_path, encoder, clips_at_once=10)
    wanted = contents(feature_dir)
    finished = contents(tmp_path)
    assert len(finished) < len(wanted)
    del finished[MANIFEST]
    assert finished.items() < wanted.items()
    times = {name: os.stat(tmp_path / name).st_mtime_ns for name in finished}
    # What a kill leaves, which no code can remove any more.
    (tmp_path / "partial.0123abcd-4567ef89").mkdir()
    cache(numbered_dataset, tmp_path, clips_at_once=10)
    assert contents(tmp_path) == wanted
    for name, time in times.items():
        assert os.stat(tmp_path / name).st_mtime_ns == time


def test_of_two_at_once_one_computes_and_the_other_waits(
    numbered_dataset, feature_dir, tmp_path, capsys
):
    begun, waits = threading.Event(), threading.Event()
    calls = itertools.count()

    def hold_on():
        if next(calls) == 1:  # The first asks for the number of features.
            begun.set()
            assert waits.wait(60)
        return np.float32(0)

    def slow(frames):
        zero = tf.numpy_function(hold_on, [], tf.float32)
        return tf.cast(ends(frames), tf.float32) + tf.ensure_shape(zero, [])

    arguments = numbered_dataset, tmp_path, slow
    first = threading.Thread(target=cache, args=arguments)
    first.start()
    assert begun.wait(60)
    threading.Timer(0.3, waits.set).start()
    cache(numbered_dataset, tmp_path, failing_after(1))
    first.join()
    assert contents(tmp_path) == contents(feature_dir)
    assert "Waiting until it ends" in capsys.readouterr().err


def test_another_split_is_added(tmp_path):
    records = {
        f"{split}.tfrecord-00000-of-00001": [make_record(split, split=split)]
        for split in ("train", "validation", "test")
    }
    data_dir, feature_dir = tmp_path / "data", tmp_path / "features"
    make_dataset(data_dir, records)
    cache(data_dir, feature_dir)
    one = feature_dir / "train.tfrecord-00000-of-00001"
    before = one.read_bytes()
    cache_features(ends, data_dir, "validation+test", feature_dir, ABOUT)
    assert read_feature_manifest(feature_dir)["shards"].keys() == records.keys()
    assert one.read_bytes() == before


def test_the_manifest_says_what_the_features_are(feature_dir):
    manifest = read_feature_manifest(feature_dir)
    assert manifest["about"] == ABOUT
    assert manifest["num_features"] == NUM_FEATURES
    assert manifest["dtype"] == "float16"
    lengths = {name: len(file) for name, file in contents(feature_dir).items()}
    del lengths[MANIFEST]
    assert manifest["shards"] == lengths


def test_the_disk_space_is_told_before_with_a_little_to_spare(
    numbered_dataset, feature_dir
):
    info = read_dataset_info(numbered_dataset)
    written = sum(read_feature_manifest(feature_dir)["shards"].values())
    expected = expected_bytes(info, info.shards, NUM_FEATURES)
    assert written < expected < 1.1 * written


def test_a_disk_that_is_too_small_is_an_error_before_the_start(
    numbered_dataset, copied, tmp_path, monkeypatch
):
    usage = types.SimpleNamespace(free=100_000)
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda _: usage)
    message = r"No room in.*Expected 2\d\d\..* KiB.*: 97\.66 KiB free"
    with pytest.raises(OSError, match=message):
        cache(numbered_dataset, tmp_path / "new")
    assert list(contents(tmp_path / "new")) == [MANIFEST]
    # What is finished needs no more.
    cache(numbered_dataset, copied)


ONE_VIDEO = {"train.tfrecord-00000-of-00001": [make_record("a")]}


@pytest.mark.parametrize("value", [np.nan, -np.inf, 65505.0])
def test_a_feature_that_float16_cannot_hold_is_an_error(tmp_path, value):
    make_dataset(tmp_path / "data", ONE_VIDEO)

    def encoder(frames):
        level = tf.cast(frames[:, CONTEXT:, 0, 0], tf.float32)
        return tf.where(level == 30, value, level)

    with pytest.raises(RecordError, match="'a' at frame 2.*65504.*Received"):
        cache(tmp_path / "data", tmp_path / "features", encoder)
    assert list(contents(tmp_path / "features")) == [MANIFEST]


def test_the_largest_number_of_float16_is_kept(tmp_path):
    make_dataset(tmp_path / "data", ONE_VIDEO)

    def encoder(frames):
        return tf.fill([1, tf.shape(frames)[1] - CONTEXT, 1], -65504.0)

    cache(tmp_path / "data", tmp_path / "features", encoder)
    batch, _ = read(
        ordered_windows, tmp_path / "data", Window(17), tmp_path / "features"
    )
    assert batch["features"][0].tolist() == [[-65504], [-65504]]


def test_a_directory_of_other_settings_is_refused(numbered_dataset, copied):
    before = contents(copied)
    about = {**ABOUT, "weights": "4567"}
    message = "weights was '0123' and is now '4567', num_.* 144 and is now 72"
    with pytest.raises(OtherSettingsError, match=message):
        cache(numbered_dataset, copied, lambda f: ends(f)[..., :72], about)
    assert contents(copied) == before


def test_features_of_another_version_of_the_dataset_are_refused(
    other_version, copied
):
    with pytest.raises(OtherSettingsError, match="dataset was '"):
        cache(other_version, copied)
    with pytest.raises(RecordError, match=f"{copied}.*another version"):
        read(ordered_windows, other_version, Window(), copied)


def test_a_dataset_is_not_overwritten_by_its_features(other_version):
    before = contents(other_version)
    with pytest.raises(RecordError, match="which holds a dataset"):
        cache(other_version, other_version)
    assert contents(other_version) == before
