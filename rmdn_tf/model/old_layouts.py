"""Names that weights have in the files of every release."""

import keras
import tensorflow as tf

from rmdn_tf.model.parts import clip_network

RENAMED = {
    "layers/clip_features/network": "layers/functional",
    "layers/frame_features/network": "layers/functional",
}
"""Groups in weights files of earlier releases -> their names today: the network
of clips was a part of the layer after it."""


def checkpointed(model: keras.Model) -> tf.train.Checkpoint:
    """Returns the part of a training checkpoint that holds a model.

    Its names are those of the first release, when the network of clips was a
    part of the layer `features`: `model/_operations/2/network/...`.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
    """
    network = clip_network(model)
    features = tf.train.Checkpoint(network=network)
    new = ("clips", network.name)
    return tf.train.Checkpoint(
        _operations=[
            features if one.name == "features" else one
            for one in model.operations
            if one.name not in new
        ]
    )
