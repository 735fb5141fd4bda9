"""Fixtures and helpers: features whose values tell the frames that they are of.

They are the pixels of a clip's first and last frame: float16 holds them, so
that what is read can be compared exactly.
"""

import shutil

import pytest
import tensorflow as tf

from rmdn_tf.data.feature_cache import cache_features
from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.files.locks import LOCK_FILE
from tests.helpers.numbered_videos import SIZE, batches

ABOUT = {"features": "ends", "weights": "0123"}
NUM_FEATURES = 2 * SIZE[1] * 3
MANIFEST = "manifest.json"


def ends(frames):
    """First row of pixels of every clip's first frame, and of its last."""
    first, last = frames[:, :-CONTEXT, 0], frames[:, CONTEXT:, 0]
    pixels = tf.concat([first, last], -2)  # [B, T, 2 W, 3]
    return tf.reshape(pixels, [*tf.unstack(tf.shape(pixels)[:2]), NUM_FEATURES])


def cache(data_dir, feature_dir, encoder=ends, about=ABOUT, **options):
    cache_features(encoder, data_dir, "train", feature_dir, about, **options)


def read(order, data_dir, window, feature_dir=None, **options):
    return batches(
        order(
            data_dir,
            "train",
            batch_size=2,
            window=window,
            fixations_per_frame=2,
            seed=1,
            feature_dir=feature_dir,
            **options,
        )
    )


def contents(directory):
    return {
        path.name: path.read_bytes()
        for path in directory.iterdir()
        if path.is_file() and path.name != LOCK_FILE
    }


@pytest.fixture(scope="session")
def feature_dir(numbered_dataset, tmp_path_factory):
    """Returns the features of the numbered videos, ten clips at once."""
    directory = tmp_path_factory.mktemp("features")
    cache(numbered_dataset, directory, clips_at_once=10)
    return directory


@pytest.fixture
def copied(feature_dir, tmp_path):
    """Returns a copy of them, to be damaged."""
    return shutil.copytree(feature_dir, tmp_path / "copied")


@pytest.fixture
def other_version(numbered_dataset, tmp_path):
    """Returns the dataset with another `dataset_info.json`."""
    copied = shutil.copytree(numbered_dataset, tmp_path / "other")
    path = copied / "dataset_info.json"
    path.write_text(path.read_text() + "\n")
    return copied
