"""A model in time order, which other processes load for themselves."""

import functools
import os
import uuid

import tensorflow as tf

from rmdn_tf.runs.fingerprint import fingerprint
from rmdn_tf.runs.loading import load_stateful

# Tells the models of one command from those of another.
_COMMAND = uuid.uuid4().hex


class SharedModel:
    """A loaded model; is called like that of `load_stateful`.

    A pickle holds only the path of the model. Each process loads it once, and
    keeps it as long as it works for the same command.

    Args:
        path: see `rmdn_tf.runs.loading.load_stateful`.

    Attributes:
        clip_stride: s.

    Raises:
        FileNotFoundError, ImportError, ValueError: see `load_stateful`.
    """

    def __init__(self, path: str | os.PathLike):
        self._path = os.fspath(path)
        self._predict, self.clip_stride = load_stateful(path)

    def __call__(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        return self._predict(batch)

    def __reduce__(self) -> tuple:
        return _of_process, (self._path, self._fingerprint, _COMMAND)

    @functools.cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self._path)


def _of_process(path: str, expected: str, command: str) -> "SharedModel":
    loaded = _models(command)
    if path not in loaded:
        if fingerprint(path) != expected:
            raise ValueError(
                f"Invalid model '{path}'. Expected the same as where the "
                "command was started. Received: another one."
            )
        loaded[path] = SharedModel(path)
    return loaded[path]


@functools.lru_cache(maxsize=1)
def _models(command: str) -> dict[str, SharedModel]:
    return {}
