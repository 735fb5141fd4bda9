"""Names of weights in files, which stay the same in every release."""

import keras
import tensorflow as tf

from rmdn_tf.model.parts import clip_network

# Groups in weights files of earlier releases -> their names today: the network
# of clips was a part of the layer after it.
RENAMED = {
    "layers/clip_features/network": "layers/functional",
    "layers/frame_features/network": "layers/functional",
}


def checkpointed(model: keras.Model) -> tf.train.Checkpoint:
    """Returns the part of a training checkpoint that holds a model.

    Its names are those of the first release, `model/_operations/2/network/...`:
    the network of clips was a part of the layer `features`.
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
