"""Where people look in a video, as a probability density in every frame."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rmdn_tf.prediction.attention_model import AttentionModel

__version__ = "0.2.0"

# TensorFlow reads this when it is imported. By default it leaves oneDNN off on
# AMD's and older processors: 3D convolutions are then several times as slow.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def load(path: "str | os.PathLike" = "default") -> "AttentionModel":
    """Loads a trained model; see `rmdn_tf.prediction.attention_model.load`."""
    # Here, so that importing the package does not import TensorFlow.
    from rmdn_tf.prediction.attention_model import load as load_model

    return load_model(path)
