"""Exports a model as a SavedModel for TensorFlow Serving, and asks its server.

`export` writes the SavedModel, whose `signatures` check each request against
its `limits`. `client` streams frames to the server, by gRPC or REST, and gives
the density of each frame.
"""

from rmdn_tf.serving.client import Client, Sending
from rmdn_tf.serving.connection import Connection

__all__ = ["Client", "Connection", "Sending"]
