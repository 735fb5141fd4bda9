"""Where people look in a video, as a probability density in every frame."""

import os

# TensorFlow reads it once, when it is imported. It leaves oneDNN off on AMD's
# and older processors, where 3D convolutions are then several times as slow.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def load(path="default"):
    """Loads a trained model; see `rmdn_tf.prediction.attention_model.load`."""
    # Only here: to import the package must not import TensorFlow.
    from rmdn_tf.prediction.attention_model import load as load_model

    return load_model(path)
