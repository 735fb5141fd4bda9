"""Loads a trained model from a run, a checkpoint or an exported network."""

import os
import pathlib
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.windows import CONTEXT
from rmdn_tf.files.checksums import check_files
from rmdn_tf.files.file_systems import is_local
from rmdn_tf.files.json_files import read_json
from rmdn_tf.files.keras_weights import check_size
from rmdn_tf.files.reading import clear_errors
from rmdn_tf.model.clip_stream import Network
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.config_json import CONFIG_SCHEMA, config_from_json
from rmdn_tf.model.file_names import CONFIG_FILE, WEIGHTS_FILE
from rmdn_tf.model.old_layouts import checkpointed
from rmdn_tf.model.request_limits import limits_in
from rmdn_tf.model.rmdn import build_rmdn
from rmdn_tf.model.saving import load_model
from rmdn_tf.model.served_network import ServedNetwork
from rmdn_tf.model.stateful import StatefulNetwork
from rmdn_tf.runs.checkpoints import checkpoint_at
from rmdn_tf.runs.directory import TRAINING_FILE
from rmdn_tf.runs.metadata import read_metadata
from rmdn_tf.runs.paths import (
    SAVED_MODEL_FILE,
    highest_version,
    model_directory,
    no_model,
    require_trained,
)
from rmdn_tf.runtimes.loading import load_portable

# Takes a batch of `ordered_windows`; returns mixtures, `[B, T, C, 6]`.
Predict = Callable[[dict], tf.Tensor]


def load_stateful(path: str | os.PathLike) -> tuple[Predict, int]:
    """Loads a model that predicts windows in time order.

    Args:
        path: "default" for the model that comes with the package; the directory
            of a run or its `best`; its `checkpoints`, for the newest, or one of
            these, such as `checkpoints/ckpt-12`; or as for `load_exported`.

    Returns:
        A function from a batch of `ordered_windows` to mixtures, float32 `[B,
        T, C, 6]`, which keeps the state of every row; and the clip stride s.

    Raises:
        FileNotFoundError: the model is missing.
        ImportError: the runtime of the file is not installed.
        ValueError: the model is damaged, or not of this package.
    """
    exported = load_exported(path)
    if exported:
        network, config = exported
        predict = StatefulExportedNetwork(network, config.clip_stride)
        return predict, config.clip_stride
    model, config = load_keras(path)
    return StatefulNetwork(model, config.clip_stride), config.clip_stride


def load_exported(
    path: str | os.PathLike,
) -> tuple[Network, ModelConfig] | None:
    """Loads an exported network, in TensorFlow or in another runtime.

    Args:
        path: a file of ONNX or LiteRT, or the directory of OpenVINO, by `rmdn
            export`; a SavedModel, or a folder of its numbered versions.

    Returns:
        The network, for `AttentionModel`, and its settings; None if the path is
        not that of an exported network.

    Raises:
        ImportError: the runtime of the file is not installed.
        ValueError: the network is damaged, or not of this package.
    """
    if not is_local(path):
        path = model_directory(path)
    portable = load_portable(path)
    if portable:
        return portable
    metadata = served_metadata(path)
    if metadata is None:
        return None
    return load_served(path, metadata), config_from_json(metadata["model"])


def load_keras(
    path: str | os.PathLike,
) -> tuple[keras.Model, ModelConfig]:
    """Loads a Keras model.

    Args:
        path: as for `load_stateful`, but not an exported network.

    Returns:
        The model of `rmdn_tf.model.rmdn.build_rmdn`, in float32, and its
        settings.

    Raises:
        FileNotFoundError: the model is missing.
        ValueError: the model is damaged, or not of this package.
    """
    require_trained(path)
    path = model_directory(path)
    checkpoint = checkpoint_at(path)
    if checkpoint:
        return _load_checkpoint(checkpoint)
    if not (path / CONFIG_FILE).exists() and not (path / WEIGHTS_FILE).exists():
        raise no_model(path)
    return load_model(path)


def served_metadata(path: str | os.PathLike) -> dict | None:
    """Reads the metadata of a SavedModel, or of its highest numbered version.

    Args:
        path: a SavedModel, or a folder of its numbered versions.

    Returns:
        See `rmdn_tf.serving.description.describe_model`; None if the path is
        not a SavedModel.

    Raises:
        ValueError: the metadata are missing or damaged.
    """
    path = highest_version(pathlib.Path(path))
    is_served = (path / SAVED_MODEL_FILE).exists()
    return read_metadata(path) if is_served else None


