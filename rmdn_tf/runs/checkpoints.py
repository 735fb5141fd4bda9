"""Finds the newest checkpoint of a directory."""

import os
import pathlib

from rmdn_tf.files.reading import clear_errors

# TensorFlow's file beside the checkpoints, which names them.
CHECKPOINT_FILE = "checkpoint"


def latest_checkpoint(directory: str | os.PathLike) -> str | None:
    """Returns the path of the newest checkpoint in a local directory, if any.

    TensorFlow ignores a damaged list of checkpoints: training would start anew.

    Raises:
        ValueError: the list is damaged, or names a checkpoint that is missing
            or lies elsewhere, where training would delete it as an old one.
    """
    note = os.path.join(directory, CHECKPOINT_FILE)
    if not os.path.exists(note):
        return None
    import tensorflow as tf

    with clear_errors(note, "the name of a checkpoint beside it"):
        latest = tf.train.latest_checkpoint(directory)
        if latest is None:
            raise ValueError("damage, or the name of a missing checkpoint")
        state = tf.train.get_checkpoint_state(directory)
        for path in state.all_model_checkpoint_paths:
            if not _lies_in(directory, path):
                raise ValueError(f"'{path}', which lies elsewhere")
    return latest


def _lies_in(directory: str | os.PathLike, path: str) -> bool:
    parent = os.path.dirname(os.path.abspath(path))
    return parent == os.path.abspath(directory)


def checkpoint_at(path: pathlib.Path) -> pathlib.Path | None:
    """Returns the checkpoint at a path, or the newest one in it."""
    latest = latest_checkpoint(path)
    if latest is not None:
        return pathlib.Path(latest)
    is_one = path.with_name(f"{path.name}.index").exists()
    return path if is_one else None
