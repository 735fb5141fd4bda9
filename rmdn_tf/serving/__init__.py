"""Exports a model for TensorFlow Serving, and talks to its server."""

from rmdn_tf.serving.client import Client, Sending
from rmdn_tf.serving.connection import Connection

__all__ = ["Client", "Connection", "Sending"]
