"""Windows of features, against the windows of the frames that they are of."""

import json
import os

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.data.cached_features import read_feature_manifest
from rmdn_tf.data.input_pipeline import ordered_windows, random_cuts
from rmdn_tf.data.prepared_dataset import find_damage
from rmdn_tf.data.records import RecordError
from rmdn_tf.data.windows import Window
from rmdn_tf.encoders.c3d import join_c3d
from tests.helpers.cached_features import (
    MANIFEST,
    NUM_FEATURES,
    cache,
    contents,
    ends,
    read,
)
from tests.helpers.made_datasets import make_dataset, make_record
from tests.helpers.numbered_videos import SIZE

pytestmark = pytest.mark.slow


def check_same_windows(with_frames, with_features, encoder, window, rtol):
    """Checks that features are the frames' and all else is the same."""
    assert len(with_frames) == len(with_features) > 0
    for frames, features in zip(with_frames, with_features, strict=True):
        assert features["features"].dtype == np.float16
        wanted = encoder(tf.constant(frames["frames"])).numpy()
        valid = frames["frame_mask"][:, :: window.clip_stride]
        np.testing.assert_allclose(
            features["features"][valid],
            wanted[:, :: window.clip_stride][valid],
            rtol=rtol,
            # Below this float16 has steps of equal size.
            atol=rtol * 2**-14,
        )
        assert features.keys() - {"features"} == frames.keys() - {"frames"}
        for key in frames.keys() - {"frames"}:
            np.testing.assert_array_equal(features[key], frames[key])


@pytest.mark.parametrize(
    ("order", "clip_stride"), [(ordered_windows, 1), (random_cuts, 4)]
)
def test_features_are_those_of_the_frames_window_for_window(
    numbered_dataset, feature_dir, order, clip_stride
):
    window = Window(65, clip_stride)
    frames, features = (
        read(order, numbered_dataset, window, directory)
        for directory in (None, feature_dir)
    )
    check_same_windows(frames, features, ends, window, rtol=0)
    shape = (2, window.num_clips, NUM_FEATURES)
    assert {batch["features"].shape for batch in features} == {shape}


def test_features_of_c3d_are_those_of_its_windows(numbered_dataset, tmp_path):
    frames = keras.Input((None, None, None, 3), dtype="uint8")
    features = join_c3d(
        frames, input_size=(16, 16), clip_stride=1, filters=((8,), (8,), (8,))
    )
    encoder = keras.Model(frames, features)
    cache(numbered_dataset, tmp_path, encoder)
    window = Window(65, 4)
    windows = [
        read(ordered_windows, numbered_dataset, window, directory)
        for directory in (None, tmp_path)
    ]
    # Rounding to float16, of a sum in another order now and then.
    check_same_windows(*windows, encoder, window, rtol=2**-10)
    # It tells the clips apart.
    assert np.ptp(windows[1][0]["features"][0], axis=0).any()


def test_frames_of_many_sizes_are_brought_to_one(tmp_path):
    noise = np.random.default_rng(0).integers(256, size=[3, 16, 48, 3])
    frames = [tf.io.encode_jpeg(frame.astype(np.uint8)) for frame in noise]
    frames = [frame.numpy() for frame in frames]
    record = make_record("a", size=(16, 48), frames=frames)
    shards = {"train.tfrecord-00000-of-00001": [record]}
    make_dataset(tmp_path / "data", shards, size=SIZE, max_size=48)
    cache(tmp_path / "data", tmp_path / "features")
    window = Window(17)
    windows = [
        read(ordered_windows, tmp_path / "data", window, directory)
        for directory in (None, tmp_path / "features")
    ]
    check_same_windows(*windows, ends, window, rtol=0)


def test_the_shares_of_workers_and_batches_left_out_are_those_of_the_whole(
    numbered_dataset, feature_dir
):
    window = Window(65, 4)
    for order in (ordered_windows, random_cuts):
        whole = read(order, numbered_dataset, window, feature_dir)
        options = {"share": (1, 2), "skip": 1}
        second = read(order, numbered_dataset, window, feature_dir, **options)
        for one, part in zip(whole[1:], second, strict=True):
            features = one["features"][1:]
            np.testing.assert_array_equal(features, part["features"])


def cut_short(path):
    os.truncate(path, path.stat().st_size - 1)


@pytest.mark.parametrize(
    "damage, message",
    [
        (os.unlink, "Missing features '{}'"),
        (cut_short, "'{}': truncated"),
    ],
)
def test_a_shard_that_is_missing_or_short_is_an_error_and_computed_again(
    numbered_dataset, feature_dir, copied, damage, message
):
    file = "train.tfrecord-00001-of-00003"
    damage(copied / file)
    with pytest.raises(RecordError, match=message.format(copied / file)):
        read(random_cuts, numbered_dataset, Window(), copied)
    cache(numbered_dataset, copied, clips_at_once=10)
    assert contents(copied) == contents(feature_dir)


def test_damage_inside_a_shard_is_found_by_name(numbered_dataset, copied):
    assert find_damage(numbered_dataset, copied) is None
    path = copied / "train.tfrecord-00001-of-00003"
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(tf.errors.DataLossError):
        read(ordered_windows, numbered_dataset, Window(), copied)
    assert str(path) in find_damage(numbered_dataset, copied)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("about", None),
        ("num_features", "8"),
        ("num_features", 10**9),
        ("dtype", "float64"),
        ("dataset", 3),
        ("shards", ["a"]),
        ("shards", {"a": "5"}),
    ],
)
def test_an_invalid_manifest_of_features_is_refused(tmp_path, key, value):
    manifest = {"about": {}, "num_features": 8, "dtype": "float16"}
    manifest |= {"dataset": "0" * 64, "shards": {"a": 5}}
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    assert read_feature_manifest(tmp_path) == manifest
    (tmp_path / MANIFEST).write_text(json.dumps(manifest | {key: value}))
    with pytest.raises(RecordError, match=rf"manifest.json' at \$\.{key}"):
        read_feature_manifest(tmp_path)


def test_a_directory_without_features_is_an_error(numbered_dataset, tmp_path):
    with pytest.raises(FileNotFoundError, match="No features in.*Compute"):
        read(random_cuts, numbered_dataset, Window(), tmp_path)
    (tmp_path / MANIFEST).write_text(json.dumps({"settings": {}}))
    with pytest.raises(RecordError, match="Expected the key 'about'"):
        read(random_cuts, numbered_dataset, Window(), tmp_path)
    with pytest.raises(RecordError, match="Expected the key 'about'"):
        cache(numbered_dataset, tmp_path)
