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
    """Loads a trained model.

    A SavedModel is a program, and loading it runs it: load only those that you
    made or trust. The directory of a run holds no code.

    Args:
        path: "default" for the model that comes with the package; the directory
            of a run, or its `best`; a SavedModel, or a folder of its versions.

    Returns:
        The model, ready for any number of videos.

    Raises:
        FileNotFoundError: the model is missing.
        ValueError: the model is damaged, or from an incompatible release.
    """
    # Here, so that importing the package does not import TensorFlow.
    from rmdn_tf.prediction.attention_model import load as load_model

    return load_model(path)
