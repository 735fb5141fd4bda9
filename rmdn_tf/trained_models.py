"""Whatever a trained model lies in -> what predicts windows in time order."""

import json
import os
import pathlib
from collections.abc import Callable

import tensorflow as tf

from rmdn_tf.model import build_rmdn, load_model
from rmdn_tf.model_config import config_from_json
from rmdn_tf.prediction import StatefulPredictor
from rmdn_tf.run_directory import BEST, TRAINING_FILE
from rmdn_tf.windows import CONTEXT

SAVED_MODEL_FILE = "saved_model.pb"
CHECKPOINT_FILE = "checkpoint"

DEFAULT = "default"
"""Names the model that comes with the package."""

Predict = Callable[[dict], tf.Tensor]
"""Takes a batch of `ordered_windows`; gives mixtures, `[B, T, C, 6]`."""


def default_directory() -> pathlib.Path:
    """Returns where the model lies that comes with the package."""
    return pathlib.Path(__file__).parent / "default_model"


def load_predictor(path: str | os.PathLike) -> tuple[Predict, int]:
    """Loads a model to predict windows with, in time order.

    Args:
        path: "default" for the model that comes with the package; or a run's
            directory or the `best` in it, its `checkpoints` or one
            of these (`checkpoints/ckpt-12`), a SavedModel, or a folder of
            numbered versions of one, of which the highest is taken.

    Returns:
        What predicts, and the clip stride s of it.

    Raises:
        FileNotFoundError: there is no model.
        ValueError: it is damaged, or none of ours.
    """
    path = default_directory() if path == DEFAULT else pathlib.Path(path)
    if (path / BEST).is_dir():
        path = path / BEST
    versions = [p for p in _folders(path) if p.name.isdigit()]
    if versions:
        path = max(versions, key=lambda version: int(version.name))
    if (path / SAVED_MODEL_FILE).exists():
        return _load_served(path)
    checkpoint = _checkpoint_at(path)
    if checkpoint:
        return _load_checkpoint(checkpoint)
    model, config = load_model(path)
    return StatefulPredictor(model, config.clip_stride), config.clip_stride


def _folders(path: pathlib.Path) -> list[pathlib.Path]:
    return list(path.iterdir()) if path.is_dir() else []


def _checkpoint_at(path: pathlib.Path) -> pathlib.Path | None:
    """The checkpoint that a path names, if it names one."""
    if (path / CHECKPOINT_FILE).exists():
        latest = tf.train.latest_checkpoint(path)
        return latest and pathlib.Path(latest)
    is_one = path.with_name(f"{path.name}.index").exists()
    return path if is_one else None


def _load_checkpoint(path: pathlib.Path) -> tuple[Predict, int]:
    file = path.parents[1] / TRAINING_FILE
    try:
        config = config_from_json(json.loads(file.read_text())["model"])
        model = build_rmdn(config)
        status = tf.train.Checkpoint(model=model).restore(os.fspath(path))
        status.assert_existing_objects_matched().expect_partial()
    except (
        AssertionError,
        KeyError,
        TypeError,
        ValueError,
        OSError,
        tf.errors.OpError,
    ) as error:
        raise ValueError(
            f"Invalid checkpoint '{path}'. Expected one of a training run, "
            f"with its settings in '{file}'. Received: {error}"
        ) from error
    return StatefulPredictor(model, config.clip_stride), config.clip_stride


def _load_served(path: pathlib.Path) -> tuple[Predict, int]:
    try:
        served = tf.saved_model.load(os.fspath(path))
        predictor = ServedPredictor(served.signatures["step"])
    except (KeyError, ValueError, OSError, tf.errors.OpError) as error:
        raise ValueError(
            f"Invalid SavedModel in '{path}'. Expected one of "
            f"`rmdn_tf.export`, with a signature 'step'. Received: {error}"
        ) from error
    # Keeps the variables, which the signature alone would let go.
    predictor.served = served
    return predictor, predictor.clip_stride


class ServedPredictor:
    """Does with a SavedModel what `StatefulPredictor` does with a model.

    Args:
        step: its signature `step`.

    Attributes:
        clip_stride: s of the model.
    """

    def __init__(self, step: Callable[..., dict]):
        self._step = step
        _, inputs = step.structured_input_signature
        self._shapes = {
            key: spec.shape[1:]
            for key, spec in inputs.items()
            if key != "frames"
        }
        self._state = None
        frames = tf.zeros([1, CONTEXT + 16, 16, 16, 3], tf.uint8)
        outputs = step(frames=frames, **self._initial_state(1))
        self.clip_stride = 16 // outputs["parameters"].shape[1]

    def _initial_state(self, batch_size: int) -> dict[str, tf.Tensor]:
        return {
            key: tf.zeros([batch_size, *shape])
            for key, shape in self._shapes.items()
        }

    def __call__(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        first = batch["is_first"]
        state = self._state or self._initial_state(len(first))
        # Padded clips come only where a video ends; the next one starts anew.
        state = {
            key: tf.where(
                tf.reshape(first, [-1, *[1] * (len(rows.shape) - 1)]),
                tf.zeros_like(rows),
                rows,
            )
            for key, rows in state.items()
        }
        outputs = self._step(frames=batch["frames"], **state)
        self._state = {key: outputs[key] for key in state}
        return outputs["parameters"]
