"""Builds the network: from features to a mixture of Gaussians in a frame."""

from rmdn_tf.model.rmdn import (
    build_rmdn,
    initial_state,
    load_model,
    model_inputs,
    pad_context,
    save_model,
)

__all__ = [
    "build_rmdn",
    "initial_state",
    "load_model",
    "model_inputs",
    "pad_context",
    "save_model",
]
