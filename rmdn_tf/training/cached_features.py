"""Features of a frozen encoder, computed once and kept beside the dataset."""

import dataclasses
import functools
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.feature_cache import cache_features
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.engines.opening import engine
from rmdn_tf.engines.settings import EngineSettings
from rmdn_tf.files.file_systems import make_directory
from rmdn_tf.files.published import temporary_path
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.parts import build_encoder
from rmdn_tf.model.saving import load_model, save_model

# Settings of `ModelConfig` that need no place in the directory's name: they do
# not change the features of a frame, or only together with the weights, whose
# checksum is in the name. All other settings change the features.
_NOT_OF_FEATURES = {
    *("encoder", "filters", "dense_units", "projection"),
    *("head", "units", "dropout", "clip_stride", "frames_per_second"),
}
# Settings that the directory's name tells in words.
_IN_NAME = {"features", "input_size"}


def filled_splits(
    info: DatasetInfo, splits: Sequence[str] = ("train", "validation")
) -> str:
    """Returns those of `splits` that hold a video, joined by "+"."""
    return "+".join(split for split in splits if info.splits[split].shards)


class FrozenFeatures:
    """The features of one encoder on one dataset.

    Runs that differ only after the encoder share the `directory`, which is
    named by the settings of the encoder and the checksum of its weights.

    Args:
        model: of `rmdn_tf.model.rmdn.build_rmdn`.
        config: its settings.
        data_dir: a prepared dataset.
        splits: the splits that every epoch reads; empty ones are left out.

    Attributes:
        about: everything that the features depend on, for JSON.
        directory: where the features are.
        split: the splits that hold a video, joined by "+".
    """

    def __init__(
        self,
        model: keras.Model,
        config: ModelConfig,
        data_dir: str | os.PathLike,
        splits: Sequence[str] = ("train", "validation"),
    ):
        self._model, self._config = model, config
        self.data_dir = data_dir
        self.split = filled_splits(read_dataset_info(data_dir), splits)
        variables = build_encoder(model).variables
        self.about: dict[str, Any] = {
            "features": config.features,
            "input_size": config.input_size,
            "weights": checksum({v.path: v.numpy() for v in variables}),
            **_changed_settings(config),
        }
        height, width = config.input_size
        # In cells, the same features lie in another order.
        is_by_cell = config.in_cells and not config.projection
        if is_by_cell:
            self.about["in_cells"] = True
        name = f"{config.features}-{height}x{width}"
        name += "-cells" if is_by_cell else ""
        name += f"-{self.about['weights'][:12]}"
        unnamed = {
            n: v
            for n, v in _changed_settings(config).items()
            if n not in _IN_NAME
        }
        if unnamed:
            digest = hashlib.sha256(json.dumps(unnamed).encode())
            name += f"-{digest.hexdigest()[:8]}"
        self.directory = os.path.join(data_dir, "features", name)

    def compute(self, engine_settings: EngineSettings | None = None) -> None:
        """Computes missing features; see `rmdn_tf.data.feature_cache`.

        Args:
            engine_settings: where; None for this process. Other processes read
                the encoder from a folder beside the features.
        """
        compute = functools.partial(
            cache_features,
            data_dir=self.data_dir,
            split=self.split,
            feature_dir=self.directory,
            about=self.about,
        )
        settings = engine_settings or EngineSettings()
        if settings.is_here:
            compute(build_encoder(self._model, clip_stride=1))
            return
        folder = os.path.join(self.data_dir, "features")
        make_directory(folder)
        directory = os.path.join(folder, "encoder")
        with temporary_path(directory) as saved, engine(settings, saved) as run:
            save_model(self._model, self._config, saved)
            compute(SavedEncoder(saved, self.about["weights"]), run=run)


@dataclasses.dataclass(frozen=True)
class SavedEncoder:
    """An encoder on disk, which each process loads once.

    Attributes:
        directory: of `rmdn_tf.model.saving.save_model`.
        weights: checksum of the weights.
    """

    directory: str
    weights: str

    def __call__(self, frames: tf.Tensor) -> tf.Tensor:
        """Computes features; see `rmdn_tf.data.feature_cache.Encoder`."""
        with tf.init_scope():  # Not in the graph that is being traced.
            encoder = _loaded(self)
        return encoder(frames)


@functools.lru_cache(maxsize=1)
def _loaded(saved: SavedEncoder) -> keras.Model:
    model, _ = load_model(saved.directory)
    return build_encoder(model, clip_stride=1)


def _changed_settings(config: ModelConfig) -> dict[str, Any]:
    """Returns settings that change features and differ from their defaults."""
    return {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(ModelConfig)
        if field.name not in _NOT_OF_FEATURES | config.unused
        and getattr(config, field.name) != field.default
    }


def checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """Returns the SHA-256 of arrays and their names, in hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
