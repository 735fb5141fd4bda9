"""Features of a frozen encoder, computed once and kept beside the dataset."""

import hashlib
import os
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from rmdn_tf.data.dataset_info import DatasetInfo
from rmdn_tf.data.feature_cache import cache_features
from rmdn_tf.data.prepared_dataset import read_dataset_info
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.parts import build_encoder


def cached_splits(info: DatasetInfo) -> str:
    """Returns the splits that every epoch reads, joined by "+"."""
    return "+".join(
        split for split in ("train", "validation") if info.splits[split].shards
    )


class FrozenFeatures:
    """The features of one encoder on one dataset.

    Runs that differ only after the encoder share the `directory`, which is
    named by features, input size and the checksum of the weights.
    """

    def __init__(
        self,
        model: keras.Model,
        config: ModelConfig,
        data_dir: str | os.PathLike,
    ):
        self._model = model
        self._data_dir = data_dir
        variables = build_encoder(model).variables
        self._about: dict[str, Any] = {
            "features": config.features,
            "input_size": config.input_size,
            "weights": checksum({v.path: v.numpy() for v in variables}),
        }
        if config.motion_lags:
            self._about["motion_lags"] = config.motion_lags
        height, width = config.input_size
        # In cells, the same features lie in another order.
        is_by_cell = config.in_cells and not config.projection
        if is_by_cell:
            self._about["in_cells"] = True
        name = f"{config.features}-{height}x{width}"
        name += "-cells" if is_by_cell else ""
        name += f"-{self._about['weights'][:12]}"
        self.directory = os.path.join(data_dir, "features", name)

    def compute(self) -> None:
        """Computes missing features; see `rmdn_tf.data.feature_cache`."""
        cache_features(
            build_encoder(self._model, clip_stride=1),
            self._data_dir,
            cached_splits(read_dataset_info(self._data_dir)),
            self.directory,
            self._about,
        )


def checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """Returns the SHA-256 of arrays and their names, in hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
