"""Identifies a trained model by the content of its files."""

import hashlib
import os

from rmdn_tf.model.file_names import CONFIG_FILE, WEIGHTS_FILE
from rmdn_tf.runs.checkpoints import checkpoint_at
from rmdn_tf.runs.paths import SAVED_MODEL_FILE, model_directory
from rmdn_tf.runtimes.formats import OPENVINO_FILE, OPENVINO_WEIGHTS

_FILES = (
    CONFIG_FILE,
    WEIGHTS_FILE,
    SAVED_MODEL_FILE,
    OPENVINO_FILE,
    OPENVINO_WEIGHTS,
)


def fingerprint(path: str | os.PathLike) -> str:
    """Computes the SHA-256 of a model's files.

    Other files, such as a model card, do not count.

    Args:
        path: as for `rmdn_tf.runs.loading.load_stateful`.

    Returns:
        64 hexadecimal digits.
    """
    directory = model_directory(path)
    if directory.is_file():  # A portable file, under any name.
        return hashlib.sha256(directory.read_bytes()).hexdigest()
    files = [directory / name for name in _FILES]
    files += sorted((directory / "variables").glob("*"))
    checkpoint = checkpoint_at(directory)
    if checkpoint:
        files += sorted(checkpoint.parent.glob(f"{checkpoint.name}.*"))
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(file.name.encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
