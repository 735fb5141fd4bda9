"""Loads a model, or connects to its server, once in each process."""

import functools

from rmdn_tf.prediction import attention_model
from rmdn_tf.prediction.attention_model import AttentionModel
from rmdn_tf.runs.fingerprint import fingerprint


def model_of_process(
    model: str, server: str | None, precision: str
) -> AttentionModel:
    """Returns a model, which the process keeps until it loads another.

    Args:
        model: path of the model, or its name on the server.
        server: URL of a TensorFlow Serving that runs the network; None to run
            it here.
        precision: see `rmdn_tf.load`.

    Returns:
        The model, or a `Client`.

    Raises:
        FileNotFoundError, ImportError, ValueError, OSError: see `rmdn_tf.load`
            and `Client`.
    """
    # A worker of a cluster lives longer than the files of a model.
    version = None if server else fingerprint(model)
    return _loaded(model, server, precision, version)


@functools.lru_cache(maxsize=1)
def _loaded(
    model: str, server: str | None, precision: str, version: str | None
) -> AttentionModel:
    if server:
        from rmdn_tf.serving.client import Client

        return Client(server, model)
    return attention_model.load(model, precision)