# The part of a run's settings that a model is built from.
_MODEL_SCHEMA = {
    "type": "object",
    "properties": {"model": CONFIG_SCHEMA},
    "required": ["model"],
}


def _num_bytes(checkpoint: pathlib.Path) -> int:
    files = checkpoint.parent.glob(f"{checkpoint.name}.data-*")
    return sum(file.stat().st_size for file in files)


def _load_checkpoint(path: pathlib.Path) -> tuple[keras.Model, ModelConfig]:
    file = path.parents[1] / TRAINING_FILE
    expected = f"one of a training run, with its settings in '{file}'"
    with clear_errors(path, expected, "checkpoint"):
        config = config_from_json(read_json(file, _MODEL_SCHEMA)["model"])
        check_size(lambda: build_rmdn(config), _num_bytes(path))
        model = build_rmdn(config)
        checkpoint = tf.train.Checkpoint(model=checkpointed(model))
        status = checkpoint.restore(os.fspath(path))
        status.assert_existing_objects_matched().expect_partial()
    return model, config


def load_served(path: str | os.PathLike, metadata: dict) -> ServedNetwork:
    """Loads a SavedModel, or the highest of its numbered versions.

    A SavedModel is a program, and loading it runs it: load only those that you
    made or trust. Checksums find damage, but not malice.

    Args:
        path: a SavedModel, or a folder of its numbered versions.
        metadata: result of `served_metadata`.

    Returns:
        The network, for `AttentionModel`.

    Raises:
        ValueError: the files are damaged, or not a SavedModel of this package.
    """
    path = highest_version(pathlib.Path(path))
    check_files(path, [SAVED_MODEL_FILE])
    expected = "a SavedModel of `rmdn export`, with a signature 'step'"
    with clear_errors(path, expected, "SavedModel"):
        step = ServedStep(tf.saved_model.load(os.fspath(path)))
        config = config_from_json(metadata["model"])
        limits = limits_in(metadata)
    return ServedNetwork(
        step,
        step.initial_state,
        config.clip_stride,
        config.input_size,
        limits,
    )


class ServedStep:
    """The signature `step` of a loaded SavedModel.

    Takes frames, uint8 `[1, 16 + (n - 1) s, H, W, 3]`, and the state before
    them. Returns parameters of `rmdn_tf.model.mixture`, float32 `[1, n, C, 6]`,
    and the next state. Raises ValueError if the SavedModel refuses them.
    """

    def __init__(self, served: Any):
        # Keeps the variables alive; the signature alone does not.
        self._served = served
        self._step = served.signatures["step"]
        _, inputs = self._step.structured_input_signature
        self._shapes = {
            key: spec.shape[1:]
            for key, spec in inputs.items()
            if key not in ("frames", "map_size")
        }

    def initial_state(self) -> dict[str, tf.Tensor]:
        """Returns the state before a video: zeros."""
        return {
            key: tf.zeros([1, *shape]) for key, shape in self._shapes.items()
        }

    def __call__(self, frames: tf.Tensor, state: dict) -> tuple:
        no_map = tf.zeros([1, 2], tf.int32)
        try:
            outputs = self._step(frames=frames, map_size=no_map, **state)
        except tf.errors.OpError as error:
            said = re.search("assertion failed: (.*)", error.message)
            reason = said[1] if said else error.message
            raise ValueError(f"The SavedModel refused: {reason}") from error
        return outputs["parameters"], {key: outputs[key] for key in state}


class StatefulExportedNetwork:
    """An exported network with the interface of `StatefulNetwork`.

    Rows run one after another: the network takes one video at once.
    """

    def __init__(self, network: Network, clip_stride: int):
        self._network = network
        self._stride = clip_stride
        self._states: dict[int, dict] = {}

    def __call__(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        rows = enumerate(batch["is_first"].numpy())
        frames = batch["frames"].numpy()
        return tf.stack(
            [
                self._run(row, frames[row : row + 1], is_first)
                for row, is_first in rows
            ]
        )

    def _run(self, row: int, frames: np.ndarray, is_first: bool) -> np.ndarray:
        """Runs the window `[1, L, H, W, 3]` of a row; keeps its state."""
        # Padded clips come only at the end of a video; the next starts anew.
        state = self._states.get(row)
        if is_first or state is None:
            state = self._network.initial_state()
        surplus = CONTEXT - self._network.context
        frames = self._network.preprocess(frames[:, surplus:])
        parameters, self._states[row] = self._network.run(
            frames, self._stride, state
        )
        return np.asarray(parameters)
