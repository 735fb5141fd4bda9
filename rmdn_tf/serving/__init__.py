"""Exports a model for TensorFlow Serving, and sends videos to its server.

`export` writes a SavedModel. `client` streams frames to a server, over gRPC or
REST, and gives each frame its density.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rmdn_tf.serving.client import Client, Sending
    from rmdn_tf.serving.connection import Connection

__all__ = ["Client", "Connection", "Sending"]


def __getattr__(name: str) -> object:
    """Imports a public name when it is used: TensorFlow takes seconds."""
    if name in __all__:
        module = "connection" if name == "Connection" else "client"
        return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
