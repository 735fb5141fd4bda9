"""The newest checkpoint of a directory, or an error where its name is lost."""

import os

import tensorflow as tf

from rmdn_tf.files.reading import clear_errors

CHECKPOINT_FILE = "checkpoint"
"""TensorFlow's note in a directory of checkpoints: the names of all."""


def latest_checkpoint(directory: str | os.PathLike) -> str | None:
    """Finds the newest checkpoint.

    If its note is damaged, TensorFlow finds no checkpoint and says nothing: a
    training would begin anew.

    Args:
        directory: of checkpoints, on this machine; need not exist.

    Returns:
        The path of the checkpoint; None if none was ever saved.

    Raises:
        ValueError: the note is damaged, names a checkpoint elsewhere, which
            training would remove as an old one, or one that is missing.
    """
    note = os.path.join(directory, CHECKPOINT_FILE)
    if not os.path.exists(note):
        return None
    with clear_errors(note, "the name of a checkpoint beside it"):
        latest = tf.train.latest_checkpoint(directory)
        if latest is None:
            raise ValueError("a damaged note, or one of a missing checkpoint")
        state = tf.train.get_checkpoint_state(directory)
        for path in state.all_model_checkpoint_paths:
            if not _lies_in(directory, path):
                raise ValueError(f"'{path}', which lies elsewhere")
    return latest


def _lies_in(directory: str | os.PathLike, path: str) -> bool:
    parent = os.path.dirname(os.path.abspath(path))
    return parent == os.path.abspath(directory)
