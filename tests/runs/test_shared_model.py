"""Tests of `rmdn_tf.runs.shared_model`."""

import pickle

import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import save_model
from rmdn_tf.runs import shared_model
from rmdn_tf.runs.shared_model import SharedModel

pytestmark = pytest.mark.slow


@pytest.fixture
def path(tiny_model, tmp_path):
    save_model(build_rmdn(tiny_model), tiny_model, tmp_path / "model")
    return tmp_path / "model"


def batch():
    generator = np.random.default_rng(0)
    frames = generator.integers(0, 256, (1, 17, 16, 16, 3), np.uint8)
    return {
        "frames": tf.constant(frames),
        "is_first": tf.constant([True]),
        "frame_mask": tf.ones([1, 2], tf.bool),
    }


def test_a_process_loads_the_model_of_a_command_once(path):
    model = SharedModel(path)
    sent = pickle.dumps(model)
    assert len(sent) < 500
    one, other = pickle.loads(sent), pickle.loads(sent)
    assert one is other is not model
    np.testing.assert_array_equal(one(batch()), model(batch()))
    assert one.clip_stride == model.clip_stride


def test_another_model_under_the_path_is_refused(path, tiny_model):
    shared_model._models.cache_clear()
    sent = pickle.dumps(SharedModel(path))
    save_model(build_rmdn(tiny_model), tiny_model, path)  # Other weights.
    with pytest.raises(ValueError, match="where the command was started"):
        pickle.loads(sent)
