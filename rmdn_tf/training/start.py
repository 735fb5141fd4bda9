"""The weights that a new run starts from."""

import dataclasses
import os
from collections.abc import Mapping

import keras
import numpy as np

from rmdn_tf.files.settings_file import refuse_changes
from rmdn_tf.model.config import ModelConfig
from rmdn_tf.model.config_json import config_to_json
from rmdn_tf.runs.loading import load_keras
from rmdn_tf.training.cached_features import checksum


@dataclasses.dataclass(frozen=True)
class Start:
    """Weights that a run starts from.

    Other weights are published with their encoder, fitted, or random.

    Attributes:
        c3d_weights: weights of C3D, see `rmdn_tf.encoders.c3d_weights`; or
            None.
        model: network that all weights are taken from; or None.
    """

    c3d_weights: Mapping[str, np.ndarray] | None = None
    model: keras.Model | None = None

    @classmethod
    def read(
        cls,
        config: ModelConfig,
        c3d_weights: Mapping[str, np.ndarray] | None,
        init_from: str | os.PathLike | None,
    ) -> "Start":
        """Reads the model to start from, of the same settings.

        Args:
            config: settings of the network to train.
            c3d_weights: weights of C3D; or None.
            init_from: path of a model, see `rmdn_tf.runs.loading.load_keras`;
                None starts without a model.

        Raises:
            FileNotFoundError: the model is missing.
            OtherSettingsError: the model has other settings.
            ValueError: the model is damaged, or `c3d_weights` is also given.
        """
        if init_from is None:
            return cls(c3d_weights)
        if c3d_weights:
            raise ValueError(
                "Invalid `c3d_weights`. Expected no file together with "
                "`init_from`, whose model holds all weights. Received: both, "
                f"with init_from='{init_from}'."
            )
        model, other = load_keras(init_from)
        refuse_changes(
            init_from,
            config_to_json(other),
            config_to_json(config),
            advice="Give the network the settings of the model that it "
            "starts from.",
        )
        return cls(model=model)

    def checksums(self) -> dict[str, str | None]:
        """Returns the checksum of each kind of weights, None without them."""
        model = self.model and checksum(
            # By number, since Keras numbers the names of some layers.
            {f"{n:05d}": w for n, w in enumerate(self.model.get_weights())}
        )
        c3d_weights = checksum(self.c3d_weights) if self.c3d_weights else None
        return {"c3d_weights": c3d_weights, "init_from": model}
