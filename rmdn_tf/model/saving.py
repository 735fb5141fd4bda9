"""A trained model on disk: its settings and its weights."""

import math
import os
import pathlib

import keras
import numpy as np

from rmdn_tf.files.checksums import check_files, write_checksums
from rmdn_tf.files.disk_space import reserve
from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.keras_weights import check_size, load_weights
from rmdn_tf.files.published import published, write_json
from rmdn_tf.files.write_errors import full_disk
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.config_json import (
    CONFIG_SCHEMA,
    config_from_json,
    config_to_json,
)
from rmdn_tf.model.file_names import CONFIG_FILE, WEIGHTS_FILE
from rmdn_tf.model.old_layouts import RENAMED
from rmdn_tf.model.rmdn import build_rmdn

FILES = (CONFIG_FILE, WEIGHTS_FILE)

# Most bytes that HDF5 takes for the names of one variable and its groups.
BYTES_OF_A_NAME = 8192


def save_model(
    model: keras.Model, config: ModelConfig, directory: str | os.PathLike
) -> None:
    """Writes config, weights and checksums, for `load_model`.

    If the process is killed, the directory holds the old model or the new one.

    Args:
        model: of `build_rmdn`.
        config: its settings.
        directory: made if missing.

    Raises:
        OSError: a file cannot be written.
    """
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with published(directory / WEIGHTS_FILE) as temporary:
        reserve(temporary, _file_bytes(model))
        model.save_weights(temporary)
        write_json(directory / CONFIG_FILE, config_to_json(config))
        write_checksums(directory, FILES, {WEIGHTS_FILE: temporary})
    write_checksums(directory, FILES)


def _file_bytes(model: keras.Model) -> int:
    """Returns the size of the file of weights, a little too high."""
    return sum(
        math.prod(v.shape) * np.dtype(v.dtype).itemsize + BYTES_OF_A_NAME
        for v in model.variables
    )


def load_model(
    directory: str | os.PathLike,
) -> tuple[keras.Model, ModelConfig]:
    """Reads a model that `save_model` wrote, in float32; runs no code from it.

    Settings that an earlier release did not write take their defaults. Missing
    checksums give a warning.

    Args:
        directory: where `save_model` wrote.

    Returns:
        The model and its settings.

    Raises:
        FileNotFoundError: the directory holds no model.
        ValueError: the files are damaged or do not fit this release.
    """
    directory = pathlib.Path(directory)
    for name in FILES:
        if not (directory / name).exists():
            raise FileNotFoundError(
                f"No trained model in '{directory}': '{name}' is missing."
            )
    check_files(directory, FILES)
    try:
        config = config_from_json(
            read_json(directory / CONFIG_FILE, CONFIG_SCHEMA)
        )
        num_bytes = (directory / WEIGHTS_FILE).stat().st_size
        check_size(lambda: build_rmdn(config), num_bytes)
        model = build_rmdn(config)
        load_weights(model, directory / WEIGHTS_FILE, RENAMED)
    except (KeyError, TypeError, ValueError, OSError) as error:
        if full_disk(error):  # No room for a temporary copy.
            raise
        raise ValueError(
            f"Invalid model in '{directory}'. Expected the '{CONFIG_FILE}' "
            f"and '{WEIGHTS_FILE}' of one training run. Received: {error}"
        ) from error
    return model, config
