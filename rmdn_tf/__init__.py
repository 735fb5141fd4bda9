"""Where people look in a video, as a probability density in every frame."""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rmdn_tf.prediction.area import rectangle
    from rmdn_tf.prediction.attention_model import load
    from rmdn_tf.prediction.pictures import draw

__all__ = ["draw", "load", "rectangle"]
__version__ = "0.2.0"

# TensorFlow reads this when it is imported. By default it leaves oneDNN off on
# AMD's and older processors: 3D convolutions are then several times as slow.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

_MODULES = {
    "draw": "rmdn_tf.prediction.pictures",
    "load": "rmdn_tf.prediction.attention_model",
    "rectangle": "rmdn_tf.prediction.area",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is used: TensorFlow takes seconds."""
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
