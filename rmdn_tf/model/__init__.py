"""Builds the network: from features to a mixture of Gaussians in a frame."""

from rmdn_tf.model.parts import initial_state, model_inputs, pad_context
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import load_model, save_model

__all__ = [
    "build_rmdn",
    "initial_state",
    "load_model",
    "model_inputs",
    "pad_context",
    "save_model",
]
