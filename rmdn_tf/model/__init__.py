"""The network: frames and a state -> a mixture of Gaussians for every clip.

Start at `rmdn` (the whole network), `config` (its settings) and `mixture` (the
density); `parts` splits a network and `saving` stores it.
"""

from rmdn_tf.model.config import (
    PRESETS,
    DenseConfig,
    JointConfig,
    SpatialConfig,
)
from rmdn_tf.model.parts import initial_state, model_inputs, pad_context
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
