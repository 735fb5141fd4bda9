"""The network: frames and a state -> a mixture of Gaussians for every clip.

Start at `rmdn` (the whole network), `config` (its settings, with `presets`) and
`mixture` (the density); `parts` splits a network and `saving` stores it.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rmdn_tf.model.config import DenseConfig, JointConfig, SpatialConfig
    from rmdn_tf.model.parts import initial_state, model_inputs, pad_context
    from rmdn_tf.model.presets import PRESETS
    from rmdn_tf.model.rmdn import build_rmdn
    from rmdn_tf.model.saving import load_model, save_model

__all__ = [
    "PRESETS",
    "DenseConfig",
    "JointConfig",
    "SpatialConfig",
    "build_rmdn",
    "initial_state",
    "load_model",
    "model_inputs",
    "pad_context",
    "save_model",
]

_MODULES = ("config", "parts", "presets", "rmdn", "saving")


def __getattr__(name: str) -> object:
    """Imports a public name when it is used: TensorFlow takes seconds."""
    if name in __all__:
        for module in _MODULES:
            found = importlib.import_module(f"{__name__}.{module}")
            if hasattr(found, name):
                return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
