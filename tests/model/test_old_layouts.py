"""Weights and checkpoints that earlier releases wrote still load."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rmdn_tf.encoders.c3d import ClipFeatures as Joined
from rmdn_tf.encoders.c3d import Clips, build_c3d, c3d_preprocessing
from rmdn_tf.files.keras_weights import load_weights
from rmdn_tf.model.dropout import Dropout
from rmdn_tf.model.mixture import MixtureDensity
from rmdn_tf.model.old_layouts import RENAMED, checkpointed
from rmdn_tf.model.parts import clip_network, head_inputs, join_head
from rmdn_tf.model.recurrent import RecurrentCore
from rmdn_tf.model.rmdn import build_rmdn


class ClipFeatures(keras.Layer):
    """The layer of earlier releases, which held the network."""

    def __init__(self, network):
        super().__init__(name="features")
        self.network = network

    def build(self, input_shape):
        self.network.build((None, 16, *input_shape[2:]))

    def call(self, frames):
        return Joined()(self.network(Clips()(frames)), frames)

    def compute_output_shape(self, input_shape):
        return (None, None, np.prod(self.network.output_shape[1:]))


@pytest.fixture(scope="module")
def old(tiny_model):
    """A network as earlier releases built it."""
    size, filters = tiny_model.input_size, tiny_model.filters
    frames = keras.Input((None, None, None, 3), dtype="uint8", name="frames")
    preprocessed = c3d_preprocessing(*size, name="preprocessing")(frames)
    features = ClipFeatures(build_c3d(size, filters))(preprocessed)
    head = [
        RecurrentCore(tiny_model.units, name="recurrent"),
        Dropout(0.0, name="dropout"),
        MixtureDensity(tiny_model.num_components, name="mixture"),
    ]
    inputs = {"frames": frames, **head_inputs(head)}
    return keras.Model(inputs, join_head(head, features, inputs), name="rmdn")


def assert_same_weights(model, expected):
    for one, other in zip(model.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_weights_file_is_read(old, tiny_model, tmp_path):
    path = tmp_path / "model.weights.h5"
    old.save_weights(path)
    model = build_rmdn(tiny_model)
    load_weights(model, path, RENAMED)
    assert_same_weights(model, old)


@pytest.mark.parametrize("learns", [False, True])
def test_a_checkpoint_with_its_optimizer_is_restored(
    learns, old, tiny_model, tmp_path
):
    """Weights that learn lie with the optimizer, others with the model."""
    model = build_rmdn(tiny_model)
    old.get_layer("features").trainable = learns
    clip_network(model).trainable = learns
    optimizers = [keras.optimizers.Adam() for _ in range(2)]
    for optimizer, network in zip(optimizers, (old, model), strict=True):
        optimizer.build(network.trainable_variables)
    optimizers[0].apply([tf.ones(v.shape) for v in old.trainable_variables])
    written = tf.train.Checkpoint(model=old, optimizer=optimizers[0])
    restored = tf.train.Checkpoint(
        model=checkpointed(model), optimizer=optimizers[1]
    )
    path = written.write(str(tmp_path / "ckpt"))
    restored.read(path).assert_existing_objects_matched()
    assert_same_weights(model, old)
    for one, other in zip(*(o.variables for o in optimizers), strict=True):
        np.testing.assert_array_equal(one, other)
    # Today's checkpoint has the same names.
    again = restored.write(str(tmp_path / "again"))
    assert tf.train.list_variables(again) == tf.train.list_variables(path)
