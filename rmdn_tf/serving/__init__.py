"""Exports a model for TensorFlow Serving, and sends videos to its server.

`export` writes a SavedModel. `client` streams frames to a server, over gRPC or
REST, and gives each frame its density.
"""

from rmdn_tf.serving.client import Client, Sending
from rmdn_tf.serving.connection import Connection

__all__ = ["Client", "Connection", "Sending"]
