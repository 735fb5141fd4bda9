"""Finds the newest checkpoint of a directory."""

import os

import tensorflow as tf

from rmdn_tf.files.reading import clear_errors

CHECKPOINT_FILE = "checkpoint"
"""TensorFlow's note beside the checkpoints, which names them."""


def latest_checkpoint(directory: str | os.PathLike) -> str | None:
    """Finds the newest checkpoint.

    TensorFlow ignores a damaged note: training would begin anew.

    Args:
        directory: of checkpoints, on this machine; need not exist.

    Returns:
        The path of the checkpoint; None without a note.

    Raises:
        ValueError: the note is damaged, or names a checkpoint that is missing
            or lies elsewhere, where training would remove it as an old one.
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
